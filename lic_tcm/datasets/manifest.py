"""The images of a dataset as a file, its manifest (`layout.manifest`), and what one line of it is."""

import csv
import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lic_tcm.anchors.codec import UInt8Image
from lic_tcm.errors import UserError
from lic_tcm.files import csv_text, write_text
from lic_tcm.images import read_rgb, sha256_rgb


@dataclass(frozen=True)
class Original:
    """One image of a dataset, as listed in its manifest."""

    dataset: str
    image: str  # unique within the dataset; the file's stem
    path: str  # where the verified file lies
    height: int
    width: int
    sha256_rgb: str  # of the RGB pixels, row-major
    images_total: int  # images in the complete dataset; more than are listed when it is partial


def load(original: Original) -> UInt8Image:
    """Read an image of a manifest, (H, W, 3); raises UserError when its pixels changed since it was fetched."""
    image = read_rgb(Path(original.path))
    found = sha256_rgb(image)
    if found != original.sha256_rgb:
        raise UserError(
            f"{original.path} changed since {original.dataset} was fetched: expected pixels with sha256 "
            f"{original.sha256_rgb}, found {found}; restore it or fetch {original.dataset} again"
        )
    return image


# Manifests


def write_manifest(originals: Sequence[Original], path: Path) -> None:
    """Write the list of images as CSV, atomically."""
    write_text(path, csv_text(_FIELDS, [dataclasses.asdict(original) for original in originals]))


def read_manifest(path: Path) -> list[Original]:
    """Read a manifest without touching the images; raises UserError when it is torn or contradicts itself."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            lines = list(reader)
        if reader.fieldnames != _FIELDS:
            raise ValueError(f"columns {reader.fieldnames}")
        originals = [_parse(line) for line in lines]
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise UserError(f"{path} is not a manifest ({error}); fetch the dataset again") from error
    names = {original.image for original in originals}
    sets = {(original.dataset, original.images_total) for original in originals}
    if len(sets) != 1 or not len(names) == len(originals) <= originals[0].images_total:
        raise UserError(f"{path} is empty, repeats images or mixes datasets; fetch the dataset again")
    return originals


_FIELDS = [field.name for field in dataclasses.fields(Original)]


def _parse(line: dict[str, str]) -> Original:
    """One line of a manifest; raises ValueError or TypeError when a value has another form."""
    numbers = {key: int(line[key]) for key in ("height", "width", "images_total")}
    original = Original(**{**line, **numbers})  # type: ignore[arg-type]
    if min(numbers.values()) < 1 or not re.fullmatch("[0-9a-f]{64}", original.sha256_rgb):
        raise ValueError(f"line of image {original.image}")
    return original
