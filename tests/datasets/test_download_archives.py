"""Only wanted members of an archive are extracted, and none outside the folder."""

import re
import zipfile
from pathlib import Path

import pytest

from lic_tcm.datasets.download import extract
from lic_tcm.errors import UserError

PNG_NAMES = re.compile(r"[^.].*\.png")


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    """A zip archive of these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def test_only_wanted_members_are_extracted(tmp_path: Path) -> None:
    """Images come out flat; macOS resource forks and other files stay inside."""
    members = {"valid/b.png": b"2", "valid/a.png": b"1", "__MACOSX/valid/._a.png": b"x", "__MACOSX/a.png": b"x"}
    archive = make_zip(tmp_path / "a.zip", members | {"valid/": b"", "README.txt": b"x", "valid/.png": b"x"})
    paths = extract(archive, tmp_path / "out", PNG_NAMES)
    assert {path.name: path.read_bytes() for path in paths} == {"a.png": b"1", "b.png": b"2"}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b.png"]


@pytest.mark.parametrize("name", ["../evil.png", "/evil.png", "a/../../evil.png"])
def test_paths_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    """An archive with such a path is not trusted at all."""
    with pytest.raises(UserError, match="unsafe path"):
        extract(make_zip(tmp_path / "a.zip", {name: b"1"}), tmp_path / "out", PNG_NAMES)
    assert not list(tmp_path.rglob("*.png"))


def test_equal_names_in_an_archive_are_refused(tmp_path: Path) -> None:
    """Two images of one name would overwrite each other."""
    with pytest.raises(UserError, match=r"a\.png twice"):
        extract(make_zip(tmp_path / "a.zip", {"x/a.png": b"1", "y/a.png": b"2"}), tmp_path / "out", PNG_NAMES)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    """A flipped byte or a cut is noticed, and the error names the archive."""
    archive = make_zip(tmp_path / "a.zip", {"a.png": bytes(range(256)) * 64})
    data = archive.read_bytes()
    for broken in (data[: len(data) // 2], data[:50] + bytes([data[50] ^ 255]) + data[51:]):
        archive.write_bytes(broken)
        with pytest.raises(UserError, match=r"a\.zip is not an intact zip"):
            extract(archive, tmp_path / "out", PNG_NAMES)
