"""What a person chooses of the figures and tables for a paper: keys of `figures` in the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, NamedTuple, Self

from lic_tcm import layout
from lic_tcm.anchors.hints import choose
from lic_tcm.errors import UserError
from lic_tcm.rd.curves import OWN, RDCurve
from lic_tcm.rd.published import DEFAULT_FOLDER, read_published
from lic_tcm.report import tex
from lic_tcm.report.inputs import Tables

STYLE = "cvpr"
Legend = Literal["auto", "inside", "right", "below", "none"]


class Room(NamedTuple):
    """Inches of a page's text: one column, and both."""

    column: float
    page: float


ROOMS: Mapping[str, Room] = {  # by style; slides have one column
    "cvpr": Room(3.25, 6.875),
    "ieee-single": Room(3.5, 7.16),
    "ieee-double": Room(3.5, 7.16),  # figures over both columns
    "slides": Room(6.0, 6.0),
}
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Inset:
    """A zoomed part of the RD plots: its rates, and where it lies in the axes (left, bottom, width, height in 0..1)."""

    rate: tuple[float, float]
    at: Box | None = None  # None: where the curves leave room

    @classmethod
    def of(cls, raw: Mapping[str, list[float]] | None) -> Self | None:
        """From the configuration."""
        if not raw:
            return None
        at = tuple(raw["at"]) if raw.get("at") else None
        return cls((raw["rate"][0], raw["rate"][1]), (at[0], at[1], at[2], at[3]) if at else None)


@dataclass(frozen=True)
class Choices:
    """The choices of a run; what is not chosen is left to the figures."""

    style: str = STYLE
    wide: bool = False  # over both columns
    methods: tuple[str, ...] = ()  # shown, in this order; none: all
    labels: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    rate: tuple[float, float] | None = None  # bpp
    legend: Legend = "auto"
    inset: Inset | None = None

    @classmethod
    def of(cls, tables: Tables) -> Self:
        """Those of the run that some tables are of."""
        raw = tables.run.get("figures", {})
        rate = raw.get("rate")
        return cls(
            style=raw.get("style") or STYLE,
            wide=(raw.get("width") or ("page" if raw.get("style") == "ieee-double" else "column")) == "page",
            methods=tuple(raw.get("methods") or ()),
            labels=dict(raw.get("labels") or {}),
            colours=dict(raw.get("colours") or {}),
            rate=(rate[0], rate[1]) if rate else None,
            legend=raw.get("legend") or "auto",
            inset=Inset.of(raw.get("inset")),
        )

    @property
    def width(self) -> float:
        """Inches of a figure that could have either width."""
        return self.room.page if self.wide else self.room.column

    @property
    def room(self) -> Room:
        """The widths of the style."""
        return ROOMS[self.style]

    def shows(self, series: str) -> bool:
        """Whether a method is shown."""
        return not self.methods or series in self.methods

    def rank(self, series: str) -> int:
        """A method's place among those shown."""
        return self.methods.index(series) if series in self.methods else len(self.methods)

    def short(self, dataset: str, series: str, kind: str, label: str) -> str:
        """The name for legends and tables: the chosen one, a published curve's short one, else the label."""
        found = published(dataset, series) if kind not in OWN else None
        return self.labels.get(series) or (found.short if found and found.short else label)

    def named(self, dataset: str, series: str, kind: str, label: str) -> tex.Named:
        """The same name with what to cite beside it."""
        return tex.Named(self.short(dataset, series, kind, label), cite(dataset, series, kind))


def restyled(tables: Tables, style: str | None) -> Tables:
    """The tables with another style of figures and LaTeX, where one is named; raises UserError for an unknown one."""
    if style is None:
        return tables
    if style not in ROOMS:
        raise UserError(f"there is no style {style!r}; {choose(style, ROOMS)}")
    figures = {**tables.run.get("figures", {}), "style": style}
    return replace(tables, run={**tables.run, "figures": figures})


@lru_cache(maxsize=512)
def published(dataset: str, series: str) -> RDCurve | None:
    """A published curve of the package, for its names and its source; None where there is no such file."""
    path = DEFAULT_FOLDER / layout.published(dataset, series).relative_to(layout.published_folder())
    return read_published(path)[0] if path.is_file() else None


def cite(dataset: str, series: str, kind: str) -> str:
    """The BibTeX key of a series, as `latex.bibliography` has it: the paper's, or one made of the series' name.

    "" for what nobody published.
    """
    found = published(dataset, series) if kind not in OWN else None
    return (found.cite or tex.slug(series)) if found else ""
