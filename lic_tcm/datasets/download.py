"""Downloads of datasets and of files without a published hash, by the suite's one downloader; archives unpacked."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from lic_tcm.anchors import downloads
from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.downloads import Remote
from lic_tcm.anchors.files import check_lock, read_lock
from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes

__all__ = ["Remote", "download", "download_locked", "extract"]


def download(mirrors: Sequence[Remote], target: Path) -> None:
    """As `anchors.downloads.download`; raises UserError."""
    try:
        downloads.download(mirrors, target)
    except CodecError as error:
        raise UserError(str(error)) from error


def download_locked(urls: Sequence[str], target: Path) -> None:
    """Download a file without a published hash; its hash is locked in `<target>.sha256` at first use.

    Raises UserError as `download` does, also when the file, old or new, is not the locked one.
    """
    lock = target.with_name(target.name + ".sha256")
    try:
        locked = read_lock(lock)
        download([Remote(url, locked) for url in urls], target)
        check_lock(target, lock)
    except UserError as error:
        raise UserError(f"{error}; {lock} says which file it must be" if lock.is_file() else str(error)) from error
    except (CodecError, OSError) as error:
        raise UserError(str(error)) from error


def extract(archive: Path, folder: Path, wanted: re.Pattern[str]) -> list[Path]:
    """Extract the files of a zip whose names match `wanted` in full, flat, into a folder; return their paths.

    macOS resource folders are skipped. Raises UserError for a damaged archive, a path that leaves it, or equal names.
    """
    paths: list[Path] = []
    try:
        with zipfile.ZipFile(archive) as file:
            for member in _wanted_members(file, archive, wanted):
                path = folder / PurePosixPath(member.filename).name
                if path in paths:
                    raise UserError(f"{archive} holds {path.name} twice; get the original archive")
                write_bytes(path, file.read(member))
                paths.append(path)
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError, zlib.error) as error:
        raise UserError(
            f"{archive} is not an intact zip archive ({error}); delete it to have it fetched again"
        ) from error
    return paths


def _wanted_members(file: zipfile.ZipFile, archive: Path, wanted: re.Pattern[str]) -> Iterator[zipfile.ZipInfo]:
    """Members to extract; raises UserError for a path that would leave the folder."""
    for member in file.infolist():
        path = PurePosixPath(member.filename)
        if path.is_absolute() or ".." in path.parts:
            raise UserError(f"{archive} holds the unsafe path {member.filename!r}; get the original archive")
        if not member.is_dir() and "__MACOSX" not in path.parts and wanted.fullmatch(path.name):
            yield member
