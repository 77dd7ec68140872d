"""Where the workflow lies: at the top of a checkout, or inside of an installed package. One source, no copies.

A wheel has Snakefile, workflow/, config/, envs/ and profiles/ in lic_tcm/_workflow (hatch_build.py puts them there).
"""

import shlex
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
PACKAGED = PACKAGE / "_workflow"
WEIGHTS = PACKAGE / "weights"  # that come with the package: <model>-<lambda>.safetensors
GPU_SESSIONS = PACKAGE / "data" / "measured" / "gpu"  # a folder per GPU that `make gpu` was run on
NETWORKS = PACKAGE / "data" / "networks.csv"  # sizes and work of all networks, made by `lic-tcm models --count --out`
FILES = ("Snakefile", "workflow", "config", "envs", "profiles")  # as pyproject.toml lists them for hatch_build.py


def gpu_times() -> Path | None:
    """Table 1's times of a session on a GPU that come with the package: of the first by name; None without one."""
    return next(iter(sorted(GPU_SESSIONS.glob("*/table1.csv"))), None)


def home() -> Path:
    """The folder that holds FILES."""
    return PACKAGED if PACKAGED.is_dir() else PACKAGE.parent


def configs() -> dict[str, Path]:
    """The configurations that can be run by their name."""
    catalogue = {"methods"}  # what the others are merged over
    found = sorted((home() / "config").glob("*.yaml"))
    return {path.stem: path for path in found if path.stem not in catalogue}


def job_prefix(conda: bool) -> str:
    """What the shell of a job runs first, so that its `python` is the right one and finds this package.

    That is the Python that runs snakemake, whatever is first in PATH; but in a job's conda environment (`conda`) that
    environment's, to which the other packages of an installation must not be shown.
    """
    commands = ["set -euo pipefail"]
    if not conda:
        commands.append(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}":$PATH"')
    if conda or not PACKAGED.is_dir():
        folder = shlex.quote(str(_package_alone() if PACKAGED.is_dir() else home()))
        commands.append(f'export PYTHONPATH={folder}"${{PYTHONPATH:+:$PYTHONPATH}}"')
    return "; ".join(commands) + "; "


def _package_alone() -> Path:
    """A folder in the run's that holds nothing but a link to the installed package."""
    link = Path(".snakemake", "lic-tcm", PACKAGE.name).absolute()
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink() or link.readlink() != PACKAGE:
        link.unlink(missing_ok=True)
        link.symlink_to(PACKAGE)
    return link.parent
