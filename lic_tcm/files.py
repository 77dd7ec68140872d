"""Files that are whole or not there: written under a temporary name, then renamed."""

import contextlib
from pathlib import Path

from lic_tcm.errors import UserError


def write_text(path: Path, text: str) -> None:
    """Write a text file under a temporary name, then rename: readers never see half a file."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file under a temporary name, then rename; raises UserError naming the file when that fails."""
    temporary = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # it may be what could not be made
            temporary.unlink(missing_ok=True)
        raise UserError(f"cannot write {path}: {error.strerror}; free the disk or choose a writable folder") from error
