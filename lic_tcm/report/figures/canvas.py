"""What all static figures share: a sheet of its final size, and the files a figure becomes."""

import contextlib
import io
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes
from lic_tcm.report.choices import STYLE
from lic_tcm.report.figures.styles import STYLES, Style, fonts_for
from lic_tcm.report.tex import Caption, defined, slug

EDGE = 0.02  # inches that stay white around a figure
FORMATS: dict[str, dict[str, Any]] = {
    "pdf": {"metadata": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None}},
    "svg": {"metadata": {"Date": None, "Creator": None}},
    "png": {"metadata": {"Software": None}, "dpi": 300},
}
HOW = (
    "% The caption of {name}.pdf, for a paper:\n"
    "%   \\begin{{{env}}}\\centering\\includegraphics{{{name}.pdf}}\\input{{{name}}}\\end{{{env}}}\n"
    "% The figure has its final size. Keys of \\cite are in tables/references.bib of the report.\n"
)


class MissingInputError(UserError):
    """A figure's inputs do not exist; the message says what to run or to set."""


@dataclass(frozen=True)
class Drawing:
    """A figure with the CSV behind it and a caption that says what it shows and whatever a reader must know."""

    figure: Figure
    table: str
    caption: Caption
    style: Style = field(default=STYLES[STYLE])
    wide: bool = False  # over both columns

    @property
    def environment(self) -> str:
        """Of LaTeX, in a paper of two columns."""
        return "figure*" if self.wide else "figure"


@contextlib.contextmanager
def drawn_in(style: Style, texts: Iterable[str] = ()) -> Iterator[None]:
    """matplotlib's settings of a style while a figure is made, with fonts that have every letter of some texts.

    Raises MissingInputError where no font has them.
    """
    try:
        fonts = fonts_for(texts, style)
    except UserError as error:
        raise MissingInputError(str(error)) from error
    with mpl.rc_context(style.rc(fonts)):
        yield


def sheet(width: float, height: float, left: float, below: float, above: float = 0.06, right: float = 0.06) -> Axes:
    """Axes on a figure of `width` x `height` inches, with so much room on each side of them."""
    figure = Figure(figsize=(width, height))
    return figure.add_axes(
        (left / width, below / height, (width - left - right) / width, (height - below - above) / height)
    )


def text_width(text: str, size: float) -> float:
    """Width in inches of a text in the font of the settings, by drawing it on a sheet that is thrown away."""
    figure = Figure(figsize=(1, 1))
    drawn = figure.text(0, 0, text, fontsize=size)
    return float(drawn.get_window_extent().width) / figure.dpi


def save(drawing: Drawing, stem: Path) -> list[Path]:
    """Write `<stem>.pdf`, `.svg`, `.png`, the CSV behind the figure, its caption as `.tex`; same input, same bytes."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every glyph a PDF embeds
    written = []
    for form, options in FORMATS.items():
        buffer = io.BytesIO()
        with mpl.rc_context(drawing.style.rc()):
            drawing.figure.savefig(buffer, format=form, **options)
        written.append(stem.with_name(f"{stem.name}.{form}"))
        write_bytes(written[-1], buffer.getvalue())
    for form, text in (("csv", drawing.table), ("tex", caption_file(drawing, stem.name))):
        written.append(stem.with_name(f"{stem.name}.{form}"))
        write_bytes(written[-1], text.encode("utf-8"))
    return written


def caption_file(drawing: Drawing, name: str) -> str:
    r"""The \caption and \label of a figure, which a paper takes by \input."""
    head = HOW.format(name=name, env=drawing.environment)
    return defined(f"{head}\\caption{{{drawing.caption.tex}}}\n\\label{{fig:{slug(name)}}}\n")


def fit(axes: Axes, right: float = 0.0, below: float = 0.0) -> None:
    """Let axes with their labels fill the sheet, but for so many inches at its right and below."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    for _ in range(3):  # labels of ticks may change with the size
        inner, outer = axes.get_window_extent(), axes.get_tightbbox()
        assert outer is not None
        width, height = figure.bbox.width, figure.bbox.height
        edge = EDGE * figure.dpi
        x0 = edge + max(0.0, inner.x0 - outer.x0)
        x1 = width - edge - right * figure.dpi - max(0.0, outer.x1 - inner.x1)
        y0 = edge + below * figure.dpi + max(0.0, inner.y0 - outer.y0)
        y1 = height - edge - max(0.0, outer.y1 - inner.y1)
        axes.set_position((x0 / width, y0 / height, (x1 - x0) / width, (y1 - y0) / height))
