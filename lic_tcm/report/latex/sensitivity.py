"""The anchor-sensitivity table as LaTeX."""

from collections.abc import Callable

from lic_tcm.report.choices import Choices, cite
from lic_tcm.report.inputs import Tables
from lic_tcm.report.latex.tables import HOW, Column, Marks, number, plain_table, table_head, table_line
from lic_tcm.report.sensitivity import reasons, title
from lic_tcm.report.tex import Named, said, slug
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
    choices = Choices.of(tables)
    named = {a: Named(a, cite(dataset, a, row.anchor_kind)).tex() for a, row in about.items()}
    body = [table_line(named[anchor], [c.text(anchor, "") for c in columns]) for anchor in about]
    caption, label = said(title(tables, dataset), *reasons(rows, dataset)), f"tab:sensitivity-{slug(dataset)}"
    return plain_table(caption, label, table_head(tables, columns), body, marks.below(), choices)


def _rate(
    cells: dict[tuple[str, str, str], SensitivityRow], series: str, method: str, marks: Marks
) -> Callable[[str, str], str]:
    def text(anchor: str, _: str) -> str:
        row = cells.get((anchor, series, method))
        if row is None:
            return "--"
        return marks.mark(number(row.bd_rate), row.note if row.bd_rate is None else "")

    return text
