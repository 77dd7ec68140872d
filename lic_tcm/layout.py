"""Where the files of a run lie: one function for each kind of file under `results/` and `reports/`.

Paths are relative to the run's folder, where the workflow is started. Rules, stages and report name files by these
functions only, so that a file is found where it was written. A name or number may be a wildcard, such as "{dataset}".
What lies in a folder that the user may choose (`--out`) is named from that folder.
"""

from collections.abc import Sequence
from pathlib import Path

from lic_tcm.errors import UserError

RESULTS = Path("results")
REPORTS = Path("reports")


def point(value: float | str) -> str:
    """An operating point or lambda as paths and tables spell it, without needless zeros; other text as it is.

    >>> point(22.0), point("0.00250"), point("q3"), point("{point}")
    ('22', '0.0025', 'q3', '{point}')
    """
    try:
        return f"{float(value):g}"
    except ValueError:
        return value  # type: ignore[return-value]


# --- datasets -----------------------------------------------------------------------------------------------------


def manifest(dataset: str) -> Path:
    """The list of a dataset's images."""
    return RESULTS / "datasets" / f"{dataset}.csv"


def pixel_lock(manifest: Path) -> Path:
    """Beside a manifest: the hashes, at first use, of images of which nobody published any."""
    return manifest.with_suffix(".lock")


def fetched_weights(method: str) -> Path:
    """The list of the files of weights that a method takes from other people's servers."""
    return RESULTS / "weights" / f"{method}.csv"


# --- coding and scoring -------------------------------------------------------------------------------------------


def point_folder(dataset: str, method: str, point_: float | str) -> Path:
    """What a method made of a dataset at one point."""
    return RESULTS / "coded" / dataset / method / point(point_)


def coded(dataset: str, method: str, point_: float | str, image: str, suffix: str) -> Path:
    """A file of one coded image: see `image_file`."""
    return image_file(point_folder(dataset, method, point_), image, suffix)


def image_file(folder: Path, image: str, suffix: str) -> Path:
    """In a point's folder: a file of an image.

    The stream (".bin"), decoded image (".png", ".ycbcr.png"), record (".json") or kept values of metrics
    (".scores.json"). Image names may hold dots.
    """
    return folder / f"{image}{suffix}"


def beside(stem: Path, suffix: str) -> Path:
    """As `image_file`, from the folder and the image's name in one: `with_suffix` for names that may hold dots."""
    return image_file(stem.parent, stem.name, suffix)


def batch(dataset: str, method: str, point_: float | str, batch_: int | str, batches: int | str) -> Path:
    """The list of what one job coded at a point."""
    return point_folder(dataset, method, point_) / _batch(batch_, batches)


def batch_of_all(dataset: str, method: str, batch_: int | str, batches: int | str) -> Path:
    """The list of what one job coded at all points of a method."""
    return RESULTS / "coded" / dataset / method / _batch(batch_, batches)


def _batch(batch_: int | str, batches: int | str) -> str:
    return f"batch-{batch_}-of-{batches}.csv"


def environment(folder: Path, id_: str) -> Path:
    """In a folder of results: the description of a machine they were made on."""
    return folder / f"environment-{id_}.json"


def rows_folder(dataset: str) -> Path:
    """The scored rows of all methods on a dataset."""
    return RESULTS / "rows" / dataset


def rows(dataset: str, method: str) -> Path:
    """The scored rows of a method on a dataset, a line for each image and point."""
    return rows_folder(dataset) / f"{method}.csv"


def environments(rows: Path) -> Path:
    """Beside a file of rows: the descriptions of all machines they name."""
    return rows.with_name(rows.name.removesuffix(".csv") + ".environments.json")


def metric_versions(rows: Path) -> Path:
    """Beside a file of rows: what made the values of each metric."""
    return rows.with_name(rows.name.removesuffix(".csv") + ".metrics.json")


def committed_set(rows: Path) -> Path | None:
    """The folder of a committed set of rows `<set>/rows/<method>.csv`, with its settings.json and environments.json.

    None for rows that lie otherwise, as those of a run do.
    """
    return rows.parent.parent if rows.parent.name == "rows" else None


# --- published curves ----------------------------------------------------------------------------------------------


def published_folder() -> Path:
    """The published curves, by dataset; in a checkout a link to the package's own."""
    return RESULTS / "published"


def published(dataset: str, series: str) -> Path:
    """The file of a published curve."""
    return published_folder() / dataset / f"{series}.json"


# --- tables and maps ----------------------------------------------------------------------------------------------


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


# --- trained networks ---------------------------------------------------------------------------------------------


def models() -> Path:
    """Networks trained for the methods of runs."""
    return RESULTS / "models"


def weights(home: Path | str, model: str, lmbda: float | str) -> Path:
    """In a folder of trained networks: the weights of one at a lambda."""
    return Path(home, model, f"{point(lmbda)}.safetensors")


def training_record(home: Path | str, model: str, lmbda: float | str) -> Path:
    """Beside its weights: how one was trained."""
    return weights(home, model, lmbda).with_suffix(".json")


def latents(home: Path | str, lmbda: float | str) -> Path:
    """Beside a folder of trained networks: the latents that entropy models at a lambda were trained on."""
    return Path(home).parent / "latents" / f"{point(lmbda)}.safetensors"


def gpu() -> Path:
    """Where a session on a GPU machine leaves its trainings, in a folder named for the GPU."""
    return RESULTS / "gpu"


def measured_gpu() -> Path:
    """Where it leaves its tables, in a folder named for the GPU; in a checkout they are then the package's."""
    return RESULTS / "measured" / "gpu"


def gpu_crops() -> Path:
    """The crops such a session trains on."""
    return gpu() / "crops.npz"


def ablations(budget: str) -> Path:
    """Everything of the ablations that a budget paid for."""
    return RESULTS / "ablations" / budget


def ablation_models(budget: str) -> Path:
    """The networks of a budget's ablations."""
    return ablations(budget) / "models"


def ablation_speed(budget: str, model: str) -> Path:
    """How fast one of them trains on this machine."""
    return ablations(budget) / "speed" / f"{model}.txt"


def ablation(folder: Path, figure: str) -> Path:
    """In a budget's folder: the curves of one figure of ablations."""
    return folder / f"{figure}.csv"


def ablation_bd_rate(folder: Path, figure: str) -> Path:
    """In a budget's folder: the BD-rates of one figure of ablations."""
    return folder / f"{figure}_bd_rate.csv"


def ablation_variants(folder: Path, figure: str) -> Path:
    """In a budget's folder: the variants of one figure of ablations beside its reference, image by image, and costs."""
    return folder / f"{figure}_variants.csv"


# --- VTM ----------------------------------------------------------------------------------------------------------


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


# --- jobs ---------------------------------------------------------------------------------------------------------


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


# --- reports ------------------------------------------------------------------------------------------------------


def report(run: str) -> Path:
    """The report of a run."""
    return REPORTS / run


def page(report: Path) -> Path:
    """In a report: the page."""
    return report / "index.html"


def summary(report: Path) -> Path:
    """In a report: its sentences and small table as plain text, which a run ends by printing."""
    return report / "summary.txt"


def crate(report: Path) -> Path:
    """In a report: the RO-Crate that describes it."""
    return report / "ro-crate-metadata.json"


def figures(report: Path) -> Path:
    """In a report: its figures."""
    return report / "figures"


def paper(report: Path) -> Path:
    """In a report: its figures and tables as they stand in a paper, to be compiled."""
    return report / "paper.tex"


def report_tables(report: Path) -> Path:
    """In a report: its tables as CSV, LaTeX and HTML."""
    return report / "tables"


def pictures(report: Path) -> Path:
    """In a report: the images beside the page."""
    return report / "pictures"


def compared_tables(report: Path) -> Path:
    """In a report of `lic-tcm compare`: the tables it is drawn from, which lie in no run's results."""
    return report / "data"
