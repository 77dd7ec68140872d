"""Files of a run: its tables and maps, VTM, logs of jobs."""

from collections.abc import Sequence
from pathlib import Path

from lic_tcm.errors import UserError
from lic_tcm.layout.spelling import RESULTS

# --- tables and maps --------------------------------------------------------------------------------------------------


def tables(run: str) -> Path:
    """The tables of a run, what its report is drawn from."""
    return RESULTS / "tables" / run


def table(run: str, name: str) -> Path:
    """One of them, such as "bd_rate"."""
    return tables(run) / f"{name}.csv"


def settings(run: str) -> Path:
    """What a run's tables are made with."""
    return tables(run) / "settings.json"


def description(run: str) -> Path:
    """What the report says of a run as a whole."""
    return tables(run) / "run.json"


def machines(run: str) -> Path:
    """The descriptions of all machines that a run's rows name."""
    return tables(run) / "environments.json"


def maps(run: str, figure: str) -> Path:
    """The maps of trained networks that a figure ("receptive", "deviation") is drawn from."""
    return RESULTS / "maps" / run / f"{figure}.npz"


def portability(dataset: str) -> Path:
    """What became of a dataset's streams under every setting of this machine's kernels."""
    return RESULTS / "portability" / f"{dataset}.csv"


ELSEWHERE = (
    f"these tables do not lie in a folder {RESULTS}/tables/<name>, so what a run keeps beside them cannot be found; "
    "give the folder that the workflow wrote"
)


def run_folder(tables: Path) -> Path | None:
    """The folder of the run that a folder of tables, `<folder>/results/tables/<run>`, is of; None for one elsewhere.

    `results` may be a link to another disk.
    """
    for folder in (tables.absolute(), tables.resolve()):
        if folder.parent.name == "tables" and folder.parent.parent.name == RESULTS.name:
            return folder.parent.parent.parent
    return None


def required_run_folder(tables: Path) -> Path:
    """As `run_folder`; raises UserError when the tables lie elsewhere."""
    folder = run_folder(tables)
    if folder is None:
        raise UserError(f"{tables}: {ELSEWHERE}")
    return folder


# --- VTM --------------------------------------------------------------------------------------------------------------


def vtm() -> Path:
    """Where VTM is built."""
    return RESULTS / "vtm"


def vtm_archive() -> Path:
    """Its sources."""
    return vtm() / "VTM-12.1.tar.gz"


def vtm_files() -> dict[str, Path]:
    """What the build gives, by the option of the codec that wants it."""
    return {
        "encoder": vtm() / "bin" / "EncoderAppStatic",
        "decoder": vtm() / "bin" / "DecoderAppStatic",
        "cfg": vtm() / "cfg" / "encoder_intra_vtm.cfg",
    }


# --- jobs -------------------------------------------------------------------------------------------------------------


def log(*names: str) -> Path:
    """What a job printed; the names are its stage, or the folder of its results, and what tells it from others.

    >>> log("fetch", "kodak").as_posix(), log("results/models", "small", "0.013").as_posix()
    ('results/logs/fetch/kodak.log', 'results/logs/models/small/0.013.log')
    """
    return _of_job("logs", names, ".log")


def benchmark(*names: str) -> Path:
    """What a job took, as snakemake measured it; names as those of `log`."""
    return _of_job("benchmarks", names, ".tsv")


def _of_job(kind: str, names: Sequence[str], suffix: str) -> Path:
    path = Path(*names)
    inner = path.relative_to(RESULTS) if path.is_relative_to(RESULTS) else path
    return RESULTS / kind / inner.parent / f"{inner.name}{suffix}"


def benchmarks(stage: str = "") -> Path:
    """The folder of all such files of a stage; without one, of all stages and of `make speed`."""
    return RESULTS / "benchmarks" / stage
