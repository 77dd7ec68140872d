"""Group RD points into the curves of a plot and give each series its look, the same in every figure and the page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from lic_tcm import metrics
from lic_tcm.rd.curves import OWN
from lic_tcm.report import words
from lic_tcm.tables.schema import KINDS, RDPoint

# Okabe and Ito's palette, its yellow (unreadable on white) replaced by a brown, then six far from those and from
# each other; neighbours contrast.
COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9", "#8A5A2B"),
    *("#3B1FA8", "#8C1D40", "#00595A", "#75757F", "#9669FF", "#5B8A00"),
)
DARK_COLOURS = (
    *("#4DA6E0", "#FF8A47", "#2CC79B", "#E79AC5", "#F2F2F2", "#FFC14D", "#9AD6FF", "#C99A6B"),
    *("#7D63FF", "#D9486E", "#1F9E9E", "#8C8C99", "#E06BF2", "#B9DB2B"),
)
FAR = 1.5  # times the highest rate of the median curve: what lies beyond is far


@dataclass(frozen=True)
class Marker:
    """A marker in the three places it is drawn."""

    matplotlib: str
    plotly: str
    svg: str  # path about (0, 0), 8 units wide


# Nine markers and fourteen colours share no factor, so 126 series differ from each other.
MARKERS = (
    Marker("o", "circle", "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z"),
    Marker("s", "square", "M-3.5-3.5h7v7h-7z"),
    Marker("^", "triangle-up", "M0-4.5L4.5 3.5h-9z"),
    Marker("D", "diamond", "M0-5L5 0L0 5L-5 0z"),
    Marker("v", "triangle-down", "M0 4.5L4.5-3.5h-9z"),
    Marker("P", "cross", "M-1.5-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z"),
    Marker("X", "x", "M0-2L2.5-4.5L4.5-2.5L2 0L4.5 2.5L2.5 4.5L0 2L-2.5 4.5L-4.5 2.5L-2 0L-4.5-2.5L-2.5-4.5z"),
    Marker("p", "pentagon", "M0-4.5L4.3-1.4L2.6 3.6h-5.2L-4.3-1.4z"),
    Marker("*", "star", "M0 -5.2L1.2 -1.7L4.9 -1.6L2 0.6L3.1 4.2L0 2.1L-3.1 4.2L-2 0.6L-4.9 -1.6L-1.2 -1.7z"),
)


@dataclass(frozen=True)
class Dash:
    """How the line of a kind of series is drawn in the three places."""

    matplotlib: Literal["-", "--", ":", "-."]
    plotly: str
    svg: str


DASHES = {
    "measured": Dash("-", "solid", "none"),
    "given": Dash("-", "solid", "none"),  # its markers are hollow
    "published": Dash("--", "dash", "6 3"),
    "digitised": Dash(":", "dot", "1.5 2.5"),
    "reconstructed": Dash("-.", "dashdot", "6 2 1.5 2"),
}


@dataclass(frozen=True)
class Curve:
    """The points of one series, sorted by rate."""

    series: str
    label: str
    kind: str
    optimised_for: str
    points: tuple[RDPoint, ...]
    look: int  # which colour and marker

    @property
    def key(self) -> str:
        """Tells the curve from all others of the run."""
        return f"{self.series}|{self.kind}|{self.optimised_for}"

    @property
    def name(self) -> str:
        """Label, with the metric the method was trained for when that is not the usual mean squared error."""
        evident = self.optimised_for in ("", "mse") or self.optimised_for in self.label.lower()
        return self.label if evident else f"{self.label} ({self.optimised_for.upper()}-optimised)"

    @property
    def images(self) -> str:
        """How many images stand behind the points; every distinct count is stated."""
        counts = dict.fromkeys(words.images(p.n_images, p.images_total) for p in self.points)
        return ", ".join(text for text in counts if text)

    @property
    def is_partial(self) -> bool:
        """Whether some point comes from a part of the dataset only."""
        return any(words.partial(p.n_images, p.images_total) for p in self.points)

    @property
    def colour(self) -> int:
        """Index into COLOURS."""
        return self.look % len(COLOURS)

    @property
    def marker(self) -> Marker:
        """Its marker."""
        return MARKERS[self.look % len(MARKERS)]

    @property
    def dash(self) -> Dash:
        """Its line, which tells the kind."""
        return DASHES[self.kind]


def curves(points: Sequence[RDPoint], dataset: str, metric: str) -> list[Curve]:
    """The curves of one plot, measured ones first, each in the order of the table.

    `points` are those of all plots: a series gets its look by its place among all of them.
    """
    looks = {key: i for i, key in enumerate(dict.fromkeys(_key(p) for p in sorted(points, key=_kind_rank)))}
    groups: dict[tuple[str, str, str], list[RDPoint]] = {}
    for p in points:
        if (p.dataset, p.metric) == (dataset, metric):
            groups.setdefault(_key(p), []).append(p)
    found = [
        Curve(series, group[0].label, kind, optimised, tuple(sorted(group, key=_rate)), looks[series, kind, optimised])
        for (series, kind, optimised), group in groups.items()
    ]
    return sorted(found, key=lambda curve: curve.look)


def drawable(found: Sequence[Curve]) -> bool:
    """Whether a plot of these curves would show a point: lossless ones, at infinite dB, have no place in it."""
    return any(math.isfinite(p.value) for curve in found for p in curve.points)


def plot_notes(found: Sequence[Curve], cut: float | None = None) -> list[str]:
    """What must stand on a plot: curves of a part of the dataset, for example "measured: 8 of 41 images", and points
    that are not drawn, those beyond the rate `cut` or else beyond `rate_limit`.
    """
    notes = [*_partial_notes(found), *_average_notes(found)]
    lossless = sum(math.isinf(p.value) for curve in found for p in curve.points)
    if lossless:
        unit = metrics.get(found[0].points[0].metric).per_unit
        notes.append(f"lossless points (infinite{unit}), not shown: {lossless}")
    return [*notes, *far_notes(found, cut)]


def far_notes(found: Sequence[Curve], cut: float | None = None) -> list[str]:
    """The note of `plot_notes` on points beyond the end of a linear axis of rates; a logarithmic one shows them."""
    limit = cut or rate_limit(found)
    far = sum(p.bpp > limit for curve in found for p in curve.points) if limit else 0
    return [f"points above {limit:.2g} bpp, not shown: {far}"] if far else []


def rate_limit(found: Sequence[Curve]) -> float | None:
    """Where the rate's axis ends when a few curves go on far beyond the others, which they would squeeze; else None.

    The run's own curves set the measure, where there are any.
    """
    ends = [curve.points[-1].bpp for curve in found if curve.kind in OWN]
    limit = FAR * median(ends or [curve.points[-1].bpp for curve in found])
    return limit if any(curve.points[-1].bpp > limit for curve in found) else None


def _partial_notes(found: Sequence[Curve]) -> list[str]:
    notes = []
    for text in dict.fromkeys(curve.images for curve in found if curve.is_partial):
        among = [curve for curve in found if curve.images == text]
        kinds = words.kinds_in_order(curve.kind for curve in among)
        complete = all(curve.images == text for curve in found if curve.kind in kinds)
        names = kinds if complete else [curve.label for curve in among]
        notes.append(f"{', '.join(names)}: {text}")
    return notes


def _average_notes(found: Sequence[Curve]) -> list[str]:
    """Which curves are averaged otherwise than this suite's own, the dB of the mean."""
    others = {
        average: [curve.label for curve in found if curve.points[0].value_average == average]
        for average in ("db", "unstated")
    }
    return [f"{words.AVERAGES[average]}: {', '.join(labels)}" for average, labels in others.items() if labels]


def _key(p: RDPoint) -> tuple[str, str, str]:
    return p.series, p.kind, p.optimised_for


def _kind_rank(p: RDPoint) -> int:
    return KINDS.index(p.kind)


def _rate(p: RDPoint) -> float:
    return p.bpp
