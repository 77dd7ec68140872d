"""The paper's Table 2 as LaTeX."""

from collections.abc import Callable, Iterable, Sequence

from lic_tcm.rd.curves import OWN
from lic_tcm.report import words
from lic_tcm.report.choices import Choices, cite
from lic_tcm.report.inputs import Tables
from lic_tcm.report.latex.tables import HOW, Column, below, interval, number, plain_table, table_head, table_line
from lic_tcm.report.plain import lettered
from lic_tcm.report.tex import Caption, Named, escape, said
from lic_tcm.tables.paper import series_of
from lic_tcm.tables.schema import Table2Row

ANCHORS = (
    "the published points against the VTM-12.1 measured by this suite, under the paper's convention, and at 10 bits "
    "with PSNR against the RGB original"
)
HEADS = {  # of the columns, by the field of Table2Row
    "paper": "paper",
    "recomputed": "recomputed",
    "against_paper": "meas. anchor",
    "against_rgb": "10-bit anchor",
    "measured": "measured",
}


def table2(tables: Tables) -> str:
    """The paper's Table 2 with the value recomputed from published points and the one measured here beside it."""
    if not tables.table2:
        return f"% No Table 2: {tables.missing['table2.csv']}.\n"
    rows = tables.table2
    cells = {(row.method, row.dataset): row for row in rows}
    columns = [column for dataset in dict.fromkeys(r.dataset for r in rows) for column in _columns2(cells, dataset)]
    names = {row.method: _named(row.method, rows).tex() for row in rows}
    letters, notes = lettered(_by_anchor(rows))
    body = []
    for method, name in names.items():
        marks = dict.fromkeys(letters.get((row.dataset, method), "") for row in rows if row.method == method)
        body.append(table_line(name + _raised(marks), (c.text(method, "") for c in columns)))
    under = below(" ".join(f"{_raised([letter])} {escape(note)}." for letter, note in notes))
    head = table_head(tables, columns)
    return HOW.format(name="table2") + plain_table(
        _caption2(tables), "tab:table2", head, body, under, Choices.of(tables)
    )


def _by_anchor(rows: Sequence[Table2Row]) -> dict[tuple[str, str], list[Table2Row]]:
    groups: dict[tuple[str, str], list[Table2Row]] = {}
    for row in rows:
        groups.setdefault((row.dataset, row.anchor), []).append(row)
    return groups


def _raised(letters: Iterable[str]) -> str:
    """Letters of notes above the line; "" for none."""
    found = ",".join(dict.fromkeys(one for text in letters for one in text.split(",") if one))
    return rf"\textsuperscript{{{found}}}" if found else ""


def _named(method: str, rows: Sequence[Table2Row]) -> Named:
    """A method as the paper names it, with whom its published points are from."""
    series = {row.dataset: series_of(method, row.dataset) for row in rows if row.method == method}
    keys = [cite(dataset, name, "published") for dataset, name in series.items() if name]
    return Named(method, next(filter(None, keys), ""))


def _columns2(cells: dict[tuple[str, str], Table2Row], dataset: str) -> list[Column]:
    rows = [row for row in cells.values() if row.dataset == dataset]

    def value(field: str) -> Callable[[str, str], str]:
        def text(method: str, _: str) -> str:
            row = cells.get((method, dataset))
            digits = words.decimals(row.ci_lo, row.ci_hi) if row and field == "measured" else 2
            return number(getattr(row, field, None), decimals=digits)

        return text

    def ends(method: str, _: str) -> str:
        row = cells.get((method, dataset))
        return interval(row.ci_lo, row.ci_hi) if row else "--"

    columns = [
        Column(dataset, h, value(f)) for f, h in HEADS.items() if any(getattr(row, f) is not None for row in rows)
    ]
    if any(row.ci_lo is not None for row in rows):
        columns.append(Column(dataset, "95\\,\\% interval", ends))
    return columns or [Column(dataset, "paper", value("paper"))]


def _caption2(tables: Tables) -> Caption:
    rows = tables.table2
    ways = dict.fromkeys((r.dataset, r.anchor, r.bd_method) for r in rows)
    letters, _ = lettered(_by_anchor(rows))
    marks = {key: f" [{text}]" if (text := letters.get(key, "")) else "" for key in _by_anchor(rows)}
    against = [
        f"{tables.dataset_label(d)} against {tables.label(anchor)} ({method}){marks[d, anchor]}"
        for d, anchor, method in ways
    ]
    counts = dict.fromkeys(
        f"{tables.dataset_label(p.dataset)} measured on {words.images(p.n_images, p.images_total)}"
        for p in tables.points
        if p.kind in OWN and words.partial(p.n_images, p.images_total)
    )
    sentences = [
        "BD-rate [%] as the paper's Table 2 prints it, recomputed from published points, and measured here",
        *(["Meas. anchor and 10-bit anchor: " + ANCHORS] if any(row.against_paper is not None for row in rows) else []),
        "; ".join(against),
        words.references(row.psnr_reference for row in rows),
        *counts,
    ]
    return said(*sentences)
