"""Rows that this suite measured before and ships: `lic_tcm/data/measured/<dataset>/`, to which results/measured links.

A dataset's folder holds sets of rows, in itself and in folders below: `rows/<method>.csv` with settings.json and
environments.json beside `rows`.
"""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lic_tcm import layout
from lic_tcm.files import read_json
from lic_tcm.rd.published import DEFAULT_FOLDER
from lic_tcm.tables.rows import read_rows

if TYPE_CHECKING:
    import pandas as pd

FOLDER = DEFAULT_FOLDER.with_name("measured")
VTM = "vtm"  # the codec
REMEDY = "restore the file, or make the rows again"


def rows_files(dataset: str) -> dict[str, Path]:
    """The file of rows of each method on a dataset, by the method's name."""
    return {path.stem: path for path in sorted((FOLDER / dataset).glob("**/rows/*.csv"))}


def datasets() -> list[str]:
    """The datasets there are rows of, sorted."""
    return sorted({path.relative_to(FOLDER).parts[0] for path in FOLDER.glob("*/**/rows/*.csv")})


def described(rows: Path) -> dict[str, str]:
    """What the run said of the method of these rows: its `label` (else its name) and what it is `optimised_for`."""
    committed = layout.committed_set(rows)
    settings = committed / "settings.json" if committed else None
    run = read_json(settings, REMEDY) if settings and settings.is_file() else {}
    said = run.get("methods", {}).get(rows.stem, {})
    return {"label": str(said.get("label", rows.stem)), "optimised_for": str(said.get("optimised_for", "mse"))}


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
