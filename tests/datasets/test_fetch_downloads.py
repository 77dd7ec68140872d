"""What a dataset lacks is downloaded once, unpacked and checked."""

import dataclasses
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.dataset_setup import SMALL, public_hashes, write_images

from lic_tcm.anchors import downloads
from lic_tcm.anchors.files import sha256_file
from lic_tcm.datasets import download
from lic_tcm.datasets.fetch import (
    resolve,
)
from lic_tcm.errors import UserError


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Serve the folder tmp_path/www on a free port; gives the address of a path in it."""
    monkeypatch.setattr(downloads, "FIRST_PAUSE_S", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    (tmp_path / "www").mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path / "www")) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield lambda path: f"http://127.0.0.1:{http.server_port}/{path}"
        http.shutdown()
        thread.join()


def test_an_archive_is_downloaded_unpacked_and_removed(tmp_path: Path, serve: Callable[[str], str]) -> None:
    """Only the set's images stay in the cache, and the next run needs no network."""
    source = write_images(tmp_path / "source", "im1", "im2", "im3", "other")
    with zipfile.ZipFile(tmp_path / "www" / "small.zip", "w") as file:
        for path in source.iterdir():
            file.write(path, f"TESTIMAGES/RGB/{path.name}")
    sha256 = sha256_file(tmp_path / "www" / "small.zip")
    mirrors = (download.Remote(serve("gone.zip"), "0" * 64), download.Remote(serve("small.zip"), sha256))
    dataset = dataclasses.replace(SMALL, archives=mirrors)
    originals = resolve(dataset, None, tmp_path / "cache")
    files = sorted(path.relative_to(tmp_path / "cache").as_posix() for path in (tmp_path / "cache").rglob("*.*"))
    assert files == ["small/im1.png", "small/im2.png", "small/im3.png"]
    (tmp_path / "www" / "small.zip").unlink()
    assert resolve(dataset, None, tmp_path / "cache") == originals


def test_runs_that_want_one_archive_share_its_download(
    tmp_path: Path, serve: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs of different folders have one cache: none unpacks an archive that the other removes."""
    source = write_images(tmp_path / "source", "im1", "im2", "im3")
    with zipfile.ZipFile(tmp_path / "www" / "small.zip", "w") as file:
        for path in source.iterdir():
            file.write(path, path.name)
    dataset = dataclasses.replace(SMALL, archives=(download.Remote(serve("small.zip")),))
    unpacked: list[Path] = []
    extract = download.extract

    def slow(archive: Path, folder: Path, wanted: re.Pattern[str]) -> list[Path]:
        time.sleep(0.1)
        unpacked.append(archive)
        return extract(archive, folder, wanted)

    monkeypatch.setattr(download, "extract", slow)
    with ThreadPoolExecutor(3) as jobs:
        results = list(jobs.map(lambda _: resolve(dataset, None, tmp_path / "cache"), range(3)))
    assert [len(originals) for originals in results] == [3, 3, 3]
    assert len(unpacked) == 1
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["small"]


@pytest.mark.parametrize("members", [["im1", "im2"], ["other"]])
def test_an_archive_of_another_set_is_refused(tmp_path: Path, serve: Callable[[str], str], members: list[str]) -> None:
    """An archive with too few of the images is an error that counts them."""
    source = write_images(tmp_path / "source", *members)
    with zipfile.ZipFile(tmp_path / "www" / "small.zip", "w") as file:
        for path in source.iterdir():
            file.write(path, path.name)
    dataset = dataclasses.replace(SMALL, archives=(download.Remote(serve("small.zip")),))
    with pytest.raises(UserError, match=rf"the download gave {len(members) // 2 * 2} of 3 images"):
        resolve(dataset, None, tmp_path / "cache")


def test_only_missing_files_are_downloaded(
    tmp_path: Path, serve: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Single files fill the gaps of the data folder, from whichever mirror has them."""
    source = write_images(tmp_path / "source", "im1", "im2", "im3")
    public_hashes(monkeypatch, source)
    write_images(tmp_path / "data" / "small", "im1", "im3")
    (source / "im2.png").rename(tmp_path / "www" / "m2.png")
    dataset = dataclasses.replace(SMALL, file_urls=(serve("gone/{file}"), serve("{number}.png")))
    originals = resolve(dataset, tmp_path / "data", tmp_path / "cache")
    assert [original.image for original in originals] == ["im1", "im2", "im3"]
    assert originals[1].path == str(tmp_path / "cache" / "small" / "im2.png")
    assert [path.name for path in (tmp_path / "cache" / "small").iterdir()] == ["im2.png"]
    (tmp_path / "www" / "m2.png").unlink()
    assert resolve(dataset, tmp_path / "data", tmp_path / "cache") == originals
