"""Provenance and pictures in a real browser, on a report of a run whose streams are still there."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from support.browsing import NEEDS_CHROMIUM, browse, photograph

from lic_tcm.images import read_rgb

pytestmark = NEEDS_CHROMIUM

OPEN = """
const dialog = one("#provenance");
const told = () => { const text = dialog.open ? dialog.innerText : null; dialog.close(); return text; };
"""


def test_a_click_on_a_number_tells_where_it_comes_from(traced: Path, tmp_path: Path) -> None:
    """Cells of every table and buttons of each row open the dialog; it has command, machine, versions and hashes."""
    script = (
        OPEN
        + """
      const found = {};
      const cell = one("#image-table tbody tr:nth-child(2)").cells[5];
      cell.click(); found.image = told();
      one("#image-table tbody tr:nth-child(2) button.trace").click(); found.button = told();
      one("#image-table thead button").click(); // sorts by method
      one("#image-table tbody tr:last-child").cells[5].click(); found.sorted = told();
      one("#bd-clic-psnr tbody tr .main button").click(); found.bd = told();
      one("#table2 tbody tr button.trace").click(); found.table2 = told();
      one("#image-table tbody tr").cells[9].click(); found.text = dialog.open;
      return found;
    """
    )
    found = browse(traced, tmp_path, script)
    assert found["text"] is False
    assert found["image"] == found["button"]
    stream = traced.parents[2] / "results/coded/clic/webp/50/astro.bin"
    hashed = hashlib.sha256(stream.read_bytes()).hexdigest()
    for text in (
        "lic-tcm code --method webp --point 50",
        "WebP: codec webp, options",
        "Codec version\n1.5",
        "cpu Some <b>CPU</b>",
        "numpy 1.26.4",
        "results/coded/clic/webp/50/astro.bin (stream)",
        hashed,
        json.loads(stream.with_suffix(".json").read_text())["sha256_decoded"],
        str(traced.parents[2] / "0.png"),
        "results/rows/clic/webp.csv",
    ):
        assert text in found["image"], text
    assert "results/coded/clic/webp/90/coffee cup #2.bin" in found["sorted"]
    assert "BD-rate [%]: −31.40" in found["bd"]
    assert "6 streams with what belongs to them" in found["bd"]
    assert "results/tables/try/bd_rate.csv" in found["bd"]
    assert "commit abc123" in found["bd"]
    assert "results/published/clic-pro-valid" not in found["table2"]
    assert "results/tables/try/table2.csv" in found["table2"]


def test_a_click_on_a_plotted_point_and_its_table(traced: Path, tmp_path: Path) -> None:
    """Pressing the mouse on a point, or its button in the table below, tells its rows or its published source."""
    script = (
        OPEN
        + """
      const trace = plot().data.findIndex((t) => t.name === "WebP");
      const at = pointAt(plot(), trace, 0);
      one(".nsewdrag", plot()).dispatchEvent(new MouseEvent("mousedown", at));
      await pause(100);
      document.elementFromPoint(at.clientX, at.clientY).dispatchEvent(new MouseEvent("mouseup", at));
      await pause(500);
      const clicked = told();
      const table = one(".point-table");
      table.open = true;
      await pause(100);
      const rows = all("tbody tr", table);
      const row = (name) => rows.find((tr) => tr.cells[0].textContent === name);
      const before = rows.length;
      one("button", row("WebP")).click();
      const listed = told();
      one("button", row("TCM (small)")).click();
      return { clicked, listed, published: told(), before };
    """
    )
    found = browse(traced, tmp_path, script)
    assert found["before"] == 4 + 4 + 6 + 1
    assert "WebP (measured), point 10: 0.2400 bpp, PSNR 28.25 dB, mean of 8 of 41 images" in found["clicked"]
    assert "lic-tcm code --method webp --point 10" in found["clicked"]
    assert found["clicked"] == found["listed"]
    assert "TCM (small) (published), point not stated" in found["published"]
    assert "Source\npaper" in found["published"]


def test_both_sides_of_the_comparison_stay_aligned(traced: Path, tmp_path: Path) -> None:
    """Slider, zoom, keys and choices move both pictures as one; captions are those of the pictures shown."""
    script = (
        OPEN
        + """
      const [left, right] = all(".stage img");
      const slider = one("#compare-slider"), frame = one("#compare");
      const edges = ({ left, top, width, height }) => [left, top, width, height].map(Math.round);
      const box = (e) => edges(e.getBoundingClientRect());
      const cut = () => parseFloat(right.style.clipPath.split(" ").at(-1));
      const caption = (side) => one(`fieldset[data-side=${side}] .caption`).textContent;
      const field = (side, name) => one(`fieldset[data-side=${side}] [data-field=${name}]`);
      const key = (name) => frame.dispatchEvent(new KeyboardEvent("keydown", { key: name, cancelable: true }));
      const aligned = () => JSON.stringify(box(left)) === JSON.stringify(box(right));
      await pause(200);
      const found = { first: [left.getAttribute("src"), caption("left")],
        loaded: [left, right].every((e) => e.naturalWidth === 64),
        alts: [left.alt, right.alt], cuts: [cut()], aligned: [aligned()] };
      slider.stepUp(25); slider.dispatchEvent(new Event("input")); found.cuts.push(cut());
      const [edge, , width] = box(left);
      found.quarter = (64 * (box(frame)[0] + 0.75 * frame.clientWidth - edge)) / width;
      frame.style.width = "160px"; choose(one("#compare-zoom"), "8"); await pause(100);
      found.zoomed = box(left).slice(2); found.aligned.push(aligned());
      const before = box(left)[0];
      key("ArrowRight"); found.moved = box(left)[0] - before; found.aligned.push(aligned());
      key("-"); found.smaller = box(left).slice(2); found.aligned.push(aligned());
      for (let i = 0; i < 99; i++) key("ArrowLeft");
      found.edge = box(left)[0] - box(frame)[0];
      choose(field("right", "method"), "jpeg");
      found.point = field("right", "point").options[0].value; choose(field("right", "point"), found.point);
      found.chosen = [right.getAttribute("src"), caption("right")];
      choose(one("#compare-image"), "1"); await pause(100);
      found.other = [left.getAttribute("src"), right.getAttribute("src"), right.naturalWidth];
      one("fieldset[data-side=right] .trace").click(); found.told = told();
      found.keys = [slider.tabIndex, frame.tabIndex, slider.type];
      return found;
    """
    )
    found = browse(traced, tmp_path, script)
    assert found["first"] == ["pictures/clic/astro/original.png", "Original"]
    assert found["loaded"]
    assert found["alts"][0] == "astro, the original"
    assert found["cuts"] == [32, pytest.approx(found["quarter"], abs=0.1)]
    assert 40 < found["quarter"] < 64
    assert found["aligned"] == [True] * 4
    assert found["zoomed"] == [512, 384]
    assert found["moved"] == -40
    assert found["smaller"] == [256, 192]
    assert found["edge"] == 0
    point = found["point"]
    assert found["chosen"][0] == f"pictures/clic/astro/jpeg-{point}.png"
    assert found["chosen"][1].startswith(f"JPEG, point {point} | ")
    assert found["chosen"][1].endswith(f" bpp | PSNR {30 + float(point) / 10:.2f} dB | MS-SSIM none")
    other = "pictures/clic/coffee%20cup%20%232/"
    assert found["other"] == [f"{other}original.png", f"{other}jpeg-{point}.png", 64]
    assert f"results/coded/clic/jpeg/{point}/coffee cup #2.bin" in found["told"]
    assert found["keys"] == [0, 0, "range"]


def test_the_difference_is_exact(traced: Path, tmp_path: Path) -> None:
    """On the screen each pixel is the absolute difference of the two pictures times the gain, cut at 255."""
    script = """
      const frame = one("#compare");
      choose(one("fieldset[data-side=right] [data-field=method]"), "jpeg");
      one('[data-view="difference"]').click();
      choose(one("#compare-gain"), "4");
      frame.style = "position: fixed; left: 0; top: 0; margin: 0; width: 64px; border-radius: 0; z-index: 9";
      choose(one("#compare-zoom"), "1");
      await pause(300);
      const box = one(".stage img").getBoundingClientRect();
      if (box.width !== 64 || box.left !== 0 || box.top !== 0) return JSON.stringify(box);
    """
    shown = read_rgb(photograph(traced, tmp_path, script))[:48, :64].astype(int)
    original, decoded = (
        read_rgb(traced.parent / "pictures/clic/astro" / name).astype(int)
        for name in ("original.png", first_jpeg(traced))
    )
    expected = np.minimum(255, 4 * np.abs(original - decoded))
    assert expected.max() > 50
    assert np.abs(shown - expected).max() <= 1


def first_jpeg(page: Path) -> str:
    """The JPEG picture of the lowest rate beside the page: the one shown first."""
    names = [path.name for path in (page.parent / "pictures/clic/astro").glob("jpeg-*.png")]
    return min(names, key=lambda name: float(name.removeprefix("jpeg-").removesuffix(".png")))
