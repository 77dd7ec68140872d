"""Where the legend of RD curves goes: inside where the curves leave room, else at the right, else below."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from lic_tcm.report.choices import Legend as Wanted
from lic_tcm.report.figures.canvas import EDGE, fit
from lic_tcm.report.figures.styles import Style

PLACES = ("lower right", "upper left", "center right", "lower center")  # inside, in the order they are tried
CROWDED = 8  # entries beyond which a legend is set smaller
MOST = 0.42  # of the sheet's width that a legend at the right may take
WRAP = 22  # characters of a line in a legend at the right
CLEAR = 3.0  # points between a legend and the nearest curve


@dataclass(frozen=True)
class Entries:
    """A legend's lines and names."""

    handles: Sequence[Line2D]
    style: Style

    @property
    def size(self) -> float:
        """Of its text, in points."""
        return self.style.small if len(self.handles) > CROWDED else self.style.size

    def draw(self, parent: Axes | Figure, columns: int, wrap: int, place: str, anchor: tuple[float, float]) -> Legend:
        """Draw it with the corner or edge `place` at `anchor`, in the parent's own coordinates."""
        names = ["\n".join(textwrap.wrap(str(one.get_label()), wrap)) for one in self.handles]
        settings: dict[str, Any] = {
            "ncols": columns,
            "loc": place,
            "bbox_to_anchor": anchor,
            "fontsize": self.size,
            "handlelength": 2.0,
            "handletextpad": 0.4,
            "columnspacing": 0.9,
            "labelspacing": 0.2,
            "borderpad": 0.1,
            "borderaxespad": 0.25,
        }
        legend: Legend = parent.legend(handles=list(self.handles), labels=names, **settings)
        for text in legend.get_texts():
            text.set_linespacing(0.95)
        return legend

    def extent(self, columns: int, wrap: int) -> tuple[float, float]:
        """Width and height in inches."""
        figure = Figure(figsize=(9, 9))
        legend = self.draw(figure, columns, wrap, "lower left", (0, 0))
        box = legend.get_window_extent()
        return float(box.width) / figure.dpi, float(box.height) / figure.dpi


def place(axes: Axes, handles: Sequence[Line2D], wanted: Wanted, style: Style, taken: Sequence[Artist] = ()) -> None:
    """Draw the legend of some axes and fit both into their sheet; `taken` are artists in the axes to keep clear of.

    "auto" takes the first of inside, right, below that fits; what is asked for is done even if it does not fit well.
    """
    entries = Entries(handles, style)
    fit(axes)
    if wanted == "none" or (wanted in ("auto", "inside") and _inside(axes, entries, taken)):
        return
    figure = axes.get_figure(root=True)
    assert figure is not None
    wide, high = entries.extent(1, WRAP)
    fits = wide <= MOST * figure.get_figwidth() and high <= figure.get_figheight() - 2 * EDGE
    if wanted == "right" or (wanted != "below" and fits):
        fit(axes, right=wide + 2 * EDGE)
        top = axes.get_position().y1
        entries.draw(figure, 1, WRAP, "upper right", (1 - EDGE / figure.get_figwidth(), top))
        return
    _below(axes, figure, entries)


def _inside(axes: Axes, entries: Entries, taken: Sequence[Artist]) -> bool:
    """Draw it where it covers nothing, one column before two; whether there is such a place."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    inner = axes.get_window_extent()
    pixels, boxes = _ink(axes), [artist.get_window_extent() for artist in taken]
    pad = CLEAR * figure.dpi / 72
    for columns in (1, 2):
        for where in PLACES:
            legend = entries.draw(axes, columns, 60, where, _anchor(where))
            box = legend.get_window_extent().padded(pad)
            free = not _covers(box, pixels) and not any(box.overlaps(other) for other in boxes)
            if free and box.width <= inner.width and box.height <= 0.8 * inner.height:
                return True
            legend.remove()
    return False


def _anchor(where: str) -> tuple[float, float]:
    """A place in the axes, as matplotlib names it, in their coordinates."""
    x = {"left": 0.0, "right": 1.0}.get(where.split()[1], 0.5)
    return x, {"lower": 0.0, "upper": 1.0}.get(where.split()[0], 0.5)


def _ink(axes: Axes) -> npt.NDArray[np.float64]:
    """Points of all lines of some axes, (points, 2) in pixels, close enough together to stand for the lines."""
    found = []
    for line in axes.lines:
        xy = axes.transData.transform(np.column_stack([line.get_xdata(), line.get_ydata()]).astype(float))
        for start, end in zip(xy, [*xy[1:], xy[-1]], strict=True):
            found.append(start + np.linspace(0, 1, 40)[:, None] * (end - start))
    return np.concatenate(found) if found else np.empty((0, 2))


def _covers(box: Bbox, pixels: npt.NDArray[np.float64]) -> bool:
    x, y = pixels[:, 0], pixels[:, 1]
    return bool(((box.x0 <= x) & (x <= box.x1) & (box.y0 <= y) & (y <= box.y1)).any())


def free(axes: Axes, sides: Sequence[float]) -> tuple[float, float, float, float]:
    """A square of the axes that covers none of their curves: left, bottom, width, height in 0..1.

    The largest of some sides that fits in a corner, its own labels too; where none does, the axes grow downwards.
    """
    for _ in range(5):
        inner = axes.get_window_extent()
        pixels = (_ink(axes) - (inner.x0, inner.y0)) / (inner.width, inner.height)
        for side in sides:
            for x, y in ((0.97 - side, 0.13), (0.12, 0.97 - side)):
                around = (pixels >= (x - 0.11, y - 0.12)) & (pixels <= (x + side + 0.02, y + side + 0.02))
                if not around.all(axis=1).any():
                    return x, y, side, side
        low, high = axes.get_ylim()
        axes.set_ylim(low - 0.12 * (high - low), high)
    return 0.97 - sides[-1], 0.13, sides[-1], sides[-1]


def _below(axes: Axes, figure: Figure, entries: Entries) -> None:
    """Under the axes, in as many columns as fit; the sheet grows by its height."""
    room = figure.get_figwidth() - 2 * EDGE
    wrap = max(20, int(room / 0.06))  # characters
    while wrap > 5 and entries.extent(1, wrap)[0] > room:
        wrap = int(0.85 * wrap)
    most = max((columns for columns in (2, 3, 4, 5) if entries.extent(columns, wrap)[0] <= room), default=1)
    high = entries.extent(most, wrap)[1] + entries.size / 72  # a line between the axes and it
    figure.set_figheight(figure.get_figheight() + high)
    fit(axes, below=high)
    entries.draw(figure, most, wrap, "lower center", (0.5, EDGE / figure.get_figheight()))
