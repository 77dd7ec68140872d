"""What codecs, and the suite around them, need of files: names to write under, hashes, locks at first use.

Of the standard library alone: the environment that builds VTM has little more.
"""

import contextlib
import fcntl
import functools
import hashlib
import logging
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from lic_tcm.anchors.codec import CodecError

State = tuple[int, int, int]

log = logging.getLogger(__name__)


def temporary(path: Path) -> Path:
    """A name beside `path`, ending in `.part`, that no other job, thread or machine of a cluster takes."""
    return path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")


def state(path: Path) -> State:
    """What changes when a file is replaced or written to: inode, time (ns) and size; raises OSError without a file."""
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits; raises OSError when it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(path: Path) -> str:
    """As `sha256_file`, but read once while the file's state stays the same: for what every image asks again."""
    return _fingerprint(path, state(path))


@functools.cache
def _fingerprint(path: Path, _state: State) -> str:
    return sha256_file(path)


# A lock is the line `<sha256>  <name>` that `sha256sum --check` reads; of older ones the name is missing.


def read_lock(lock: Path) -> str | None:
    """The SHA-256 in a lock file, None where there is no such file; raises CodecError when it holds none."""
    if not lock.is_file():
        return None
    found = re.match(r"[0-9a-f]{64}\b", lock.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        raise CodecError(f"{lock} holds no SHA-256: restore it, or delete it to lock the file at hand")
    return found[0]


def check_lock(path: Path, lock: Path) -> None:
    """Compare a file with its lock, for files of which nobody published a hash; without one, lock it: its first use.

    Raises CodecError naming both hashes when it is another file, OSError when one of them cannot be read or written.
    """
    digest, locked = sha256_file(path), read_lock(lock)
    if locked is None:
        lock.parent.mkdir(parents=True, exist_ok=True)
        part = temporary(lock)
        part.write_text(f"{digest}  {path.name}\n", encoding="utf-8")
        part.replace(lock)
    elif locked != digest:
        raise CodecError(
            f"{path} is not the file first used here: its SHA-256 is {digest}, but {lock} says {locked}; "
            "get the file again, or delete the lock if you mean another"
        )


# A lock of another kind: on the file `<path>.busy`, held while a process makes `path`.


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one process at a time make `path`; the others wait, then should look whether it is there.

    The lock is on `<path>.busy` and ends with its process, however that ends. Raises OSError when it cannot be
    written. On a file system without locks nobody waits.
    """
    busy = path.with_name(path.name + ".busy")
    busy.parent.mkdir(parents=True, exist_ok=True)
    lock = _locked(busy)
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
