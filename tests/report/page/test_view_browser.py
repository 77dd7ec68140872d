"""The page's view in a real browser: choices in the address, folding on a phone, distinct colours, paper."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from support.browsing import CHROMIUM, FLAGS, NEEDS_CHROMIUM, browse

from lic_tcm.report import render

pytestmark = NEEDS_CHROMIUM
FRAME = """
  const load = async (address, width) => {
    const frame = document.createElement("iframe");
    frame.style = `width: ${width}px; height: 800px; border: 0`;
    frame.src = address;
    document.body.replaceChildren(frame);
    await new Promise((done) => { frame.onload = () => setTimeout(done, 700); });
    return frame.contentDocument;
  };
"""


def framed(report: Path, folder: Path, script: str) -> Any:
    """As `browse`, with `load(address, width)` for the page in a frame of its own, and the page's `address`."""
    address = f"const address = {json.dumps(report.as_uri())};"
    flags = ("--allow-file-access-from-files", "--virtual-time-budget=30000")
    return browse(report, folder, FRAME + address + script, *flags)


STATE = """
  const state = (page) => ({
    metric: one('.plot-block [data-metric][aria-pressed="true"]', page).dataset.metric,
    axis: one('.plot-block [data-axis][aria-pressed="true"]', page).dataset.axis,
    hidden: all('.series button[aria-pressed="false"]', page).map((b) => b.dataset.key),
    drawn: one(".plot-block .plot", page).data.length,
    anchor: one('[data-field="anchor"]', page).selectedOptions[0].text,
    dots: one('#answer-plot [data-field="metric"]', page).value,
    way: one("#bd-clic-psnr select", page).value,
    image: one("#image-tools input", page).value,
    lines: all("#image-table tbody tr", page).length,
  });
"""


def test_the_address_keeps_what_was_chosen(report: Path, tmp_path: Path) -> None:
    """Choices stand in the address, a link within the page keeps them, and the address opens the same view."""
    script = (
        STATE
        + """
      let page = await load(address, 1200);
      const found = { first: state(page), bare: page.location.hash };
      one('.plot-block [data-metric="ms-ssim"]', page).click();
      one('.plot-block [data-axis="log"]', page).click();
      one('.series [data-key^="webp"]', page).click();
      choose(one('#answer-plot [data-field="metric"]', page), "ms-ssim");
      const anchor = one('[data-field="anchor"]', page);
      choose(anchor, [...anchor.options].find((o) => o.text !== anchor.selectedOptions[0].text).value);
      choose(one("#bd-clic-psnr select", page), "per image");
      type(one("#image-tools input", page), "img5");
      await pause(400);
      found.chosen = state(page);
      found.hash = page.location.hash;
      one('nav a[href="#bd-rate"]', page).click();
      await pause(400);
      found.linked = page.location.hash;
      const copied = page.location.href;
      page = await load(copied, 1200);
      found.again = state(page);
      found.top = Math.abs(one("#bd-rate", page).getBoundingClientRect().top) < 200;
      return found;
    """
    )
    found = framed(report, tmp_path, script)
    assert found["bare"] == ""
    assert found["first"] != found["chosen"]
    assert found["again"] == found["chosen"]
    chosen = parse_qs(found["hash"].removeprefix("#").removeprefix("?"))
    assert chosen["rd-clic.metric"] == ["ms-ssim"]
    assert chosen["rd-clic.rate axis"] == ["log"]
    assert chosen["bd-clic-psnr.averaging"] == ["per image"]
    assert chosen["image-tools.image"] == ["img5"]
    assert found["linked"] == "#bd-rate" + found["hash"].removeprefix("#")
    assert found["top"]


def test_the_address_is_clean_again(report: Path, tmp_path: Path) -> None:
    """What is chosen back stands there no longer, and an address of choices that do not exist changes nothing."""
    script = (
        STATE
        + """
      let page = await load(address + "#curves?rd-clic.metric=vmaf&nothing=1&bd-clic-psnr.averaging=none", 1200);
      const odd = state(page);
      page = await load(address, 1200);
      one('.plot-block [data-axis="log"]', page).click();
      await pause(300);
      const set = page.location.hash;
      one('.plot-block [data-axis="linear"]', page).click();
      await pause(300);
      return { odd, first: state(page), set, cleared: page.location.hash };
    """
    )
    found = framed(report, tmp_path, script)
    assert found["odd"] == found["first"]
    assert found["set"] == "#?rd-clic.rate+axis=log"
    assert found["cleared"] == ""


def test_sections_fold_on_a_phone_only(report: Path, tmp_path: Path) -> None:
    """At 390 px all but the answer and the curves are folded to their titles, which are buttons; links unfold them."""
    script = """
      const open = (section) => all(":scope > :not(h2)", section).some((e) => e.offsetHeight);
      const shown = (page) => all("main > section", page).filter(open).map((section) => section.id);
      const wide = await load(address, 1200);
      const found = { wide: shown(wide), buttons: all("h2 button", wide).length };
      const page = await load(address, 390);
      found.phone = shown(page);
      const button = one("#bd-rate h2 button", page);
      found.said = [button.getAttribute("aria-expanded")];
      button.click();
      found.said.push(button.getAttribute("aria-expanded"));
      found.opened = shown(page);
      one('nav a[href="#machine"]', page).click();
      await pause(300);
      found.linked = shown(page);
      return found;
    """
    found = framed(report, tmp_path, script)
    assert len(found["wide"]) > 8
    assert found["buttons"] == 0
    assert found["phone"] == ["answer", "curves"]
    assert found["said"] == ["false", "true"]
    assert found["opened"] == ["answer", "curves", "bd-rate"]
    assert found["linked"] == ["answer", "curves", "bd-rate", "machine"]


def test_legend_and_intervals_can_be_read_on_a_phone(report: Path, tmp_path: Path) -> None:
    """At 390 px the whole legend is in the page, no part of it scrolled away, and the table's interval is in sight."""
    script = """
      const page = await load(address, 390);
      const series = one(".series", page);
      one("#bd-rate h2 button", page).click();
      const cell = one("#bd-clic-psnr tbody tr:nth-child(2) td:nth-child(3)", page).getBoundingClientRect();
      const head = one("#bd-clic-psnr thead th:nth-child(3)", page).textContent;
      return { legend: [series.scrollHeight, series.clientHeight], right: cell.right, head,
        size: parseFloat(page.defaultView.getComputedStyle(one(".series button", page)).fontSize) };
    """
    found = framed(report, tmp_path, script)
    assert found["legend"][0] <= found["legend"][1]
    assert found["head"].startswith("95 % interval")
    assert found["right"] <= 390
    assert found["size"] >= 13


def test_fourteen_methods_have_fourteen_colours(tables: Path, tmp_path: Path) -> None:
    """In the legend, the plot and on a dark ground: no two of the curves share one."""
    points = tables / "rd_points.csv"
    lines = points.read_text(encoding="utf-8").splitlines()
    line = next(one for one in lines if one.startswith("kodak,vtm,"))
    more = [
        line.replace("kodak,vtm,VTM-12.1", f"kodak,m{k},M{k}").replace(",0.2,", f",{0.2 + k / 50},") for k in range(13)
    ]
    kept = [one for one in lines if not one.startswith("clic,")]
    points.write_text("\n".join([*kept, *more]) + "\n", encoding="utf-8")
    script = """
      const block = one('.plot-block[data-dataset="kodak"]');
      return { lines: one(".plot", block).data.map((t) => t.line.color),
        legend: all(".series .swatch", block).map((svg) => getComputedStyle(svg).color) };"""
    page = render(tables, tmp_path / "out")
    for flag in ("--blink-settings=preferredColorScheme=1", "--blink-settings=preferredColorScheme=0"):
        found = browse(page, tmp_path, script, flag)
        assert len(found["lines"]) == len(set(found["lines"])) == 14
        assert len(set(found["legend"])) == 14


def test_paper_takes_a_few_pages(report: Path, tmp_path: Path) -> None:
    """The answer, the curves and the BD-rates are printed in four pages at most; plots stay within their places."""
    pdf = tmp_path / "page.pdf"
    flags = [*FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer", f"--print-to-pdf={pdf}"]
    subprocess.run([str(CHROMIUM), *flags, report.as_uri()], capture_output=True, check=True, timeout=240)
    count = len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))
    assert 1 <= count <= 4


@pytest.mark.parametrize("selector", [".plot", ".dots"])
def test_plots_fit_the_paper_and_come_back(report: Path, tmp_path: Path, selector: str) -> None:
    """Before printing a plot is as wide as its place on paper, and afterwards as wide as on the screen."""
    script = f"""
      const width = () => one("{selector} .main-svg").getBoundingClientRect().width;
      const found = [width()];
      dispatchEvent(new Event("beforeprint")); await pause(200); found.push(width());
      dispatchEvent(new Event("afterprint")); await pause(400); found.push(width());
      return found;
    """
    screen, paper, again = browse(report, tmp_path, script)
    assert paper == {".plot": 500, ".dots": 330}[selector]
    assert again == screen != paper
