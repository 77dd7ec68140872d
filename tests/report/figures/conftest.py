"""The tables that figures are drawn from, where a run keeps them."""

from pathlib import Path

import pytest

from lic_tcm.report.inputs import Tables, read_tables


@pytest.fixture
def data(tables: Path) -> Tables:
    """The small tables in results/tables/try, read."""
    folder = tables.parent / "results" / "tables" / "try"
    folder.parent.mkdir(parents=True)
    tables.rename(folder)
    return read_tables(folder)
