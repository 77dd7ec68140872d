"""The page's section of single points and of losses at one lambda."""

from collections.abc import Sequence
from dataclasses import dataclass

from lic_tcm.layout import point as spelled
from lic_tcm.metrics import get
from lic_tcm.report import words
from lic_tcm.report.inputs import Tables
from lic_tcm.report.page.tables import Cell, Column, Line, Table, images_cell, with_footnotes
from lic_tcm.report.points import has_few, shown_losses, shown_points, signed
from lic_tcm.tables.schema import LossRow, PointRow


@dataclass(frozen=True)
class Section:
    """What the section shows; `leads` where a method has too few points for a BD-rate, so that it is open at once."""

    tables: tuple[Table, ...]
    reasons: tuple[str, ...]  # why some methods' points are compared with nothing
    leads: bool
    losses: bool  # whether some tables are of losses


def section(tables: Tables) -> Section:
    """The points of the methods that the report is about, a table for each dataset and metric, and their losses."""
    rows = [row for d in tables.datasets() for m in tables.metrics() for row in shown_points(tables, d, m)]
    numbered = [row for row in rows if row.bpp is not None]
    groups = dict.fromkeys((row.dataset, row.metric) for row in numbered)
    found = [_table(tables, [row for row in numbered if (row.dataset, row.metric) == key]) for key in groups]
    losses = shown_losses(tables)
    found += [
        _losses(tables, [row for row in losses if row.dataset == d]) for d in dict.fromkeys(r.dataset for r in losses)
    ]
    reasons = dict.fromkeys(row.notes for row in rows if row.bpp is None and has_few(tables, row))
    return Section(tuple(found), tuple(reasons), any(has_few(tables, row) for row in rows), bool(losses))


def _table(tables: Tables, rows: Sequence[PointRow]) -> Table:
    metric = get(rows[0].metric)
    unit = f" [{metric.unit}]" if metric.unit else ""
    columns = (
        Column("Method"),
        Column(f"At{unit}", numeric=True),
        Column("Rate [bpp]", numeric=True),
        Column("Rate there [%]", numeric=True),
        Column(words.CI, numeric=True),
        Column(f"{metric.axis_name} at its rate{unit}", numeric=True),
        Column(words.CI, numeric=True),
        Column("Images", numeric=True),
        Column("Anchor", filter=True),
        Column("Averaging", filter=True),
        Column("Notes"),
    )
    where = tables.dataset_label(rows[0].dataset)
    marks = " ".join(dict.fromkeys(mark for row in rows for mark in row.marks.split()))
    sentences = [
        f"{metric.label}, {where}: each point against the anchor's curve. Rate there: how much more rate than the "
        f"anchor at this {metric.axis_name}; negative means fewer bits. It is no BD-rate: of one quality, no range",
        _only(rows, tables),
        words.intervals(row.ci_method for row in rows),
        f"{words.DAGGER} not to be quoted alone: {words.mark_reasons(marks)}" if marks else "",
    ]
    lines = tuple(_line(tables, row) for row in rows)
    id_ = f"points-{rows[0].dataset}-{rows[0].metric}"
    return with_footnotes(Table(id_, ". ".join(filter(None, sentences)) + ".", columns, lines))


def _only(rows: Sequence[PointRow], tables: Tables) -> str:
    """What the columns that offer a choice hold, where it is one value: the page leaves them out."""
    values = {"Anchor": {_anchor(tables, row) for row in rows}, "Averaging": {row.averaging for row in rows}}
    return ", ".join(f"{title}: {next(iter(found))}" for title, found in values.items() if len(found) == 1)


def _anchor(tables: Tables, row: PointRow) -> str:
    return f"{tables.label(row.anchor)} ({row.anchor_kind})"


def _line(tables: Tables, row: PointRow) -> Line:
    metric = get(row.metric)
    digits, places = words.decimals(row.rate_lo, row.rate_hi), metric.decimals
    rate = words.number(row.rate_difference, digits)
    gain = "" if row.quality_difference is None else signed(row.quality_difference, places)
    cells = (
        Cell(row.label),
        Cell(words.number(row.distortion, places), row.distortion),
        Cell(words.number(row.bpp, 4), row.bpp),
        Cell(words.marked(rate, row.marks) if rate else "none", row.rate_difference, look="main"),
        Cell(words.interval(row.rate_lo, row.rate_hi, digits), row.rate_lo),
        Cell(gain or "none", row.quality_difference),
        Cell(words.interval(row.quality_lo, row.quality_hi, places), row.quality_lo),
        images_cell(row.n_images, row.images_total),
        Cell(_anchor(tables, row)),
        Cell(row.averaging),
        Cell(row.notes, look="notes"),
    )
    keys = ("dataset", "series", "kind", "metric", "anchor", "averaging")
    return Line(cells, {key: str(getattr(row, key)) for key in keys})


LOSS_COLUMNS = (
    Column("Method"),
    Column("λ", numeric=True),
    Column("Its loss [bpp]", numeric=True),
    Column("Anchor's", numeric=True),
    Column("Difference", numeric=True),
    Column(words.CI, numeric=True),
    Column("Of rate", numeric=True),
    Column("Of distortion", numeric=True),
    Column("Images", numeric=True),
    Column("Anchor", filter=True),
    Column("Notes"),
)


def _losses(tables: Tables, rows: Sequence[LossRow]) -> Table:
    anchors = {_loss_anchor(row) for row in rows}
    sentences = [
        f"R + λ · 255² · MSE, {tables.dataset_label(rows[0].dataset)}: what networks of one λ were trained "
        "for, mean over images, and the paired difference; negative means better than the anchor",
        f"Anchor: {next(iter(anchors))}" if len(anchors) == 1 else "",
        words.intervals(row.ci_method for row in rows),
    ]
    lines = tuple(_loss_line(row) for row in rows)
    caption = ". ".join(filter(None, sentences)) + "."
    return with_footnotes(Table(f"losses-{rows[0].dataset}", caption, LOSS_COLUMNS, lines))


def _loss_anchor(row: LossRow) -> str:
    return f"{row.anchor_label} ({row.anchor_kind})"


def _loss_line(row: LossRow) -> Line:
    cells = (
        Cell(row.label),
        Cell(spelled(row.point), row.point),
        Cell(words.number(row.test_loss, 4), row.test_loss),
        Cell(words.number(row.anchor_loss, 4), row.anchor_loss),
        Cell(signed(row.difference), row.difference, look="main"),
        Cell(words.interval(row.ci_lo, row.ci_hi, 4), row.ci_lo),
        Cell(signed(row.rate_part), row.rate_part),
        Cell(signed(row.distortion_part), row.distortion_part),
        images_cell(row.n_images, row.images_total),
        Cell(_loss_anchor(row)),
        Cell(row.notes, look="notes"),
    )
    return Line(cells, {key: str(getattr(row, key)) for key in ("dataset", "series", "kind", "anchor")})
