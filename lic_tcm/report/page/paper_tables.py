"""Tables 1 and 2 of the paper and the anchor-sensitivity table, for the page."""

from lic_tcm.report import words
from lic_tcm.report.inputs import Tables
from lic_tcm.report.page.tables import Cell, Column, Line, Table, images_cell, with_footnotes
from lic_tcm.report.sensitivity import reasons, title
from lic_tcm.tables.paper import IN_TABLE2, series_of
from lic_tcm.tables.schema import SensitivityRow, Table1Row, Table2Row

TABLE1_COLUMNS = (
    Column("Model"),
    Column("Quantity"),
    Column("Unit"),
    Column("Paper", numeric=True),
    Column("Recomputed from points", numeric=True),
    Column("Here", numeric=True),
    Column(words.CI, numeric=True),
    Column("Measured here on"),
    Column("Notes"),
)


def table1(tables: Tables) -> Table | None:
    """The paper's Table 1, a line per model and quantity; None when there is none."""
    if not tables.table1:
        return None
    caption = (
        "Complexity and BD-rate of the paper's Table 1: as printed, recomputed from published points, and found here "
        "(sizes and work counted for 512x768, times and BD-rates measured)."
    )
    return with_footnotes(Table("table1", caption, TABLE1_COLUMNS, tuple(_table1_line(row) for row in tables.table1)))


def _table1_line(row: Table1Row) -> Line:
    values, decimals = (row.paper, row.recomputed, row.measured), 0 if row.unit == "ms" else 2
    cells = (
        Cell(row.label),
        Cell(row.quantity),
        Cell(row.unit),
        *(
            Cell(words.number(value, decimals) or "–", value, look="" if value is not None else "notes")
            for value in values
        ),
        Cell(words.interval(row.ci_lo, row.ci_hi, words.decimals(row.ci_lo, row.ci_hi)), row.ci_lo),
        Cell(row.device),
        Cell(row.note, look="notes"),
    )
    series = series_of(IN_TABLE2.get(row.model, ""), "kodak") or ""
    return Line(cells, {"model": row.model, "quantity": row.quantity, "dataset": "kodak", "series": series})


TABLE2_COLUMNS = (
    Column("Method"),
    Column("Dataset"),
    Column("Paper [%]", numeric=True),
    Column("Recomputed [%]", numeric=True),
    Column("Measured anchor [%]", numeric=True),
    Column("10-bit anchor [%]", numeric=True),
    Column("Measured [%]", numeric=True),
    Column(words.CI, numeric=True),
    Column("Measured on", numeric=True),
    Column("Anchor"),
    Column("BD method"),
    Column("PSNR reference"),
    Column("Notes"),
)


def table2(tables: Tables) -> Table | None:
    """The paper's Table 2: as printed, recomputed against several anchors, measured here; None when there is none."""
    if not tables.table2:
        return None
    caption = (
        "BD-rate of the paper's Table 2: as printed; recomputed from published points against the published curve that "
        "stands for the paper's VTM-12.1, against the VTM-12.1 measured by this suite under the paper's convention, "
        "and against the one of 10 bits and the RGB original; and measured by this run."
    )
    return with_footnotes(
        Table("table2", caption, TABLE2_COLUMNS, tuple(_table2_line(tables, row) for row in tables.table2))
    )


def _table2_line(tables: Tables, row: Table2Row) -> Line:
    described = tables.run.get("datasets", {}).get(row.dataset, {})
    counts = (described.get("n_images"), described.get("images_total")) if row.measured is not None else (None, None)
    digits = words.decimals(row.ci_lo, row.ci_hi)
    cells = (
        Cell(row.method),
        Cell(tables.dataset_label(row.dataset)),
        Cell(words.number(row.paper), row.paper),
        Cell(words.number(row.recomputed), row.recomputed),
        Cell(words.number(row.against_paper), row.against_paper),
        Cell(words.number(row.against_rgb), row.against_rgb),
        Cell(
            words.number(row.measured, digits) or "not measured",
            row.measured,
            look="main" if row.measured is not None else "notes wrap",
        ),
        Cell(words.interval(row.ci_lo, row.ci_hi, digits), row.ci_lo),
        images_cell(*counts),
        Cell(tables.label(row.anchor)),
        Cell(row.bd_method),
        Cell(row.psnr_reference),
        Cell(row.note, look="notes"),
    )
    series = series_of(row.method, row.dataset) or ""
    return Line(cells, {"dataset": row.dataset, "method": row.method, "series": series, "anchor": row.anchor})


def sensitivity(tables: Tables) -> list[Table]:
    """TCM against every VTM curve by every BD method, a table per dataset."""
    return [_sensitivity(tables, dataset) for dataset in dict.fromkeys(row.dataset for row in tables.sensitivity)]


def _sensitivity(tables: Tables, dataset: str) -> Table:
    rows = [row for row in tables.sensitivity if row.dataset == dataset]
    methods = list(dict.fromkeys(row.bd_method for row in rows))
    columns = (
        Column("Anchor"),
        Column("Method", filter=True),
        Column("Kind"),
        Column("PSNR reference"),
        *(Column(f"{method} [%]", numeric=True) for method in methods),
        Column("Range shared", numeric=True),
        Column("Points", numeric=True),
        Column("Notes"),
    )
    groups: dict[tuple[str, str], dict[str, SensitivityRow]] = {}
    for row in rows:
        groups.setdefault((row.series, row.anchor), {})[row.bd_method] = row
    caption = ". ".join([title(tables, dataset), *reasons(rows, dataset)]) + "."
    return with_footnotes(
        Table(f"sensitivity-{dataset}", caption, columns, tuple(_line(found, methods) for found in groups.values()))
    )


def _line(found: dict[str, SensitivityRow], methods: list[str]) -> Line:
    row = next(iter(found.values()))
    rates = [found[method].bd_rate if method in found else None for method in methods]
    share = None if row.overlap_share is None else 100 * row.overlap_share
    cells = (
        Cell(row.anchor_label),
        Cell(row.label),
        Cell(row.anchor_kind, look="kind"),
        Cell(row.psnr_reference),
        *(Cell(words.number(rate) or "–", rate) for rate in rates),
        Cell("" if share is None else f"{share:.0f} %", share),
        Cell("" if row.anchor_points is None else str(row.anchor_points), row.anchor_points),
        Cell("; ".join(dict.fromkeys(one.note for one in found.values() if one.note)), look="notes"),
    )
    return Line(cells, {"dataset": row.dataset, "series": row.series, "anchor": row.anchor})
