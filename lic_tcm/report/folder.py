"""A report's folder: of one run, whole or as it was before, and without what an earlier report left in it.

A report is drawn in a folder inside `out` and then moved. `out`/lic-tcm-report.json says of what the report is and
which files are its own; nothing else in `out` is touched.
"""

import contextlib
import json
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from lic_tcm import layout
from lic_tcm.errors import UserError
from lic_tcm.files import cannot_write, write_text

NAME = "lic-tcm-report.json"
PAGE = layout.page(Path()).as_posix()  # in a list of files
_PART = re.compile(r"\.report-[0-9a-f]{16}\.part")


def owner(run: Mapping[str, Any]) -> str:
    """What a report is of, by the settings of the run; reports of one owner replace each other.

    >>> owner({"name": "demo"}), owner({"name": "mine", "comparison": "../../mine.csv on kodak"})
    ("run 'demo'", 'the comparison of ../../mine.csv on kodak')
    """
    return f"the comparison of {run['comparison']}" if run.get("comparison") else f"run {run.get('name', '')!r}"


@contextlib.contextmanager
def renewed(out: Path, owner: str) -> Iterator[Path]:
    """A new folder to draw the report of `owner` in; when the block ends without an error, it becomes the one in `out`.

    Files of the report that was there and that the new one lacks are removed, whatever else lies in `out` stays.
    Raises UserError, before anything is written, when `out` holds a report of something else or a page that is no
    report's, and when a file cannot be written.
    """
    _check(out, owner)
    part = out / f".report-{secrets.token_hex(8)}.part"
    try:
        part.mkdir(parents=True)
    except OSError as error:
        raise cannot_write(out, error) from error
    try:
        yield part
        _replace(out, part, owner)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def carry(out: Path, part: Path, folder: Path) -> None:
    """Copy what belongs to the report in `out` and lies in `folder`, within it, into `part`: the new one has it too."""
    if out.resolve() not in folder.resolve().parents:
        return
    for name in (_read(out) or ("", []))[1]:
        if (out / name).resolve().is_relative_to(folder.resolve()) and (out / name).is_file():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(out / name, part / name)


def owner_of(out: Path) -> str | None:
    """What the report in a folder is of; None where there is none. Raises UserError for a file that is not of ours."""
    found = _read(out)
    return None if found is None else found[0]


def _check(out: Path, owner: str) -> None:
    found = owner_of(out)
    if found not in (None, owner):
        raise UserError(
            f"{out} holds the report of {found}, not of {owner}; name another folder with --out, or delete that one"
        )
    if found is None and layout.page(out).exists():
        raise UserError(f"{layout.page(out)} is not a page of this suite; name another folder with --out, or delete it")
    with contextlib.suppress(OSError):
        for path in out.iterdir():
            if _PART.fullmatch(path.name):  # of a report that was killed
                shutil.rmtree(path, ignore_errors=True)


def _read(out: Path) -> tuple[str, list[str]] | None:
    """Owner and files of the report in a folder, none of them outside of it; None where there is none."""
    path = out / NAME
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        names = [PurePosixPath(name) for name in document["files"]]
        return str(document["owner"]), [str(n) for n in names if not n.is_absolute() and ".." not in n.parts]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not readable ({error}); name another folder with --out, or delete {out}") from error


def _replace(out: Path, part: Path, owner: str) -> None:
    """Move the files of `part` into `out`, the page last, and remove those of the report before that are not anew."""
    new = sorted(path.relative_to(part).as_posix() for path in part.rglob("*") if path.is_file())
    old = (_read(out) or (owner, []))[1]
    _write(out, owner, {*old, *new})  # a report that is stopped below leaves no file that the next one does not know
    for name in sorted(new, key=lambda name: (name == PAGE, name)):
        try:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (part / name).replace(out / name)
        except OSError as error:
            raise cannot_write(out / name, error) from error
    for name in {*old} - {*new}:
        _remove(out, name)
    _write(out, owner, new)


def _write(out: Path, owner: str, files: Iterable[str]) -> None:
    document = {"owner": owner, "files": sorted(files)}
    write_text(out / NAME, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def _remove(out: Path, name: str) -> None:
    """Remove a file and the folders it leaves empty; not what a link puts outside of `out`."""
    path = out / name
    if not path.parent.resolve().is_relative_to(out.resolve()):
        return
    with contextlib.suppress(OSError):
        path.unlink()
    for folder in path.relative_to(out).parents:
        if folder != Path():
            with contextlib.suppress(OSError):  # not empty
                (out / folder).rmdir()
