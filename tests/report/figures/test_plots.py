"""The static figures."""

import itertools
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure
from PIL import Image

from lic_tcm.report.figures.canvas import Drawing, MissingInputError, save
from lic_tcm.report.figures.catalogue import items
from lic_tcm.report.figures.plots import bd_rate_plot, rd_plot
from lic_tcm.report.inputs import Tables, read_tables
from lic_tcm.report.looks import COLOURS, DARK_COLOURS, DASHES, MARKERS, curves, plot_notes, rate_limit
from lic_tcm.report.tex import said
from lic_tcm.report.words import DAGGER
from lic_tcm.tables.schema import KINDS, RDPoint


@pytest.fixture
def data(tables: Path) -> Tables:
    """The small tables, read."""
    return read_tables(tables)


def drawn(data: Tables, name: str) -> Drawing:
    """A figure of the small tables, by its name."""
    return items(data)[name].draw(data)


def texts(figure: Figure, stem: Path) -> list[str]:
    """Every text of a figure as its SVG holds it."""
    save(Drawing(figure, "", said("")), stem)
    tree = ElementTree.parse(stem.with_suffix(".svg"))
    return ["".join(element.itertext()) for element in tree.iter("{http://www.w3.org/2000/svg}text")]


def test_curves_are_drawn_as_the_table_has_them(data: Tables) -> None:
    """Each series is one line through its finite points, in the order of the rate, solid only when measured."""
    figure = rd_plot(data.points, "clic", "psnr")
    lines = {tuple(line.get_xdata()): line for line in figure.axes[0].lines if line.get_marker() != "None"}
    assert len(lines) == 4
    webp = lines[0.24, 0.48, 0.72, 1.08]
    assert list(webp.get_ydata()) == [28.25, 31.25, 34.25, 37.25]
    assert webp.get_linestyle() == "-"
    assert lines[0.15, 0.3, 0.45, 0.6, 0.75, 0.9].get_linestyle() == "--"
    assert list(lines[(0.5,)].get_ydata()) == [30.0]  # its second point is lossless


def test_a_figure_without_points_is_an_error_that_says_why(data: Tables) -> None:
    """No curve, only lossless points, no BD-rate, no rows at all: never an image that holds a sentence."""
    with pytest.raises(MissingInputError, match="no curve in MS-SSIM on Kodak; code it with a method, or show"):
        rd_plot(data.points, "kodak", "ms-ssim", "Kodak")
    lossless = [replace(p, value=float("inf")) for p in data.points]
    with pytest.raises(MissingInputError, match=r"all points in PSNR on clic are lossless \(infinite dB\); add others"):
        rd_plot(lossless, "clic", "psnr")
    with pytest.raises(MissingInputError, match="no BD-rate in PSNR on Kodak; name an anchor that has a curve there"):
        bd_rate_plot(data.bd, data.points, "kodak", "psnr", "Kodak")
    without = [replace(row, bd_rate=None) for row in data.bd]
    with pytest.raises(MissingInputError, match=r"no BD-rate in PSNR on clic; the notes in bd_rate\.csv say why"):
        bd_rate_plot(without, data.points, "clic", "psnr")


def test_intervals_are_drawn_where_given(data: Tables) -> None:
    """Both ends of an interval appear, and series without intervals have none."""
    figure = rd_plot(data.points, "clic", "psnr")
    bars = [tuple(line.get_ydata()) for line in figure.axes[0].lines if line.get_marker() == "None"]
    assert (27.25, 29.25) in bars
    assert len(bars) == 16  # 2 series x 4 points x 2 directions


def test_partial_sets_and_missing_points_are_told_in_the_caption(data: Tables, tmp_path: Path) -> None:
    """What comes from 8 of 41 images says so, a point at infinity is not just dropped; neither is in the plot."""
    drawing = drawn(data, "rd_clic_psnr")
    assert "measured: 8 of 41 images." in drawing.caption.plain
    assert "Lossless points (infinite dB), not shown: 1." in drawing.caption.plain
    assert "Bars: 95 % intervals over the images" in drawing.caption.plain
    found = texts(drawing.figure, tmp_path / "a")
    assert not any("images" in text or "CLIC" in text or "shown" in text for text in found)
    assert not any(" of 41" in text for text in drawn(data, "rd_kodak_psnr").caption.plain.split(". "))


def test_a_part_of_a_kind_is_named_by_its_labels(data: Tables) -> None:
    """When only some curves of a kind are partial, the note names them."""
    points = [replace(p, n_images=41) if p.series == "webp" else p for p in data.points]
    notes = plot_notes(curves(points, "clic", "ms-ssim"))
    assert len(notes) == 1
    assert notes[0].endswith("telephone is wide: 8 of 41 images")


def test_kinds_are_told_by_lines_and_the_caption(data: Tables, tmp_path: Path) -> None:
    """No heads of kinds stand in the figure; the caption says which lines are of which kind and of whom."""
    drawing = drawn(data, "rd_clic_psnr")
    found = texts(drawing.figure, tmp_path / "a")
    assert not set(found) & set(KINDS)
    assert {"WebP", "TCM (small)", "JPEG XL"} <= set(found)
    assert "Solid lines, filled markers: measured by this suite (WebP, Évil" in drawing.caption.plain
    assert "Dashed lines: published (TCM (small))." in drawing.caption.plain
    assert (
        "Dotted lines: digitised, read off a published figure (VTM-12.1)." in drawn(data, "rd_kodak_psnr").caption.plain
    )


def test_nothing_sticks_out_of_the_figure(data: Tables) -> None:
    """Labels, notes and legends lie inside the paper, also with many long names."""
    long = [
        replace(p, series=f"{p.series}{i}", label=f"{p.label} with a long name {'very ' * 9}long {i}")
        for p, i in itertools.product(data.points, range(4))
    ]
    for figure in (rd_plot(long, "clic", "psnr", "CLIC"), bd_rate_plot(data.bd, long, "clic", "psnr", "CLIC")):
        figure.draw_without_rendering()
        axes = figure.axes[0]
        low, high = sorted(axes.get_ylim())
        ticks = [text for text in axes.get_yticklabels() if low <= text.get_position()[1] <= high]
        for artist in (*ticks, axes.yaxis.label, axes.xaxis.label, *figure.legends, *figure.texts):
            box = artist.get_window_extent()
            assert figure.bbox.x0 - 1 <= box.x0, artist
            assert box.x1 <= figure.bbox.x1 + 1, artist
            assert figure.bbox.y0 - 1 <= box.y0, artist
            assert box.y1 <= figure.bbox.y1 + 1, artist


def test_a_series_looks_the_same_in_every_figure(data: Tables) -> None:
    """Colour and marker belong to the series, not to its place in one plot; series of a run differ."""
    psnr = {curve.key: (curve.colour, curve.marker) for curve in curves(data.points, "clic", "psnr")}
    ms_ssim = {curve.key: (curve.colour, curve.marker) for curve in curves(data.points, "clic", "ms-ssim")}
    assert ms_ssim.items() <= psnr.items()
    assert len(set(psnr.values())) == len(psnr)


def test_seventy_two_series_are_told_apart() -> None:
    """Colours and markers combine without repeating, and every kind has its own line."""
    looks = {(i % len(COLOURS), i % len(MARKERS)) for i in range(72)}
    assert len(looks) == 72
    assert tuple(DASHES) == KINDS
    assert len(COLOURS) == len(DARK_COLOURS)


def test_far_points_are_cut_with_a_note(data: Tables) -> None:
    """A published curve that goes on to 9 bpp does not squeeze the others; the note counts what is cut."""
    far = replace(data.points[-1], dataset="clic", series="far", bpp=9.0, value=50.0)
    found = curves([*data.points, far], "clic", "psnr")
    limit = rate_limit(found)
    assert limit is not None
    assert 1.08 < limit < 9
    assert f"points above {limit:.2g} bpp, not shown: 1" in plot_notes(found)
    assert rate_limit(curves(data.points, "clic", "psnr")) is None


def test_bd_rates_are_drawn_lowest_first_by_the_first_way_of_the_table(data: Tables, tmp_path: Path) -> None:
    """One dot per method with a number; the caption names anchor, averaging and BD method, intervals are drawn."""
    drawing = drawn(data, "bd_rate_clic_psnr")
    dots = [float(line.get_xdata()[0]) for line in drawing.figure.axes[0].lines if line.get_marker() == "o"]
    assert dots == [-31.4, -16.67]  # the anchor's own 0 is the line
    assert [-18.5, -15.25] in [list(line.get_xdata()) for line in drawing.figure.axes[0].lines]
    assert "on CLIC_pro against WebP (measured), mean curve, pchip; negative means fewer bits." in drawing.caption.plain
    assert "8 of 41 images" in drawing.caption.plain
    assert f"{DAGGER} the curves share less than 75 % of the method's range." in drawing.caption.plain
    assert "TCM (small)" in texts(drawing.figure, tmp_path / "a")


def test_files_are_the_same_each_time_and_fit_for_print(data: Tables, tmp_path: Path) -> None:
    """Same input, same bytes; fonts are embedded as TrueType, the PNG has 300 dpi, the width is a column's."""
    first = save(drawn(data, "rd_clic_psnr"), tmp_path / "a" / "f")
    second = save(drawn(data, "rd_clic_psnr"), tmp_path / "b" / "f")
    assert [path.name for path in first] == ["f.pdf", "f.svg", "f.png", "f.csv", "f.tex"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    pdf = first[0].read_bytes()
    assert b"/CIDFontType2" in pdf
    assert b"/Type3" not in pdf
    assert b"Date" not in pdf
    with Image.open(first[2]) as image:
        assert image.width == 975  # 3.25 in


def test_ms_ssim_optimised_methods_say_so(data: Tables) -> None:
    """A series trained for another metric than the mean squared error carries that in its name."""
    points: list[RDPoint] = [replace(p, optimised_for="ms-ssim") for p in data.points if p.series == "webp"]
    assert [curve.name for curve in curves(points, "clic", "psnr")] == ["WebP (MS-SSIM-optimised)"]
