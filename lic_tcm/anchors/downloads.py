"""Downloads that survive bad networks: mirrors, retries, resumed parts, checked hashes, no torn files.

The one downloader of the suite: of images, of VTM, of the authors' weights and of CompressAI's.
"""

import hashlib
import logging
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests
from tqdm import tqdm

from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.files import alone, sha256_file, temporary

ATTEMPTS = 4  # per mirror
FIRST_PAUSE_S = 1.0  # doubled after every attempt
TIMEOUT_S = (10, 60)  # to connect, between two bytes
CHUNK = 1 << 18
RETRY_STATUS = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Remote:
    """A file on a server; `sha256` is its hash or how that begins, None where nobody published one."""

    url: str
    sha256: str | None = None


class _RetryError(Exception):
    """This attempt failed; another one may not."""


class _RefusedError(Exception):
    """This mirror will not give the file, however often it is asked."""


def download(mirrors: Sequence[Remote], target: Path, otherwise: Callable[[Path], None] | None = None) -> None:
    """Download a file from the first mirror that gives it, unless `target` is there already.

    An interrupted download is kept beside `target` and resumed. The bytes are checked against the mirror's sha256
    before the file gets its name. Others who want the same file meanwhile wait for it. Where no mirror gives it,
    `otherwise` may write it to the path it is called with. Raises CodecError naming the addresses tried, the reasons,
    and where to put the file by hand.
    """
    if _is_there(mirrors, target):
        return
    try:
        with alone(target):  # a part belongs to one download
            if not _is_there(mirrors, target):
                _download(mirrors, target, otherwise)
    except OSError as error:
        raise CodecError(
            f"cannot write {target}: {error.strerror}; free the disk or choose a writable folder"
        ) from error


def _is_there(mirrors: Sequence[Remote], target: Path) -> bool:
    return target.exists() and any(
        remote.sha256 is None or sha256_file(target).startswith(remote.sha256) for remote in mirrors
    )


def _download(mirrors: Sequence[Remote], target: Path, otherwise: Callable[[Path], None] | None) -> None:
    """Try the mirrors one after another, then `otherwise`; errors as `download`."""
    reasons = []
    for remote in mirrors:
        try:
            _download_from(remote, target)
            for other in mirrors:
                _part(other, target).unlink(missing_ok=True)
            return
        except (_RetryError, _RefusedError) as error:
            reasons.append(f"{remote.url}: {error}")
    part = temporary(target)
    try:
        if otherwise:
            otherwise(part)
            part.replace(target)
            return
    except CodecError as error:
        reasons.append(str(error))
    finally:
        part.unlink(missing_ok=True)
    raise CodecError(f"the download failed ({'; '.join(reasons)}); get {target.name} by hand and save it as {target}")


def _download_from(remote: Remote, target: Path) -> None:
    """Try one mirror several times; raises _RefusedError or _RetryError with the last reason."""
    part = _part(remote, target)
    logging.getLogger(__name__).info("downloading %s to %s", remote.url, target)
    for attempt in range(ATTEMPTS):
        try:
            resumed = _transfer(remote.url, part)
            _check(remote, target, part, resumed)
            part.replace(target)
            return
        except (requests.RequestException, _RetryError) as error:
            if attempt == ATTEMPTS - 1:
                raise _RetryError(_reason(error)) from error
            time.sleep(FIRST_PAUSE_S * 2**attempt)


def _part(remote: Remote, target: Path) -> Path:
    """Where a mirror's unfinished file lies; mirrors may hold other bytes of one file, so each has its own."""
    return target.with_name(f"{target.name}.{hashlib.sha256(remote.url.encode()).hexdigest()[:8]}.part")


def _reason(error: Exception) -> str:
    """The cause of a failed attempt, without the retry bookkeeping that requests wraps around it."""
    inner = error.args[0] if error.args else error
    return str(getattr(inner, "reason", inner))


def _check(remote: Remote, target: Path, part: Path, resumed: bool) -> None:
    """Compare a whole part with the published hash, or at least with its kind; remove a wrong one.

    A wrong part that was resumed may mix two versions, so it is worth a fresh start; a wrong whole file is not.
    """
    reason = ""
    if remote.sha256 is None:
        if target.suffix == ".zip" and not zipfile.is_zipfile(part):  # servers greet browsers with a page of HTML
            reason = "it is not a zip archive"
    elif not (found := sha256_file(part)).startswith(remote.sha256):
        reason = f"expected sha256 {remote.sha256}, found {found}"
    if reason:
        part.unlink()
        raise _RetryError(reason) if resumed else _RefusedError(reason)


def _transfer(url: str, part: Path) -> bool:
    """Append what is missing of a file to its part, or start over where the server cannot resume; return which."""
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
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise _RefusedError("it is a web page, not the file")
        resumed = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        _save(response, part, have if resumed else 0)
    return resumed


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
