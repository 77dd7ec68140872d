"""Chromium without a window: run a script in a page, or take its image. Nothing reaches the network."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on the PATH"),
]
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no network
    "--enable-logging=stderr",
    "--virtual-time-budget=5000",
    "--window-size=1200,900",
)
HELPERS = """
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);
const visible = (id) => all(`#${id} tbody tr`).filter((row) => !row.hidden);
const column = (id, i) => visible(id).map((row) => row.cells[i].textContent.trim());
const plot = () => one(".plot-block .plot");
const choose = (select, value) => { select.value = value; select.dispatchEvent(new Event("change")); };
const type = (input, text) => { input.value = text; input.dispatchEvent(new Event("input")); };
const pointAt = (plot, curve, point) => {
  plot.scrollIntoView({ behavior: "instant" });
  const { xaxis, yaxis } = plot._fullLayout;
  const target = one(".nsewdrag", plot), box = target.getBoundingClientRect(), data = plot.data[curve];
  const at = { bubbles: true, cancelable: true, view: window, buttons: 1,
    clientX: box.left + xaxis.d2p(data.x[point]), clientY: box.top + yaxis.d2p(data.y[point]) };
  target.dispatchEvent(new MouseEvent("mousemove", at));
  return at;
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
"""


def browse(report: Path, folder: Path, script: str, *flags: str) -> Any:
    """Run a function body in the loaded page and return what it returns; fails when the console says anything."""
    after = "document.body.textContent = 'RESULT' + JSON.stringify(result) + 'END';"
    done = _run(report, folder, script, after, "--dump-dom", *flags)
    found = re.search("RESULT(.*)END</body>", done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(html.unescape(found[1]))


def photograph(report: Path, folder: Path, script: str, *flags: str) -> Path:
    """Run a function body in the loaded page and take an image of the window, 1200 x 900."""
    picture = folder / "picture.png"
    done = _run(report, folder, script, "if (result) console.error(result);", f"--screenshot={picture}", *flags)
    assert picture.is_file(), done.stderr[-2000:]
    return picture


def _run(report: Path, folder: Path, script: str, after: str, *flags: str) -> "subprocess.CompletedProcess[str]":
    """Load a copy of the page that runs the script; relative files are those beside the page."""
    run = (
        f"<script>{HELPERS}\nwindow.addEventListener('load', () => setTimeout(async () => {{\n"
        f"const run = async () => {{ {script} }};\n"
        f"const result = await run().catch((error) => String(error)); {after} }}, 500));</script></body>"
    )
    text = report.read_text(encoding="utf-8").replace("</body>", run)
    copy = folder / "page.html"
    copy.write_text(text.replace("<head>", f'<head><base href="{report.as_uri()}">', 1), encoding="utf-8")
    done = subprocess.run(
        [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder / 'profile'}", *flags, copy.as_uri()],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert "CONSOLE" not in done.stderr, done.stderr
    return done
