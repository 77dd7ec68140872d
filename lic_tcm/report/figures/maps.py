"""Figures 3 and 5: maps that lic_tcm.measure.maps computed from trained networks."""

import json
import textwrap
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lic_tcm import layout
from lic_tcm.errors import UserError
from lic_tcm.files import csv_text
from lic_tcm.report.choices import Choices
from lic_tcm.report.figures.beside import run_folder
from lic_tcm.report.figures.canvas import Drawing, MissingInputError, drawn_in
from lic_tcm.report.figures.styles import STYLES
from lic_tcm.report.inputs import Tables
from lic_tcm.report.tex import said
from lic_tcm.tables.paper import DEVIATIONS, WITH, WITHOUT

COLOURS = "viridis"  # even in lightness, for any eye and in grey
RADII = (8, 16, 32, 64, 128, 256, 512)  # pixels
TITLE_LETTERS, TITLE_LINE = 17, 0.125  # letters an inch of a title holds, height of its line in inches
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Maps:
    """A file of maps: what they show, and each map by its key."""

    about: dict[str, Any]
    maps: dict[str, FloatArray]


def _read(tables: Tables, name: str) -> Maps:
    """The maps a figure is drawn from (`layout.maps`); raises MissingInputError where there are none."""
    path = run_folder(tables) / layout.maps(str(tables.run.get("name")), name)
    if not path.is_file():
        raise MissingInputError(
            f"{path.name} has not been made; train networks, name their checkpoints under figures.{name} in the "
            f"configuration and run the workflow, or make it with `lic-tcm {name}`"
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            maps = {key: np.asarray(file[key]) for key in file.files if key != "about"}
            return Maps(json.loads(str(file["about"])), maps)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path} does not hold maps ({error}); delete it and make it again") from error


# --- figure 3 -----------------------------------------------------------------------------------------------------


def receptive(tables: Tables) -> Drawing:
    """|d x_hat_p / d x| of each network, a line per clipping level; the CSV has the share of it within each radius.

    Raises MissingInputError where the maps have not been made.
    """
    found = _read(tables, "receptive")
    labels, clips = found.about["labels"], found.about["clips"]
    height, width = found.maps[labels[0]].shape
    x, y = found.about["position"]
    style, wide = STYLES[Choices.of(tables).style], len(labels) > 3
    panel = (style.page if wide else style.column) / len(labels)
    titles = [textwrap.wrap(label, int(panel * TITLE_LETTERS)) for label in labels]
    head = TITLE_LINE * (max(map(len, titles)) + 1) + 0.06
    picture = (panel - 0.08) * height / width
    with drawn_in(style, labels):
        figure = Figure(figsize=(panel * len(labels), len(clips) * (head + picture)))
        for i, clip in enumerate(clips):
            for j, label in enumerate(labels):
                axes = _panel(figure, (j * panel + 0.04, head + i * (head + picture), panel - 0.08, picture))
                axes.imshow(found.maps[label], cmap=COLOURS, vmin=0, vmax=clip, interpolation="nearest")
                axes.plot([x], [y], "+", color="white", markersize=4, markeredgewidth=0.6)
                axes.set_title("\n".join([*titles[j], f"clipped at {clip:g}"]), fontsize=7, pad=2)
    caption = said(
        f"Effective receptive field: mean over colour channels of |d x_hat_p / d x| at p = ({x}, {y}) (column, row) of "
        f"{found.about['image']}, clipped at {' and '.join(f'{clip:g}' for clip in clips)}. "
        f"Rounding passes gradients straight through. Checkpoints: {_checkpoints(found)}."
    )
    return Drawing(figure, _radii(found), caption, style, wide)


def _radii(found: Maps) -> str:
    """Share of the sum of each map within squares about p."""
    lines: list[Sequence[object]] = []
    x, y = found.about["position"]
    for label in found.about["labels"]:
        values = found.maps[label]
        rows, columns = np.ogrid[: values.shape[0], : values.shape[1]]
        distance = np.maximum(abs(rows - y), abs(columns - x))
        for radius in RADII:
            share = float(values[distance <= radius].sum() / values.sum())
            lines.append((label, radius, f"{share:.6g}", f"{float(values.max()):.6g}"))
    return csv_text(("network", "radius", "share", "largest"), lines)


# --- figure 5 -----------------------------------------------------------------------------------------------------


def deviation(tables: Tables) -> Drawing:
    """Scaled deviation and bits of the channel with the highest entropy, a line per image.

    Raises MissingInputError where the maps have not been made, UserError where an older version made them.
    """
    found = _read(tables, "deviation")
    _check_numbers(found)
    images, labels = found.about["images"], found.about["labels"]
    style = STYLES[Choices.of(tables).style]
    panel = style.page / (2 * len(labels))
    limits = {what: max(float(found.maps[_key(i, n, what)].max()) for i in images for n in labels) for what in WHAT}
    with drawn_in(style, [*labels, *images]):
        shapes = [found.maps[_key(image, labels[0], "deviation")].shape for image in images]
        heights = [(panel - 0.1) * h / w + HEAD + 0.04 for h, w in shapes]
        figure = Figure(figsize=(style.page, sum(heights) + 0.35))
        top = 0.0
        for image, height in zip(images, heights, strict=True):
            for j, (what, label) in enumerate((what, label) for what in WHAT for label in labels):
                axes = _panel(figure, (j * panel + 0.05, top + HEAD, panel - 0.1, height - HEAD - 0.04))
                drawn = axes.imshow(found.maps[_key(image, label, what)], cmap=COLOURS, vmin=0, vmax=limits[what])
                axes.set_title(_title(found, image, label, what), fontsize=6.5, pad=2)
                if image == images[-1] and label == labels[0]:
                    _bar(figure, drawn, j * panel + 0.15, panel * len(labels) - 0.3, WHAT[what])
            top += height
    return Drawing(figure, _statistics(found), said(_caption(found)), style, wide=True)


WHAT = {"deviation": "γ · mean over channels of |Q(y − μ) − (y − μ)|", "bits": "bits"}
HEAD = 0.42  # inches: three lines over each map
NUMBERS = ("epsilon_s", "gamma", "channel", "channel_bits", "bits", "bpp", "psnr")


def _check_numbers(found: Maps) -> None:
    for key, numbers in found.about["numbers"].items():
        absent = [name for name in (*NUMBERS, "attention") if name not in numbers]
        if absent:
            raise UserError(f"the maps of figure 5 lack {absent[0]} of {key}; delete deviation.npz and make it again")


def _key(image: str, label: str, what: str) -> str:
    return f"{what}/{image}/{label}"


def _numbers(found: Maps, image: str, label: str) -> dict[str, Any]:
    numbers: dict[str, Any] = found.about["numbers"][f"{image}/{label}"]
    return numbers


def _title(found: Maps, image: str, label: str, what: str) -> str:
    """PSNR, rate and epsilon_s over a map, as the paper has them, and the paper's own below."""
    numbers = _numbers(found, image, label)
    if what == "bits":
        return f"{image}, {label}:\nchannel {numbers['channel']}"
    lines = [f"{image}, {label}:", _triple(numbers["psnr"], numbers["bpp"], numbers["epsilon_s"])]
    printed = DEVIATIONS.get((image, _kind(numbers)))
    return "\n".join([*lines, f"paper: {_triple(*astuple(printed))}"] if printed else lines)


def _triple(psnr: float, bpp: float, epsilon: float) -> str:
    return f"{psnr:.2f} dB @ {bpp:.3f} @ {epsilon:.3f}"


def _kind(numbers: dict[str, Any]) -> str:
    """Which of the paper's two networks a network is like."""
    return {"swatten": WITH, "none": WITHOUT}.get(numbers["attention"], "")


def _caption(found: Maps) -> str:
    pairs = [(image, label) for image in found.about["images"] for label in found.about["labels"]]
    means = [f"{_numbers(found, *pair)['epsilon_s']:.4f} ({', '.join(pair)})" for pair in pairs]
    printed = [
        f"{image} {network} {_triple(*astuple(values))}"
        for (image, network), values in DEVIATIONS.items()
        if image in found.about["images"]
    ]
    sentences = [
        "Left: scaled deviation, the mean over channels of |Q(y - mu) - (y - mu)| times gamma; gamma = 1 / mean |y|, "
        "by which the mean of a map is epsilon_s, is our reading of the paper's scaling",
        "Right: bits of the channel with the highest entropy",
        "Over the maps: PSNR @ estimated bpp @ epsilon_s; epsilon_s = sum |Q(y - mu) - (y - mu)| / sum |y| over all of "
        f"y (equations 6 and 7) is {'; '.join(means)}",
        *([f"The paper prints of its networks: {'; '.join(printed)}"] if printed else []),
        f"Checkpoints: {_checkpoints(found)}",
    ]
    return ". ".join(sentences) + "."


def _statistics(found: Maps) -> str:
    """Numbers of each map made here, then what the paper prints of the same images."""
    lines: list[Sequence[object]] = []
    for image in found.about["images"]:
        for label in found.about["labels"]:
            numbers = _numbers(found, image, label)
            lines.append(("here", image, label, *(f"{numbers[name]:.6g}" for name in NUMBERS)))
    for (image, network), printed in DEVIATIONS.items():
        if image in found.about["images"]:
            values = {"epsilon_s": printed.epsilon, "bpp": printed.bpp, "psnr": printed.psnr}
            lines.append(("paper", image, network, *(values.get(name, "") for name in NUMBERS)))
    return csv_text(("source", "image", "network", *NUMBERS), lines)


# --- both ---------------------------------------------------------------------------------------------------------


def _panel(figure: Figure, place: tuple[float, float, float, float]) -> Axes:
    """Axes without ticks; `place` is (left, top, width, height) in inches from the figure's upper left corner."""
    width, height = figure.get_size_inches()
    left, top, w, h = place
    axes = figure.add_axes((left / width, 1 - (top + h) / height, w / width, h / height))
    axes.set_axis_off()
    return axes


def _bar(figure: Figure, drawn: Any, left: float, length: float, label: str) -> None:
    """A colour bar at the figure's lower edge."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes((left / width, 0.27 / height, length / width, 0.06 / height))
    bar = figure.colorbar(drawn, cax=axes, orientation="horizontal")
    bar.set_label(label, fontsize=7, labelpad=0)
    axes.tick_params(labelsize=6, pad=1, length=2)


def _checkpoints(found: Maps) -> str:
    return ", ".join(f"{label}: {Path(path).name}" for label, path in found.about["checkpoints"].items())
