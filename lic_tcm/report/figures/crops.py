"""Figures 1 and 15: a crop of each picture by every method at about the same rate, beside the original."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from PIL import Image

from lic_tcm import layout
from lic_tcm.datasets.manifest import read_manifest
from lic_tcm.errors import UserError
from lic_tcm.files import csv_text
from lic_tcm.metrics import DEFAULT, get
from lic_tcm.report import words
from lic_tcm.report.choices import Choices
from lic_tcm.report.figures.beside import run_folder
from lic_tcm.report.figures.canvas import Drawing, MissingInputError, drawn_in
from lic_tcm.report.figures.styles import STYLES, Style
from lic_tcm.report.inputs import Tables
from lic_tcm.report.tex import said
from lic_tcm.tables.schema import ImageRow

COLUMNS = 4
LETTERS = 0.45  # of a size, a letter's mean width
SHOWN = [get(name) for name in DEFAULT]  # metrics, which all rows have
COLUMN_NAMES = (
    *("image", "x", "y", "width", "height", "method", "label", "point", "bpp", "mismatch"),
    *(metric.column for metric in SHOWN),
    "picture",
)


@dataclass(frozen=True)
class Panel:
    """One crop: whose, of which picture, and how good that picture is as a whole."""

    image: str
    box: tuple[int, int, int, int]  # x, y, width, height
    picture: Path
    row: ImageRow | None  # None: the original
    name: str
    target: float  # bpp

    @property
    def mismatch(self) -> float | None:
        """By how many per cent the picture's rate exceeds what was asked for."""
        return 100 * (self.row.bpp / self.target - 1) if self.row else None

    def lines(self, letters: int) -> list[str]:
        """The method, then its rate with the mismatch and the default metrics."""
        if self.row is None:
            return [*textwrap.wrap(self.name, letters), "bpp, " + ", ".join(metric.value_title for metric in SHOWN)]
        values = [(metric, self.row.values.get(metric.name)) for metric in SHOWN]
        texts = ["none" if value is None else f"{value:.{metric.value_decimals}f}" for metric, value in values]
        rate = f"{self.row.bpp:.3f} ({words.signed(self.mismatch)} %)"
        return [*textwrap.wrap(self.name, letters), *textwrap.wrap(", ".join([rate, *texts]), letters)]

    def pixels(self) -> npt.NDArray[np.uint8]:
        """The crop, (height, width, 3); raises UserError when the box leaves the picture."""
        x, y, width, height = self.box
        with Image.open(self.picture) as picture:
            if x + width > picture.width or y + height > picture.height or not (width and height):
                size = f"{self.image} ({picture.width}x{picture.height})"
                raise UserError(f"config: the crop box {list(self.box)} does not lie within {size}; fix the box")
            return np.asarray(picture.convert("RGB").crop((x, y, x + width, y + height)))


def crops(tables: Tables, name: str) -> Drawing:
    """Crops as `figures.crops.<name>` of the configuration says; methods the run has no pictures of are named.

    Raises MissingInputError when there are no pictures, UserError when a box leaves its picture.
    """
    chosen = tables.run.get("figures", {}).get("crops", {}).get(name)
    if not chosen:
        raise MissingInputError(f"no crops are chosen; give dataset, bpp, methods and boxes under figures.crops.{name}")
    panels = {image: _panels(tables, chosen, image, tuple(box)) for image, box in chosen["boxes"].items()}
    absent = sorted({method for method in chosen["methods"] if not _drawn(panels, method)})
    if not any(panel.row for found in panels.values() for panel in found):
        raise MissingInputError(
            f"no coded images of {', '.join(chosen['boxes'])}; run the workflow with {', '.join(absent)} on "
            f"{chosen['dataset']}, which keeps them beside its tables"
        )
    choices = Choices.of(tables)
    found = [panel for among in panels.values() for panel in among if panel.row]
    off = max(found, key=lambda panel: abs(panel.mismatch or 0.0))
    caption = said(
        f"Crops of {', '.join(chosen['boxes'])} on {tables.dataset_label(chosen['dataset'])}, each method at its coded "
        f"point nearest to {chosen['bpp']:g} bpp of the whole image",
        f"Under each: the image's bpp, by how much it differs from {chosen['bpp']:g} (at most "
        f"{words.signed(off.mismatch)} %, {off.name}), {', '.join(metric.value_title for metric in SHOWN)}",
        f"Not coded by this run: {', '.join(absent)}" if absent else "",
    )
    style = STYLES[choices.style]
    with drawn_in(style, (panel.name for panel in found)):
        return Drawing(_figure(panels, style), _table(panels), caption, style, wide=True)


def _drawn(panels: Mapping[str, Sequence[Panel]], method: str) -> bool:
    return any(panel.row and panel.row.method == method for found in panels.values() for panel in found)


def _panels(tables: Tables, chosen: Mapping[str, Any], image: str, box: Any) -> list[Panel]:
    """The original, if its file is still there, and each method's picture nearest in rate, if there is one."""
    run, choices, target = run_folder(tables), Choices.of(tables), float(chosen["bpp"])
    original = _original(run / layout.manifest(chosen["dataset"]), image)
    found = [Panel(image, box, original, None, "Original", target)] if original else []
    for method in chosen["methods"]:
        key = (chosen["dataset"], method, image)
        rows = [row for row in tables.images if (row.dataset, row.method, row.image) == key]
        if rows:
            row = min(rows, key=lambda row: abs(math.log(row.bpp / target)))
            picture = run / layout.coded(chosen["dataset"], method, row.point, image, ".png")
            name = choices.labels.get(method) or row.label
            found += [Panel(image, box, picture, row, name, target)] if picture.is_file() else []
    return found


def _original(manifest: Path, image: str) -> Path | None:
    originals = read_manifest(manifest) if manifest.is_file() else []
    paths = [Path(original.path) for original in originals if original.image == image]
    return paths[0] if paths and paths[0].is_file() else None


def _figure(panels: Mapping[str, Sequence[Panel]], style: Style) -> Figure:
    """A block of panels per picture, four in a row, as high as the boxes ask."""
    blocks = [found for found in panels.values() if found]
    columns = min(COLUMNS, max(len(found) for found in blocks))
    width = style.page / columns
    letters = int((width - 0.06) / (LETTERS * style.small / 72))
    lines = max(len(panel.lines(letters)) for found in blocks for panel in found)
    text = style.spacing(style.small) * lines + 0.05
    heights = [(width - 0.06) * found[0].box[3] / found[0].box[2] + text for found in blocks]
    counts = [math.ceil(len(found) / columns) for found in blocks]
    total = sum(height * n for height, n in zip(heights, counts, strict=True))
    figure = Figure(figsize=(style.page, total))
    top = total
    for found, height, n in zip(blocks, heights, counts, strict=True):
        for i, panel in enumerate(found):
            bottom = top - (i // columns + 1) * height + text
            left = (i % columns) * width + 0.03
            place = (left / style.page, bottom / total, (width - 0.06) / style.page, (height - text - 0.03) / total)
            axes = figure.add_axes(place)
            axes.imshow(panel.pixels(), interpolation="nearest", aspect="auto")
            axes.set_axis_off()
            under = (left / style.page, (bottom - 0.02) / total)
            caption = "\n".join(panel.lines(letters))
            figure.text(*under, caption, fontsize=style.small, va="top", linespacing=1.1)
        top -= n * height
    return figure


def _table(panels: Mapping[str, Sequence[Panel]]) -> str:
    lines: list[Sequence[object]] = []
    for found in panels.values():
        for panel in found:
            row = panel.row
            values = [row.values.get(metric.name) if row else "" for metric in SHOWN]
            mismatch = "" if panel.mismatch is None else f"{panel.mismatch:.3f}"
            numbers = (row.method, row.label, row.point, row.bpp, mismatch) if row else ("original", *[""] * 4)
            lines.append((panel.image, *panel.box, *numbers, *values, panel.picture.name))
    return csv_text(COLUMN_NAMES, lines)
