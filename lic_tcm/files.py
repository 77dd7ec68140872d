"""Files that are whole or not there: written under a temporary name of their own, then renamed."""

import contextlib
import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from lic_tcm.errors import UserError

log = logging.getLogger(__name__)


def write_text(path: Path, text: str) -> None:
    """Write a text file under a temporary name, then rename: readers never see half a file."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file under a temporary name, then rename; raises UserError naming the file when that fails.

    Several jobs may write one file at once: it is then whole, and that of the last.
    """
    part = temporary(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # it may be what could not be made
            part.unlink(missing_ok=True)
        raise cannot_write(path, error) from error


def temporary(path: Path) -> Path:
    """A name beside `path`, ending in `.part`, that no other job, thread or machine of a cluster takes.

    A job killed while it writes leaves the file; nothing reads it, and `remove_parts` removes it.
    """
    return path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")


def remove_parts(path: Path) -> None:
    """Remove what killed writers of a file left; call it only where nobody else writes that file."""
    length = len(temporary(path).name)
    for part in path.parent.glob("*.part"):
        if part.name.startswith(f"{path.name}.") and len(part.name) == length:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one process at a time make `path`; the others wait, then should look whether it is there.

    The lock is on `<path>.busy` and ends with its process, however that ends. Raises UserError when it cannot be
    written. On a file system without locks nobody waits.
    """
    busy = path.with_name(path.name + ".busy")
    try:
        busy.parent.mkdir(parents=True, exist_ok=True)
        lock = _locked(busy)
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            busy.unlink()
        os.close(lock)


def _locked(busy: Path) -> int:
    """A descriptor of the file `busy`, locked; whoever held it before may have removed it while this one waited."""
    while True:
        lock = os.open(busy, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("waiting for another process, which holds %s", busy)
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:
            return lock  # no locks here
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), busy.stat()):
                return lock
        os.close(lock)


def cannot_write(path: Path, error: OSError) -> UserError:
    """The error for a file or folder that the system does not let us write."""
    return UserError(f"cannot write {path}: {error.strerror}; free the disk or choose a writable folder")
