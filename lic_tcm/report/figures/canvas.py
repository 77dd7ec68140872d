"""What all static figures share: the look, a sheet of one column's width, and the files a figure becomes."""

import io
import logging
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType  # since 3.11

FULL_WIDTH = 7.0  # inches: both columns
WIDTH = 3.4  # inches: a column of a two-column paper
LINE = 0.118  # inches: a line of the notes and labels

STYLE: "dict[RcKeyType, Any]" = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same bytes on every machine
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
    "axes.axisbelow": True,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.4,
    "axes.unicode_minus": True,
    "pdf.fonttype": 42,  # embedded TrueType, as publishers ask
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "lic-tcm",
}
FORMATS: dict[str, dict[str, Any]] = {
    "pdf": {"metadata": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None}},
    "svg": {"metadata": {"Date": None, "Creator": None}},
    "png": {"metadata": {"Software": None}, "dpi": 300},
}


class MissingInputError(UserError):
    """A figure's inputs do not exist; the message says what to run or to set."""


@dataclass(frozen=True)
class Drawing:
    """A figure with the CSV behind it and a sentence or two that say what it shows."""

    figure: Figure
    table: str
    caption: str


def paper_axes(notes: Sequence[str], plot_height: float, below: float, left: float = 0.5) -> tuple[Figure, Axes]:
    """A figure of one column's width: notes, axes of the given height, `below` inches for label and legends."""
    lines = [line for note in notes for line in textwrap.wrap(note, 64)]
    top = 0.1 + LINE * len(lines)
    height = plot_height + below + top
    figure = Figure(figsize=(WIDTH, height))
    figure.text(0.02, 1 - 0.03 / height, "\n".join(lines), fontsize=6.5, va="top", linespacing=1.2)
    box = (left / WIDTH, below / height, (WIDTH - left - 0.08) / WIDTH, plot_height / height)
    return figure, figure.add_axes(box)


def save(figure: Figure, stem: Path, table: str) -> list[Path]:
    """Write `<stem>.pdf`, `.svg`, `.png` and `table`, the CSV behind the figure, as `.csv`; same input, same bytes."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every glyph a PDF embeds
    written = []
    for form, options in FORMATS.items():
        buffer = io.BytesIO()
        with mpl.rc_context(STYLE):
            figure.savefig(buffer, format=form, **options)
        written.append(stem.with_name(f"{stem.name}.{form}"))
        write_bytes(written[-1], buffer.getvalue())
    written.append(stem.with_name(f"{stem.name}.csv"))
    write_bytes(written[-1], table.encode("utf-8"))
    return written
