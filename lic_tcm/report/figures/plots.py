"""Figures for a two-column paper: one pure function per figure, from rows to a matplotlib Figure."""

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lic_tcm import metrics
from lic_tcm.rd.curves import OWN
from lic_tcm.report import words
from lic_tcm.report.choices import Choices, Inset
from lic_tcm.report.figures import legends
from lic_tcm.report.figures.canvas import MissingInputError, drawn_in, fit, sheet
from lic_tcm.report.figures.styles import STYLES, Style
from lic_tcm.report.looks import COLOURS, Curve, curves, drawable, rate_limit
from lic_tcm.report.ways import chosen
from lic_tcm.tables.schema import BDRow, RDPoint

Limits = tuple[float, float]
HEIGHT = 2.0  # inches of an RD plot without a legend below
NAMED = "mse"  # a curve whose label says what it was trained for needs no more
MARGIN = 0.04  # of what the curves cover
ZOOMS = (0.42, 0.36, 0.3)  # of the axes: sides of an inset without a place of its own, the first that covers nothing


def shown_curves(
    points: Sequence[RDPoint],
    dataset: str,
    metric: str,
    choices: Choices,
    only: Callable[[Curve], bool] = lambda curve: True,  # noqa: ARG005
) -> list[Curve]:
    """The curves of a plot in the chosen order, with the names legends give them; full names where short ones agree.

    `points` are those of the whole run, so that a method looks the same in all its figures.
    """
    found = [curve for curve in curves(points, dataset, metric) if only(curve) and choices.shows(curve.series)]
    found.sort(key=lambda curve: choices.rank(curve.series))
    names = [choices.short(dataset, curve.series, curve.kind, curve.name) for curve in found]
    if all_for(metric, found):
        names = [name.removesuffix(f" {metrics.get(metric).label}") for name in names]
    return [
        replace(curve, label=name if names.count(name) == 1 else curve.name, optimised_for=NAMED)
        for curve, name in zip(found, names, strict=True)
    ]


def all_for(metric: str, found: Sequence[Curve]) -> bool:
    """Whether all published curves are of models trained for a metric: then the caption says so, not each name."""
    others = [curve for curve in found if curve.kind not in OWN]
    return metric != "psnr" and bool(others) and {c.optimised_for for c in others} == {metrics.get(metric).loss}


def rd_plot(
    points: Sequence[RDPoint],
    dataset: str,
    metric: str,
    title: str = "",
    choices: Choices | None = None,
    only: Callable[[Curve], bool] = lambda curve: True,  # noqa: ARG005
    limits: tuple[Limits, Limits] | None = None,
) -> Figure:
    """RD curves of a dataset: bits per pixel against a metric on its axis, and nothing else but a legend.

    `limits` are those of the rate and the distortion, which else fit the curves; a chosen range of rates comes before.
    Raises MissingInputError when no curve has a point that can be drawn.
    """
    choices = choices or Choices()
    found = shown_curves(points, dataset, metric, choices, only)
    if not drawable(found):
        where = f"in {words.metric_name(metric)} on {title or dataset}"
        raise MissingInputError(
            f"all points {where} are lossless (infinite{metrics.get(metric).per_unit}); add others"
            if found
            else f"no curve {where}; code it with a method, or show published curves of it"
        )
    style = STYLES[choices.style]
    with drawn_in(style, (curve.name for curve in found)):
        axes = sheet(choices.width, HEIGHT * style.size / 8, left=0.5, below=0.4)
        for curve in reversed(found):  # the first, measured ones end on top
            _draw(axes, curve, choices, style)
        axes.set(xlabel="Rate [bpp]", ylabel=words.axis_title(metric))
        axes.set_xlim(*rate_limits(found, choices, limits))
        if limits and not choices.rate:
            axes.set_ylim(limits[1])
        else:
            _fit_height(axes, found)
        fit(axes)
        inset = [_zoom(axes, found, choices, choices.inset, style)] if choices.inset else []
        handles = [_handle(curve, choices, style) for curve in found if _is_seen(axes, curve)]
        legends.place(axes, handles, choices.legend, style, inset)
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure


def rate_limits(found: Sequence[Curve], choices: Choices, limits: tuple[Limits, Limits] | None) -> Limits:
    """The ends of the axis of rates: the chosen ones, those given, or where the curves that matter end."""
    if choices.rate or limits:
        return choices.rate or limits[0]  # type: ignore[index]
    high = rate_limit(found) or 1.03 * max(curve.points[-1].bpp_hi or curve.points[-1].bpp for curve in found)
    low = min(curve.points[0].bpp_lo or curve.points[0].bpp for curve in found)
    return max(0.0, low - MARGIN * (high - low)), high


def bd_rate_plot(
    rows: Sequence[BDRow],
    points: Sequence[RDPoint],
    dataset: str,
    metric: str,
    title: str = "",
    choices: Choices | None = None,
) -> Figure:
    """BD-rate of each method with its interval, lowest first; filled markers are measured, hollow ones are not.

    Where the table holds several anchors, averagings or BD methods, the first one of it is drawn. Raises
    MissingInputError when no method has a BD-rate.
    """
    choices = choices or Choices()
    drawn = bars(rows, dataset, metric, choices)
    if not drawn:
        among = [row for row in rows if (row.dataset, row.metric) == (dataset, metric)]
        why = "the notes in bd_rate.csv say why" if among else "name an anchor that has a curve there"
        raise MissingInputError(f"no BD-rate in {words.metric_name(metric)} on {title or dataset}; {why}")
    style = STYLES[choices.style]
    looks = {(c.series, c.kind): COLOURS[c.colour] for c in curves(points, dataset, metric)}
    names = [words.marked(choices.short(dataset, row.series, row.kind, row.label), row.marks) for row in drawn]
    labels = ["\n".join(textwrap.wrap(name, 30)) for name in names]
    line = style.spacing(style.size)
    heights = [line * (1 + label.count("\n")) + 0.04 for label in labels]
    middles = [sum(heights[:i]) + heights[i] / 2 for i in range(len(heights))]  # inches from the top
    with drawn_in(style, names):
        axes = sheet(choices.width, sum(heights) + 0.45, left=1.5, below=0.4)
        for row, y in zip(drawn, middles, strict=True):
            colour = choices.colours.get(row.series) or looks.get((row.series, row.kind), COLOURS[0])
            _draw_bar(axes, y, row, colour)
        axes.axvline(0, color="#444444", linewidth=0.8)
        axes.set_yticks(middles, labels)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(sum(heights), 0)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(f"BD-rate ({words.metric_name(metric)}) [%]")
        fit(axes)
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure


def bars(rows: Sequence[BDRow], dataset: str, metric: str, choices: Choices) -> list[BDRow]:
    """The rows that `bd_rate_plot` draws, lowest first; an anchor's own 0 is the line it draws anyway."""
    among = [row for row in rows if (row.dataset, row.metric) == (dataset, metric)]
    shown = [row for row in (chosen(among) if among else []) if row.bd_rate is not None and choices.shows(row.series)]
    others = [row for row in shown if (row.series, row.kind) != (row.anchor, row.anchor_kind)]
    return sorted(others, key=lambda row: row.bd_rate or 0.0)


def _draw(axes: Axes, curve: Curve, choices: Choices, style: Style) -> None:
    shown = [p for p in curve.points if math.isfinite(p.value)]
    look = _look(curve, choices, style)
    axes.plot([p.bpp for p in shown], [p.value for p in shown], **look)
    bar = {"color": look["color"], "alpha": 0.35, "linewidth": 0.7 * style.line}
    for p in shown:
        if p.value_lo is not None and p.value_hi is not None:
            axes.plot([p.bpp, p.bpp], [p.value_lo, p.value_hi], **bar)
        if p.bpp_lo is not None and p.bpp_hi is not None:
            axes.plot([p.bpp_lo, p.bpp_hi], [p.value, p.value], **bar)


def _look(curve: Curve, choices: Choices, style: Style) -> dict[str, Any]:
    filled = curve.kind == "measured"
    colour = choices.colours.get(curve.series) or COLOURS[curve.colour]
    return {
        "color": colour,
        "linestyle": curve.dash.matplotlib,
        "marker": curve.marker.matplotlib,
        "markerfacecolor": colour if filled else "white",
        "markeredgewidth": 0.7 * style.line,
        "linewidth": style.line if filled else 0.8 * style.line,
    }


def _handle(curve: Curve, choices: Choices, style: Style) -> Line2D:
    return Line2D([], [], label=curve.name, **_look(curve, choices, style))


def _is_seen(axes: Axes, curve: Curve) -> bool:
    """Whether a curve passes through the range of rates: one beyond it would be a name without a line."""
    low, high = axes.get_xlim()
    rates = [p.bpp for p in curve.points if math.isfinite(p.value)]
    return bool(rates) and min(rates) <= high and max(rates) >= low


def _fit_height(axes: Axes, found: Sequence[Curve]) -> None:
    """Let the distortions that are within the limits of the rate fill the height."""
    low, high = axes.get_xlim()
    inside = [p for curve in found for p in curve.points if low <= p.bpp <= high]
    ends = [end for p in inside for end in (p.value, p.value_lo, p.value_hi) if end is not None]
    ends += [value for curve in found for value in _between(curve, low, high)]
    shown = [end for end in ends if math.isfinite(end)]
    if shown:
        margin = MARGIN * (max(shown) - min(shown)) or 1.0
        axes.set_ylim(min(shown) - margin, max(shown) + margin)


def _between(curve: Curve, low: float, high: float) -> list[float]:
    """Where a curve's line enters and leaves a range of rates."""
    shown = [p for p in curve.points if math.isfinite(p.value)]
    rates = [p.bpp for p in shown]
    ends = [end for end in (low, high) if rates and rates[0] <= end <= rates[-1]]
    return [float(np.interp(end, rates, [p.value for p in shown])) for end in ends]


def _zoom(axes: Axes, found: Sequence[Curve], choices: Choices, inset: Inset, style: Style) -> Axes:
    """Axes in the axes that show a range of rates larger."""
    zoomed = axes.inset_axes(inset.at or legends.free(axes, ZOOMS), zorder=6)
    for curve in reversed(found):
        shown = [p for p in curve.points if math.isfinite(p.value)]
        zoomed.plot([p.bpp for p in shown], [p.value for p in shown], **_look(curve, choices, style))
    zoomed.set_xlim(*inset.rate)
    _fit_height(zoomed, [replace(c, points=tuple(_bare(p) for p in c.points)) for c in found])
    zoomed.tick_params(labelsize=style.size - 2, length=1.5, pad=1)
    axes.indicate_inset_zoom(zoomed, edgecolor="#666666", linewidth=0.5)
    return zoomed


def _bare(p: RDPoint) -> RDPoint:
    """A point without its intervals, which an inset does not show."""
    return replace(p, value_lo=None, value_hi=None, bpp_lo=None, bpp_hi=None)


def _draw_bar(axes: Axes, y: float, row: BDRow, colour: str) -> None:
    rate = row.bd_rate or 0.0
    axes.plot([0, rate], [y, y], color=colour, linewidth=0.6, alpha=0.5)
    if row.ci_lo is not None and row.ci_hi is not None:
        axes.plot([row.ci_lo, row.ci_hi], [y, y], color=colour, linewidth=2.6, alpha=0.4, solid_capstyle="butt")
    face = colour if row.kind == "measured" else "white"
    axes.plot([rate], [y], "o", color=colour, markerfacecolor=face, markersize=4)
