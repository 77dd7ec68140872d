"""The pictures beside the page: originals, some decoded pictures of every method at about the same rates, thumbnails.

A decoded picture is copied byte for byte from the coding stage, so that the page shows exactly what was scored; an
original is written anew from its samples, because a browser would apply a colour profile of its file and may decode
a JPEG differently.
"""

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from PIL import Image

from lic_tcm import layout
from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes
from lic_tcm.images import read_rgb, sha256_rgb, write_png
from lic_tcm.report.provenance import Sources
from lic_tcm.tables.schema import ImageRow

FOLDER = layout.pictures(Path()).name
DEFAULTS = {"images": 3, "points": 2, "max_mb": 64}
THUMBNAIL = (128, 96)  # pixels at most; shown at half that size, for dense screens


@dataclass(frozen=True)
class Choice:
    """Which decoded pictures are kept, from `figures.pictures` of the configuration."""

    images: int | Sequence[str]  # so many of each dataset, or these
    points: int  # of each method
    max_mb: float  # of all decoded pictures


@dataclass(frozen=True)
class Kept:
    """An image of which pictures lie beside the page."""

    dataset: str
    image: str
    original: str  # path from the page
    decoded: Mapping[ImageRow, str]


@dataclass(frozen=True)
class Pictures:
    """What `write_pictures` wrote, and what it left out."""

    kept: tuple[Kept, ...] = ()
    thumbnails: Mapping[str, str] = field(default_factory=dict)  # "<dataset>/<image>" -> path from the page
    note: str = ""


def write_pictures(sources: Sources, out: Path) -> Pictures:
    """Write `out`/pictures into a new folder `out`; nothing where the run keeps no pictures.

    Raises UserError for a picture that is not the one its manifest or record describes.
    """
    choice = Choice(**{**DEFAULTS, **sources.tables.run.get("figures", {}).get("pictures", {})})
    chosen, note = _within(_groups(sources, choice), sources, choice.max_mb * 2**20)
    wanted = {(row.dataset, row.image) for row in chosen}
    originals, thumbnails = {}, {}
    for key, original in sources.originals.items():
        path = Path(original.path)
        if path.is_file():
            pixels = read_rgb(path)
            if sha256_rgb(pixels) != original.sha256_rgb:
                raise UserError(f"{original.path} is not the picture its manifest describes; fetch the dataset again")
            thumbnails["/".join(key)] = _thumbnail(out, *key, pixels)
            if key in wanted:
                originals[key] = _link(out, *key, "original.png")
                write_png(out / FOLDER / key[0] / key[1] / "original.png", pixels)
    kept = tuple(
        Kept(*key, originals[key], {row: _copy(sources, out, row) for row in chosen if (row.dataset, row.image) == key})
        for key in originals
    )
    return Pictures(kept, thumbnails, note)


def picture_data(sources: Sources, pictures: Pictures) -> dict[str, Any]:
    """{"images": [{"dataset", "image", "original", "decoded": [[number of its row, path], ...]}, ...]}."""
    number = {row: i for i, row in enumerate(sources.tables.images)}
    images = [
        {
            "dataset": kept.dataset,
            "image": kept.image,
            "original": kept.original,
            "decoded": [[number[row], path] for row, path in kept.decoded.items()],
        }
        for kept in pictures.kept
    ]
    return {"images": images}


def rates(rows: Sequence[ImageRow], count: int) -> list[float]:
    """Rates in bpp, geometrically even, within what all methods reach; the middle one first, then the outer ones.

    Where methods share no range, the rates lie between the ends that do not meet.
    """
    methods: dict[str, list[float]] = {}
    for row in rows:
        methods.setdefault(row.method, []).append(row.bpp)
    ends = sorted((max(map(min, methods.values())), min(map(max, methods.values()))))
    steps = [0.5] if count == 1 else np.linspace(0, 1, count).tolist()
    targets = [ends[0] ** (1 - step) * ends[1] ** step for step in steps]
    middle = math.sqrt(ends[0] * ends[1])
    return sorted(targets, key=lambda rate: abs(math.log(rate / middle)))


def _groups(sources: Sources, choice: Choice) -> Iterator[list[ImageRow]]:
    """Rows to show together, every method at about one rate; what matters most first."""
    datasets = list(dict.fromkeys(row.dataset for row in sources.tables.images))
    images = {dataset: _images(sources, dataset, choice) for dataset in datasets}
    for rank in range(max(map(len, images.values()), default=0)):
        for step in range(choice.points):
            for dataset in datasets:
                if rank < len(images[dataset]):
                    yield _nearest(images[dataset][rank], step, choice.points)


def _images(sources: Sources, dataset: str, choice: Choice) -> list[list[ImageRow]]:
    """The rows of each chosen image that have a decoded picture; raises UserError for a name that no row has."""
    if not isinstance(choice.images, int):
        known = {row.image for row in sources.tables.images}
        if unknown := [image for image in choice.images if image not in known]:
            raise UserError(f"config: figures.pictures.images: no row has the image {unknown[0]!r}; correct its name")
    found: dict[str, list[ImageRow]] = {}
    for row in sources.records:
        if row.dataset == dataset and sources.coded(row, ".png").is_file():
            found.setdefault(row.image, []).append(row)
    if isinstance(choice.images, int):
        return list(found.values())[: choice.images]
    return [found[image] for image in choice.images if image in found]


def _nearest(rows: Sequence[ImageRow], step: int, count: int) -> list[ImageRow]:
    rate = rates(rows, count)[step]
    methods = dict.fromkeys(row.method for row in rows)
    return [
        min((row for row in rows if row.method == method), key=lambda row: abs(math.log(row.bpp / rate)))
        for method in methods
    ]


def _within(groups: Iterator[list[ImageRow]], sources: Sources, limit: float) -> tuple[list[ImageRow], str]:
    """The rows of the groups that fit into so many bytes, and a note when not all do."""
    chosen: dict[ImageRow, None] = {}
    left_out: dict[ImageRow, None] = {}
    size = 0
    for group in groups:
        new = [row for row in group if row not in chosen]
        more = sum(sources.coded(row, ".png").stat().st_size for row in new)
        if size + more > limit:
            left_out |= dict.fromkeys(new)
            continue
        size += more
        chosen |= dict.fromkeys(new)
    count = len(left_out.keys() - chosen.keys())
    note = f"{count} more pictures would not fit into {limit / 2**20:g} MiB; raise figures.pictures.max_mb"
    return list(chosen), note if count else ""


def _copy(sources: Sources, out: Path, row: ImageRow) -> str:
    source = sources.coded(row, ".png")
    if sha256_rgb(read_rgb(source)) != sources.records[row].sha256_decoded:
        raise UserError(f"{source} is not the picture its record describes; delete it and run again")
    name = f"{row.method}-{sources.coded(row, '.png').parent.name}.png"
    write_bytes(out / FOLDER / row.dataset / row.image / name, source.read_bytes())
    return _link(out, row.dataset, row.image, name)


def _thumbnail(out: Path, dataset: str, image: str, pixels: Any) -> str:
    picture = Image.fromarray(pixels)
    picture.thumbnail(THUMBNAIL)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    write_bytes(out / FOLDER / dataset / image / "thumbnail.jpg", buffer.getvalue())
    return _link(out, dataset, image, "thumbnail.jpg")


def _link(out: Path, *parts: str) -> str:
    """Path from the page, as a URL; raises UserError for a name that would leave the folder."""
    path = Path(FOLDER, *parts)
    if ".." in path.parts:
        raise UserError(f"{path} leaves {out}; rename the image")
    return quote(path.as_posix())
