"""Figures as papers need them: width, font, size, legend, inset, choices, and letters that a font may lack."""

from dataclasses import replace

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from support.figures import choosing, emptiness, legend_texts, texts

from lic_tcm.errors import UserError
from lic_tcm.report.choices import ROOMS, Choices, Inset
from lic_tcm.report.figures import styles
from lic_tcm.report.figures.canvas import Drawing, MissingInputError, caption_file
from lic_tcm.report.figures.catalogue import items
from lic_tcm.report.figures.plots import rd_plot
from lic_tcm.report.figures.styles import STYLES, fonts_for
from lic_tcm.report.inputs import Tables
from lic_tcm.tables.schema import RDPoint


def rising(count: int, **changes: object) -> list[RDPoint]:
    """Points of so many methods whose curves lie close to each other, as those of papers do."""
    point = RDPoint(
        *("kodak", "m", "M", "measured", "psnr", "mse", "", 0.0, 0.0, None, None, None, None, "", 24, 24, "rgb", ""),
        *(None, "", None, None),
    )
    rates = ((0.12, 29.4), (0.25, 32.0), (0.45, 34.4), (0.65, 36.1), (0.9, 37.8))
    return [
        replace(point, series=f"m{k}", label=f"Method {k}", bpp=rate * (1 + 0.04 * k), value=value, **changes)
        for k in range(count)
        for rate, value in rates
    ]


@pytest.mark.parametrize("name", ROOMS)
def test_a_style_sets_width_font_and_size(data: Tables, name: str) -> None:
    """A figure has its final width, every text the style's font; in a paper's styles every text has 8 points."""
    chosen = choosing(data, style=name)
    drawing = items(chosen)["rd_clic_psnr"].draw(chosen)
    wide = {"cvpr": 3.25, "ieee-single": 3.5, "ieee-double": 7.16, "slides": 6.0}[name]
    assert drawing.figure.get_figwidth() == wide
    assert drawing.environment == ("figure*" if name == "ieee-double" else "figure")
    shown = [text for text in drawing.figure.findobj(Text) if text.get_text()]
    font = "DejaVu Sans" if name == "slides" else "STIXGeneral"
    assert {text.get_fontfamily()[0] for text in shown} == {font}
    assert {text.get_fontsize() for text in shown} == {10.0 if name == "slides" else 8.0}


def test_the_style_reaches_every_figure(data: Tables) -> None:
    """Each figure that can be drawn of the small tables is as wide as a column or as both."""
    chosen, drawn = choosing(data, style="ieee-single"), []
    for name, item in items(chosen).items():
        try:
            drawing = item.draw(chosen)
        except MissingInputError:
            continue
        drawn.append(name)
        assert drawing.figure.get_figwidth() == (7.16 if drawing.wide else 3.5), name
    assert {"rd_clic_psnr", "bd_rate_clic_psnr", "local_rates_clic_psnr", "image_rates_clic_psnr"} <= set(drawn)
    assert "costs_clic_psnr" in drawn


@pytest.mark.parametrize("count", [2, 5, 7])
def test_little_of_a_column_is_empty(count: int) -> None:
    """At most 40 % of a figure is further than 5 mm from anything drawn, with few and with many curves."""
    figure = rd_plot(rising(count), "kodak", "psnr")
    assert len(legend_texts(figure)) == count
    assert emptiness(figure) <= 0.4


def boxes(figure: Figure) -> tuple[Figure, list[object]]:
    """The figure, drawn, and the boxes of its legends."""
    figure.draw_without_rendering()
    found = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    return figure, [legend.get_window_extent() for legend in found]


def test_a_legend_inside_covers_no_curve() -> None:
    """Where curves leave room the legend is in the axes, and no point of a line is under it."""
    figure, (box,) = boxes(rd_plot(rising(4), "kodak", "psnr"))
    axes = figure.axes[0]
    assert not figure.legends
    for line in axes.lines:
        for x, y in axes.transData.transform(line.get_xydata()):
            assert not box.contains(x, y)


def test_a_legend_without_room_is_at_the_right_or_below() -> None:
    """A dozen methods stand at the right of the axes, without touching them; long names stand below."""
    spread = [replace(p, value=p.value - 0.9 * int(p.series[1:])) for p in rising(12)]
    figure, (box,) = boxes(rd_plot(spread, "kodak", "psnr"))
    assert box.x0 >= figure.axes[0].get_window_extent().x1
    assert box.y0 >= 0
    long = [replace(p, label=f"{p.label}, whose name is {'m' * 40}") for p in spread]
    figure, (box,) = boxes(rd_plot(long, "kodak", "psnr"))
    assert box.y1 <= figure.axes[0].get_tightbbox().y0
    assert box.y0 >= 0
    assert box.x1 <= figure.bbox.x1


@pytest.mark.parametrize(("wanted", "count"), [("none", 0), ("right", 3), ("below", 3), ("inside", 3)])
def test_the_place_of_a_legend_can_be_chosen(wanted: str, count: int) -> None:
    """None draws none; the others draw it where they say."""
    figure, found = boxes(rd_plot(rising(3), "kodak", "psnr", choices=Choices(legend=wanted)))
    axes = figure.axes[0].get_window_extent()
    assert len(legend_texts(figure)) == count
    if wanted == "right":
        assert found[0].x0 >= axes.x1
    if wanted == "below":
        assert found[0].y1 <= axes.y0
    if wanted == "inside":
        assert axes.x0 <= found[0].x0 <= found[0].x1 <= axes.x1


def test_methods_order_labels_colours_and_rates_are_chosen() -> None:
    """What the configuration names is drawn, in its order, under its names, in its colours, in its range."""
    choices = Choices(
        methods=("m2", "m0"), labels={"m2": "Ours $x$"}, colours={"m2": "#c00000"}, rate=(0.2, 0.6), legend="right"
    )
    figure = rd_plot(rising(4), "kodak", "psnr", choices=choices)
    assert legend_texts(figure) == ["Ours $x$", "Method 0"]
    axes = figure.axes[0]
    assert axes.get_xlim() == (0.2, 0.6)
    low, high = axes.get_ylim()
    assert 30 < low < 31.2  # the curve at 0.2 bpp, not its first point
    assert 34.4 < high < 37.8
    assert len(axes.lines) == 2
    assert axes.lines[-1].get_color() == "#c00000"  # the first one lies on top


def test_a_curve_beyond_the_range_has_no_name_in_the_legend() -> None:
    """A name without a line would be a riddle."""
    far = [replace(p, series="far", label="Far", bpp=p.bpp + 5) for p in rising(1)]
    assert legend_texts(rd_plot([*rising(2), *far], "kodak", "psnr", choices=Choices(rate=(0.1, 1.0)))) == [
        "Method 0",
        "Method 1",
    ]


def test_an_inset_shows_a_range_larger_and_covers_no_curve() -> None:
    """It has the curves, the range of rates, and lies where no line is; a place of one's own is kept."""
    figure = rd_plot(rising(3), "kodak", "psnr", choices=Choices(inset=Inset((0.4, 0.5))))
    figure.draw_without_rendering()
    axes = figure.axes[0]
    (zoomed,) = axes.child_axes
    assert zoomed.get_xlim() == (0.4, 0.5)
    assert len(zoomed.lines) == 3
    low, high = zoomed.get_ylim()
    assert high - low < 3
    box = zoomed.get_window_extent()
    assert not any(box.contains(x, y) for line in axes.lines for x, y in axes.transData.transform(line.get_xydata()))
    (legend,) = boxes(figure)[1]
    assert not legend.overlaps(box)
    placed = rd_plot(rising(3), "kodak", "psnr", choices=Choices(inset=Inset((0.4, 0.5), (0.5, 0.1, 0.4, 0.4))))
    placed.draw_without_rendering()
    (zoomed,) = placed.axes[0].child_axes
    inner = zoomed.get_window_extent().transformed(placed.axes[0].transAxes.inverted())
    assert inner.bounds == pytest.approx((0.5, 0.1, 0.4, 0.4))


def test_short_names_stand_in_legends_and_full_ones_where_they_agree() -> None:
    """A published curve has its short name; two that have the same one keep their labels."""
    tcm = [replace(p, series="tcm-large", label="Liu 2023 TCM-L", kind="published") for p in rising(1)]
    assert legend_texts(rd_plot(tcm, "kodak", "psnr")) == ["TCM-L"]
    both = [*tcm, *(replace(p, series="mine", label="TCM-L") for p in rising(1))]
    assert set(legend_texts(rd_plot(both, "kodak", "psnr"))) == {"Liu 2023 TCM-L", "TCM-L"}


def test_captions_are_files_with_label_and_citations(data: Tables) -> None:
    """One \\caption, one \\label of letters, digits and hyphens, nothing of a name that LaTeX would obey."""
    evil = [replace(p, label="a}\\input{/etc/hostname}{", series="x}\\input{/etc/hostname}{") for p in rising(2)[:5]]
    changed = replace(data, points=(*evil, *rising(1)))
    drawing = items(changed)["rd_kodak_psnr"].draw(changed)
    text = caption_file(drawing, "rd_kodak_psnr")
    assert text.count("\\caption{") == text.count("\\label{") == 1
    assert "\\label{fig:rd-kodak-psnr}" in text
    assert "\\input{/" not in text
    assert r"a\}\textbackslash{}input\{/etc/hostname\}\{" in text


def test_letters_of_other_scripts_have_a_font_or_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hebrew and Arabic are drawn with a font that has them; where none has, a line says what to do."""
    assert fonts_for(["Methode é", "TCM-L"], STYLES["cvpr"]) == ()
    assert fonts_for(["שלום", "مرحبا"], STYLES["cvpr"]) == ("DejaVu Sans",)
    figure = rd_plot([replace(p, label="שלום") for p in rising(1)], "kodak", "psnr")
    assert "שלום" in texts(figure)
    monkeypatch.setattr(styles, "_installed", lambda: ())
    monkeypatch.setattr(styles, "PREFERRED", ("DejaVu Sans",))
    with pytest.raises(UserError, match=r"no installed font has 字 of '字'; give it a label .* under figures\.labels"):
        fonts_for(["字"], STYLES["cvpr"])
    with pytest.raises(MissingInputError, match="fonts-noto-cjk"):
        rd_plot([replace(p, label="字") for p in rising(1)], "kodak", "psnr")


def test_a_drawing_knows_its_environment(data: Tables) -> None:
    """What is over both columns is a figure* for LaTeX, and the file says how to include it."""
    drawing = items(data)["rd_clic_psnr"].draw(data)
    assert isinstance(drawing, Drawing)
    assert r"\begin{figure}\centering\includegraphics{rd_clic_psnr.pdf}" in caption_file(drawing, "rd_clic_psnr")
    assert r"\begin{figure*}" in caption_file(replace(drawing, wide=True), "rd_clic_psnr")
