"""The tables of the page: what stands in each cell and how it sorts; how it looks is the templates' business."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from lic_tcm.metrics import get, known
from lic_tcm.report import words
from lic_tcm.report.answer import is_anchor
from lic_tcm.report.inputs import Tables
from lic_tcm.report.ways import choice, choices
from lic_tcm.tables.schema import BDRow


@dataclass(frozen=True)
class Column:
    """A column's head; with `filter` a reader may choose one of its values, the first at the start."""

    title: str
    numeric: bool = False
    filter: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell: its text, what it sorts by (its text when None and the column is not numeric), and a look."""

    text: str
    sort: float | None = None
    look: str = ""  # a CSS class; "kind" draws a tag
    refs: tuple[int, ...] = ()  # footnotes of the table, from 1, that stand in place of a text


@dataclass(frozen=True)
class Line:
    """A line of cells; `data` becomes data-* attributes that say which result it is."""

    cells: tuple[Cell, ...]
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A table with a caption."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    footnotes: tuple[str, ...] = ()

    def filters(self) -> list[tuple[int, str, list[str]]]:
        """(column index, title, values in order) of each filter that has a choice to offer."""
        found = []
        for i, column in enumerate(self.columns):
            values = list(dict.fromkeys(line.cells[i].text for line in self.lines))
            if column.filter and len(values) > 1:
                found.append((i, column.title, values))
        return found


def with_footnotes(table: Table) -> Table:
    """The table with the texts of its last column, notes, as footnotes: long ones would make it wider than a page.

    What all of several lines say stands in the caption instead.
    """
    said = [[note for note in line.cells[-1].text.split("; ") if note] for line in table.lines]
    common = [note for note in said[0] if all(note in notes for notes in said)] if len(said) > 1 else []
    said = [[note for note in notes if note not in common] for notes in said]
    footnotes = tuple(dict.fromkeys(note for notes in said for note in notes))
    lines = tuple(
        replace(line, cells=(*line.cells[:-1], Cell("", refs=tuple(footnotes.index(note) + 1 for note in notes))))
        for line, notes in zip(table.lines, said, strict=True)
    )
    caption = f"{table.caption} Of all lines: {'; '.join(common)}." if common else table.caption
    if not footnotes:
        lines = tuple(replace(line, cells=line.cells[:-1]) for line in lines)
    columns = table.columns if footnotes else table.columns[:-1]
    return replace(table, caption=caption, columns=columns, lines=lines, footnotes=footnotes)


def bd_columns(metric: str) -> tuple[Column, ...]:
    """The columns of a table of BD-rates in a metric."""
    unit = get(metric).unit
    of = f" [{unit}]" if unit else ""
    return (*BD_COLUMNS[:-1], Column(f"Δ{of}", numeric=True), Column(f"Common range{of}", numeric=True), BD_COLUMNS[-1])


BD_COLUMNS = (  # without those that have the metric's unit
    Column("Method"),
    Column("BD-rate [%]", numeric=True),
    Column(words.CI, numeric=True),
    Column("Kind"),
    Column("Images", numeric=True),
    Column("Anchor", filter=True),
    Column("Averaging", filter=True),
    Column("BD method", filter=True),
    Column("Notes"),
)


def bd_tables(tables: Tables) -> list[Table]:
    """A table of BD-rates for each dataset and metric that has any."""
    found = []
    for dataset in tables.datasets():
        for metric in tables.metrics():
            rows = [row for row in tables.bd if (row.dataset, row.metric) == (dataset, metric)]
            rows = _sorted(row for row in rows if not is_anchor(row))
            if rows:
                found.append(_bd_table(tables, dataset, metric, rows))
    return found


def _sorted(rows: Iterable[BDRow]) -> list[BDRow]:
    """By BD-rate within each way of stating it, the ways as they come; lines without a BD-rate last."""
    found = list(rows)
    ways = choices(found)
    return sorted(found, key=lambda row: (ways.index(choice(row)), row.bd_rate is None, row.bd_rate))


def _bd_table(tables: Tables, dataset: str, metric: str, rows: Sequence[BDRow]) -> Table:
    counts = dict.fromkeys(words.images(row.n_images, row.images_total) for row in rows)
    where = ", ".join([tables.dataset_label(dataset), *(text for text in counts if text)])
    lines = tuple(_bd_line(tables, row) for row in rows)
    sentences = [
        f"BD-rate in {words.metric_name(metric)}, {where}. Negative means fewer bits than the anchor",
        _only(bd_columns(metric), lines),
        words.intervals(row.ci_method for row in rows),
        "Common range: what both curves reach, and its share of the method's own",
        f"{words.DAGGER} not to be quoted alone: {words.mark_reasons(marks)}" if (marks := _all_marks(rows)) else "",
    ]
    caption = ". ".join(filter(None, sentences)) + "."
    return with_footnotes(Table(f"bd-{dataset}-{metric}", caption, bd_columns(metric), lines))


def _only(columns: Sequence[Column], lines: Sequence[Line]) -> str:
    """What the columns that offer a choice hold, of those that have a single value: the page leaves them out."""
    values = {column.title: {line.cells[i].text for line in lines} for i, column in enumerate(columns) if column.filter}
    said = [f"{title}: {next(iter(found))}" for title, found in values.items() if len(found) == 1]
    return ", ".join(said)


def _all_marks(rows: Sequence[BDRow]) -> str:
    return " ".join(dict.fromkeys(mark for row in rows for mark in row.marks.split()))


def _bd_line(tables: Tables, row: BDRow) -> Line:
    share = None if row.overlap_share is None else 100 * row.overlap_share
    digits, metric = words.decimals(row.ci_lo, row.ci_hi), get(row.metric)
    common = words.interval(row.overlap_lo, row.overlap_hi, metric.place_decimals)
    cells = (
        Cell(row.label),
        Cell(words.marked(words.number(row.bd_rate, digits), row.marks) or "none", row.bd_rate, look="main"),
        Cell(words.interval(row.ci_lo, row.ci_hi, digits), row.ci_lo),
        Cell(row.kind, look="kind"),
        images_cell(row.n_images, row.images_total),
        Cell(f"{tables.label(row.anchor)} ({row.anchor_kind})"),
        Cell(row.averaging),
        Cell(row.bd_method),
        Cell(words.number(row.bd_distortion, metric.decimals), row.bd_distortion),
        Cell(common if share is None else f"{common} ({share:.0f} %)", row.overlap_lo, look="wrap"),
        Cell(row.notes, look="notes"),
    )
    keys = ("dataset", "series", "kind", "metric", "anchor", "averaging")
    return Line(cells, {key: str(getattr(row, key)) for key in keys})


def images_cell(n: int | None, total: int | None) -> Cell:
    """The number of images, marked when it is a part of the dataset only."""
    return Cell(words.images(n, total), n, look="partial wrap" if words.partial(n, total) else "wrap")


def methods(tables: Tables) -> Table | None:
    """What ran: the methods with codec, version, options and points; None when run.json lists none."""
    described = tables.run.get("methods", {})
    columns = tuple(Column(title) for title in ("Method", "Codec", "Version", "Options", "Points"))
    lines = tuple(
        Line(
            (
                Cell(str(method.get("label") or series)),
                Cell(str(method.get("codec", ""))),
                Cell(str(method.get("codec_version", ""))),
                Cell(plain(method.get("options"))),
                Cell(", ".join(words.point(str(point)) for point in method.get("points") or ())),
            ),
            {"series": series},
        )
        for series, method in described.items()
    )
    caption = "Methods whose images are at hand." if tables.run.get("comparison") else "Methods measured by this run."
    return Table("methods", caption, columns, lines) if lines else None


def metrics(tables: Tables) -> Table | None:
    """What the run's images were measured with; None where the tables do not say."""
    versions = tables.run.get("metric_versions") or {}
    columns = tuple(Column(title) for title in ("Metric", "Name", "Axis", "Made by"))
    lines = tuple(
        Line(
            (Cell(of.label), Cell(of.name), Cell(of.axis_title + (f" ({of.formula})" if of.bends else "")), Cell(made))
        )
        for of, made in ((get(name), made) for name, made in versions.items() if known(name))
    )
    return Table("metrics", "Metrics of the rows, and what computed them.", columns, lines) if lines else None


def plain(value: object) -> str:
    """A JSON value as words: {"q": 3, "fast": true} is "q 3, fast true"; None and empty values are ""."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {plain(item)}".strip() for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def environments(tables: Tables) -> Table | None:
    """Machines and software, a column each; None when none is recorded."""
    if not tables.environments:
        return None
    names = list(dict.fromkeys(name for described in tables.environments.values() for name in described))
    columns = (Column("Environment"), *(Column(id_) for id_ in tables.environments))
    lines = tuple(
        Line((Cell(name), *(Cell(plain(described.get(name))) for described in tables.environments.values())))
        for name in names
    )
    return Table("environments", "Machine and software; the head of a column is its id in the rows.", columns, lines)


def plain_lines(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs that say something."""
    return [(name, text) for name, text in pairs if text]
