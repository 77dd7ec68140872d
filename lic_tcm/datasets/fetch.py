"""Find or download a dataset, and prove that the files at hand are the right ones.

A name is not an identity (public copies of "kodim01.png" with other pixels exist), so every image is verified by the
SHA-256 of its pixels: against the public hashes in <name>.tsv, or, where nobody published any, against a lock file
written at first use. Files with other bytes but the same pixels are the same image.
"""

import csv
import dataclasses
import importlib.util
import io
import logging
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from lic_tcm.anchors.extras import needed
from lic_tcm.anchors.hints import choose
from lic_tcm.datasets.catalogue import KNOWN, Dataset, KnownImage
from lic_tcm.datasets.manifest import Original, write_manifest
from lic_tcm.datasets.sources import download_files, download_set
from lic_tcm.errors import UserError
from lic_tcm.files import alone, write_text
from lic_tcm.folders import DATA_VARIABLE, cache_folder, data_folder
from lic_tcm.images import SUFFIXES, images_in, is_readable, read_rgb, sha256_rgb
from lic_tcm.layout import pixel_lock

log = logging.getLogger(__name__)

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
KEPT = (".scores", ".ycbcr")  # beside a coded image x lie x.scores.json and x.ycbcr.png


LOCK_HEADER = ["image", "sha256_rgb"]


TOTAL_PIXELS_TOLERANCE = 1e-3  # the stated total is itself derived from a rounded figure


def dataset_names() -> tuple[str, ...]:
    """Names of the built-in datasets."""
    return tuple(KNOWN)


def get_dataset(name: str) -> Dataset:
    """Return the built-in dataset of that name; raises UserError listing the names there are."""
    if name not in KNOWN:
        raise UserError(f"unknown dataset {name!r}; {choose(name, KNOWN)}, or name a folder of images")
    return KNOWN[name]


def folder_dataset(name: str, path: Path) -> Dataset:
    """Make a dataset of all images in a folder tree; raises UserError when it is empty or two stems are equal."""
    if not NAME.fullmatch(name):
        raise UserError(f"dataset name {name!r} must be lower-case letters, digits, '.', '_' or '-'; rename it")
    if name in KNOWN:
        raise UserError(f"dataset name {name!r} is a built-in one; choose another for {path}")
    dataset = Dataset(name, label=name, count=0, licence="the user's own", notes="", folders=(name,), root=path)
    images = _images_in(dataset, path)
    if not images:
        raise UserError(f"no image in {path} ({', '.join(SUFFIXES)}); name a folder that holds some")
    return dataclasses.replace(dataset, count=len(images))


def fetch(
    name: str,
    out: Path,
    data_dir: Path | None = None,
    folder: Path | None = None,
    allow_partial: bool = False,
    cache_dir: Path | None = None,
) -> list[Original]:
    """Find or download a dataset, verify it and write its manifest (CSV) to `out`.

    `folder` makes it a user's own set of that name. `data_dir` (default: $LIC_TCM_DATA) is searched before the cache
    and the network. Hashes of sets without public ones are locked at first use in `layout.pixel_lock(out)`.
    Raises UserError when an image is missing, damaged or another one than it should be.
    """
    data_dir = data_dir or data_folder()
    dataset = get_dataset(name) if folder is None else folder_dataset(name, folder)
    lock = pixel_lock(out) if dataset.archives or (dataset.listing and not dataset.file_urls) else None
    originals = resolve(dataset, data_dir, cache_dir or cache_folder(), allow_partial, lock)
    write_manifest(originals, out)
    log.info("%s: %d of %d images, listed in %s", name, len(originals), dataset.count, out)
    log.info("licence of %s: %s", name, dataset.licence)
    return originals


def resolve(
    dataset: Dataset, data_dir: Path | None, cache_dir: Path, allow_partial: bool = False, lock: Path | None = None
) -> list[Original]:
    """Return the verified images of a dataset, sorted by name.

    They are looked for in `data_dir`, then in `cache_dir`, then downloaded to `cache_dir`. With `allow_partial` an
    incomplete local set is used as it is, without a download; `images_total` then still tells the complete number.
    Raises UserError as `fetch` does.
    """
    images = local_images(dataset, data_dir, cache_dir)
    if len(images) < dataset.count and not (allow_partial and images):
        images = _download(dataset, images, cache_dir)
    expected = {stem: image.sha256_rgb for stem, image in known_images(dataset).items()}
    locked = read_lock(lock) if lock else {}
    originals = [_verify(dataset, path) for path in images]
    for original in originals:
        _check_pixels(original, expected, f"the public hash of {dataset.label}")
        _check_pixels(original, locked, f"{lock}, written at first use; delete that if it is the lock that is wrong")
    _check_set(dataset, originals)
    if lock:
        _write_lock(lock, dataset, locked | {original.image: original.sha256_rgb for original in originals})
    return originals


def known_images(dataset: Dataset) -> dict[str, KnownImage]:
    """Published hashes of a dataset by stem; empty where nobody published any."""
    table = resources.files("lic_tcm.datasets") / f"{dataset.name}.tsv"
    if not table.is_file():
        return {}
    lines = csv.DictReader(io.StringIO(table.read_text(encoding="utf-8")), delimiter="\t")
    return {
        Path(line["file"]).stem: KnownImage(line["file"], line["sha256_file"], line["sha256_rgb_pixels"])
        for line in lines
    }


# Finding


def local_images(dataset: Dataset, data_dir: Path | None, cache_dir: Path) -> list[Path]:
    """Return the images at hand, not verified: those of the first complete folder, else of the fullest.

    Raises UserError for a data folder that does not exist, and where a folder holds too many images.
    """
    if data_dir is not None and not data_dir.is_dir():
        raise UserError(f"data folder {data_dir} does not exist; correct data_dir or {DATA_VARIABLE}")
    found = [_images_in(dataset, folder) for folder in _candidate_folders(dataset, data_dir, cache_dir)]
    complete = [images for images in found if len(images) == dataset.count]
    images = complete[0] if complete else max(found, key=len, default=[])
    if len(images) > dataset.count:
        raise UserError(
            f"{dataset.name}: {len(images)} images in {images[0].parent}, but {dataset.label} has {dataset.count}; "
            f"put exactly those in a folder named {dataset.folders[0]}"
        )
    return images


def _candidate_folders(dataset: Dataset, data_dir: Path | None, cache_dir: Path) -> list[Path]:
    """Existing folders that may hold the set, in the order they are preferred."""
    if dataset.root is not None:
        return [dataset.root]
    folders: list[Path] = []
    if data_dir is not None:
        present = sorted(path for path in data_dir.iterdir() if path.is_dir())
        folders += [path for name in dataset.folders for path in present if path.name.casefold() == name]
    if dataset.package is not None and (spec := importlib.util.find_spec(dataset.package)):
        folders += [Path(location) / "data" for location in spec.submodule_search_locations or ()]
    return [folder for folder in (*folders, cache_dir / dataset.name) if folder.is_dir()]


def _images_in(dataset: Dataset, folder: Path) -> list[Path]:
    """Images of the set in a folder tree, sorted by stem; raises UserError when two have the same stem."""
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; name a folder of images")
    by_stem: dict[str, Path] = {}
    for path in images_in(folder):
        if not re.fullmatch(dataset.pattern, path.stem, re.DOTALL):
            continue
        if not is_readable(path):
            raise UserError(f"{path} has a format that is not read; convert it to 8-bit RGB PNG or remove it")
        if not path.name.isprintable():
            raise UserError(f"{path.name!r} in {folder} has unprintable characters in its name; rename it")
        if path.stem.casefold().endswith(KEPT):
            raise UserError(
                f"{path} is named as files beside results are; rename it to something without {' or '.join(KEPT)}"
            )
        twin = by_stem.setdefault(path.stem.casefold(), path)  # results must not collide where case is ignored
        if twin is not path:
            raise UserError(f"{twin} and {path} have the same name; rename or remove one of them")
    return sorted(by_stem.values(), key=lambda path: path.stem)


# Downloading


def _download(dataset: Dataset, images: Sequence[Path], cache_dir: Path) -> list[Path]:
    """Download what is missing to the cache folder; raises UserError saying what is missing and what to do by hand."""
    folder = cache_dir / dataset.name
    at_hand = {path.stem: path for path in images} if dataset.file_urls else {}
    try:
        if dataset.file_urls:
            download_files(dataset, known_images(dataset), folder, at_hand)
        elif dataset.archives or dataset.listing:
            with alone(folder):
                if not folder.is_dir() or len(_images_in(dataset, folder)) < dataset.count:  # else while this waited
                    download_set(dataset, folder)
        else:
            raise UserError(f"the package {dataset.package} should hold them; {_reinstall(dataset.package or '')}")
    except UserError as error:
        where = f"in {images[0].parent}" if images else "found"
        raise UserError(
            f"{dataset.name}: {len(images)} of {dataset.count} images {where}, "
            f"and {error} (or put all images in a folder {dataset.folders[0]!r} of the data folder, see "
            f"{DATA_VARIABLE}{', or allow a partial set' if images else ''})"
        ) from error
    downloaded = _images_in(dataset, folder) if folder.is_dir() else []
    found = {path.stem: path for path in downloaded} | at_hand
    if len(found) != dataset.count:
        raise UserError(
            f"{dataset.name}: the download gave {len(found)} of {dataset.count} images; delete {folder} and try again"
        )
    return [found[stem] for stem in sorted(found)]


def _reinstall(package: str) -> str:
    """What to do about a package that lacks its images, or is not there."""
    remedy = needed(package)
    missing = remedy is not None and importlib.util.find_spec(package) is None
    return f"this {remedy}" if missing else "install it again"


# Verifying


def _verify(dataset: Dataset, path: Path) -> Original:
    """Read an image and describe it; raises UserError when it is damaged or has another size than the set's."""
    image = read_rgb(path)
    height, width = image.shape[:2]
    if dataset.size is not None and dataset.size != (height, width):
        raise UserError(
            f"{path} is {width}x{height} (width x height), but {dataset.label} is {dataset.size[1]}x{dataset.size[0]}; "
            "replace it by the original"
        )
    return Original(dataset.name, path.stem, str(path.absolute()), height, width, sha256_rgb(image), dataset.count)


def _check_pixels(original: Original, hashes: dict[str, str], source: str) -> None:
    """Raise UserError when the image is not the one its name stands for; unlisted names pass."""
    expected = hashes.get(original.image, original.sha256_rgb)
    if expected != original.sha256_rgb:
        raise UserError(
            f"{original.path} is not {original.image} of {original.dataset}: expected pixels with sha256 {expected} "
            f"({source}), found {original.sha256_rgb}; replace it by the original file, or delete it to have it fetched"
        )


def _check_set(dataset: Dataset, originals: Sequence[Original]) -> None:
    """Raise UserError when a complete set has not about the total number of pixels it should have."""
    if dataset.total_pixels is None or len(originals) < dataset.count:
        return
    total = sum(original.height * original.width for original in originals)
    if abs(total / dataset.total_pixels - 1) > TOTAL_PIXELS_TOLERANCE:
        raise UserError(
            f"{dataset.name}: {total} pixels in all, but {dataset.label} has about {dataset.total_pixels}; "
            f"replace {Path(originals[0].path).parent} by the original set"
        )


def read_lock(path: Path) -> dict[str, str]:
    """Pixel hashes by image, as locked at first use; empty when there is no lock yet."""
    if not path.exists():
        return {}
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    if not lines or lines[0] != LOCK_HEADER or any(len(line) != len(LOCK_HEADER) for line in lines):
        raise UserError(f"{path} is not a lock file; restore it, or delete it to lock the images at hand")
    return dict(lines[1:])


def _write_lock(path: Path, dataset: Dataset, hashes: dict[str, str]) -> None:
    """Write the lock; raises UserError when the images have other names than those locked."""
    if len(hashes) > dataset.count:
        raise UserError(f"{dataset.name}: the images have other names than in {path}; restore the files or delete it")
    lines = [LOCK_HEADER, *([image, digest] for image, digest in sorted(hashes.items()))]
    write_text(path, "".join("\t".join(line) + "\n" for line in lines))
