"""What a run keeps beside its tables, for the figures that need it."""

from pathlib import Path

from lic_tcm import layout
from lic_tcm.errors import UserError
from lic_tcm.report.figures.canvas import MissingInputError
from lic_tcm.report.inputs import Tables


def run_folder(tables: Tables) -> Path:
    """The run's folder; raises MissingInputError for tables that lie in no run's results, as those of `compare` do."""
    try:
        return layout.required_run_folder(tables.folder)
    except UserError as error:
        raise MissingInputError(str(error)) from error
