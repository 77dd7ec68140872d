"""A user's folder is a dataset; manifests list one."""

import os
from pathlib import Path

import pytest
from PIL import Image
from support.dataset_setup import SMALL, pixels, write_images

from lic_tcm.datasets.fetch import fetch, folder_dataset, resolve
from lic_tcm.datasets.manifest import load, read_manifest, write_manifest
from lic_tcm.errors import UserError

# A user's folder


def test_a_folder_of_any_images_is_a_data_set(tmp_path: Path) -> None:
    """All images of the tree count, sorted, whatever their names, formats and sizes."""
    write_images(tmp_path / "mine" / "sub", "b", "ä 画像")
    write_images(tmp_path / "mine", "c.d", suffix=".bmp")
    Image.fromarray(pixels(0)[..., 0]).save(tmp_path / "mine" / "a.PNG")
    (tmp_path / "mine" / "notes.txt").write_text("no image")
    originals = fetch("mine", tmp_path / "out" / "mine.csv", folder=tmp_path / "mine")
    assert [original.image for original in originals] == ["a", "b", "c.d", "ä 画像"]
    assert {(original.dataset, original.images_total) for original in originals} == {("mine", 4)}
    assert read_manifest(tmp_path / "out" / "mine.csv") == originals
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.csv"]


@pytest.mark.parametrize("twin", ["sub/a.png", "a.bmp", "A.png"])
def test_equal_names_are_refused(tmp_path: Path, twin: str) -> None:
    """Two images whose results would overwrite each other are named, both of them."""
    write_images(tmp_path, "a")
    path = tmp_path / twin
    write_images(path.parent, path.stem, suffix=path.suffix)
    if len(list(tmp_path.rglob("*.*"))) < 2:
        pytest.skip("this file system ignores case")
    with pytest.raises(UserError, match=r"(a\.png.* and |and .*a\.png ).*have the same name"):
        folder_dataset("mine", tmp_path)


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    """No images, no dataset."""
    with pytest.raises(UserError, match="no image in"):
        folder_dataset("mine", tmp_path)
    with pytest.raises(UserError, match="gone is not a folder"):
        folder_dataset("mine", tmp_path / "gone")


def test_images_of_other_formats_are_not_left_out_in_silence(tmp_path: Path) -> None:
    """A folder with an image we do not read is an error, not a smaller set."""
    write_images(tmp_path, "a")
    (tmp_path / "b.heic").write_bytes(b"")
    with pytest.raises(UserError, match=r"b\.heic has a format that is not read; convert"):
        folder_dataset("mine", tmp_path)


@pytest.mark.parametrize("name", ["kodak", "Mine", "a/b", "", "..", "a b"])
def test_names_that_would_not_do_are_refused(tmp_path: Path, name: str) -> None:
    """A set's name becomes a file name, and must not pass for a built-in one."""
    write_images(tmp_path, "a")
    with pytest.raises(UserError, match="dataset name"):
        folder_dataset(name, tmp_path)


@pytest.mark.parametrize("stem", ["a\nb", os.fsdecode(b"caf\xe9")])
def test_unprintable_names_are_refused(tmp_path: Path, stem: str) -> None:
    """Names that would break a table are to be changed by the user."""
    try:
        write_images(tmp_path, stem)
    except OSError:
        pytest.skip("this file system does not allow such a name")
    with pytest.raises(UserError, match="unprintable characters"):
        folder_dataset("mine", tmp_path)


# Manifests


def manifest(tmp_path: Path) -> Path:
    """A manifest of three images."""
    path = tmp_path / "small.csv"
    write_images(tmp_path / "small", "im1", "im2", "im3")
    write_manifest(resolve(SMALL, tmp_path, tmp_path / "cache"), path)
    return path


def test_reading_a_manifest_does_not_touch_the_images(tmp_path: Path) -> None:
    """The workflow reads manifests often; only `load` reads pixels."""
    path = manifest(tmp_path)
    originals = read_manifest(path)
    for original in originals:
        Path(original.path).unlink()
    assert read_manifest(path) == originals
    with pytest.raises(UserError, match="does not exist"):
        load(originals[0])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("image,", "picture,"),
        (",4,6,", ",4,six,"),
        (",4,6,", ",0,6,"),
        (",3\n", ",2\n"),
        (",3\n", ",4\n"),
        (",3\n", "\n"),
        (",3\n", ",3,3\n"),
        ("im2,", "im1,"),
        ("small,im1", "other,im1"),
        (",4,6,", ",4,6,f"),
    ],
)
def test_a_torn_manifest_is_refused(tmp_path: Path, old: str, new: str) -> None:
    """A manifest with a wrong value, missing column, repeated image or mixed sets is not used."""
    path = manifest(tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=r"small\.csv is .*fetch the dataset again"):
        read_manifest(path)


@pytest.mark.parametrize("lines", [0, 1])
def test_an_empty_manifest_is_refused(tmp_path: Path, lines: int) -> None:
    """A manifest without images is not a dataset of none."""
    path = manifest(tmp_path)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:lines]))
    with pytest.raises(UserError, match="fetch the dataset again"):
        read_manifest(path)
