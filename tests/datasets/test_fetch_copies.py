"""Copies of a set on Hugging Face: taken where the original sources fail, and only with the right pixels."""

import dataclasses
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image
from support.dataset_setup import SMALL, public_hashes, write_images

from lic_tcm.anchors import downloads
from lic_tcm.anchors.files import sha256_file
from lic_tcm.datasets.catalogue import KNOWN, Dataset
from lic_tcm.datasets.download import Remote
from lic_tcm.datasets.fetch import resolve
from lic_tcm.datasets.listing import Listing
from lic_tcm.errors import UserError


@pytest.fixture
def www(tmp_path: Path) -> Path:
    """The folder of the server that holds the copies."""
    folder = tmp_path / "www/datasets/lab/sets/resolve/main/small"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def dataset(tmp_path: Path, www: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dataset]:
    """A small set with a folder of copies, on a server of this machine."""
    assert www.is_dir()
    monkeypatch.setattr(downloads, "FIRST_PAUSE_S", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path / "www")) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server = f"http://127.0.0.1:{http.server_port}"
        yield dataclasses.replace(SMALL, listing=Listing("lab/sets", "small", server))
        http.shutdown()
        thread.join()


def listed(tmp_path: Path, www: Path, *others: str) -> None:
    """Let the server list its files, with hashes of their bytes as it states them for large files."""
    entries = [
        {"type": "file", "path": f"small/{path.name}", "lfs": {"oid": sha256_file(path)}}
        for path in sorted(www.iterdir())
    ]
    entries += [{"type": "directory", "path": "small/more"}, *({"type": "file", "path": other} for other in others)]
    where = tmp_path / "www/api/datasets/lab/sets/tree/main/small"
    where.parent.mkdir(parents=True)
    where.write_text(json.dumps(entries), encoding="utf-8")


def test_a_set_whose_archive_is_gone_comes_from_the_copies(tmp_path: Path, www: Path, dataset: Dataset) -> None:
    """Only the set's images are taken; without network the next run finds them."""
    write_images(www, "im1", "im2", "im3", "other")
    listed(tmp_path, www, "small/README.md", "small/../../im9.png/..")
    gone = Remote(f"{dataset.listing.server if dataset.listing else ''}/gone.zip")
    dataset = dataclasses.replace(dataset, archives=(gone,))
    originals = resolve(dataset, None, tmp_path / "cache")
    assert [original.image for original in originals] == ["im1", "im2", "im3"]
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["small"]
    assert len(list((tmp_path / "cache/small").iterdir())) == 3
    assert resolve(dataclasses.replace(dataset, listing=None), None, tmp_path / "cache") == originals


def test_where_no_source_answers_all_are_named(tmp_path: Path, dataset: Dataset) -> None:
    """The error has the archive's address and that of the list."""
    server = dataset.listing.server if dataset.listing else ""
    dataset = dataclasses.replace(dataset, archives=(Remote(f"{server}/gone.zip"),))
    with pytest.raises(UserError, match=r"gone\.zip: status 404.*api/datasets/lab/sets/tree/main/small: status 404"):
        resolve(dataset, None, tmp_path / "cache")


def test_a_page_in_the_place_of_the_list_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    """What is no list of files is said to be none, and no image is taken from it."""
    where = tmp_path / "www/api/datasets/lab/sets/tree/main/small"
    where.parent.mkdir(parents=True)
    where.write_text('{"error": "moved"}')
    with pytest.raises(UserError, match="main/small is no list of files"):
        resolve(dataset, None, tmp_path / "cache")


def test_pixels_decide_not_bytes(tmp_path: Path, www: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that was written anew is the image; one with other pixels is refused by its address and not kept."""
    source = write_images(tmp_path / "source", "im1", "im2", "im3")
    public_hashes(monkeypatch, source)
    dataset = dataclasses.replace(dataset, file_urls=("http://127.0.0.1:9/{file}",))
    for path in source.iterdir():
        Image.open(path).save(www / path.name, compress_level=0)
        assert (www / path.name).read_bytes() != path.read_bytes()
    Image.new("RGB", (6, 4)).save(www / "im3.png")
    with pytest.raises(UserError, match=r"main/small/im3\.png has other pixels than im3\.png"):
        resolve(dataset, None, tmp_path / "cache")
    assert sorted(path.name for path in (tmp_path / "cache/small").iterdir()) == ["im1.png", "im2.png"]
    Image.open(source / "im3.png").save(www / "im3.png", compress_level=0)
    assert len(resolve(dataset, None, tmp_path / "cache")) == 3


def test_the_set_of_40_is_not_the_set_of_100() -> None:
    """The copies' Tecnick is a set of its own name: what papers report is of the other."""
    assert KNOWN["tecnick"].listing is None
    assert (KNOWN["tecnick-40"].count, KNOWN["tecnick"].count) == (40, 100)
    assert not set(KNOWN["tecnick-40"].folders) & set(KNOWN["tecnick"].folders)
