"""`lic-tcm init`: the files a folder starts with, copied from config/init."""

from pathlib import Path

from lic_tcm import resources
from lic_tcm.bench.launch import STARTER
from lic_tcm.errors import UserError
from lic_tcm.files import write_text

CONFIGURATION = {STARTER: "lic-tcm.yaml"}  # file to write -> file of config/init
CI = {Path(".github/workflows/lic-tcm.yml"): "workflow.yml", Path("baseline/README.md"): "baseline.md"}


def write_starter(ci: bool) -> list[Path]:
    """Write the starter configuration, with `ci` a workflow and a folder for the baseline too; returns the files.

    With `ci` a configuration that is there already is kept. Raises UserError rather than overwrite a file.
    """
    chosen = CI if ci and STARTER.exists() else CONFIGURATION | (CI if ci else {})
    for path in chosen:
        if path.exists() or path.is_symlink():
            raise UserError(f"{path} is there already; move it away to have a new one written")
    for path, name in chosen.items():
        write_text(path, (resources.home() / "config/init" / name).read_text(encoding="utf-8"))
    return list(chosen)
