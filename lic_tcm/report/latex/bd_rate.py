"""The BD-rate tables as LaTeX."""

from collections.abc import Iterable, Sequence

from lic_tcm.metrics import get
from lic_tcm.report import words
from lic_tcm.report.inputs import Tables
from lic_tcm.report.latex.tables import HOW, Column, Marks, escape, interval, number, table_head, table_line, table_text
from lic_tcm.report.ways import Choice, choice
from lic_tcm.tables.schema import BDRow


def bd_rate(tables: Tables, everything: bool = False) -> str:
    """BD-rate tables, one per metric and anchor, by the averaging and BD method the file lists first.

    With `everything`, those by the other averagings and methods, for an appendix. Pairs without a BD-rate are left
    to the CSV, whose notes say why.
    """
    name = "bd_rate_all" if everything else "bd_rate"
    if not tables.bd:
        return f"% No BD-rates: {tables.missing['bd_rate.csv']}.\n"
    first = (tables.bd[0].averaging, tables.bd[0].bd_method)
    groups: dict[tuple[str, Choice], list[BDRow]] = {}
    for row in tables.bd:
        if row.bd_rate is not None and ((row.averaging, row.bd_method) != first) == everything:
            groups.setdefault((row.metric, choice(row)), []).append(row)
    parts = [_bd_table(tables, metric, way, rows) for (metric, way), rows in groups.items()]
    return HOW.format(name=name) + "\n".join(
        parts or ["% No pair has such a BD-rate; the notes in bd_rate.csv say why.\n"]
    )


def _bd_table(tables: Tables, metric: str, way: Choice, rows: Sequence[BDRow]) -> str:
    cells, marks = {(row.dataset, row.series, row.kind): row for row in rows}, Marks()
    datasets = list(dict.fromkeys(row.dataset for row in rows))
    columns = [column for dataset in datasets for column in _bd_columns(tables, cells, dataset, marks)]
    body: list[str] = []
    for kind in words.kinds_in_order(row.kind for row in rows):
        body += [r"\midrule", rf"\multicolumn{{{len(columns) + 1}}}{{l}}{{\emph{{{kind}}}}} \\"]
        series = {row.series: row.label for row in rows if row.kind == kind}
        body += [table_line(escape(label), (c.text(name, kind) for c in columns)) for name, label in series.items()]
    label = "-".join(["tab:bd", metric, way.anchor, way.averaging, way.bd_method]).replace(" ", "-").replace("_", "-")
    head = table_head(tables, columns)
    return table_text(_bd_caption(tables, metric, way, rows), label, head, body[1:], marks.below(), columns)


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


def _bd_columns(tables: Tables, cells: dict[tuple[str, str, str], BDRow], dataset: str, marks: Marks) -> list[Column]:
    rows = [row for row in cells.values() if row.dataset == dataset]
    kinds = {row.kind for row in rows}
    best = {k: min((r.bd_rate for r in rows if r.kind == k and r.bd_rate is not None), default=None) for k in kinds}

    def rate(series: str, kind: str) -> str:
        row = cells.get((dataset, series, kind))
        if row is None:
            return "--"
        text = number(row.bd_rate, row.bd_rate == best[kind], words.decimals(row.ci_lo, row.ci_hi))
        return marks.mark(text, _doubt(tables, row))

    def ends(series: str, kind: str) -> str:
        row = cells.get((dataset, series, kind))
        return interval(row.ci_lo, row.ci_hi) if row else "--"

    def count(series: str, kind: str) -> str:
        row = cells.get((dataset, series, kind))
        return words.images(row.n_images, row.images_total).removesuffix(" images") or "--" if row else "--"

    columns = [Column(dataset, "BD-rate", rate)]
    if any(row.ci_lo is not None for row in rows):
        columns.append(Column(dataset, "95\\,\\% interval", ends))
    if any(words.partial(row.n_images, row.images_total) for row in rows):
        columns.append(Column(dataset, "images", count))
    return columns


def _bd_caption(tables: Tables, metric: str, way: Choice, rows: Sequence[BDRow]) -> str:
    anchor, datasets = tables.label(way.anchor), {row.dataset for row in rows}
    sentences = [
        f"BD-rate [%] in {words.metric_name(metric)} against {anchor} ({way.anchor_kind}); negative means fewer bits",
        f"BD method: {way.bd_method}, averaging: {way.averaging}",
        _reference(tables, datasets) if metric == "psnr" else _axis(metric),
        _averages(metric, rows) if get(metric).bends else "",
        words.intervals(row.ci_method for row in rows),
        "The lowest of each kind in bold",
    ]
    return ". ".join(sentence for sentence in sentences if sentence) + "."


def _axis(metric: str) -> str:
    """How the axis is made, where it is not the value itself."""
    of = get(metric)
    if of.bends:
        return f"{of.label} on {of.axis_words}".replace("-10 log10(1 - x)", f"{words.MINUS}10 log10(1 {words.MINUS} x)")
    return "" if of.higher_is_better else f"{of.label} as its negative, so that more is better"


def _averages(metric: str, rows: Iterable[BDRow]) -> str:
    return words.averages(metric, ((row.label, row.value_average) for row in rows if row.value_average != "mixed"))


def _reference(tables: Tables, datasets: Iterable[str]) -> str:
    among = set(datasets)
    return words.references(p.psnr_reference for p in tables.points if p.dataset in among and p.metric == "psnr")
