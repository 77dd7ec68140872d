"""Figures of ablations at one lambda: each variant's difference to the reference, with interval, and what it costs."""

import textwrap
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from lic_tcm.report.figures.canvas import LINE, STYLE, WIDTH
from lic_tcm.report.looks import COLOURS, MARKERS
from lic_tcm.tables.schema import VariantRow

LABEL = 1.25  # inches beside the dots, for the variants' names
DOTS, COSTS, GAP = 0.3, 1.5, 0.5  # inches: a line of dots, the panel of costs, what is between panels
AXIS = "Cost against {reference} [% of its rate]"


def variants_plot(rows: Sequence[VariantRow], notes: Sequence[str]) -> Figure:
    """Differences as dots with intervals over images and thin bars over pairs of seeds; below, over the work they take.

    `rows` are the variants of one figure at one lambda on one dataset. The second panel is left out where no row says
    what its network costs.
    """
    notes = [line for note in notes for line in textwrap.wrap(note, 64)]
    costed = [row for row in rows if row.kmacs_per_pixel is not None]
    below = COSTS + GAP if costed else 0.0
    top, height = 0.1 + LINE * len(notes), DOTS * len(rows)
    total = top + height + 0.45 + below
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, total))
        figure.text(0.02, 1 - 0.03 / total, "\n".join(notes), fontsize=6.5, va="top", linespacing=1.2)
        box = (LABEL / WIDTH, (0.45 + below) / total, (WIDTH - LABEL - 0.08) / WIDTH, height / total)
        axes = figure.add_axes(box)
        _draw_dots(axes, rows)
        if costed:
            axes = figure.add_axes((0.5 / WIDTH, 0.42 / total, (WIDTH - 0.58) / WIDTH, COSTS / total))
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
    axes.set_yticks(range(len(rows)), [f"{row.variant}\n{row.verdict}" for row in rows], fontsize=6.5, linespacing=1.0)
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
