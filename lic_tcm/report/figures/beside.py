"""What a run keeps beside its tables, for the figures that need it."""

from pathlib import Path

from lic_tcm import layout
from lic_tcm.report.figures.canvas import MissingInputError
from lic_tcm.report.inputs import Tables


def run_folder(tables: Tables) -> Path:
    """The run's folder; raises MissingInputError for tables that lie in no run's results, as those of `compare` do.

    The reason stands in the report, so it names no folder: the same tables give the same report wherever they lie.
    """
    folder = layout.run_folder(tables.folder)
    if folder is None:
        raise MissingInputError(layout.ELSEWHERE)
    return folder
