"""Files of datasets, codings, scored rows and published curves."""

from pathlib import Path

from lic_tcm.layout.spelling import RESULTS, point

# --- datasets ---------------------------------------------------------------------------------------------------------


def manifest(dataset: str) -> Path:
    """The list of a dataset's images."""
    return RESULTS / "datasets" / f"{dataset}.csv"


def pixel_lock(manifest: Path) -> Path:
    """Beside a manifest: the hashes, at first use, of images of which nobody published any."""
    return manifest.with_suffix(".lock")


def fetched_weights(method: str) -> Path:
    """The list of the files of weights that a method takes from other people's servers."""
    return RESULTS / "weights" / f"{method}.csv"


# --- coding and scoring -----------------------------------------------------------------------------------------------


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


# --- published curves -------------------------------------------------------------------------------------------------


def published_folder() -> Path:
    """The published curves, by dataset; in a checkout a link to the package's own."""
    return RESULTS / "published"


def published(dataset: str, series: str) -> Path:
    """The file of a published curve."""
    return published_folder() / dataset / f"{series}.json"
