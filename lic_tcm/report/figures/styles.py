"""Styles of figures: the widths, fonts and lines of where a figure will stand, all at its final size."""

import logging
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from lic_tcm.errors import UserError
from lic_tcm.report.choices import ROOMS

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType  # since 3.11


@dataclass(frozen=True)
class Style:
    """Where a figure stands: its widths in inches, its font and sizes in points."""

    name: str
    column: float
    page: float  # both columns
    font: str  # of those that matplotlib ships: the same bytes on every machine
    mathtext: str
    size: float  # of all texts
    line: float  # of curves

    @property
    def small(self) -> float:
        """Size of a crowded legend: one point less."""
        return self.size - 1

    def spacing(self, size: float) -> float:
        """Height in inches of a line of text of a size."""
        return 1.22 * size / 72

    def rc(self, fonts: tuple[str, ...] = ()) -> "dict[RcKeyType, Any]":
        """matplotlib's settings; `fonts` are further ones, for letters that the style's own lacks."""
        thin = 0.45 * self.line
        return {
            "font.family": [self.font, *fonts],
            "mathtext.fontset": self.mathtext,
            "text.parse_math": False,  # a label is a label; what is math says so
            "font.size": self.size,
            "axes.labelsize": self.size,
            "axes.titlesize": self.size,
            "axes.linewidth": thin,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": "#dddddd",
            "grid.linewidth": 0.8 * thin,
            "axes.axisbelow": True,
            "axes.labelpad": 2.0,
            "xtick.labelsize": self.size,
            "ytick.labelsize": self.size,
            "xtick.major.width": thin,
            "ytick.major.width": thin,
            "xtick.major.size": 2.5,
            "ytick.major.size": 2.5,
            "xtick.major.pad": 2.0,
            "ytick.major.pad": 2.0,
            "legend.fontsize": self.size,
            "legend.frameon": False,
            "lines.linewidth": self.line,
            "lines.markersize": 3 * self.line,
            "axes.unicode_minus": True,
            "pdf.fonttype": 42,  # embedded TrueType, as publishers ask
            "svg.fonttype": "none",  # text stays text
            "svg.hashsalt": "lic-tcm",
        }


SERIF = ("STIXGeneral", "stix")  # as Times, which CVPR and IEEE set papers in
STYLES = {
    style.name: style
    for style in (
        Style("cvpr", *ROOMS["cvpr"], *SERIF, 8, 1.1),
        Style("ieee-single", *ROOMS["ieee-single"], *SERIF, 8, 1.1),
        Style("ieee-double", *ROOMS["ieee-double"], *SERIF, 8, 1.1),
        Style("slides", *ROOMS["slides"], "DejaVu Sans", "dejavusans", 10, 1.8),
    )
}
# Tried first for letters that a style's font lacks: DejaVu Sans is always there, the others where installed.
PREFERRED = (
    "DejaVu Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans JP",
    "Source Han Sans",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Noto Naskh Arabic",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
)
INSTALL = "give it a label that has them under figures.labels, or install a font (fonts-noto-cjk has CJK)"


def fonts_for(texts: Iterable[str], style: Style) -> tuple[str, ...]:
    """The fonts that have, after the style's own, every letter of some texts.

    Raises UserError naming a text and the letters that no installed font has.
    """
    fonts: list[str] = []
    for text in dict.fromkeys(texts):
        lacking = {one for one in text if not one.isspace() and unicodedata.category(one) not in ("Cf", "Cc")}
        lacking -= _letters(style.font)
        for font in (*fonts, *PREFERRED, *_installed()):
            if not lacking:
                break
            found = lacking & _letters(font)
            if found:
                fonts += [] if font in fonts else [font]
                lacking -= found
        if lacking:
            raise UserError(f"no installed font has {' '.join(sorted(lacking))} of {text!r}; {INSTALL}")
    return tuple(fonts)


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    """The families of all installed fonts, sorted."""
    return tuple(sorted({entry.name for entry in font_manager.fontManager.ttflist}))


@lru_cache(maxsize=4096)
def _letters(family: str) -> frozenset[str]:
    """What a font has glyphs for; nothing of one that is not installed."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it warns of every font that is not there
    try:
        path = font_manager.findfont(family, fallback_to_default=False)
        return frozenset(map(chr, FT2Font(Path(path)).get_charmap()))
    except (ValueError, OSError, RuntimeError):
        return frozenset()
