"""Single points against anchors' curves, and losses at one lambda, as LaTeX."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from lic_tcm.layout import point as spelled
from lic_tcm.metrics import get
from lic_tcm.report import words
from lic_tcm.report.choices import Choices
from lic_tcm.report.inputs import Tables
from lic_tcm.report.latex.tables import HOW, interval, number, table_line
from lic_tcm.report.points import shown_losses, shown_points
from lic_tcm.report.tex import escape, slug
from lic_tcm.tables.schema import LossRow, PointRow

MARK = r"$^{\dagger}$"
LOSS = r"$R + \lambda \cdot 255^2 \cdot \mathrm{MSE}$"
Row = TypeVar("Row", PointRow, LossRow)
Columns = Sequence[tuple[str, Callable[[Row], str]]]  # head and cell of each, the first one's aligned left


def points(tables: Tables) -> str:
    """A table for each dataset and metric of the points of the methods a report is about against all anchors, of the
    mean curves, and one of losses for each dataset.

    What lies beyond an anchor's range has a dash; the CSV's notes say why.
    """
    parts = []
    for dataset in tables.datasets():
        for metric in tables.metrics():
            rows = [row for row in shown_points(tables, dataset, metric) if row.averaging == "mean curve"]
            rows = sorted((row for row in rows if row.bpp is not None), key=lambda row: (row.label, row.bpp or 0))
            parts += [_table(tables, rows)] if rows else []
    losses = shown_losses(tables)
    for dataset in dict.fromkeys(row.dataset for row in losses):
        parts.append(_losses(tables, [row for row in losses if row.dataset == dataset]))
    return HOW.format(name="points") + "\n".join(parts or ["% No point of a method is compared with an anchor.\n"])


def _table(tables: Tables, rows: Sequence[PointRow]) -> str:
    metric, where, choices = get(rows[0].metric), tables.dataset_label(rows[0].dataset), Choices.of(tables)
    unit = f" [{metric.unit}]" if metric.unit else ""

    def rate(row: PointRow) -> str:
        text = number(row.rate_difference, decimals=words.decimals(row.rate_lo, row.rate_hi))
        return text + (MARK if row.marks else "")

    def against(row: PointRow) -> str:
        return choices.named(row.dataset, row.anchor, row.anchor_kind, tables.label(row.anchor)).tex()

    columns: Columns[PointRow] = [
        ("Method", lambda row: escape(row.label)),
        (escape(f"{metric.axis_name}{unit}"), lambda row: number(row.distortion, decimals=metric.decimals)),
        ("Rate [bpp]", lambda row: number(row.bpp, decimals=4)),
        ("Against", against),
        (r"$\Delta$ rate [\%]", rate),
        (words.CI.replace(" %", r"\,\%"), lambda row: interval(row.rate_lo, row.rate_hi)),
        (rf"$\Delta$ {escape(metric.axis_name + unit)}", lambda row: number(row.quality_difference, decimals=2)),
        (words.CI.replace(" %", r"\,\%"), lambda row: interval(row.quality_lo, row.quality_hi)),
    ]
    marks = " ".join(dict.fromkeys(mark for row in rows for mark in row.marks.split()))
    sentences = [
        f"Single points on {where} in {metric.label}: rate against each anchor's curve at the point's quality, and "
        "quality above it at the point's rate (PCHIP). Negative rates mean fewer bits. These are no BD-rates",
        words.intervals(row.ci_method for row in rows),
        f"{words.DAGGER} not to be quoted alone: {words.mark_reasons(marks)}" if marks else "",
    ]
    caption = escape(". ".join(filter(None, sentences)) + ".").replace(words.DAGGER, MARK)
    return _text(caption, f"tab:points-{slug(rows[0].dataset)}-{rows[0].metric}", _filled(columns, rows), rows)


def _losses(tables: Tables, rows: Sequence[LossRow]) -> str:
    columns: Columns[LossRow] = [
        ("Method", lambda row: escape(row.label)),
        ("Against", lambda row: escape(row.anchor_label)),
        (r"$\lambda$", lambda row: f"${spelled(row.point)}$"),
        ("Its loss", lambda row: number(row.test_loss, decimals=4)),
        ("Anchor's", lambda row: number(row.anchor_loss, decimals=4)),
        ("Difference", lambda row: number(row.difference, decimals=4)),
        (words.CI.replace(" %", r"\,\%"), _loss_interval),
    ]
    more = words.intervals(row.ci_method for row in rows)
    caption = (
        f"Mean {LOSS} in bpp over images on {escape(tables.dataset_label(rows[0].dataset))}, of methods trained for "
        r"one $\lambda$, and the paired difference; negative means better than the anchor. " + escape(more)
    )
    return _text(f"{caption.rstrip('. ')}.", f"tab:losses-{slug(rows[0].dataset)}", _filled(columns, rows), rows)


def _loss_interval(row: LossRow) -> str:
    if row.ci_lo is None or row.ci_hi is None:
        return "--"
    return f"[{number(row.ci_lo, decimals=4)}, {number(row.ci_hi, decimals=4)}]"


def _filled(columns: Columns[Row], rows: Sequence[Row]) -> Columns[Row]:
    """The columns that have something in a row."""
    return [(head, cell) for head, cell in columns if any(cell(row) != "--" for row in rows)]


def _text(caption: str, label: str, columns: Columns[Row], rows: Sequence[Row]) -> str:
    lines = [
        r"\begin{table*}[tb]",
        r"\centering\footnotesize\setlength{\tabcolsep}{4pt}",
        rf"\caption{{{caption}}}",
        rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{l{'r' * (len(columns) - 1)}}}",
        r"\toprule",
        table_line(columns[0][0], (head for head, _ in columns[1:])),
        r"\midrule",
        *(table_line(columns[0][1](row), (cell(row) for _, cell in columns[1:])) for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"
