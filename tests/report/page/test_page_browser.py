"""The page in a real browser: plots are drawn, controls work, nothing is logged and nothing overflows."""

import json
import re
from pathlib import Path

import pytest
from support.browsing import NEEDS_CHROMIUM, browse

from lic_tcm.report import render
from lic_tcm.report.looks import COLOURS, DARK_COLOURS

pytestmark = NEEDS_CHROMIUM


def test_plots_follow_the_buttons(report: Path, tmp_path: Path) -> None:
    """Metric, rate axis and methods switch; the axis names the metric; a note shows with its own metric only."""
    script = """
      const state = () => ({ y: plot().layout.yaxis.title.text, x: plot().layout.xaxis.type,
        names: plot().data.map((t) => t.name), dashes: plot().data.map((t) => t.line.dash),
        notes: all(".note", one(".plot-block")).filter((n) => !n.hidden).map((n) => n.textContent) });
      const found = [state()];
      one('.switch [data-metric="ms-ssim"]').click();
      found.push(state(), one('.series [data-kind="published"]').disabled);
      one('.switch [data-metric="psnr"]').click();
      one('[data-axis="log"]').click();
      one('.series [data-key^="webp"]').click();
      found.push(state());
      one('[data-show="published"]').click();
      found.push(state());
      one('[data-show="none"]').click();
      found.push(state());
      return found;
    """
    first, ms_ssim, published_is_off, log, published, none = browse(report, tmp_path, script)
    assert (first["y"], first["x"], len(first["names"])) == ("PSNR [dB]", "linear", 4)
    assert sorted(first["dashes"]) == ["dash", "solid", "solid", "solid"]
    assert first["notes"] == ["measured: 8 of 41 images", "lossless points (infinite dB), not shown: 1"]
    assert (ms_ssim["y"], len(ms_ssim["names"]), ms_ssim["notes"]) == ("MS-SSIM [dB]", 2, ["measured: 8 of 41 images"])
    assert published_is_off
    assert (log["x"], "WebP" in log["names"], len(log["names"])) == ("log", False, 3)
    assert published["names"] == ["TCM (small)"]
    assert none["names"] == []


def test_what_a_linear_axis_leaves_out_a_logarithmic_one_shows(tables: Path, tmp_path: Path) -> None:
    """The note on points beyond the linear axis goes with it: on the logarithmic one they are in sight."""
    points = tables / "rd_points.csv"
    far = next(line for line in points.read_text(encoding="utf-8").splitlines() if line.startswith("clic,webp"))
    with points.open("a", encoding="utf-8") as file:
        file.write(far.replace(",10.0,0.2400,28.25,", ",99.0,9.0000,60,") + "\n")
    script = """
      const notes = () => all(".note", one(".plot-block")).filter((n) => !n.hidden).map((n) => n.textContent);
      const found = [notes(), plot()._fullLayout.xaxis.range[1]];
      one('[data-axis="log"]').click();
      found.push(notes(), plot()._fullLayout.xaxis.range[1]);
      return found;
    """
    linear, end, log, log_end = browse(render(tables, tmp_path / "out"), tmp_path, script)
    assert linear[-1].startswith("points above 1.4 bpp, not shown: 1")
    assert end < 9
    assert log == linear[:-1]
    assert 10**log_end > 9


def test_pointing_tells_everything_and_runs_nothing(report: Path, tmp_path: Path) -> None:
    """Below the plot stand method, kind, images, point, rate and distortion with named intervals; names stay text."""
    script = """
      const read = async (name) => {
        pointAt(plot(), plot().data.findIndex((t) => t.name.includes(name)), 0);
        await pause(200);
        return one(".plot-block .readout").textContent;
      };
      return { webp: await read("WebP"), evil: await read("script"),
        scripts: all(".readout script, .plot script").length };
    """
    found = browse(report, tmp_path, script)
    assert found["webp"] == (
        "WebP: measured, 8 of 41 images, point 10, 0.2400 bpp (95 % interval 0.2100 to 0.2700), "
        "PSNR 28.25 dB (95 % interval 27.25 to 29.25)"
    )
    assert "<script>alert('x')</script>" in found["evil"]
    assert found["scripts"] == 0


def test_what_is_pointed_at_hides_no_neighbour(report: Path, tmp_path: Path) -> None:
    """Nothing is drawn over a plot at the pointer but thin lines to its axes; the text stands below, and is reserved
    room, so that nothing moves.
    """
    script = """
      const place = (e) => {
        const { top, bottom } = e.getBoundingClientRect();
        return [Math.round(top + scrollY), Math.round(bottom + scrollY)];
      };
      const below = () => all(".readout").map((e) => place(e));
      const before = below();
      pointAt(one(".dots"), 0, 0);
      await pause(200);
      pointAt(plot(), 0, 1);
      await pause(200);
      return { before, after: below(), plots: [one(".dots"), plot()].map(place), labels: all(".hovertext").length,
        texts: all(".readout").slice(0, 2).map((e) => e.textContent), spikes: all(".spikeline", plot()).length };
    """
    found = browse(report, tmp_path, script)
    assert found["labels"] == 0
    assert found["spikes"] > 0
    assert found["before"] == found["after"]
    for (_, end), (start, _) in zip(found["plots"], found["after"][:2], strict=True):
        assert start >= end
    assert re.fullmatch(r".+: .+, BD-rate .+ %, .*interval.*", found["texts"][0])
    assert " bpp" in found["texts"][1]


def test_bars_are_named(report: Path, tmp_path: Path) -> None:
    """Where a plot has bars a line below says what they are, and where it has none there is no such line."""
    script = """
      const bars = () => [one(".plot-block .bars").hidden, plot().data.some((t) => t.error_x || t.error_y)];
      const found = [bars(), one(".plot-block .bars").textContent];
      one('[data-show="published"]').click();
      found.push(bars());
      return found;
    """
    shown, text, none = browse(report, tmp_path, script)
    assert shown == [False, True]
    assert none == [True, False]
    assert text == "Bars: 95 % intervals over the images of the dataset."


def test_nothing_can_be_uploaded(report: Path, tmp_path: Path) -> None:
    """The plot's tool bar has no button that sends the chart anywhere, and links nowhere."""
    script = """return {
      titles: all(".modebar-btn", plot()).map((b) => b.dataset.title || b.ariaLabel || b.textContent),
      links: all(".modebar a[href]", plot()).map((a) => a.href) };"""
    found = browse(report, tmp_path, script)
    assert len(list(filter(None, found["titles"]))) > 3
    assert not [title for title in found["titles"] if re.search("share|cloud|upload|edit", title, re.IGNORECASE)]
    assert found["links"] == []


def test_bd_table_filters_and_sorts(report: Path, tmp_path: Path) -> None:
    """It opens with one way of counting, sorts by number in both directions with empty values last, and filters."""
    script = """
      const id = "bd-clic-psnr", head = one(`#${id} th:nth-child(2) button`);
      const found = [column(id, 1)];
      head.click(); found.push(column(id, 1));
      head.click(); found.push(column(id, 1), one(`#${id} th:nth-child(2)`).getAttribute("aria-sort"));
      const selects = all(`#${id} select`);
      found.push(selects.map((s) => [...s.options].map((o) => o.text)));
      choose(selects[1], "cubic"); found.push(column(id, 7));
      choose(selects[0], ""); choose(selects[1], ""); found.push(column(id, 1).length);
      return found;
    """
    opened, rising, falling, direction, options, cubic, count = browse(report, tmp_path, script)
    assert opened == ["−31.40", "−16.7†", "none"]
    assert rising == ["−31.40", "−16.7†", "none"]
    assert falling == ["−16.7†", "−31.40", "none"]
    assert direction == "descending"
    assert options == [["mean curve", "per image", "all"], ["pchip", "cubic", "all"]]
    assert cubic == ["cubic"] * 3
    assert count == 7


def test_columns_that_repeat_a_choice_are_left_out(report: Path, tmp_path: Path) -> None:
    """What a select or the caption says of all lines shown is no column; footnotes are those of the lines shown."""
    script = """
      const block = one("#bd-clic-psnr");
      const heads = () => all("thead th", block).filter((th) => th.offsetWidth).map((th) => th.textContent);
      const notes = () => all(".footnotes li", block).filter((li) => !li.hidden).map((li) => li.textContent);
      const found = [heads(), one("caption", block).textContent.includes("Anchor: WebP (measured)"), notes()];
      const [averaging, method] = all("select", block);
      choose(averaging, ""); found.push(heads().slice(4, 7));
      choose(averaging, "per image"); found.push(heads().includes("Averaging"), notes());
      return found;
    """
    heads, said, notes, all_shown, gone, none = browse(report, tmp_path, script)
    assert heads == ["Method", "BD-rate [%]", "95 % interval", "Kind", "Images", "Δ [dB]", "Common range [dB]", "Notes"]
    assert said
    assert notes == ["small overlap", "JPEG XL is lossless", "code other points"]
    assert all_shown == ["Images", "Averaging", "Δ [dB]"]
    assert not gone
    assert none == []


def test_the_first_plot_takes_any_method_as_anchor(report: Path, tmp_path: Path) -> None:
    """Dots are sorted by BD-rate; intervals are drawn where there are some; what is not separable is marked."""
    script = """
      const block = one("#answer-plot"), [dataset, metric, anchor] = all("select", block), dots = one(".dots", block);
      const state = () => ({ anchor: anchor.selectedOptions[0].text, ticks: dots.layout.yaxis.ticktext,
        x: dots.data.map((t) => t.x[0]), reach: dots.data.map((t) => [t.error_x.arrayminus[0], t.error_x.array[0]]),
        status: one("[role=status]", block).textContent,
        table: all("tbody tr", block).map((r) => r.cells[1].textContent) });
      const found = [[...anchor.options].map((o) => o.text.slice(0, 20)), dataset.parentElement.hidden, state()];
      choose(anchor, "2"); found.push(state());
      choose(metric, "ms-ssim"); found.push(state());
      found.push(all(".dots .modebar-btn").length, all("script", dots).length);
      return found;
    """
    anchors, one_dataset, webp, tcm, ms_ssim, bars, scripts = browse(report, tmp_path, script)
    assert anchors == ["Évil <script>alert('", "WebP", "TCM (small) (publishe"[:20]]
    assert one_dataset
    assert (webp["anchor"], webp["x"]) == ("WebP", [-31.4, -16.67])
    assert webp["reach"][0] == [0, 0]
    assert webp["reach"][1] == pytest.approx([1.83, 1.42])
    assert webp["table"] == ["−31.40†", "−16.7†", "none"]
    assert "No BD-rate: JPEG XL; the table below says why" in webp["status"]
    assert "≈" not in webp["status"]
    assert tcm["x"] == [21.5, 45.8]
    assert ms_ssim["x"] == [-2.0]  # the first anchor again: the one chosen has no MS-SSIM
    assert ms_ssim["ticks"][0].startswith("≈ ")
    assert "≈ not separable from the anchor" in ms_ssim["status"]
    assert (bars, scripts) == (0, 0)


def test_nothing_scrolls_sideways_on_a_small_laptop(report: Path, tmp_path: Path) -> None:
    """From 1280 px on every table fits into its frame, with all columns shown."""
    script = """
      all("details").forEach((one) => { one.open = true; });
      all(".table-block select").forEach((select) => choose(select, ""));
      await pause(200);
      const wide = all(".scroll").filter((frame) => frame.scrollWidth > frame.clientWidth + 1);
      return { page: document.documentElement.scrollWidth, frames: all(".scroll").length,
        wide: wide.map((frame) => [frame.closest("[id]").id, frame.scrollWidth, frame.clientWidth]) };
    """
    found = browse(report, tmp_path, script, "--window-size=1280,900")
    assert found["wide"] == []
    assert found["page"] <= 1280
    assert found["frames"] > 5


def test_image_table_pages_filters_and_sorts(report: Path, tmp_path: Path) -> None:
    """Fifty rows a page, found by name, sorted by number; infinity and missing values read as what they are."""
    script = """
      const cells = (i) => all("#image-table tbody tr").map((row) => row.cells[i].textContent);
      const status = () => one("#image-pages span").textContent;
      const found = [cells(1).length, status(), cells(5)[3], cells(6)[4], cells(7)[0]];
      one('#image-pages [data-step="1"]').click(); found.push(cells(1).length, status());
      one("#image-table th:nth-child(6) button").click(); found.push(cells(5).slice(0, 2), status());
      one("#image-table th:nth-child(6) button").click(); found.push(cells(5).slice(0, 2));
      type(one("#image-tools input"), "IMG5"); found.push(cells(1).length, status());
      type(one("#image-tools input"), "none"); found.push(status(), cells(9).length);
      return found;
    """
    assert browse(report, tmp_path, script) == [
        *(50, "rows 1 to 50 of 60", "∞", "", ""),
        *(10, "rows 51 to 60 of 60"),
        *(["28.00", "28.10"], "rows 1 to 50 of 60"),
        ["∞", "33.90"],
        *(10, "rows 1 to 10 of 10"),
        *("no such rows", 0),
    ]


def test_every_control_is_reachable_and_named(report: Path, tmp_path: Path) -> None:
    """Heads sort by buttons, every control has a name and none is taken out of the keyboard's order."""
    script = """
      const controls = all("button, select, input, a[href]").filter((e) => !e.closest(".plot"));
      const name = (e) => [e.textContent, e.ariaLabel, e.labels?.[0]?.textContent].join("").trim();
      return { count: controls.length, nameless: controls.filter((e) => !name(e)).length,
        skipped: controls.filter((e) => e.tabIndex < 0).length,
        heads: all("table.sortable thead th, #image-table thead th").every((th) => th.querySelector("button")) };
    """
    found = browse(report, tmp_path, script)
    assert found.pop("count") > 60
    assert found == {"nameless": 0, "skipped": 0, "heads": True}


def test_a_phone_shows_it_without_sideways_scrolling(report: Path, tmp_path: Path) -> None:
    """At 390 px the page is as wide as the screen; plots fit, and only tables scroll inside their own frames."""
    script = f"""
      const frame = document.createElement("iframe");
      frame.style = "width: 390px; height: 800px; border: 0";
      frame.src = {json.dumps(report.as_uri())};
      document.body.replaceChildren(frame);
      await new Promise((done) => {{ frame.onload = () => setTimeout(done, 500); }});
      const page = frame.contentDocument, plot = page.querySelector(".plot");
      return {{ page: page.documentElement.scrollWidth, height: plot.getBoundingClientRect().height,
        plot: plot.querySelector(".main-svg").getBoundingClientRect().right }};
    """
    found = browse(report, tmp_path, script, "--allow-file-access-from-files")
    assert found["page"] <= 390
    assert 300 < found["plot"] <= 390
    assert found["height"] < 500


def test_dark_mode_reaches_page_and_plots(report: Path, tmp_path: Path) -> None:
    """With a dark scheme ground, text and curves take the dark colours."""
    script = """return { ground: getComputedStyle(document.body).backgroundColor, font: plot().layout.font.color,
      line: plot().data.at(-1).line.color };"""
    light = browse(report, tmp_path, script, "--blink-settings=preferredColorScheme=1")
    dark = browse(report, tmp_path, script, "--blink-settings=preferredColorScheme=0")
    assert light == {"ground": "rgb(255, 255, 255)", "font": "#1a1c20", "line": COLOURS[0]}
    assert dark == {"ground": "rgb(21, 23, 27)", "font": "#e8eaee", "line": DARK_COLOURS[0]}
