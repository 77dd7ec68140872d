"""Hashes, states and locks of files."""

import hashlib
import os
from pathlib import Path

import pytest

from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.files import check_lock, fingerprint, read_lock, sha256_file, state, temporary

DIGEST = hashlib.sha256(b"one").hexdigest()


def test_a_file_is_locked_at_its_first_use(tmp_path: Path) -> None:
    """The lock is a line that `sha256sum --check` reads; the same file passes, and another one is refused."""
    (tmp_path / "file").write_bytes(b"one")
    lock = tmp_path / "locks" / "file.sha256"
    assert read_lock(lock) is None
    check_lock(tmp_path / "file", lock)
    assert lock.read_text(encoding="utf-8") == f"{DIGEST}  file\n"
    assert [path.name for path in lock.parent.iterdir()] == ["file.sha256"]
    check_lock(tmp_path / "file", lock)
    (tmp_path / "file").write_bytes(b"two")
    with pytest.raises(CodecError, match=rf"file is not the file first used here.*{DIGEST}; get the file again"):
        check_lock(tmp_path / "file", lock)
    assert read_lock(lock) == DIGEST


def test_a_lock_without_a_name_still_holds(tmp_path: Path) -> None:
    """Older versions wrote the hash alone."""
    (tmp_path / "file").write_bytes(b"one")
    (tmp_path / "lock").write_text(f"{DIGEST}\n", encoding="utf-8")
    check_lock(tmp_path / "file", tmp_path / "lock")
    assert (tmp_path / "lock").read_text(encoding="utf-8") == f"{DIGEST}\n"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no hash", DIGEST[:63].encode(), DIGEST.encode() + b"0"])
def test_a_damaged_lock_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    """A lock that holds no hash is not taken for the absence of one."""
    (tmp_path / "file").write_bytes(b"one")
    (tmp_path / "lock").write_bytes(content)
    with pytest.raises(CodecError, match="lock holds no SHA-256: restore it, or delete it"):
        check_lock(tmp_path / "file", tmp_path / "lock")
    assert (tmp_path / "lock").read_bytes() == content


def test_a_replaced_file_is_read_again(tmp_path: Path) -> None:
    """Another file of the same size, renamed into place with the old one's time, has another state and hash."""
    path = tmp_path / "file"
    path.write_bytes(b"one")
    before, stamp = state(path), path.stat().st_mtime_ns
    assert fingerprint(path) == sha256_file(path) == DIGEST
    other = temporary(path)
    other.write_bytes(b"two")
    os.utime(other, ns=(stamp, stamp))
    other.replace(path)
    assert state(path) != before
    assert fingerprint(path) == hashlib.sha256(b"two").hexdigest()


def test_an_unchanged_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every image of a run asks for the hash of the weights; they are hundreds of megabytes."""
    (tmp_path / "file").write_bytes(b"one")
    fingerprint(tmp_path / "file")
    monkeypatch.setattr("lic_tcm.anchors.files.sha256_file", lambda _: pytest.fail("read again"))
    assert fingerprint(tmp_path / "file") == DIGEST


def test_temporary_names_differ_and_lie_beside_the_file(tmp_path: Path) -> None:
    """Two writers of one file never share a name."""
    names = {temporary(tmp_path / "file") for _ in range(100)}
    assert len(names) == 100
    assert {(path.parent, path.suffix) for path in names} == {(tmp_path, ".part")}
