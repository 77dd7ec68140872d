"""From a folder of tables to a folder with the whole report."""

from collections.abc import Sequence
from pathlib import Path

from lic_tcm import layout
from lic_tcm.files import write_text
from lic_tcm.report import crate
from lic_tcm.report.choices import restyled
from lic_tcm.report.figures import catalogue
from lic_tcm.report.folder import carry, owner, renewed
from lic_tcm.report.inputs import Tables, read_tables, table_csv
from lic_tcm.report.latex import bd_rate as latexbd
from lic_tcm.report.latex.bibliography import bibliography
from lic_tcm.report.latex.document import document, shown_tables
from lic_tcm.report.latex.numbers import numbers
from lic_tcm.report.latex.sensitivity import sensitivity
from lic_tcm.report.latex.table1 import table1
from lic_tcm.report.latex.table2 import table2
from lic_tcm.report.latex.tables import DOCUMENT, standing_alone
from lic_tcm.report.page import page as html
from lic_tcm.report.page.pictures import write_pictures
from lic_tcm.report.provenance import Sources
from lic_tcm.report.summary import summary
from lic_tcm.tables.schema import BDRow, ImageRow, SensitivityRow, Table1Row, Table2Row


def write_report(tables: Path, out: Path, style: str | None = None) -> Path:
    """Write the report of the tables' folder `tables` under `out`; returns its page, `out`/index.html.

    Beside it lie figures/, tables/, images/, summary.txt and ro-crate-metadata.json; files of an earlier report of the
    run that this one does not have are removed. The same tables give the same bytes. Raises UserError for tables
    that are missing or not of the expected form, and when `out` holds the report of another run.
    """
    data = restyled(read_tables(tables), style)
    with renewed(out, owner(data.run)) as part:
        carry(out, part, tables)  # those of a comparison belong to its report
        draw(data, part)
    return layout.page(out)


def draw(data: Tables, folder: Path) -> None:
    """Write the report into a new folder."""
    figures = layout.figures(folder)
    shown = catalogue.write_all(data, figures)
    write_tables(data, layout.report_tables(folder))
    write_paper(data, folder, [(one.name, one.environment) for one in shown if one.environment])
    write_text(layout.summary(folder), summary(data))
    sources = Sources(data)
    write_text(layout.page(folder), html.page(sources, figures, write_pictures(sources, folder)))
    crate.write_crate(sources, folder)


def write_paper(data: Tables, folder: Path, figures: Sequence[tuple[str, str]]) -> None:
    """`paper.tex`, which shows what else is there as it stands in a paper; figures by name and environment."""
    taken = [layout.report_tables(folder) / f"{name}.tex" for name in shown_tables(data)]
    taken += [layout.figures(folder) / f"{name}.tex" for name, _ in figures]
    cites = any("\\cite{" in path.read_text(encoding="utf-8") for path in taken)  # BibTeX refuses to list nothing
    write_text(layout.paper(folder), document(data, figures, cites))


def write_tables(data: Tables, folder: Path) -> None:
    """All tables as csv, tex and html, `images.csv`, `tables.tex`, which shows the fragments, the numbers as macros
    and what the curves are cited by.
    """
    write_text(folder / "bd_rate.csv", table_csv(data.bd, BDRow))
    write_text(folder / "table1.csv", table_csv(data.table1, Table1Row))
    write_text(folder / "sensitivity.csv", table_csv(data.sensitivity, SensitivityRow))
    write_text(folder / "table2.csv", table_csv(data.table2, Table2Row))
    write_text(folder / "images.csv", table_csv(data.images, ImageRow))
    for name, table in (
        ("bd_rate", latexbd.bd_rate(data)),
        ("bd_rate_all", latexbd.bd_rate(data, everything=True)),
        ("table1", table1(data)),
        ("table2", table2(data)),
        ("sensitivity", sensitivity(data)),
    ):
        write_text(folder / f"{name}.tex", standing_alone(table))
    write_text(folder / "tables.tex", DOCUMENT)
    write_text(folder / "numbers.tex", numbers(data))
    write_text(folder / "references.bib", bibliography(data))
    write_text(folder / "bd_rate.html", html.bd_rate_fragment(data))
    write_text(folder / "table1.html", html.table1_fragment(data))
    write_text(folder / "table2.html", html.table2_fragment(data))
    write_text(folder / "sensitivity.html", html.sensitivity_fragment(data))
