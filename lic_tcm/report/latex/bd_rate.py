"""The BD-rate tables as LaTeX: methods down, datasets and anchors across, as the paper's Table 2."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lic_tcm.metrics import get
from lic_tcm.report import words
from lic_tcm.report.choices import Choices
from lic_tcm.report.inputs import Tables
from lic_tcm.report.latex.tables import HOW, Marks, interval, number, spanning, table_line, table_text
from lic_tcm.report.latex.widths import SEP, table_width
from lic_tcm.report.tex import Caption, Named, Sentence, escape, slug
from lic_tcm.tables.schema import BDRow

Series = tuple[str, str]  # name, kind


def bd_rate(tables: Tables, everything: bool = False) -> str:
    """BD-rate tables, one per metric, by the averaging and BD method the file lists first; a table that would be
    wider than the page is split.

    With `everything`, those by the other averagings and methods, for an appendix. Pairs without a BD-rate are left
    to the CSV, whose notes say why.
    """
    name = "bd_rate_all" if everything else "bd_rate"
    if not tables.bd:
        return f"% No BD-rates: {tables.missing['bd_rate.csv']}.\n"
    choices, first = Choices.of(tables), (tables.bd[0].averaging, tables.bd[0].bd_method)
    groups: dict[tuple[str, str, str], list[BDRow]] = {}
    for row in tables.bd:
        wanted = ((row.averaging, row.bd_method) != first) == everything
        if row.bd_rate is not None and choices.shows(row.series) and wanted:
            groups.setdefault((row.metric, row.averaging, row.bd_method), []).append(row)
    parts = []
    for way, rows in groups.items():
        label = "-".join(["tab:bd", *map(slug, way if everything else way[:1])])
        columns = _columns(tables, rows, choices)
        for i, some in enumerate(_split(columns, choices)):
            parts.append(_table(tables, some, choices, f"{label}-{i + 1}" if i else label))
    return HOW.format(name=name) + "\n".join(
        parts or ["% No pair has such a BD-rate; the notes in bd_rate.csv say why.\n"]
    )


@dataclass(frozen=True)
class _Column:
    """BD-rates of a dataset against one anchor: two columns of the table where there are intervals."""

    dataset: str
    anchor: Series
    head: str
    rows: Mapping[Series, BDRow]
    choices: Choices

    @property
    def has_intervals(self) -> bool:
        return any(row.ci_lo is not None for row in self.rows.values() if not _is_own(row))

    @property
    def best(self) -> dict[str, float]:
        """The lowest rate of each kind of which there are several, an anchor's own 0 not counted."""
        rates: dict[str, list[float]] = {}
        for row in self.rows.values():
            if row.bd_rate is not None and not _is_own(row):
                rates.setdefault(row.kind, []).append(row.bd_rate)
        return {kind: min(found) for kind, found in rates.items() if len(found) > 1}

    def cells(self, series: Series, mark: str) -> list[str]:
        """Of one method: its rate with a mark, and its interval where the column has some."""
        row = self.rows.get(series)
        ends = [""] if self.has_intervals else []
        if row is None or row.bd_rate is None:
            return ["--", *ends]
        if _is_own(row):
            return ["$0$", *ends]
        digits = words.decimals(row.ci_lo, row.ci_hi)
        rate = number(row.bd_rate, row.bd_rate == self.best.get(row.kind), digits) + mark
        shown = interval(row.ci_lo, row.ci_hi)
        return [rate, *([rf"{{\scriptsize {shown}}}" if shown != "--" else ""] if ends else [])]

    @property
    def span(self) -> int:
        return 1 + self.has_intervals


def _is_own(row: BDRow) -> bool:
    """Whether a row compares an anchor with itself."""
    return (row.series, row.kind) == (row.anchor, row.anchor_kind)


def _columns(tables: Tables, rows: Sequence[BDRow], choices: Choices) -> list[_Column]:
    """The columns of a table, dataset by dataset."""
    groups: dict[tuple[str, Series], dict[Series, BDRow]] = {}
    datasets = list(dict.fromkeys(row.dataset for row in rows))
    for row in sorted(rows, key=lambda row: datasets.index(row.dataset)):
        groups.setdefault((row.dataset, (row.anchor, row.anchor_kind)), {})[row.series, row.kind] = row
    return [
        _Column(dataset, anchor, _anchor(tables, dataset, anchor, choices).tex(), found, choices)
        for (dataset, anchor), found in groups.items()
        if any(not _is_own(row) for row in found.values())
    ]


def _anchor(tables: Tables, dataset: str, anchor: Series, choices: Choices) -> Named:
    return choices.named(dataset, *anchor, tables.label(anchor[0]))


def _split(columns: Sequence[_Column], choices: Choices) -> list[list[_Column]]:
    """The columns in tables that are no wider than the page."""
    tables: list[list[_Column]] = []
    for column in columns:
        if tables and _width([*tables[-1], column]) <= choices.room.page:
            tables[-1].append(column)
        else:
            tables.append([column])
    return tables


def _width(columns: Sequence[_Column]) -> float:
    """Width in inches of a table of these columns."""
    names = [_name(series, columns, columns[0].choices).tex() for series in _series(columns)]
    width = table_width([names])
    for column in columns:
        lines = zip(
            *(column.cells(series, "$^{1}$" * bool(row.marks)) for series, row in column.rows.items()), strict=True
        )
        width += max(table_width(list(lines)), table_width([[column.head]]) if len(columns) > 1 else 0.0)
    return width - 2 * SEP


def _series(columns: Sequence[_Column]) -> list[Series]:
    """The methods of a table, by kind, in the chosen order or the table's."""
    found = list(dict.fromkeys(series for column in columns for series in column.rows))
    kinds = words.kinds_in_order(kind for _, kind in found)
    return sorted(found, key=lambda series: (kinds.index(series[1]), columns[0].choices.rank(series[0])))


def _name(series: Series, columns: Sequence[_Column], choices: Choices) -> Named:
    column = next(column for column in columns if series in column.rows)
    return choices.named(column.dataset, *series, column.rows[series].label)


def _table(tables: Tables, columns: Sequence[_Column], choices: Choices, label: str) -> str:
    marks, series = Marks(), _series(columns)
    rows = [row for column in columns for row in column.rows.values()]
    usual, counts = _usual_reference(tables, rows), _counts(rows)
    body: list[str] = []
    total = 1 + sum(column.span for column in columns)
    for before, one in pairwise([("", ""), *series]):
        if before[1] != one[1]:
            body += [r"\midrule", rf"\multicolumn{{{total}}}{{l}}{{\emph{{{one[1]}}}}} \\"]
        name = _named(tables, columns, one, usual, marks)
        cells = [cell for column in columns for cell in column.cells(one, _mark(tables, column, one, counts, marks))]
        body.append(table_line(name, cells))
    spec = "l" + "".join(r"r@{\,}l" if column.has_intervals else "r" for column in columns)
    caption = _caption(tables, columns, usual, counts, choices)
    return table_text(caption, label, _head(tables, columns), body[1:], marks.below(), spec, choices, _width(columns))


def _named(tables: Tables, columns: Sequence[_Column], series: Series, usual: str, marks: Marks) -> str:
    """A method's name, marked where its PSNR is taken against something else than most."""
    metric = next(iter(columns[0].rows.values())).metric
    others = dict.fromkeys(
        reference
        for column in columns
        if metric == "psnr" and (reference := _reference(tables, column.dataset, series)) not in ("", usual)
    )
    reason = "; ".join(words.REFERENCES.get(reference, reference) for reference in others)
    return marks.mark(_name(series, columns, columns[0].choices).tex(), reason)


def _reference(tables: Tables, dataset: str, series: Series) -> str:
    """What a method's PSNR is taken against; "" where its points are not there."""
    among = (p for p in tables.points if (p.dataset, p.series, p.kind, p.metric) == (dataset, *series, "psnr"))
    return next((p.psnr_reference for p in among), "")


def _usual_reference(tables: Tables, rows: Iterable[BDRow]) -> str:
    """What most PSNRs are taken against, the original in RGB where as many are."""
    found = [_reference(tables, row.dataset, (row.series, row.kind)) for row in rows if row.metric == "psnr"]
    known = [reference for reference in found if reference]
    return max(dict.fromkeys(["rgb", *known]), key=known.count) if known else ""


def _counts(rows: Iterable[BDRow]) -> dict[str, str]:
    """By dataset: how many images its BD-rates are of; "" where they differ and each that lacks some is marked."""
    counts: dict[str, dict[str, None]] = {}
    for row in rows:
        if not _is_own(row) and row.n_images is not None:
            counts.setdefault(row.dataset, {})[words.images(row.n_images, row.images_total)] = None
    return {dataset: next(iter(found)) if len(found) == 1 else "" for dataset, found in counts.items()}


def _mark(tables: Tables, column: _Column, series: Series, counts: Mapping[str, str], marks: Marks) -> str:
    """Why a number must not be quoted alone, and of how many images it is where they differ."""
    row = column.rows.get(series)
    if row is None or row.bd_rate is None or _is_own(row):
        return ""
    partial = words.partial(row.n_images, row.images_total) and not counts.get(row.dataset)
    found = marks.mark("", _doubt(tables, row))
    return found + marks.mark("", words.images(row.n_images, row.images_total) if partial else "")


def _doubt(tables: Tables, row: BDRow) -> str:
    """Why a number must not be quoted alone; where its other average is of the other sign, that average too."""
    reasons = [words.mark_reasons(row.marks)]
    if "signs" in row.marks.split():
        reasons += [
            f"{other.averaging} {words.number(other.bd_rate, words.decimals(other.ci_lo, other.ci_hi))} %"
            for other in tables.bd
            if _names(other) == _names(row) and other.averaging != row.averaging
        ]
    return ": ".join(filter(None, reasons))


def _names(row: BDRow) -> tuple[str, ...]:
    return row.dataset, row.metric, row.anchor, row.anchor_kind, row.series, row.kind, row.bd_method


def _head(tables: Tables, columns: Sequence[_Column]) -> list[str]:
    """The datasets and the anchors over their columns, each where there are several; else what the numbers are."""
    datasets: dict[str, int] = {}
    for column in columns:
        datasets[column.dataset] = datasets.get(column.dataset, 0) + column.span
    several = len(datasets) > 1
    of = [(escape(tables.dataset_label(dataset)), n) for dataset, n in datasets.items()]
    if len({column.anchor for column in columns}) > 1:
        heads = [(column.head, column.span) for column in columns]
        return [*(spanning(of) if several else []), *spanning([(f"vs.\\ {head}", n) for head, n in heads], last=True)]
    return spanning(of if several else [(r"BD-rate [\%]", of[0][1])], last=True)


def _caption(
    tables: Tables, columns: Sequence[_Column], usual: str, counts: Mapping[str, str], choices: Choices
) -> Caption:
    rows = [row for column in columns for row in column.rows.values()]
    metric, datasets = rows[0].metric, list(dict.fromkeys(column.dataset for column in columns))
    anchors = {column.anchor: _anchor(tables, column.dataset, column.anchor, choices) for column in columns}
    where = words.listed([tables.dataset_label(dataset) for dataset in datasets])
    first: list[str | Named] = [f"BD-rate [%] in {words.metric_name(metric)} on {where}"]
    if len(anchors) == 1:
        (((_, kind), anchor),) = anchors.items()
        first += [" against ", anchor, f" ({kind})"]
    ways = words.intervals(row.ci_method for row in rows if not _is_own(row))
    partial = [row for row in rows if words.partial(row.n_images, row.images_total)]
    of = [f"{tables.dataset_label(d)}: {counts[d]}" for d in datasets if partial and counts.get(d)]
    sentences: list[Sentence] = [
        [*first, "; negative means fewer bits"],
        [f"BD method: {rows[0].bd_method}, averaging: {rows[0].averaging}"],
        [words.references([usual]) + (" unless marked" if _differ(tables, rows, usual) else "") if usual else ""],
        [_axis(metric) if metric != "psnr" else ""],
        [_averages(metric, rows) if get(metric).bends else ""],
        [f"In brackets {ways}" if ways else ""],
        ["; ".join(of)],
        ["The lowest of each kind in bold" if any(column.best for column in columns) else ""],
    ]
    return Caption(tuple(sentences))


def _differ(tables: Tables, rows: Iterable[BDRow], usual: str) -> bool:
    return any(_reference(tables, row.dataset, (row.series, row.kind)) not in ("", usual) for row in rows)


def _axis(metric: str) -> str:
    """How the axis is made, where it is not the value itself."""
    of = get(metric)
    if of.bends:
        return f"{of.label} on {of.axis_words}".replace("-10 log10(1 - x)", f"{words.MINUS}10 log10(1 {words.MINUS} x)")
    return "" if of.higher_is_better else f"{of.label} as its negative, so that more is better"


def _averages(metric: str, rows: Iterable[BDRow]) -> str:
    return words.averages(metric, ((row.label, row.value_average) for row in rows if row.value_average != "mixed"))
