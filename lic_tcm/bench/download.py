"""Downloads that survive bad networks: mirrors, retries, resumed parts, checked hashes, no torn files."""

import hashlib
import re
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import requests
from tqdm import tqdm

from lic_tcm.bench.rows import write_bytes
from lic_tcm.errors import UserError

ATTEMPTS = 4  # per mirror
FIRST_PAUSE_S = 1.0  # doubled after every attempt
TIMEOUT_S = (10, 60)  # to connect, between two bytes
CHUNK = 1 << 18
RETRY_STATUS = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Remote:
    """A file on a server; `sha256` is None where nobody published one."""

    url: str
    sha256: str | None = None


class _RetryError(Exception):
    """This attempt failed; another one may not."""


class _RefusedError(Exception):
    """This mirror will not give the file, however often it is asked."""


def download(mirrors: Sequence[Remote], target: Path) -> None:
    """Download a file from the first mirror that gives it, unless `target` is there already.

    An interrupted download is kept beside `target` and resumed. The bytes are checked against the mirror's sha256
    before the file gets its name. Raises UserError naming the addresses tried, the reasons, and
    where to put the file by hand.
    """
    if target.exists() and any(remote.sha256 in (None, sha256_file(target)) for remote in mirrors):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    reasons = []
    for remote in mirrors:
        try:
            _download_from(remote, target)
            return
        except (_RetryError, _RefusedError) as error:
            reasons.append(f"{remote.url}: {error}")
    raise UserError(f"the download failed ({'; '.join(reasons)}); get {target.name} by hand and save it as {target}")


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as error:
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


def _download_from(remote: Remote, target: Path) -> None:
    """Try one mirror several times; raises _RefusedError or _RetryError with the last reason."""
    # Mirrors may hold other bytes of the same file, so each has a part of its own.
    part = target.with_name(f"{target.name}.{hashlib.sha256(remote.url.encode()).hexdigest()[:8]}.part")
    for attempt in range(ATTEMPTS):
        try:
            _transfer(remote.url, part)
            _check(remote, part)
            part.replace(target)
            return
        except (requests.RequestException, _RetryError) as error:
            if attempt == ATTEMPTS - 1:
                raise _RetryError(str(error)) from error
            time.sleep(FIRST_PAUSE_S * 2**attempt)


def _check(remote: Remote, part: Path) -> None:
    """Compare a whole part with the published hash; a wrong one is removed, since resuming it cannot mend it."""
    found = sha256_file(part)
    if remote.sha256 not in (None, found):
        part.unlink()
        raise _RefusedError(f"expected sha256 {remote.sha256}, found {found}")


def _transfer(url: str, part: Path) -> None:
    """Append what is missing of a file to its part, or start over where the server cannot resume."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink()
            raise _RetryError("the kept part does not fit the file")
        if response.status_code in RETRY_STATUS:
            raise _RetryError(f"status {response.status_code}")
        if not response.ok:
            raise _RefusedError(f"status {response.status_code}")
        resumed = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        _save(response, part, have if resumed else 0)


def _save(response: requests.Response, part: Path, start: int) -> None:
    """Write a response's body to the part from byte `start` on, with a progress bar on a terminal."""
    length = response.headers.get("Content-Length")
    total = start + int(length) if length else None
    with (
        part.open("ab" if start else "wb") as file,
        tqdm(initial=start, total=total, unit="B", unit_scale=True, desc=part.name, disable=None) as bar,
    ):
        for chunk in response.iter_content(CHUNK):
            file.write(chunk)
            bar.update(len(chunk))
