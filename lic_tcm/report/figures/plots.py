"""Figures for a two-column paper: one pure function per figure, from rows to a matplotlib Figure."""

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

from lic_tcm import metrics
from lic_tcm.report import words
from lic_tcm.report.figures.canvas import LINE, STYLE, WIDTH, MissingInputError, paper_axes
from lic_tcm.report.looks import COLOURS, Curve, curves, drawable, plot_notes, rate_limit
from lic_tcm.report.ways import choices, chosen
from lic_tcm.tables.schema import BDRow, RDPoint

Limits = tuple[float, float]


def rd_plot(
    points: Sequence[RDPoint],
    dataset: str,
    metric: str,
    title: str = "",
    only: Callable[[Curve], bool] = lambda curve: True,  # noqa: ARG005
    limits: tuple[Limits, Limits] | None = None,
) -> Figure:
    """RD curves of a dataset: bits per pixel against a metric on its axis, a legend for each kind of series below.

    `points` are those of the whole run, so that a method looks the same in all its figures; `only` chooses curves,
    `limits` are those of the rate and the distortion, which else fit the curves. Raises MissingInputError when no
    curve has a point that can be drawn.
    """
    found = [curve for curve in curves(points, dataset, metric) if only(curve)]
    if not drawable(found):
        where = f"in {words.metric_name(metric)} on {title or dataset}"
        raise MissingInputError(
            f"all points {where} are lossless (infinite{metrics.get(metric).per_unit}); add others"
            if found
            else f"no curve {where}; code it with a method, or show published curves of it"
        )
    with mpl.rc_context(STYLE):
        cut = limits[0][1] if limits else rate_limit(found)
        notes = [line for line in (title, *plot_notes(found, cut)) if line]
        legends = {legend: legend.height() for legend in _legends(found)}
        top = sum(legends.values())
        left = 0.5 if metrics.get(metric).decimals <= 2 else 0.64  # room for long numbers
        figure, axes = paper_axes(notes, plot_height=2.3, below=0.42 + top, left=left)
        for curve in reversed(found):  # the first, measured ones end on top
            _draw(axes, curve)
        axes.set(xlabel="Rate [bpp]", ylabel=words.axis_title(metric))
        axes.set_xlim(*(limits[0] if limits else (0, cut)))
        if limits:
            axes.set_ylim(limits[1])
        else:
            _fit_height(axes, found)
        for legend, height in legends.items():
            legend.draw(figure, top)
            top -= height
    return figure


def bd_rate_plot(
    rows: Sequence[BDRow], points: Sequence[RDPoint], dataset: str, metric: str, title: str = ""
) -> Figure:
    """BD-rate of each method with its interval, lowest first; filled markers are measured, hollow ones are not.

    Where the table holds several anchors, averagings or BD methods, the first one of it is drawn and named. Raises
    MissingInputError when no method has a BD-rate.
    """
    among = [row for row in rows if (row.dataset, row.metric) == (dataset, metric)]
    drawn = [(row.bd_rate, row) for row in chosen(among) if row.bd_rate is not None]
    if not drawn:
        why = "the notes in bd_rate.csv say why" if among else "name an anchor that has a curve there"
        raise MissingInputError(f"no BD-rate in {words.metric_name(metric)} on {title or dataset}; {why}")
    drawn.sort(key=lambda pair: pair[0])
    colours = {(c.series, c.kind): COLOURS[c.colour] for c in curves(points, dataset, metric)}
    labels = ["\n".join(textwrap.wrap(text, 34)) for text in _bar_labels([row for _, row in drawn])]
    heights = [LINE * (1 + text.count("\n")) + 0.06 for text in labels]
    middles = [sum(heights[:i]) + heights[i] / 2 for i in range(len(heights))]  # inches from the top
    with mpl.rc_context(STYLE):
        left = min(1.9, 0.15 + 0.052 * max(len(line) for text in labels for line in text.split("\n")))
        figure, axes = paper_axes(_bd_notes(among, points, title), sum(heights), below=0.4, left=left)
        for (value, row), y in zip(drawn, middles, strict=True):
            _draw_bar(axes, y, value, row, colours.get((row.series, row.kind), COLOURS[0]))
        axes.axvline(0, color="#444444", linewidth=0.8)
        axes.set_yticks(middles, labels, fontsize=6.5)
        axes.set_ylim(sum(heights), 0)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(f"BD-rate ({words.metric_name(metric)}) [%]")
    return figure


@dataclass(frozen=True)
class _Legend:
    """The legend of one kind of series, below the axes."""

    kind: str
    curves: tuple[Curve, ...]

    def draw(self, figure: Figure, top: float) -> Legend:
        """Draw it with its upper edge `top` inches above the figure's lower one."""
        columns = 2 if max(len(curve.name) for curve in self.curves) <= 22 else 1
        return figure.legend(
            handles=[_handle(curve, wrap=50 // columns) for curve in self.curves],
            title=self.kind,
            ncols=columns,
            loc="upper left",
            bbox_to_anchor=(0.0, top / figure.get_figheight()),
            alignment="left",
            handlelength=2.6,
            columnspacing=1.0,
            borderpad=0.2,
            borderaxespad=0.2,
            labelspacing=0.25,
            title_fontproperties={"size": 8, "weight": "bold"},
        )

    def height(self) -> float:
        """Its height in inches, found by drawing it on a sheet that is thrown away."""
        sheet = Figure(figsize=(WIDTH, 1))
        legend = self.draw(sheet, 1)
        sheet.draw_without_rendering()
        return float(legend.get_window_extent().height) / sheet.dpi + 0.04


def _legends(found: Sequence[Curve]) -> list[_Legend]:
    kinds = words.kinds_in_order(curve.kind for curve in found)
    return [_Legend(kind, tuple(curve for curve in found if curve.kind == kind)) for kind in kinds]


def _draw(axes: Axes, curve: Curve) -> None:
    shown = [p for p in curve.points if math.isfinite(p.value)]
    colour = COLOURS[curve.colour]
    axes.plot([p.bpp for p in shown], [p.value for p in shown], **_look(curve))
    for p in shown:
        if p.value_lo is not None and p.value_hi is not None:
            axes.plot([p.bpp, p.bpp], [p.value_lo, p.value_hi], color=colour, alpha=0.4, linewidth=0.8)
        if p.bpp_lo is not None and p.bpp_hi is not None:
            axes.plot([p.bpp_lo, p.bpp_hi], [p.value, p.value], color=colour, alpha=0.4, linewidth=0.8)


def _look(curve: Curve) -> dict[str, Any]:
    filled = curve.kind == "measured"
    return {
        "color": COLOURS[curve.colour],
        "linestyle": curve.dash.matplotlib,
        "marker": curve.marker.matplotlib,
        "markerfacecolor": COLOURS[curve.colour] if filled else "white",
        "markeredgewidth": 0.8,
        "linewidth": 1.3 if filled else 0.9,
    }


def _handle(curve: Curve, wrap: int) -> Line2D:
    return Line2D([], [], label="\n".join(textwrap.wrap(curve.name, wrap)), **_look(curve))


def _fit_height(axes: Axes, found: Sequence[Curve]) -> None:
    """Let the distortions that are within the limits of the rate fill the height."""
    limit = axes.get_xlim()[1]
    inside = [p for curve in found for p in curve.points if p.bpp <= limit]
    ends = [end for p in inside for end in (p.value, p.value_lo, p.value_hi) if end is not None]
    shown = [end for end in ends if math.isfinite(end)]
    if shown:
        margin = 0.04 * (max(shown) - min(shown)) or 1.0
        axes.set_ylim(min(shown) - margin, max(shown) + margin)


def _bd_notes(among: Sequence[BDRow], points: Sequence[RDPoint], title: str) -> list[str]:
    first = choices(among)[0]
    way = first.text(next((p.label for p in points if p.series == first.anchor), first.anchor))
    rows = chosen(among)
    counts = {words.images(row.n_images, row.images_total) for row in rows}
    marks = " ".join(dict.fromkeys(mark for row in rows for mark in row.marks.split()))
    doubt = [f"{words.DAGGER} {words.mark_reasons(marks)}"] if marks else []
    return [", ".join(filter(None, [title, *counts])) if len(counts) == 1 else title, way, *doubt]


def _bar_labels(rows: Sequence[BDRow]) -> list[str]:
    """Method and kind; and the number of images where a part of the rows is of a part of the dataset."""
    same = len({(row.n_images, row.images_total) for row in rows}) == 1
    counts = [
        f", {words.images(row.n_images, row.images_total)}"
        if not same and words.partial(row.n_images, row.images_total)
        else ""
        for row in rows
    ]
    labels = zip(rows, counts, strict=True)
    return [words.marked(f"{row.label} [{row.kind}{count}]", row.marks) for row, count in labels]


def _draw_bar(axes: Axes, y: float, value: float, row: BDRow, colour: str) -> None:
    axes.plot([0, value], [y, y], color=colour, linewidth=0.6, alpha=0.5)
    if row.ci_lo is not None and row.ci_hi is not None:
        axes.plot([row.ci_lo, row.ci_hi], [y, y], color=colour, linewidth=2.6, alpha=0.4, solid_capstyle="butt")
    face = colour if row.kind == "measured" else "white"
    axes.plot([value], [y], "o", color=colour, markerfacecolor=face, markersize=4)
