"""From a folder of tables to a folder with the whole report."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

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
from lic_tcm.report.latex.points import points
from lic_tcm.report.latex.sensitivity import sensitivity
from lic_tcm.report.latex.table1 import table1
from lic_tcm.report.latex.table2 import table2
from lic_tcm.report.latex.tables import document as shown_together
from lic_tcm.report.latex.tables import standing_alone
from lic_tcm.report.page import page as html
from lic_tcm.report.page.pictures import write_pictures
from lic_tcm.report.provenance import Sources
from lic_tcm.report.summary import summary
from lic_tcm.tables.schema import BDRow, ImageRow, LossRow, PointRow, SensitivityRow, Table1Row, Table2Row

PAPER = ("table1", "table2")  # tables of the paper, which are no part of a user's comparison


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
    and what the curves are cited by. A comparison has none of the paper's tables.
    """
    kept: Mapping[str, tuple[Sequence[Any], type[Any]]] = {
        "bd_rate": (data.bd, BDRow),
        "point_differences": (data.point_differences, PointRow),
        "loss_differences": (data.loss_differences, LossRow),
        "table1": (data.table1, Table1Row),
        "table2": (data.table2, Table2Row),
        "sensitivity": (data.sensitivity, SensitivityRow),
        "images": (data.images, ImageRow),
    }
    tex: Mapping[str, Callable[[], str]] = {
        "bd_rate": partial(latexbd.bd_rate, data),
        "bd_rate_all": partial(latexbd.bd_rate, data, everything=True),
        "points": partial(points, data),
        "table1": partial(table1, data),
        "table2": partial(table2, data),
        "sensitivity": partial(sensitivity, data),
    }
    pages: Mapping[str, Callable[[], str]] = {
        "bd_rate": partial(html.bd_rate_fragment, data),
        "table1": partial(html.table1_fragment, data),
        "table2": partial(html.table2_fragment, data),
        "sensitivity": partial(html.sensitivity_fragment, data),
    }
    left = PAPER if data.run.get("comparison") else ()
    for name in (name for name in kept if name not in left):
        write_text(folder / f"{name}.csv", table_csv(*kept[name]))
    for name in (name for name in tex if name not in left):
        write_text(folder / f"{name}.tex", standing_alone(tex[name]()))
    for name in (name for name in pages if name not in left):
        write_text(folder / f"{name}.html", pages[name]())
    write_text(folder / "tables.tex", shown_together(left))
    write_text(folder / "numbers.tex", numbers(data))
    write_text(folder / "references.bib", bibliography(data))
