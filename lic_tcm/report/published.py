"""The TCM paper's tables and figures from what is known without coding anything: published points, shipped rows.

It is the run of config/paper.yaml with no methods of its own: its figures 7 to 9, Tables 1 and 2, and the same
points against every VTM-12.1 there is.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lic_tcm import layout
from lic_tcm.files import write_text
from lic_tcm.progress import progress
from lic_tcm.report import write
from lic_tcm.report.figures import catalogue
from lic_tcm.report.figures.names import RD_FIGURES
from lic_tcm.report.folder import owner, renewed
from lic_tcm.report.inputs import Tables, read_tables
from lic_tcm.report.latex.compiled import check_tex, compile_paper
from lic_tcm.resources import NETWORKS
from lic_tcm.tables.schema import Table2Row
from lic_tcm.tables.write import write_tables


@dataclass(frozen=True)
class Paper:
    """What was written: the folder, its figures' captions, and Table 2 with the datasets' names for people."""

    folder: Path
    captions: Sequence[str]
    table2: Sequence[Table2Row]
    labels: dict[str, str]  # by dataset


def write_paper(out: Path, settings: str, pdf: bool = False) -> Paper:
    """Write figures/, tables/ and data/ under `out`: figures 7 to 9, Tables 1 and 2, and the tables they are made of.

    `settings` are those of `bench.paper.settings`. Needs no images, no network and no torch. `out` may hold what this
    wrote before, which is replaced; raises UserError when it holds the report of something else. With `pdf` paper.tex
    is compiled, which raises UserError where that cannot be done.
    """
    if pdf:
        check_tex()
    with renewed(out, owner(json.loads(settings))) as part:
        data = layout.compared_tables(part)
        write_text(data / "settings.json", settings + "\n")
        write_tables([], data / "settings.json", data, NETWORKS)
        tables = read_tables(data)
        write.write_tables(tables, layout.report_tables(part))
        drawn = [
            (name, catalogue.draw(name, tables, layout.figures(part)))
            for name in progress(RD_FIGURES, len(RD_FIGURES), "draw", "figure")
        ]
        write.write_paper(tables, part, [(name, drawing.environment) for name, drawing in drawn])
        if pdf:
            compile_paper(part)
        captions = [drawing.caption.plain for _, drawing in drawn]
    return Paper(out, captions, tables.table2, _labels(tables))


def _labels(tables: Tables) -> dict[str, str]:
    return {dataset: tables.dataset_label(dataset) for dataset in tables.datasets()}
