"""The paper's Table 2 as LaTeX."""

from collections.abc import Callable

from lic_tcm.rd.curves import OWN
from lic_tcm.report import words
from lic_tcm.report.inputs import Tables
from lic_tcm.report.latex.tables import HOW, Column, escape, interval, number, table_head, table_line, table_text
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
    body = [table_line(escape(m), (c.text(m, "") for c in columns)) for m in dict.fromkeys(row.method for row in rows)]
    notes = [f"{r.method}, {tables.dataset_label(r.dataset)}: {r.note}" for r in rows if r.note]
    below = [r"\par\smallskip\footnotesize " + escape("; ".join(notes)) + "."] if notes else []
    return HOW.format(name="table2") + table_text(
        _caption2(tables), "tab:table2", table_head(tables, columns), body, below, columns
    )


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


def _caption2(tables: Tables) -> str:
    rows = tables.table2
    ways = dict.fromkeys((r.dataset, r.anchor, r.bd_method) for r in rows)
    against = [f"{tables.dataset_label(d)} against {tables.label(anchor)} ({method})" for d, anchor, method in ways]
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
    return ". ".join(sentence for sentence in sentences if sentence) + "."
