"""Files that are whole or not there: written under a temporary name of their own, then renamed; JSON read back."""

import contextlib
import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lic_tcm.anchors.files import alone as alone_at
from lic_tcm.anchors.files import temporary
from lic_tcm.errors import UserError


def csv_text(columns: Sequence[str], lines: Iterable[Mapping[str, object] | Sequence[object]]) -> str:
    """A header and lines as CSV: LF line ends, nothing for None, numbers in their shortest exact form.

    A line is its cells, or a mapping that has exactly the columns. Raises ValueError for a line of another length.

    >>> print(csv_text(["name", "x"], [("a, b", 0.1), {"x": None, "name": "c"}]), end="")
    name,x
    "a, b",0.1
    c,
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for line in lines:
        cells = [line[name] for name in columns] if isinstance(line, Mapping) else line
        if len(line) != len(columns):
            raise ValueError(f"{len(line)} cells for {len(columns)} columns")
        writer.writerow(cells)
    return text.getvalue()


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


def unreadable(path: Path, error: Exception, remedy: str) -> UserError:
    """What to say of a file that cannot be read: it does not exist, is a folder, or why, and the remedy.

    >>> print(unreadable(Path("x.csv"), FileNotFoundError(), "check the path"))
    x.csv does not exist; check the path
    """
    if isinstance(error, FileNotFoundError):
        return UserError(f"{path} does not exist; {remedy}")
    if isinstance(error, IsADirectoryError):
        return UserError(f"{path} is a folder, not a file; {remedy}")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else " ".join(str(error).split())
    return UserError(f"cannot read {path} ({reason}); {remedy}")


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """The JSON object in a file; raises UserError that names the file and ends with the remedy."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise unreadable(path, error, remedy) from error
    except ValueError as error:
        raise UserError(f"{path} is not valid JSON ({error}); {remedy}") from error
    if not isinstance(data, dict):
        raise UserError(f"{path} does not hold a JSON object; {remedy}")
    return data


def remove_parts(path: Path) -> None:
    """Remove what killed writers of a file left; call it only where nobody else writes that file.

    Nothing else reads or removes them: `write_bytes` and others write under the names of `anchors.files.temporary`.
    """
    length = len(temporary(path).name)
    for part in path.parent.glob("*.part"):
        if part.name.startswith(f"{path.name}.") and len(part.name) == length:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one process at a time make `path`, as `anchors.files.alone`; raises UserError where that cannot lock."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(alone_at(path))
        except OSError as error:
            raise cannot_write(path, error) from error
        yield


def cannot_write(path: Path, error: OSError) -> UserError:
    """The error for a file or folder that the system does not let us write."""
    return UserError(f"cannot write {path}: {error.strerror}; free the disk or choose a writable folder")
