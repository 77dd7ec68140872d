"""Where crops come from, and in which order."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.pictures import photo
from support.training_setup import photos

from lic_tcm.errors import UserError
from lic_tcm.images import read_rgb, write_png
from lic_tcm.training.data import Crops, batches
from lic_tcm.training.sources import Folder, Packed, open_source, pack


def opened(path: Path, crop: int = 64, skip_unfit: bool = False) -> Folder | Packed:
    """A source as the trainer opens it."""
    source = open_source(path, crop, skip_unfit, workers=1, cache_mb=1)
    assert isinstance(source, Folder | Packed)
    return source


def test_samples_are_a_function_of_seed_and_number(tmp_path: Path) -> None:
    """Batches that start at step 3 are those of a run from step 0; another seed gives others."""
    source = opened(photos(tmp_path / "data"))
    crops = Crops(source, 64, seed=1)
    share = range(4)
    whole = [b.numpy() for b in itertools.islice(batches(crops, 4, 0, share, workers=2), 5)]
    later = [b.numpy() for b in itertools.islice(batches(Crops(source, 64, 1), 4, 3, share, workers=1), 2)]
    assert np.array_equal(whole[3:], later)
    other = next(batches(Crops(source, 64, seed=2), 4, 0, share, workers=1)).numpy()
    assert not np.array_equal(whole[0], other)


def test_shares_of_processes_make_up_the_batch(tmp_path: Path) -> None:
    """What two processes get is, joined, what one gets."""
    crops = Crops(opened(photos(tmp_path / "data")), 64, seed=1)
    whole, first, second = (next(batches(crops, 4, 2, share, 1)).numpy() for share in (range(4), range(2), range(2, 4)))
    assert np.array_equal(whole, np.concatenate([first, second]))


def test_an_epoch_has_every_image_once_and_epochs_differ(tmp_path: Path) -> None:
    """The order is a new permutation each time; crops lie inside their image, at places that vary."""
    source = opened(photos(tmp_path / "data", count=6))
    crops = Crops(source, 64, seed=0)
    epochs = [[crops.image_of(n) for n in range(start, start + 6)] for start in (0, 6, 12)]
    assert all(sorted(epoch) == list(range(6)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1
    n = next(n for n in range(6) if crops.image_of(n) == 5)
    image, cut = source.image(5), crops.sample(n)
    windows = np.lib.stride_tricks.sliding_window_view(image, (64, 64, 3))[:, :, 0]
    assert (windows == cut).all(axis=(2, 3, 4)).sum() == 1
    places = {crops.sample(n).tobytes() for n in range(60) if crops.image_of(n) == 5}
    assert len(places) >= 8


def test_the_order_does_not_depend_on_the_cache(tmp_path: Path) -> None:
    """With and without room for decoded images the pixels are the same, and no more is kept than there is room."""
    folder = photos(tmp_path / "data", side=300)
    without, little = Folder(folder, 64, False), Folder(folder, 64, False, cache_mb=1)
    for i in [*range(len(little)), 0]:
        assert np.array_equal(without.image(i), little.image(i))
    assert sum(image.nbytes for image in little._cache.values()) <= 2**20
    assert little._cache
    assert not without._cache


def test_packed_crops_are_pixels_of_the_images(tmp_path: Path) -> None:
    """Every packed crop is found in an image, exactly; the file is no larger than asked; seeds matter."""
    folder = photos(tmp_path / "data", count=3, side=100)
    count = pack(folder, tmp_path / "crops.npz", size=80, rounds=2)
    source = opened(tmp_path / "crops.npz")
    assert len(source) == count == 6
    images = [read_rgb(path) for path in folder.rglob("*.png")]
    for i in range(count):
        windows = [np.lib.stride_tricks.sliding_window_view(image, (80, 80, 3)) for image in images]
        assert any((w[:, :, 0] == source.image(i)).all(axis=(2, 3, 4)).any() for w in windows)
    pack(folder, tmp_path / "other.npz", size=80, rounds=2, seed=5)
    assert opened(tmp_path / "other.npz").fingerprint() != source.fingerprint()
    limited = pack(folder, tmp_path / "small.npz", size=80, max_mb=0.03)
    assert 0 < limited < 6
    assert (tmp_path / "small.npz").stat().st_size <= 0.03 * 2**20


def test_a_folder_of_packed_files_is_one_source(tmp_path: Path) -> None:
    """Crops of all .npz files count."""
    folder = photos(tmp_path / "data", count=2)
    for seed in range(2):
        pack(folder, tmp_path / "packs" / f"{seed}.npz", size=64, rounds=1, seed=seed)
    source = opened(tmp_path / "packs")
    assert len(source) == 4
    assert source.name(3) == "1.npz[1]"


def test_folders_that_cannot_be_trained_on_are_refused(tmp_path: Path) -> None:
    """No images, missing, too small, no image, wrong colours: the message names the file and the remedy."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="empty has no images"):
        opened(tmp_path / "empty")
    with pytest.raises(UserError, match="gone does not exist"):
        opened(tmp_path / "gone")
    data = photos(tmp_path / "data", count=2)
    write_png(data / "small.png", photo(100, 63))
    with pytest.raises(UserError, match=r"1 of 3 images .*small\.png: it is 63x100, smaller than the crop \(64\)"):
        opened(data)
    (data / "bad.jpg").write_text("not a picture", encoding="utf-8")
    with pytest.raises(UserError, match=r"2 of 4 images .*bad\.jpg: it cannot be read as an image; .*skip_unfit"):
        opened(data)
    Image.fromarray(photo(80, 80)).convert("CMYK").save(data / "a.jpg")
    with pytest.raises(UserError, match=r"a\.jpg: it has colour mode CMYK"):
        opened(data)
    source = opened(data, skip_unfit=True)
    assert (len(source), source.left_out) == (2, 3)
    with pytest.raises(UserError, match="5 of 5 images do not fit"):
        opened(data, crop=640, skip_unfit=True)


def test_what_is_no_image_of_the_user_s_is_not_trained_on(tmp_path: Path) -> None:
    """Hidden copies and macOS's halves of files do not count; formats that are not read are unfit, not overlooked."""
    data = photos(tmp_path / "data", count=2)
    for folder in (".thumbnails", "__MACOSX", "part0/.cache"):
        write_png(data / folder / "0.png", photo(80, 80))
    (data / "part0" / "._0.png").write_bytes(b"resource fork")
    source = opened(data)
    assert [source.name(i) for i in range(len(source))] == ["part0/0.png", "part1/1.png"]
    (data / "b.heic").write_bytes(b"")
    with pytest.raises(UserError, match=r"1 of 3 images .*b\.heic: it has a format that is not read; remove them or"):
        opened(data)
    assert opened(data, skip_unfit=True).left_out == 1


def test_a_truncated_image_is_named_when_its_turn_comes(tmp_path: Path) -> None:
    """Its header is fine, so it is found when it is decoded."""
    data = photos(tmp_path / "data", count=1)
    path = data / "part0" / "0.png"
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(UserError, match=r"part0/0\.png"):
        next(batches(Crops(opened(data), 64, 0), 1, 0, range(1), 1))


def test_packed_files_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    """Torn, of another kind, or with crops that are too small."""
    folder = photos(tmp_path / "data", count=1)
    path = tmp_path / "crops.npz"
    pack(folder, path, size=64)
    with pytest.raises(UserError, match=r"crops\.npz\[0\] is 64x64, smaller than the crop \(128\)"):
        opened(path, crop=128)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(UserError, match=r"crops\.npz is no intact file of packed crops"):
        opened(path)
    np.savez(path, format=np.array("something else"))
    with pytest.raises(UserError, match="its format is something else"):
        opened(path)
    with pytest.raises(UserError, match="hold no crop"):
        pack(folder, path, size=64, max_mb=0.001)
