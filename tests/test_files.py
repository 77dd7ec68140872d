"""Atomic writes, and work that one process at a time does."""

import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from lic_tcm.anchors import files
from lic_tcm.anchors.files import temporary
from lic_tcm.errors import UserError
from lic_tcm.files import alone, read_json, remove_parts, write_bytes, write_text

HOLD = """
import sys, time
from pathlib import Path
from lic_tcm.files import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_several_writers_of_one_file_leave_it_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All have written before the first renames: the file is that of one of them, and nothing else is left."""
    written = Barrier(4)
    replace = Path.replace

    def late(self: Path, target: Path) -> Path:
        written.wait(60)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", late)
    contents = [str(number) * 1000 for number in range(4)]
    with ThreadPoolExecutor(4) as jobs:
        list(jobs.map(lambda text: write_text(tmp_path / "folder/file", text), contents))
    assert (tmp_path / "folder/file").read_text(encoding="utf-8") in contents
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["file"]


def test_a_file_has_the_permissions_the_user_asked_for(tmp_path: Path) -> None:
    """Files of temporary-file libraries are private; results are shared with whom the umask allows."""
    before = os.umask(0o022)
    try:
        write_bytes(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644


def test_only_parts_of_the_very_file_are_removed(tmp_path: Path) -> None:
    """A file whose name another's begins with keeps its parts."""
    mine, other, download = temporary(tmp_path / "a"), temporary(tmp_path / "a.b"), tmp_path / "a.0123abcd.part"
    for path in (mine, other, download):
        path.touch()
    remove_parts(tmp_path / "a")
    assert sorted(tmp_path.iterdir()) == sorted([other, download])


def test_one_at_a_time(tmp_path: Path) -> None:
    """Of many that start together each works alone, and no lock is left."""
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        for _ in range(25):
            with alone(tmp_path / "folder/file"):
                inside.append(number)
                time.sleep(1e-4)
                most.append(len(inside))
                inside.remove(number)

    with ThreadPoolExecutor(4) as jobs:
        list(jobs.map(work, range(4)))
    assert most == [1] * 100
    assert not list((tmp_path / "folder").iterdir())


def test_who_is_killed_holds_nobody_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The lock ends with the process, and the others say that they wait."""
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "file")], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with caplog.at_level("INFO", logger=files.__name__), ThreadPoolExecutor(1) as jobs:
        waiting = jobs.submit(lambda: alone(tmp_path / "file").__enter__())
        while "file.busy" not in caplog.text:
            time.sleep(0.01)
        assert not waiting.done()
        holder.kill()
        holder.communicate()
        waiting.result(timeout=60)


def test_a_folder_that_cannot_be_written_cannot_be_locked_either(tmp_path: Path) -> None:
    """The error names the file that was to be made."""
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot write .*file/new: File exists"), alone(tmp_path / "file/new"):
        pass


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, r"file\.json does not exist"),
        ("{", r"file\.json is not valid JSON \(.*\)"),
        ("\udcff", r"file\.json is not valid JSON \(.*\)"),
        ("[1]", r"file\.json does not hold a JSON object"),
    ],
)
def test_json_that_cannot_be_read_is_named_with_the_remedy(tmp_path: Path, content: str | None, problem: str) -> None:
    """Absent, torn, not UTF-8, or another value than an object."""
    path = tmp_path / "file.json"
    if content is not None:
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=rf"{problem}; make it again$"):
        read_json(path, "make it again")
    path.write_text('{"a": [1]}', encoding="utf-8")
    assert read_json(path, "") == {"a": [1]}
