"""Table 1 and the anchor-sensitivity table, as LaTeX and in the page."""

import csv
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from lic_tcm.bench.records import Row
from lic_tcm.report.inputs import Tables, read_tables
from lic_tcm.report.latex.sensitivity import sensitivity
from lic_tcm.report.latex.table1 import table1 as latex_table1
from lic_tcm.report.page import paper_tables as htmlpaper
from lic_tcm.report.sensitivity import reasons
from lic_tcm.tables.schema import write_csv
from lic_tcm.tables.table1 import table1
from lic_tcm.tables.table2 import table2

QUANTITIES = ("encode", "decode", "parameters, paper's convention", "MACs, paper's convention", "BD-rate")
PRINTED = {
    "Xie 2021": ("2346", "5212", "47.55", "408.21", "-1.65"),
    "SwinT-ChARM": ("132", "84", "60.55", "230.37", "-4.02"),
    "TCM-L, no squeeze": ("151", "141", "160.45", "830.90", "-12.54"),
    "TCM-L": ("150", "140", "75.89", "700.96", "-12.30"),
    "TCM-M": ("130", "122", "58.72", "415.20", "-9.65"),
    "TCM-S": ("109", "102", "44.96", "211.54", "-7.39"),
}


@pytest.fixture
def data(tables: Path) -> Tables:
    """The small tables, read."""
    return read_tables(tables)


def line(text: str, first: str) -> list[str]:
    """The cells of the line that starts with `first`."""
    found = next(line for line in text.splitlines() if line.startswith(first + " &"))
    return found.removesuffix(r" \\").split(" & ")[1:]


def test_table_1_puts_quantities_side_by_side_and_marks_empty_cells(data: Tables) -> None:
    """Paper, recomputed and here stand in this order with the interval; a dash has a number, the reason is below."""
    text = latex_table1(data)
    size, times = ["$44.96$", "$44.96$"], ["$109$", "--$^{1}$"]
    assert line(text, "TCM-S") == [*size, *times, "$-7.39$", "$-7.40$", "$-7.10$", "[$-8.00$, $-6.50$]"]
    assert "$^{1}$ not timed here." in text
    assert text.count("not timed here") == 1
    assert r"TCM-L \& more" in text


def test_every_cell_of_the_papers_table_1_is_shown(tables: Path) -> None:
    """CSV, LaTeX and the page print the paper's thirty cells as it does, with nothing counted, timed or measured."""
    rows = pd.DataFrame(columns=list(Row.__dataclass_fields__))
    write_csv(table1(table2(rows), {}, {}), tables / "table1.csv")
    data = read_tables(tables)
    text, page = latex_table1(data), htmlpaper.table1(data)
    assert page is not None
    with (tables / "table1.csv").open(newline="", encoding="utf-8") as file:
        saved = {(row["label"], row["quantity"]): row["paper"] for row in csv.DictReader(file)}
    shown = {(found.cells[0].text, found.cells[1].text): found.cells[3].text for found in page.lines}
    for label, cells in PRINTED.items():
        assert [float(saved[label, quantity]) for quantity in QUANTITIES] == [float(cell) for cell in cells]
        assert [shown[label, quantity].replace("−", "-") for quantity in QUANTITIES] == list(cells)
        parameters, macs, encode, decode, rate = (line(text, label)[i].strip("$") for i in (0, 3, 6, 8, 10))
        assert (encode, decode, parameters, macs, rate) == cells
    assert "held" not in text
    series = {found.cells[0].text: found.data["series"] for found in page.lines}
    own = {"TCM-L": "tcm-large", "TCM-M": "tcm-medium", "TCM-S": "tcm-small"}
    assert series == own | {"Xie 2021": "xie2021", "SwinT-ChARM": "", "TCM-L, no squeeze": ""}


def test_a_misprint_of_the_paper_has_a_mark(data: Tables) -> None:
    """A cell that differs from the paper's because the paper errs says so."""
    rows = [replace(r, note="a misprint") if r.quantity == "parameters" else r for r in data.table1]
    text = latex_table1(replace(data, table1=tuple(rows)))
    assert line(text, "TCM-S")[1] == "$44.96$$^{1}$"


def test_sensitivity_has_a_line_per_anchor_and_a_column_per_method(data: Tables) -> None:
    """Each cell stands under its model and method, with the anchor's kind and PSNR reference; gaps are marked."""
    text = sensitivity(data)
    expected = ["digitised", "converted", "$-12.05$", "$-12.30$", "$-7.05$", "$-7.30$"]
    assert line(text, "vtm-12.1-tcm-figure") == expected
    assert line(text, "vtm-none") == ["published", "rgb", "--$^{1}$", "--", "--", "--"]
    assert "$^{1}$ do not overlap." in text


def test_the_caption_tells_why_with_the_tables_own_numbers(data: Tables) -> None:
    """Span, same streams under two conventions, unstated references, digitised curves and BD methods are quantified."""
    told = " ".join(reasons(data.sensitivity, "clic"))
    assert "−16.90 to −10.15 % (6.75 points apart)" in told
    assert "under both conventions are 4.60 points apart" in told
    assert "does not state the PSNR reference of vtm-9.1" in told
    assert "vtm-12.1-tcm-figure (digitised)" in told
    assert "0.25 points at most on one anchor" in told
    assert reasons(data.sensitivity, "kodak") == []


def test_the_page_shows_both(data: Tables) -> None:
    """The page's tables hold the same numbers, sortable, with their reasons."""
    table = htmlpaper.table1(data)
    assert table is not None
    cells = [cell.text for cell in table.lines[1].cells]
    assert cells == ["TCM-S", "encode", "ms", "109", "–", "–", "", "", ""]
    assert table.lines[1].cells[-1].refs  # "not timed here" is a footnote
    assert any("not timed here" in str(note) for note in table.footnotes)
    (sensitivity,) = htmlpaper.sensitivity(data)
    assert [cell.text for cell in sensitivity.lines[0].cells][4:8] == ["−16.65", "−16.90", "90 %", "8"]
    assert len(sensitivity.lines) == 7


def test_absent_tables_have_a_reason(data: Tables) -> None:
    """Without rows the fragments are comments and the page has no table."""
    missing = {"table1.csv": "table1.csv is missing", "sensitivity.csv": "sensitivity.csv has no rows"}
    empty = replace(data, table1=(), sensitivity=(), missing=missing)
    assert latex_table1(empty) == "% No Table 1: table1.csv is missing.\n"
    assert sensitivity(empty) == "% No anchor sensitivity: sensitivity.csv has no rows.\n"
    assert htmlpaper.table1(empty) is None
    assert htmlpaper.sensitivity(empty) == []
