"""Fetching the authors' weights."""

import io
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gdown
import pytest
import requests

from lic_tcm.anchors import downloads
from lic_tcm.errors import UserError
from lic_tcm.nn.released import RELEASED, fetch, release


def answer(status: int, content: bytes, kind: str = "application/octet-stream") -> Any:
    """What a server gives for any address."""

    def get(_url: str, **_settings: object) -> requests.Response:
        response = requests.Response()
        response.status_code, response.raw = status, io.BytesIO(content)
        response.headers.update({"Content-Type": kind, "Content-Length": str(len(content))})
        return response

    return get


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, and no network."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("LIC_TCM_DATA", raising=False)

    def no_network(*_args: object, **_kwargs: object) -> str:
        raise OSError("no network")

    monkeypatch.setattr(gdown, "download", no_network)
    monkeypatch.setattr(downloads, "FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(downloads.requests, "get", answer(200, b"<html>a warning</html>", "text/html; charset=utf-8"))
    return tmp_path / "cache" / "lic-tcm" / "checkpoints"


def test_the_manifest_has_seven_files_of_their_own() -> None:
    """Six lambdas of Small and one of Large, each with its own id and file name."""
    assert [entry.model for entry in RELEASED] == ["small"] * 6 + ["large"]
    assert len({entry.drive_id for entry in RELEASED}) == len({entry.filename for entry in RELEASED}) == 7


def test_an_unreleased_model_is_refused() -> None:
    """The error lists what exists."""
    with pytest.raises(UserError, match=r"no weights were released for medium at lambda 0.05; there are small 0.0025"):
        release("medium", 0.05)


def test_a_folder_comes_before_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that lies in the given folder or in LIC_TCM_DATA is used without a download."""
    entry = release("small", 0.013)
    file = tmp_path / "data" / "checkpoints" / entry.filename
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    assert fetch(entry, file.parent) == file
    monkeypatch.setenv("LIC_TCM_DATA", str(tmp_path / "data"))
    assert fetch(entry) == file


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    """The hash of the first use is locked; another content under the name is an error."""
    entry = release("small", 0.05)
    file = tmp_path / entry.filename
    file.write_bytes(b"weights")
    fetch(entry, tmp_path)
    file.write_bytes(b"other weights")
    with pytest.raises(UserError, match="is not the file first used here"):
        fetch(entry, tmp_path)


def test_a_damaged_lock_is_named(cache: Path, tmp_path: Path) -> None:
    """A lock that holds no hash does not let any file pass."""
    entry = release("small", 0.05)
    (tmp_path / entry.filename).write_bytes(b"weights")
    cache.mkdir(parents=True)
    (cache / f"{entry.filename}.sha256").write_text("<html>")
    with pytest.raises(UserError, match=r"sha256 holds no SHA-256: restore it, or delete it"):
        fetch(entry, tmp_path)


def test_a_download_that_fails_says_what_to_do(cache: Path) -> None:
    """The error gives the address and the place for the file, and leaves nothing behind."""
    entry = release("large", 0.05)
    with pytest.raises(UserError, match=rf"no network.*{entry.drive_id} by hand and put it at .*{entry.filename}"):
        fetch(entry)
    assert list(cache.iterdir()) == []


def test_the_direct_address_comes_first(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Drive gives the file itself, the suite's downloader takes it, and gdown is not asked."""
    monkeypatch.setattr(downloads.requests, "get", answer(200, b"weights"))
    entry = release("large", 0.05)
    assert fetch(entry).read_bytes() == b"weights"
    assert sorted(p.name for p in cache.iterdir()) == [entry.filename, f"{entry.filename}.sha256"]


def test_a_download_arrives_under_its_name(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is in place only when it is complete, and locked."""

    def download(_url: str, output: str, quiet: bool) -> str:  # noqa: ARG001
        Path(output).write_bytes(b"weights")
        return output

    monkeypatch.setattr(gdown, "download", download)
    entry = release("large", 0.05)
    assert fetch(entry) == cache / entry.filename
    assert sorted(p.name for p in cache.iterdir()) == [entry.filename, f"{entry.filename}.sha256"]


def test_jobs_that_start_together_download_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of one lambda all miss the file at first; the others wait for the one that fetches it."""
    downloads = []

    def download(_url: str, output: str, quiet: bool) -> str:  # noqa: ARG001
        downloads.append(output)
        time.sleep(0.1)
        Path(output).write_bytes(b"weights")
        return output

    monkeypatch.setattr(gdown, "download", download)
    entry = release("large", 0.05)
    with ThreadPoolExecutor(3) as jobs:
        assert list(jobs.map(lambda _: fetch(entry), range(3))) == [cache / entry.filename] * 3
    assert len(downloads) == 1
    assert sorted(p.name for p in cache.iterdir()) == [entry.filename, f"{entry.filename}.sha256"]
