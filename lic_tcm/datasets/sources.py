"""Download the images of a dataset from where the catalogue says: original sources first, then copies of others."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from lic_tcm.datasets import download
from lic_tcm.datasets.catalogue import Dataset, KnownImage
from lic_tcm.datasets.listing import download_listing
from lic_tcm.errors import UserError
from lic_tcm.files import alone
from lic_tcm.images import read_rgb, sha256_rgb


def download_files(dataset: Dataset, known: Mapping[str, KnownImage], folder: Path, at_hand: Collection[str]) -> None:
    """Download the known images of a set one by one, except those whose stems are at hand; errors as `download`."""
    for stem, image in known.items():
        if stem in at_hand:
            continue
        urls = [url.format(file=image.file, number=stem[-2:]) for url in dataset.file_urls]
        target = folder / image.file
        try:
            download.download([download.Remote(url, image.sha256_file) for url in urls], target)
        except UserError:
            if dataset.listing is None:
                raise
            _download_copy(dataset.listing.file_url(image.file), target, image)


def _download_copy(url: str, target: Path, image: KnownImage) -> None:
    """Download a copy of an image, whose bytes may be others than the published ones, but not its pixels."""
    with alone(target.with_name(f"{target.stem}.copy{target.suffix}")):
        copy = target.with_name(f"{target.stem}.copy{target.suffix}.part")
        try:
            download.download([download.Remote(url)], copy)
            if (found := sha256_rgb(read_rgb(copy))) != image.sha256_rgb:
                raise UserError(f"{url} has other pixels than {image.file}: sha256 {found}, not {image.sha256_rgb}")
            copy.replace(target)
        finally:
            copy.unlink(missing_ok=True)


def download_set(dataset: Dataset, folder: Path) -> None:
    """Download all images: the archive, else the folder of copies; raises UserError with the reasons of both."""
    wanted = re.compile(rf"({dataset.pattern})\.png")
    reasons = []
    if dataset.archives:
        try:
            _download_archive(dataset, folder, wanted)
            return
        except UserError as error:
            reasons.append(str(error))
    if dataset.listing:
        try:
            download_listing(dataset.listing, folder, wanted)
            return
        except UserError as error:
            reasons.append(str(error))
    raise UserError("; ".join(reasons))


def _download_archive(dataset: Dataset, folder: Path, wanted: re.Pattern[str]) -> None:
    """Download the archive and keep its images only."""
    archive = folder.with_name(f"{folder.name}.zip")
    download.download(dataset.archives, archive)
    download.extract(archive, folder, wanted)
    archive.unlink()
