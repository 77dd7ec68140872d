"""Figures of pairs: BD-rates image by image, rate differences along the curve, BD-rate against cost."""

import textwrap
from collections.abc import Sequence
from statistics import mean
from typing import TypeVar

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from lic_tcm.report import words
from lic_tcm.report.figures.canvas import LINE, STYLE, WIDTH, Drawing, MissingInputError, paper_axes
from lic_tcm.report.inputs import Tables, table_csv
from lic_tcm.report.looks import COLOURS, DASHES, MARKERS, curves
from lic_tcm.tables.schema import CostRow, ImageRateRow, LocalRateRow, PairRow

ASK = "name pairs of methods under figures.pairs in the configuration and make the tables again"
BACKGROUND = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # for text that lines would cross
Row = TypeVar("Row", ImageRateRow, LocalRateRow)


def image_rates(tables: Tables, dataset: str, metric: str) -> Drawing:
    """Each image's BD-rate as a dot, a line per pair, the mean as a bar; raises MissingInputError without pairs."""
    rows = [row for row in tables.image_rates if (row.dataset, row.metric) == (dataset, metric)]
    groups = _pairs([row for row in rows if row.bd_rate is not None])
    if not groups:
        raise MissingInputError(f"no pair of measured methods with BD-rates per image; {ASK}")
    labels = [textwrap.wrap(_name(group[0]), 50) for group in groups]
    heights = [0.24 + LINE * len(label) for label in labels]
    with mpl.rc_context(STYLE):
        notes = [f"{_where(tables, dataset)}, per image, {rows[0].bd_method}", *_without(rows)]
        figure, axes = paper_axes(notes, sum(heights), below=0.42, left=0.15)
        for i, (group, label) in enumerate(zip(groups, labels, strict=True)):
            _draw_images(axes, group, label, sum(heights[: i + 1]) - 0.12, COLOURS[i % len(COLOURS)])
        axes.axvline(0, color="#444444", linewidth=0.8)
        axes.set(ylim=(sum(heights), 0), yticks=[], xlabel=f"BD-rate ({words.metric_name(metric)}) [%]")
    caption = (
        f"BD-rate of each image on {_where(tables, dataset)}; a dot is an image, the bar is the mean of the images."
    )
    return Drawing(figure, table_csv(rows, ImageRateRow), caption)


def _draw_images(axes: Axes, group: Sequence[ImageRateRow], label: Sequence[str], y: float, colour: str) -> None:
    values = [row.bd_rate for row in group if row.bd_rate is not None]
    axes.plot(values, [y] * len(values), "o", color=colour, markersize=4.5, alpha=0.45, markeredgewidth=0)
    axes.plot([mean(values)] * 2, [y - 0.07, y + 0.07], color=colour, linewidth=2)
    text = "\n".join(label)
    axes.text(
        0.01,
        y - 0.09,
        text,
        transform=axes.get_yaxis_transform(),
        fontsize=7,
        va="bottom",
        linespacing=1.1,
        bbox=BACKGROUND,
    )


def _without(rows: Sequence[ImageRateRow]) -> list[str]:
    absent = [f"{row.image} ({row.label}: {row.note})" for row in rows if row.bd_rate is None]
    return [f"without a BD-rate, not shown: {', '.join(absent)}"] if absent else []


def local_rates(tables: Tables, dataset: str, metric: str) -> Drawing:
    """Rate difference of each pair over the distortion; raises MissingInputError when there is none."""
    rows = [row for row in tables.local_rates if (row.dataset, row.metric) == (dataset, metric)]
    groups = _pairs(rows)
    if not groups:
        raise MissingInputError(f"no pair whose curves can be compared; {ASK}")
    handles = [_handle(i, group[0]) for i, group in enumerate(groups)]
    with mpl.rc_context(STYLE):
        below = 0.5 + sum(0.145 * (1 + str(handle.get_label()).count("\n")) for handle in handles)
        notes = [f"{_where(tables, dataset)}, mean curves, {rows[0].bd_method}"]
        figure, axes = paper_axes(notes, plot_height=2.0, below=below)
        for i, group in enumerate(groups):
            line = handles[i]
            axes.plot(
                [row.distortion for row in group],
                [row.difference for row in group],
                color=line.get_color(),
                linestyle=line.get_linestyle(),
                marker=line.get_marker(),
                markevery=(2 * i % 10, 10),
            )
        axes.axhline(0, color="#444444", linewidth=0.8)
        axes.set(xlabel=words.axis_title(metric), ylabel="Rate difference [%]")
        _legend(figure, handles, below)
    caption = (
        f"Rate of the tested method against its anchor at equal {words.metric_name(metric)} on "
        f"{_where(tables, dataset)}, over the range both curves cover; below zero the tested method needs fewer bits."
    )
    return Drawing(figure, table_csv(rows, LocalRateRow), caption)


def _handle(i: int, row: LocalRateRow) -> Line2D:
    return Line2D(
        [],
        [],
        color=COLOURS[i % len(COLOURS)],
        linestyle=DASHES[row.kind].matplotlib,
        marker=MARKERS[i % len(MARKERS)].matplotlib,
        label="\n".join(textwrap.wrap(_name(row), 46)),
    )


def _legend(figure: Figure, handles: Sequence[Line2D], below: float) -> None:
    top = (below - 0.4) / figure.get_figheight()
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0, top), handlelength=2.4, labelspacing=0.25, borderpad=0.2
    )


def costs(tables: Tables, dataset: str, metric: str) -> Drawing:
    """BD-rate over MACs per pixel and over decoding time, a panel each where something is known.

    Raises MissingInputError when neither is known of any method with a BD-rate.
    """
    rows = [row for row in tables.costs if (row.dataset, row.metric) == (dataset, metric)]
    panels = [
        ("kMAC per pixel, encoding and decoding", [(row.kmacs_per_pixel, row) for row in rows]),
        ("Decoding time [s per megapixel]", [(row.decode_s_per_megapixel, row) for row in rows]),
    ]
    known = [(name, [(x, row) for x, row in pairs if x]) for name, pairs in panels]
    known = [(name, pairs) for name, pairs in known if pairs]
    if not known:
        raise MissingInputError("no BD-rate of a method whose MACs or decoding times are known; time some methods")
    anchor = f"against {tables.label(rows[0].anchor)}, {rows[0].bd_method}"
    drawn = {row.series: row for _, pairs in known for _, row in pairs}
    looks = {curve.series: curve.look for curve in curves(tables.points, dataset, metric)}
    with mpl.rc_context(STYLE):
        figure = _sheet(len(known), _legend_lines(list(drawn.values())), [_where(tables, dataset), anchor])
        for axes, (name, pairs) in zip(figure.axes, known, strict=True):
            _draw_costs(axes, pairs, looks)
            axes.set(xlabel=name, ylabel=f"BD-rate ({words.metric_name(metric)}) [%]")
            _log_scale(axes, [x for x, _ in pairs])
        handles = [_cost_handle(row, looks.get(series, 0)) for series, row in drawn.items()]
        top = (0.16 + 0.15 * _legend_lines(list(drawn.values()))) / figure.get_figheight()
        columns = 1 if max(len(row.label) for row in drawn.values()) > LONG else 2
        figure.legend(handles=handles, ncols=columns, loc="upper left", bbox_to_anchor=(0, top), labelspacing=0.25)
    caption = (
        f"BD-rate on {_where(tables, dataset)} {anchor}, over what a method costs. MACs are all those of the networks; "
        "times are wall seconds of decoding on the machine named in the table. Methods of which a cost is not known "
        "are not in its panel."
    )
    return Drawing(figure, table_csv(rows, CostRow), caption)


LONG = 22  # characters of a label: beyond it a legend has one column


def _legend_lines(rows: Sequence[CostRow]) -> int:
    one_column = max(len(row.label) for row in rows) > LONG
    return sum(len(textwrap.wrap(row.label, 46)) for row in rows) if one_column else (len(rows) + 1) // 2


def _sheet(panels: int, legend_lines: int, notes: Sequence[str]) -> Figure:
    """A sheet with axes one above the other, room for notes above and a legend below."""
    notes = [line for note in notes for line in textwrap.wrap(note, 64)]
    below, panel, gap, top = 0.2 + 0.15 * legend_lines, 1.6, 0.45, 0.12 + LINE * len(notes)
    height = below + panels * (panel + gap) + top
    figure = Figure(figsize=(WIDTH, height))
    figure.text(0.02, 1 - 0.03 / height, "\n".join(notes), fontsize=6.5, va="top", linespacing=1.2)
    for i in range(panels):
        bottom = below + gap + (panels - 1 - i) * (panel + gap)
        figure.add_axes((0.5 / WIDTH, bottom / height, (WIDTH - 0.58) / WIDTH, panel / height))
    return figure


def _draw_costs(axes: Axes, pairs: Sequence[tuple[float, CostRow]], looks: dict[str, int]) -> None:
    for x, row in pairs:
        handle = _cost_handle(row, looks.get(row.series, 0))
        if row.ci_lo is not None and row.ci_hi is not None:
            axes.plot([x, x], [row.ci_lo, row.ci_hi], color=handle.get_color(), alpha=0.4, linewidth=1.5)
        axes.plot(
            [x],
            [row.bd_rate],
            color=handle.get_color(),
            marker=handle.get_marker(),
            markerfacecolor=handle.get_markerfacecolor(),
            markersize=5,
        )
    axes.axhline(0, color="#444444", linewidth=0.8)


def _log_scale(axes: Axes, values: Sequence[float]) -> None:
    """A logarithmic axis with plain numbers, few enough not to touch."""
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 1.5, max(values) * 1.5)
    wide = max(values) / min(values) > 200
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _cost_handle(row: CostRow, i: int) -> Line2D:
    colour = COLOURS[i % len(COLOURS)]
    return Line2D(
        [],
        [],
        linestyle="",
        color=colour,
        marker=MARKERS[i % len(MARKERS)].matplotlib,
        markersize=5,
        markerfacecolor=colour if row.kind == "measured" else "white",
        label="\n".join(textwrap.wrap(row.label, 46)),
    )


def _pairs(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each pair."""
    groups: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.anchor, row.anchor_kind, row.series, row.kind), []).append(row)
    return list(groups.values())


def _name(row: PairRow) -> str:
    return f"{row.label} against {row.anchor_label} [{' / '.join(dict.fromkeys((row.kind, row.anchor_kind)))}]"


def _where(tables: Tables, dataset: str) -> str:
    return tables.dataset_label(dataset)
