"""Figures 3 and 5: maps that lic_tcm.bench.maps computed from trained networks."""

import csv
import io
import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lic_tcm.errors import UserError
from lic_tcm.report.canvas import FULL_WIDTH, STYLE, WIDTH, Drawing, MissingInputError
from lic_tcm.report.inputs import Tables

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
    """`results/maps/<run>/<name>.npz`; raises MissingInputError where there is none."""
    path = tables.folder.resolve().parents[1] / "maps" / str(tables.run.get("name")) / f"{name}.npz"
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
    panel = (WIDTH if len(labels) <= 3 else FULL_WIDTH) / len(labels)
    titles = [textwrap.wrap(label, int(panel * TITLE_LETTERS)) for label in labels]
    head = TITLE_LINE * (max(map(len, titles)) + 1) + 0.06
    picture = (panel - 0.08) * height / width
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(panel * len(labels), len(clips) * (head + picture)))
        for i, clip in enumerate(clips):
            for j, label in enumerate(labels):
                axes = _panel(figure, (j * panel + 0.04, head + i * (head + picture), panel - 0.08, picture))
                axes.imshow(found.maps[label], cmap=COLOURS, vmin=0, vmax=clip, interpolation="nearest")
                axes.plot([x], [y], "+", color="white", markersize=4, markeredgewidth=0.6)
                axes.set_title("\n".join([*titles[j], f"clipped at {clip:g}"]), fontsize=7, pad=2)
    caption = (
        f"Effective receptive field: mean over colour channels of |d x_hat_p / d x| at p = ({x}, {y}) (column, row) of "
        f"{found.about['image']}, clipped at {' and '.join(f'{clip:g}' for clip in clips)}. "
        f"Rounding passes gradients straight through. Checkpoints: {_checkpoints(found)}."
    )
    return Drawing(figure, _radii(found), caption)


def _radii(found: Maps) -> str:
    """Share of the sum of each map within squares about p."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("network", "radius", "share", "largest"))
    x, y = found.about["position"]
    for label in found.about["labels"]:
        values = found.maps[label]
        rows, columns = np.ogrid[: values.shape[0], : values.shape[1]]
        distance = np.maximum(abs(rows - y), abs(columns - x))
        for radius in RADII:
            share = float(values[distance <= radius].sum() / values.sum())
            writer.writerow((label, radius, f"{share:.6g}", f"{float(values.max()):.6g}"))
    return text.getvalue()


# --- figure 5 -----------------------------------------------------------------------------------------------------


def deviation(tables: Tables) -> Drawing:
    """Scaled deviation and bits of the channel with the highest entropy, a line per picture.

    Raises MissingInputError where the maps have not been made.
    """
    found = _read(tables, "deviation")
    images, labels = found.about["images"], found.about["labels"]
    panel = FULL_WIDTH / (2 * len(labels))
    limits = {what: max(float(found.maps[_key(i, n, what)].max()) for i in images for n in labels) for what in WHAT}
    with mpl.rc_context(STYLE):
        shapes = [found.maps[_key(image, labels[0], "deviation")].shape for image in images]
        heights = [(panel - 0.1) * h / w + 0.34 for h, w in shapes]
        figure = Figure(figsize=(FULL_WIDTH, sum(heights) + 0.35))
        top = 0.0
        for image, height in zip(images, heights, strict=True):
            for j, (what, label) in enumerate((what, label) for what in WHAT for label in labels):
                axes = _panel(figure, (j * panel + 0.05, top + 0.3, panel - 0.1, height - 0.34))
                drawn = axes.imshow(found.maps[_key(image, label, what)], cmap=COLOURS, vmin=0, vmax=limits[what])
                axes.set_title(f"{image}, {label}:\n{_below(found, image, label, what)}", fontsize=7, pad=2)
                if image == images[-1] and label == labels[0]:
                    _bar(figure, drawn, j * panel + 0.15, panel * len(labels) - 0.3, WHAT[what])
            top += height
    caption = (
        "Left: scaled deviation, the mean over channels of |epsilon_s|, epsilon_s = (y - mu) / sigma (equations 6 and "
        "7). Right: bits of the channel with the highest entropy. Over all of y, epsilon_s is "
        f"{'; '.join(_told(found, image, label) for image in images for label in labels)}. "
        f"Checkpoints: {_checkpoints(found)}."
    )
    return Drawing(figure, _statistics(found), caption)


WHAT = {"deviation": "mean |ε$_s$| over channels", "bits": "bits"}


def _key(image: str, label: str, what: str) -> str:
    return f"{what}/{image}/{label}"


def _below(found: Maps, image: str, label: str, what: str) -> str:
    numbers = found.about["numbers"][f"{image}/{label}"]
    return f"ε$_s$ = {numbers['deviation']:.3f}" if what == "deviation" else f"channel {numbers['channel']}"


def _told(found: Maps, image: str, label: str) -> str:
    return f"{found.about['numbers'][f'{image}/{label}']['deviation']:.4f} ({image}, {label})"


def _statistics(found: Maps) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("image", "network", "epsilon_s", "channel", "channel_bits", "all_bits"))
    for key, numbers in found.about["numbers"].items():
        image, _, label = key.partition("/")
        values = (numbers["deviation"], numbers["channel"], numbers["channel_bits"], numbers["bits"])
        writer.writerow((image, label, *(f"{value:.6g}" for value in values)))
    return text.getvalue()


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
