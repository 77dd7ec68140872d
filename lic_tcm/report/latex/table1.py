"""The paper's Table 1 as LaTeX; an empty cell has a mark, and the mark's reason stands below."""

from collections.abc import Callable, Sequence

from lic_tcm.report.choices import Choices
from lic_tcm.report.inputs import Tables
from lic_tcm.report.latex.tables import HOW, Column, Marks, interval, number, plain_table, table_head, table_line
from lic_tcm.report.tex import Caption, escape, said
from lic_tcm.tables.paper import PAPER_DEVICE
from lic_tcm.tables.schema import Table1Row

SHORT = {  # heads of Table 1; the caption explains them
    "parameters, paper's convention": "Parameters [M]",
    "parameters, all": "Parameters [M]",
    "MACs, paper's convention": "MACs [G]",
    "MACs, all": "MACs [G]",
    "encode": "Encode [ms]",
    "decode": "Decode [ms]",
    "BD-rate": "BD-rate [%]",
}


HEADS = {"paper": "paper", "recomputed": "recomp.", "measured": "here"}


def table1(tables: Tables) -> str:
    """The paper's Table 1: models down, quantities across, each as printed, recomputed from points and found here."""
    if not tables.table1:
        return f"% No Table 1: {tables.missing['table1.csv']}.\n"
    rows, marks = tables.table1, Marks()
    cells = {(row.model, row.quantity): row for row in rows}
    columns = [c for quantity in dict.fromkeys(r.quantity for r in rows) for c in _columns(cells, quantity, marks)]
    labels = {row.model: row.label for row in rows}
    body = [table_line(escape(label), [c.text(model, "") for c in columns]) for model, label in labels.items()]
    head = table_head(tables, columns)
    whole = plain_table(_caption(rows), "tab:table1", head, body, marks.below(), Choices.of(tables))
    return HOW.format(name="table1") + whole


def _columns(cells: dict[tuple[str, str], Table1Row], quantity: str, marks: Marks) -> list[Column]:
    rows = [row for row in cells.values() if row.quantity == quantity]
    fields = ["measured"] if all(row.paper is None for row in rows) else ["paper", "measured"]
    if quantity == "BD-rate":
        fields = ["paper", "recomputed", "measured"]

    def value(field: str) -> Callable[[str, str], str]:
        def text(model: str, _: str) -> str:
            row = cells[model, quantity]
            found = getattr(row, field)
            reason = row.note if found is None or (field == "measured" and _differs(row)) else ""
            return marks.mark(_number(found, row.unit), reason)

        return text

    def ends(model: str, _: str) -> str:
        return interval(cells[model, quantity].ci_lo, cells[model, quantity].ci_hi)

    group, is_all = SHORT.get(quantity, quantity), quantity.endswith(", all")
    heads = {**HEADS, **_devices(rows)}
    columns = [Column(group, "all" if is_all else heads[field], value(field)) for field in fields]
    if any(row.ci_lo is not None for row in rows):
        columns.append(Column(group, "95\\,\\% interval", ends))
    return columns


def _devices(rows: Sequence[Table1Row]) -> dict[str, str]:
    """Heads of times: on which device the paper and this suite took them; nothing for what has no device."""
    own = sorted({row.device for row in rows if row.device})
    return {"paper": f"paper ({PAPER_DEVICE})", "measured": f"here ({escape(', '.join(own))})"} if own else {}


def _number(value: float | None, unit: str) -> str:
    """Milliseconds are whole, as the paper prints them."""
    return f"${value:.0f}$" if unit == "ms" and value is not None else number(value)


def _differs(row: Table1Row) -> bool:
    """Whether a count here is not the paper's."""
    return row.paper is not None and row.unit in ("M", "G") and row.note != "counted"


def _caption(rows: Sequence[Table1Row]) -> Caption:
    devices = sorted({row.device for row in rows if row.device})
    sentences = [
        "Complexity and BD-rate as the paper's Table 1 prints them, BD-rates recomputed from published points "
        "(recomp.), and what this suite finds (here): sizes and work counted for 512x768, times and BD-rates measured",
        "Parameters and MACs by the paper's convention: convolutions with bias and linear layers without, one MAC per "
        "ReLU output; all: every parameter, and attention products and GDN too",
        "Times of the paper: one RTX 3090; here: " + (", ".join(devices) or "not measured"),
        "BD-rate on Kodak in PSNR by the classic cubic, against the VTM-12.1 curve named in table1.csv, whose PSNR is "
        "taken against the converted original",
    ]
    return said(*sentences)
