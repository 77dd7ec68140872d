"""Figures of pairs: BD-rates image by image, rate differences along the curve, BD-rate against cost."""

import textwrap
from collections.abc import Sequence
from statistics import mean
from typing import TypeVar

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from lic_tcm.report import words
from lic_tcm.report.choices import Choices
from lic_tcm.report.figures import legends
from lic_tcm.report.figures.canvas import EDGE, Drawing, MissingInputError, drawn_in, fit, sheet
from lic_tcm.report.figures.captions import pair_names, pair_sentence
from lic_tcm.report.figures.styles import STYLES
from lic_tcm.report.inputs import Tables, table_csv
from lic_tcm.report.looks import COLOURS, DASHES, MARKERS, curves
from lic_tcm.report.tex import Caption, listing
from lic_tcm.tables.schema import CostRow, ImageRateRow, LocalRateRow

ASK = "name pairs of methods under figures.pairs in the configuration and make the tables again"
Row = TypeVar("Row", ImageRateRow, LocalRateRow)


def image_rates(tables: Tables, dataset: str, metric: str) -> Drawing:
    """Each image's BD-rate as a dot, a line per pair, the mean as a bar; raises MissingInputError without pairs."""
    rows = [row for row in tables.image_rates if (row.dataset, row.metric) == (dataset, metric)]
    groups = _pairs([row for row in rows if row.bd_rate is not None])
    if not groups:
        raise MissingInputError(f"no pair of measured methods with BD-rates per image; {ASK}")
    choices = Choices.of(tables)
    style, firsts = STYLES[choices.style], [group[0] for group in groups]
    labels = ["\n".join(textwrap.wrap(name, 30)) for name in pair_names(firsts, choices)]
    with drawn_in(style, labels):
        line = style.spacing(style.size)
        heights = [line * (1 + label.count("\n")) + 0.08 for label in labels]
        middles = [sum(heights[:i]) + heights[i] / 2 for i in range(len(heights))]  # inches from the top
        axes = sheet(choices.width, sum(heights) + 0.45, left=1.2, below=0.4)
        for i, (group, y) in enumerate(zip(groups, middles, strict=True)):
            _draw_images(axes, group, y, COLOURS[i % len(COLOURS)])
        axes.axvline(0, color="#444444", linewidth=0.8)
        axes.set_yticks(middles, labels)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        axes.set(ylim=(sum(heights), 0), xlabel=f"BD-rate ({words.metric_name(metric)}) [%]")
        fit(axes)
    caption = Caption(
        (
            (
                f"BD-rate of each image on {_where(tables, dataset)}, {rows[0].bd_method}: ",
                *pair_sentence(firsts, choices),
            ),
            ("A dot is an image, the bar is the mean of the images",),
            *((note,) for note in _without(rows)),
        )
    )
    return Drawing(_root(axes), table_csv(rows, ImageRateRow), caption, style, choices.wide)


def _root(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure


def _draw_images(axes: Axes, group: Sequence[ImageRateRow], y: float, colour: str) -> None:
    values = [row.bd_rate for row in group if row.bd_rate is not None]
    axes.plot(values, [y] * len(values), "o", color=colour, markersize=4.5, alpha=0.45, markeredgewidth=0)
    axes.plot([mean(values)] * 2, [y - 0.07, y + 0.07], color=colour, linewidth=2)


def _without(rows: Sequence[ImageRateRow]) -> list[str]:
    absent = [f"{row.image} ({row.label}: {row.note})" for row in rows if row.bd_rate is None]
    return [f"Without a BD-rate, not shown: {', '.join(absent)}"] if absent else []


def local_rates(tables: Tables, dataset: str, metric: str) -> Drawing:
    """Rate difference of each pair over the distortion; raises MissingInputError when there is none."""
    rows = [row for row in tables.local_rates if (row.dataset, row.metric) == (dataset, metric)]
    groups = _pairs(rows)
    if not groups:
        raise MissingInputError(f"no pair whose curves can be compared; {ASK}")
    choices = Choices.of(tables)
    style, firsts = STYLES[choices.style], [group[0] for group in groups]
    names = pair_names(firsts, choices)
    with drawn_in(style, names):
        handles = [_handle(i, row, name) for i, (row, name) in enumerate(zip(firsts, names, strict=True))]
        axes = sheet(choices.width, 2.0 * style.size / 8, left=0.5, below=0.4)
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
        legends.place(axes, handles, choices.legend, style)
    caption = Caption(
        (
            (
                f"Rate difference at equal {words.metric_name(metric)} on {_where(tables, dataset)}, mean curves, "
                f"{rows[0].bd_method}: ",
                *pair_sentence(firsts, choices),
            ),
            ("Over the range both curves cover; below zero the tested method needs fewer bits",),
        )
    )
    return Drawing(_root(axes), table_csv(rows, LocalRateRow), caption, style, choices.wide)


def _handle(i: int, row: LocalRateRow, name: str) -> Line2D:
    return Line2D(
        [],
        [],
        color=COLOURS[i % len(COLOURS)],
        linestyle=DASHES[row.kind].matplotlib,
        marker=MARKERS[i % len(MARKERS)].matplotlib,
        label=name,
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
    choices = Choices.of(tables)
    style = STYLES[choices.style]
    drawn = {row.series: row for _, pairs in known for _, row in pairs}
    looks = {curve.series: curve.look for curve in curves(tables.points, dataset, metric)}
    handles = {series: _cost_handle(row, looks.get(series, 0), choices) for series, row in drawn.items()}
    with drawn_in(style, (str(handle.get_label()) for handle in handles.values())):
        figure = _panels(len(known), list(handles.values()), choices)
        for axes, (name, pairs) in zip(figure.axes, known, strict=True):
            _draw_costs(axes, [(x, row, handles[row.series]) for x, row in pairs])
            axes.set(xlabel=name, ylabel="BD-rate [%]")
            _log_scale(axes, [x for x, _ in pairs])
    anchor = rows[0].anchor
    caption = Caption(
        (
            (
                f"BD-rate in {words.metric_name(metric)} on {_where(tables, dataset)} against {tables.label(anchor)}, "
                f"{rows[0].bd_method}, over what a method costs: ",
                *listing([choices.named(dataset, row.series, row.kind, row.label) for row in drawn.values()]),
            ),
            ("Filled markers are measured",),
            ("MACs are all those of the networks; times are wall seconds of decoding on the table's machine",),
            ("Methods of which a cost is not known are not in its panel",),
        )
    )
    return Drawing(figure, table_csv(rows, CostRow), caption, style, choices.wide)


def _panels(count: int, handles: Sequence[Line2D], choices: Choices) -> Figure:
    """A sheet with axes one above the other and their common legend below."""
    style, width, wrap, panel, gap, left = STYLES[choices.style], choices.width, 40, 1.3, 0.4, 0.46
    entries = legends.Entries(handles, style)
    columns = max((n for n in (2, 3, 4) if entries.extent(n, wrap)[0] <= width - 2 * EDGE), default=1)
    below = entries.extent(columns, wrap)[1] + EDGE
    height = below + count * (panel + gap) + 0.06
    figure = Figure(figsize=(width, height))
    for i in range(count):
        bottom = below + gap + (count - 1 - i) * (panel + gap)
        figure.add_axes((left / width, bottom / height, (width - left - 0.1) / width, panel / height))
    entries.draw(figure, columns, wrap, "lower center", (0.5, EDGE / height))
    return figure


def _draw_costs(axes: Axes, pairs: Sequence[tuple[float, CostRow, Line2D]]) -> None:
    for x, row, handle in pairs:
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


def _cost_name(row: CostRow, choices: Choices) -> str:
    return choices.short(row.dataset, row.series, row.kind, row.label)


def _cost_handle(row: CostRow, i: int, choices: Choices) -> Line2D:
    colour = choices.colours.get(row.series) or COLOURS[i % len(COLOURS)]
    return Line2D(
        [],
        [],
        linestyle="",
        color=colour,
        marker=MARKERS[i % len(MARKERS)].matplotlib,
        markersize=5,
        markerfacecolor=colour if row.kind == "measured" else "white",
        label=_cost_name(row, choices),
    )


def _pairs(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each pair."""
    groups: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.anchor, row.anchor_kind, row.series, row.kind), []).append(row)
    return list(groups.values())


def _where(tables: Tables, dataset: str) -> str:
    return tables.dataset_label(dataset)
