"""Where the rows lie that this suite measured before and ships: `lic_tcm/data/measured`, linked by results/measured.

A dataset's folder holds sets of rows, in itself and in folders below: `rows/<method>.csv` with settings.json and
environments.json beside `rows`.
"""

import csv
from pathlib import Path

from lic_tcm import layout
from lic_tcm.files import read_json
from lic_tcm.rd.published import DEFAULT_FOLDER

FOLDER = DEFAULT_FOLDER.with_name("measured")
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


def psnr_reference(rows: Path) -> str:
    """What the PSNR of a method's rows is taken against; "" for a file without rows."""
    with rows.open(encoding="utf-8", newline="") as file:
        return str(next(csv.DictReader(file), {}).get("psnr_reference", ""))
