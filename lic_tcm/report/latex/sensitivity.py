"""The anchor-sensitivity table as LaTeX."""

from collections.abc import Callable

from lic_tcm.report.inputs import Tables
from lic_tcm.report.latex.tables import HOW, Column, Marks, escape, number, table_head, table_line, table_text
from lic_tcm.report.sensitivity import reasons, title
from lic_tcm.tables.schema import SensitivityRow


def sensitivity(tables: Tables) -> str:
    """TCM against every VTM curve by every BD method: a table per dataset."""
    if not tables.sensitivity:
        return f"% No anchor sensitivity: {tables.missing['sensitivity.csv']}.\n"
    datasets = dict.fromkeys(row.dataset for row in tables.sensitivity)
    return HOW.format(name="sensitivity") + "\n".join(_sensitivity(tables, dataset) for dataset in datasets)


def _sensitivity(tables: Tables, dataset: str) -> str:
    rows, marks = [row for row in tables.sensitivity if row.dataset == dataset], Marks()
    cells = {(row.anchor, row.series, row.bd_method): row for row in rows}
    about = {row.anchor: row for row in rows}
    columns = [
        Column("", "kind", lambda anchor, _: about[anchor].anchor_kind),
        Column("", "PSNR ref.", lambda anchor, _: about[anchor].psnr_reference),
    ]
    for series, label in {row.series: row.label for row in rows}.items():
        methods = dict.fromkeys(row.bd_method for row in rows)
        columns += [Column(label, method, _rate(cells, series, method, marks)) for method in methods]
    body = [table_line(escape(anchor), [c.text(anchor, "") for c in columns]) for anchor in about]
    caption = ". ".join([title(tables, dataset), *reasons(rows, dataset)]) + "."
    head = table_head(tables, columns)
    return table_text(caption, f"tab:sensitivity-{dataset}", head, body, marks.below(), columns)


def _rate(
    cells: dict[tuple[str, str, str], SensitivityRow], series: str, method: str, marks: Marks
) -> Callable[[str, str], str]:
    def text(anchor: str, _: str) -> str:
        row = cells.get((anchor, series, method))
        if row is None:
            return "--"
        return marks.mark(number(row.bd_rate), row.note if row.bd_rate is None else "")

    return text
