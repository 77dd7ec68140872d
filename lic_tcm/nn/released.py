"""The authors' released weights (Liu 2023): where they lie, and how they are fetched and checked.

No hashes are published, so a file's sha256 is locked at its first use, in `<file>.sha256` in the cache.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lic_tcm.anchors import downloads
from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.files import check_lock
from lic_tcm.errors import UserError
from lic_tcm.folders import cache_folder, data_folder

DIRECT = "https://drive.usercontent.google.com/download?id={id}&export=download&confirm=t"  # large files too


@dataclass(frozen=True)
class Release:
    """One released checkpoint, trained for MSE."""

    model: str  # name in the zoo
    lmbda: float
    drive_id: str  # on Google Drive

    @property
    def filename(self) -> str:
        """Name of the file in a folder of checkpoints."""
        return f"tcm-{self.model}-{self.lmbda}.pth.tar"


RELEASED: tuple[Release, ...] = (
    Release("small", 0.0025, "1zpkW_MCkUWl8nRUlza0L7Fk7dXlXciZd"),
    Release("small", 0.0035, "1x2rfIQAv8RsjM3zEByDdOZJtEcPU5XZT"),
    Release("small", 0.0067, "17THA1IiPStSO6jG4h5clwkw0ySzgLZID"),
    Release("small", 0.013, "1UbfQFsrr-Z6SrvZvpX4p1QPta5FCORZ5"),
    Release("small", 0.025, "1rc4E2Rke1Jd8UnLq73NaXbfAdcBGGPKg"),
    Release("small", 0.05, "1Quz6_jGJyaG6LMUbT4JuOhhQWxJN26Kh"),
    Release("large", 0.05, "1TK-CPiD2QwtWJqZoT_OyCtnxdQ7UNP56"),
)


def release(model: str, lmbda: float) -> Release:
    """Return the release of a model and lambda; raises UserError listing the lambdas that exist."""
    for entry in RELEASED:
        if (entry.model, entry.lmbda) == (model, lmbda):
            return entry
    known = ", ".join(f"{entry.model} {entry.lmbda}" for entry in RELEASED)
    raise UserError(f"no weights were released for {model} at lambda {lmbda}; there are {known}")


def fetch(entry: Release, folder: Path | None = None) -> Path:
    """Return the file of a release, downloading it when it lies in no folder that is searched.

    Searched are `folder`, or LIC_TCM_DATA/checkpoints and the cache; a download goes to `folder` or the cache.
    Raises UserError when it cannot be downloaded, or differs from what was first used.
    """
    path = find(entry, folder)
    if path is None:
        path = (folder or _cache()) / entry.filename
        _download(entry, path)
    _check_lock(path)
    return path


def find(entry: Release, folder: Path | None = None) -> Path | None:
    """Return where `fetch` finds the file of a release without a download, if it does."""
    data = data_folder()
    folders = [folder] if folder else [*([data / "checkpoints"] if data else []), _cache()]
    return next((path for path in (where / entry.filename for where in folders) if path.is_file()), None)


def _cache() -> Path:
    """Where downloads and locks go: ~/.cache/lic-tcm/checkpoints."""
    return cache_folder("checkpoints")


def _download(entry: Release, path: Path) -> None:
    """Fetch from Google Drive; jobs of one method and lambda that start together share one download."""
    by_hand = f"download https://drive.google.com/uc?id={entry.drive_id} by hand and put it at {path}"
    try:
        downloads.download([downloads.Remote(DIRECT.format(id=entry.drive_id))], path, partial(_by_gdown, entry))
    except CodecError as error:
        raise UserError(f"cannot fetch {entry.filename} ({error}); {by_hand}") from error


def _by_gdown(entry: Release, part: Path) -> None:
    """The same by a library that follows Drive's pages of warnings, where the direct address gives one."""
    import gdown  # heavy, and wanted here only

    try:
        done = gdown.download(f"https://drive.google.com/uc?id={entry.drive_id}", str(part), quiet=False)
    except Exception as error:  # gdown lets any error of requests and of Drive's pages through
        reason = str(error).strip().splitlines()
        raise CodecError(f"gdown: {reason[0] if reason else repr(error)}") from error
    if done is None:
        raise CodecError("gdown: it gave no file")


def _check_lock(path: Path) -> None:
    """Compare with the sha256 of the first use, or lock it; raises UserError when it is another file."""
    try:
        check_lock(path, _cache() / f"{path.name}.sha256")
    except (CodecError, OSError) as error:
        raise UserError(str(error)) from error
