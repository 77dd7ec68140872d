"""Figures of ablations at one lambda: each variant's difference to the reference, with interval, and what it costs."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from lic_tcm.report.choices import Choices
from lic_tcm.report.figures.canvas import drawn_in
from lic_tcm.report.figures.styles import STYLES
from lic_tcm.report.looks import COLOURS, MARKERS
from lic_tcm.tables.schema import VariantRow

LABEL = 1.3  # inches beside the dots, for the variants' names, in letters of 8 points
COSTS, GAP = 1.5, 0.5  # inches: the panel of costs, what is between panels
AXIS = "Cost against {reference} [% of its rate]"


def variants_plot(rows: Sequence[VariantRow], choices: Choices) -> Figure:
    """Differences as dots with intervals over images and thin bars over pairs of seeds; below, over the work they take.

    `rows` are the variants of one figure at one lambda on one dataset. The second panel is left out where no row says
    what its network costs.
    """
    style, width = STYLES[choices.style], choices.width
    costed = [row for row in rows if row.kmacs_per_pixel is not None]
    label, dots = LABEL * style.size / 8, 2.2 * style.spacing(style.size)
    below = COSTS + GAP if costed else 0.0
    height = dots * len(rows)
    total = 0.08 + height + 0.45 + below
    with drawn_in(style, (row.variant for row in rows)):
        figure = Figure(figsize=(width, total))
        box = (label / width, (0.45 + below) / total, (width - label - 0.08) / width, height / total)
        axes = figure.add_axes(box)
        _draw_dots(axes, rows)
        if costed:
            axes = figure.add_axes((0.5 / width, 0.42 / total, (width - 0.58) / width, COSTS / total))
            _draw_costs(axes, costed, rows)
    return figure


def _draw_dots(axes: Axes, rows: Sequence[VariantRow]) -> None:
    """A line per variant, in the figure's order."""
    for i, row in enumerate(rows):
        colour, marker = _look(i)
        if row.seed_lo is not None and row.seed_hi is not None:
            axes.plot([row.seed_lo, row.seed_hi], [i + 0.22] * 2, color=colour, linewidth=0.8, alpha=0.7)
        if row.ci_lo is not None and row.ci_hi is not None:
            axes.plot([row.ci_lo, row.ci_hi], [i] * 2, color=colour, linewidth=1.5, alpha=0.5)
        axes.plot([row.difference or 0.0], [i], color=colour, marker=marker, markersize=5)
    axes.axvline(0, color="#444444", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [f"{row.variant}\n{row.verdict}" for row in rows], linespacing=1.0)
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel=AXIS.format(reference=rows[0].reference))


def _draw_costs(axes: Axes, costed: Sequence[VariantRow], rows: Sequence[VariantRow]) -> None:
    """The same differences over the work of the whole network."""
    for row in costed:
        colour, marker = _look(list(rows).index(row))
        x = row.kmacs_per_pixel or 0.0  # all of these are known
        if row.ci_lo is not None and row.ci_hi is not None:
            axes.plot([x, x], [row.ci_lo, row.ci_hi], color=colour, linewidth=1.5, alpha=0.5)
        axes.plot([x], [row.difference or 0.0], color=colour, marker=marker, markersize=5)
    axes.axhline(0, color="#444444", linewidth=0.8)
    axes.set(xlabel="kMAC per pixel, encoding and decoding", ylabel="Cost [% of rate]")
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 3.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    values = [row.kmacs_per_pixel for row in costed if row.kmacs_per_pixel is not None]
    axes.set_xlim(min(values) / 1.2, max(values) * 1.2)


def _look(i: int) -> tuple[str, str]:
    return COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)].matplotlib
