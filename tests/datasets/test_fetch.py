"""Datasets are found, verified by their pixels, locked and listed; anything else is an error with a remedy."""

import dataclasses
import hashlib
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.dataset_setup import SMALL, pixels, public_hashes, write_images

from lic_tcm.anchors import downloads
from lic_tcm.datasets import download
from lic_tcm.datasets.catalogue import KNOWN
from lic_tcm.datasets.fetch import (
    NAME,
    dataset_names,
    fetch,
    get_dataset,
    known_images,
    local_images,
    read_lock,
    resolve,
)
from lic_tcm.datasets.manifest import load, read_manifest
from lic_tcm.errors import UserError
from lic_tcm.images import sha256_rgb

needs_data = pytest.mark.skipif("LIC_TCM_DATA" not in os.environ, reason="LIC_TCM_DATA names no folder of datasets")


# The catalogue


def test_the_catalogue_is_consistent() -> None:
    """Every entry has a proper name, a folder name, a way to be had, and facts for all its images or for none."""
    assert dataset_names() == tuple(KNOWN) == ("kodak", "tecnick", "clic-pro-valid", "demo", "tecnick-40")
    for name, dataset in KNOWN.items():
        assert get_dataset(name) is dataset
        assert NAME.fullmatch(name)
        assert name in dataset.folders
        assert [folder.casefold() for folder in dataset.folders] == list(dataset.folders)
        assert dataset.archives or dataset.file_urls or dataset.package or dataset.listing
        known = known_images(dataset)
        assert len(known) in (0, dataset.count)
        assert all(re.fullmatch(dataset.pattern, stem) for stem in known)


def test_the_kodak_hashes_are_the_public_ones() -> None:
    """The published sha256 of the manifest of all 24 files (`sha256sum kodim*.png | sha256sum`) agrees with ours."""
    lines = [f"{image.sha256_file}  {image.file}\n" for image in known_images(KNOWN["kodak"]).values()]
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert digest == "3eaa5bd52eb8c894d351cf607028f5d3d80e778fd0267eeff8c73d66539a25d5"


def test_an_unknown_name_lists_the_known_ones() -> None:
    """A misspelt name is answered with what there is."""
    with pytest.raises(UserError, match=r"'kodac'; did you mean 'kodak'\? choose one of kodak, tecnick"):
        get_dataset("kodac")


# Real images


def test_the_demo_set_needs_no_network(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The demo photographs are those of the installed scikit-image, with pixels we know; licences are shown."""
    caplog.set_level("INFO")
    originals = fetch("demo", tmp_path / "demo.csv", cache_dir=tmp_path / "cache")
    assert len(originals) == originals[0].images_total == 6
    assert {original.image: original.sha256_rgb for original in originals} == {
        stem: image.sha256_rgb for stem, image in known_images(KNOWN["demo"]).items()
    }
    assert not list(tmp_path.rglob("*.lock"))
    assert load(originals[1]).shape == (300, 451, 3)  # chelsea
    assert f"demo: 6 of 6 images, listed in {tmp_path / 'demo.csv'}" in caplog.messages
    assert f"licence of demo: {KNOWN['demo'].licence}" in caplog.messages


@needs_data
def test_kodak_is_complete_and_genuine(tmp_path: Path) -> None:
    """All 24 images are found by name and proved by hash; six are upright."""
    originals = fetch("kodak", tmp_path / "kodak.csv", cache_dir=tmp_path / "cache")
    assert [original.image for original in originals] == [f"kodim{number:02}" for number in range(1, 25)]
    upright = [original.image[-2:] for original in originals if (original.height, original.width) == (768, 512)]
    assert upright == ["04", "09", "10", "17", "18", "19"]
    assert read_manifest(tmp_path / "kodak.csv") == originals


@needs_data
@pytest.mark.parametrize("name", ["clic-pro-valid", "tecnick"])
def test_a_partial_set_says_so(tmp_path: Path, name: str) -> None:
    """What is at hand runs when a partial set is allowed, and the manifest still tells the complete number."""
    originals = fetch(name, tmp_path / f"{name}.csv", allow_partial=True, cache_dir=tmp_path / "cache")
    assert 1 <= len(originals) <= KNOWN[name].count
    assert {original.images_total for original in originals} == {KNOWN[name].count}
    assert read_lock(tmp_path / f"{name}.lock") == {original.image: original.sha256_rgb for original in originals}


# Finding


def test_a_complete_folder_is_found_under_any_of_its_names(tmp_path: Path) -> None:
    """The folder's name may have any case, and images may lie deeper; other files are not looked at."""
    folder = write_images(tmp_path / "data" / "Alias" / "deep", "im2", "im1", "im3", "other")
    (folder / "im4.txt").write_text("no image")
    write_images(folder.parent / "__MACOSX", "im4")
    write_images(folder.parent / ".hidden", "im5")
    originals = resolve(SMALL, tmp_path / "data", tmp_path / "cache")
    assert [original.image for original in originals] == ["im1", "im2", "im3"]
    assert originals[0].path == str(folder / "im1.png")
    assert (originals[0].height, originals[0].width) == (4, 6)


def test_the_data_folder_comes_before_the_cache_and_complete_before_partial(tmp_path: Path) -> None:
    """Of two complete folders the data folder's is taken; a partial one gives way to a complete one."""
    data = write_images(tmp_path / "data" / "small", "im1", "im2", "im3")
    cache = write_images(tmp_path / "cache" / "small", "im1", "im2", "im3")
    assert local_images(SMALL, tmp_path / "data", tmp_path / "cache")[0].parent == data
    (data / "im3.png").unlink()
    assert local_images(SMALL, tmp_path / "data", tmp_path / "cache")[0].parent == cache


def test_too_many_images_are_another_set(tmp_path: Path) -> None:
    """A folder with more images than the set has holds something else."""
    write_images(tmp_path / "small", "im1", "im2", "im3", "im4")
    with pytest.raises(UserError, match=r"small: 4 images in .*, but Small has 3; put exactly those"):
        resolve(SMALL, tmp_path, tmp_path / "cache")


def test_a_missing_data_folder_is_named(tmp_path: Path) -> None:
    """A misspelt data folder is not passed over in silence."""
    with pytest.raises(UserError, match=r"gone does not exist; correct data_dir or LIC_TCM_DATA"):
        fetch("kodak", tmp_path / "kodak.csv", data_dir=tmp_path / "gone")


def test_the_environment_names_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without data_dir the variable counts; with it, it does not."""
    monkeypatch.setenv("LIC_TCM_DATA", str(tmp_path / "from-variable"))
    with pytest.raises(UserError, match="from-variable does not exist"):
        fetch("demo", tmp_path / "demo.csv", cache_dir=tmp_path)
    assert len(fetch("demo", tmp_path / "demo.csv", data_dir=tmp_path, cache_dir=tmp_path)) == 6


# Partial sets


def test_a_partial_set_is_an_error_unless_allowed(tmp_path: Path) -> None:
    """The error counts what is there and says what to do."""
    data = write_images(tmp_path / "small", "im1", "im3").parent
    remote = (download.Remote("http://127.0.0.1:1/small.zip"),)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(downloads, "ATTEMPTS", 1)
        with pytest.raises(UserError, match=r"small: 2 of 3 images in .*127\.0\.0\.1:1.*allow a partial set"):
            resolve(dataclasses.replace(SMALL, archives=remote), data, tmp_path / "cache")
    originals = resolve(SMALL, data, tmp_path / "cache", allow_partial=True)
    assert [(original.image, original.images_total) for original in originals] == [("im1", 3), ("im3", 3)]


def test_nothing_at_all_is_an_error_even_when_partial_is_allowed(tmp_path: Path) -> None:
    """No image is no dataset; a set that ships in a package says which."""
    dataset = dataclasses.replace(SMALL, package="no_such_package")
    with pytest.raises(UserError, match=r"small: 0 of 3 images found, and the package no_such_package should hold"):
        resolve(dataset, None, tmp_path / "cache", allow_partial=True)


# Verifying


def test_other_pixels_under_a_public_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is not an identity: the error shows the file, both hashes and the remedy."""
    folder = write_images(tmp_path / "small", "im1", "im2", "im3")
    known = public_hashes(monkeypatch, folder)
    Image.fromarray(pixels(99)).save(folder / "im2.png")
    with pytest.raises(UserError) as caught:
        resolve(SMALL, tmp_path, tmp_path / "cache")
    for part in (str(folder / "im2.png"), known["im2"].sha256_rgb, sha256_rgb(pixels(99)), "replace it"):
        assert part in str(caught.value)


def test_other_bytes_with_the_same_pixels_are_the_same_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A set that was re-packed without loss passes."""
    known = public_hashes(monkeypatch, write_images(tmp_path / "as-published", "im1", "im2", "im3"))
    write_images(tmp_path / "small", "im1", "im2", "im3", suffix=".bmp")
    originals = resolve(SMALL, tmp_path, tmp_path / "cache")
    assert [original.sha256_rgb for original in originals] == [image.sha256_rgb for image in known.values()]


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    """A damaged file is an error also where no hash is known."""
    path = write_images(tmp_path / "small", "im1", "im2", "im3") / "im2.png"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UserError, match=r"im2\.png"):
        resolve(SMALL, tmp_path, tmp_path / "cache")


def test_another_size_is_refused(tmp_path: Path) -> None:
    """Reduced copies of a set do not pass for it."""
    folder = write_images(tmp_path / "small", "im1", "im2", "im3")
    Image.fromarray(pixels(0, height=2, width=3)).save(folder / "im2.png")
    with pytest.raises(UserError, match=r"im2\.png is 3x2 .*Small is 6x4"):
        resolve(SMALL, tmp_path, tmp_path / "cache")


def test_another_total_of_pixels_is_refused(tmp_path: Path) -> None:
    """The right number of images of other sizes is another set; a partial set has no total to compare."""
    write_images(tmp_path / "small", "im1", "im2", "im3")
    dataset = dataclasses.replace(SMALL, total_pixels=80)
    with pytest.raises(UserError, match=r"72 pixels in all, but Small has about 80"):
        resolve(dataset, tmp_path, tmp_path / "cache")
    (tmp_path / "small" / "im3.png").unlink()
    assert len(resolve(dataset, tmp_path, tmp_path / "cache", allow_partial=True)) == 2


def test_load_notices_a_changed_file(tmp_path: Path) -> None:
    """What is coded is what was fetched, or nothing."""
    folder = write_images(tmp_path / "small", "im1", "im2", "im3")
    original = resolve(SMALL, tmp_path, tmp_path / "cache")[0]
    np.testing.assert_array_equal(load(original), pixels(sum(b"im1")))
    Image.fromarray(pixels(99)).save(folder / "im1.png")
    with pytest.raises(UserError, match=rf"im1\.png changed .*{original.sha256_rgb}.*{sha256_rgb(pixels(99))}"):
        load(original)


# Locks


def test_first_use_locks_the_pixels(tmp_path: Path) -> None:
    """Where no hash is public, later runs must see the pixels of the first; the error names the lock."""
    folder = write_images(tmp_path / "small", "im1", "im2", "im3")
    lock = tmp_path / "results" / "small.lock"
    first = resolve(SMALL, tmp_path, tmp_path / "cache", lock=lock)
    assert resolve(SMALL, tmp_path, tmp_path / "cache", lock=lock) == first
    Image.fromarray(pixels(99)).save(folder / "im2.png")
    with pytest.raises(UserError, match=r"im2\.png is not im2 of small: expected .*small\.lock, written at first use"):
        resolve(SMALL, tmp_path, tmp_path / "cache", lock=lock)


def test_a_lock_of_a_partial_set_grows(tmp_path: Path) -> None:
    """Images that come later are locked beside the earlier ones, which stay locked when they go."""
    folder = write_images(tmp_path / "small", "im1")
    lock = tmp_path / "small.lock"
    resolve(SMALL, tmp_path, tmp_path / "cache", allow_partial=True, lock=lock)
    write_images(folder, "im2", "im3")
    resolve(SMALL, tmp_path, tmp_path / "cache", lock=lock)
    assert list(read_lock(lock)) == ["im1", "im2", "im3"]
    (folder / "im2.png").unlink()
    resolve(SMALL, tmp_path, tmp_path / "cache", allow_partial=True, lock=lock)
    assert list(read_lock(lock)) == ["im1", "im2", "im3"]


def test_other_names_than_locked_are_refused(tmp_path: Path) -> None:
    """A complete set of other names is another set."""
    folder = write_images(tmp_path / "small", "im1", "im2", "im3")
    lock = tmp_path / "small.lock"
    resolve(SMALL, tmp_path, tmp_path / "cache", lock=lock)
    (folder / "im3.png").rename(folder / "im4.png")
    with pytest.raises(UserError, match="other names"):
        resolve(SMALL, tmp_path, tmp_path / "cache", lock=lock)


@pytest.mark.parametrize("text", ["", "im1\tabc\n", "image\tsha256_rgb\nim1\n"])
def test_a_torn_lock_is_named(tmp_path: Path, text: str) -> None:
    """A lock that cannot be read does not count as none."""
    write_images(tmp_path / "small", "im1", "im2", "im3")
    (tmp_path / "small.lock").write_text(text)
    with pytest.raises(UserError, match=r"small\.lock is not a lock file"):
        resolve(SMALL, tmp_path, tmp_path / "cache", lock=tmp_path / "small.lock")


# Downloading
