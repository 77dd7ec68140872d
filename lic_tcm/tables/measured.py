"""Shipped rows of VTM beside a run's own: what Table 2 and the sensitivity table are made with in every report."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lic_tcm.rd.measured import datasets, described, rows_files
from lic_tcm.tables.rows import read_rows

if TYPE_CHECKING:
    import pandas as pd

VTM = "vtm"  # the codec


def with_vtm(rows: "pd.DataFrame") -> "pd.DataFrame":
    """The rows, and the shipped ones of every VTM method that they have none of, dataset by dataset."""
    import pandas as pd

    shipped = _vtm_rows()
    keys = ["dataset", "method"]
    there = set(map(tuple, rows[keys].drop_duplicates().to_numpy().tolist()))
    more = shipped[[tuple(key) not in there for key in shipped[keys].to_numpy().tolist()]]
    found = [part for part in (rows, more) if not part.empty]
    return pd.concat(found, ignore_index=True) if found else rows


def vtm_labels() -> dict[str, str]:
    """The labels of the shipped VTM methods, by their names."""
    return {path.stem: described(path)["label"] for path in _vtm_files()}


def _vtm_files() -> list[Path]:
    """The files of methods whose names begin with vtm."""
    return [path for dataset in datasets() for name, path in rows_files(dataset).items() if name.startswith(VTM)]


@lru_cache(maxsize=1)
def _vtm_rows() -> "pd.DataFrame":
    rows = read_rows(_vtm_files())
    return rows[rows["codec"] == VTM]
