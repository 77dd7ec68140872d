"""Rate-distortion curves: what a valid one is.

A curve that exists is valid: finite, positive rates, no two points alike, distortion rising strictly with the
rate, on the axis of its metric. Everything else is refused here, so the maths of `bdrate` never meets bad data.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

import numpy as np
import numpy.typing as npt

from lic_tcm import metrics
from lic_tcm.errors import UserError

Metric = str  # a name of lic_tcm.metrics
METRICS: tuple[Metric, ...] = metrics.DEFAULT
Kind = Literal["measured", "given", "published", "digitised", "reconstructed"]
OWN: tuple[Kind, ...] = ("measured", "given")  # kinds scored here, image by image; of the second somebody else decoded
Optimised = str  # "mse", or the metric it was trained for
Average = Literal["linear", "db", "unstated"]  # over images, where the axis bends: mean of values, or on the axis
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RDCurve:
    """The rate-distortion points of one method on one dataset, sorted by rate.

    `distortion` stands on the metric's axis: RGB PSNR in dB, a similarity x as -10 log10(1 - x). `points` are the
    operating points (QP, quality, lambda) beside the rates, where known. `notes` say what a reader must know, such as
    points left out. Raises UserError for points that are not a rising curve (see the module's first lines).
    """

    name: str
    label: str
    dataset: str  # "" when unknown: a user's own file
    metric: Metric
    kind: Kind
    bpp: tuple[float, ...]
    distortion: tuple[float, ...]
    source: str = ""
    optimised_for: Optimised = "mse"
    points: tuple[float, ...] | None = None
    psnr_reference: str = "rgb"  # "rgb", "converted" (anchors.pixels) or "unstated"
    notes: tuple[str, ...] = ()
    average: Average = "linear"  # says nothing about a metric whose axis does not bend
    short: str = ""  # the label for legends, at most 22 characters; "" where nobody gave one
    cite: str = ""  # BibTeX key; "" where there is nothing to cite

    def __post_init__(self) -> None:
        named = metrics.names()
        losses = ["mse", *(metrics.get(name).loss for name in named)]
        closed = {"metric": named, "kind": get_args(Kind), "optimised_for": losses, "average": get_args(Average)}
        for field, allowed in closed.items():
            if getattr(self, field) not in allowed:
                choices = ", ".join(dict.fromkeys(allowed))
                raise UserError(f"{self}: {field} {getattr(self, field)!r} is none of {choices}")
        columns = {"bpp": self.bpp, "distortion": self.distortion}
        if self.points is not None:
            columns["points"] = self.points
        if not len(self.bpp) or len({len(column) for column in columns.values()}) != 1:
            counts = ", ".join(f"{len(column)} {name}" for name, column in columns.items())
            raise UserError(f"{self} has {counts}; give as many of each, at least one")
        order = np.argsort(np.asarray(self.bpp, dtype=float), kind="stable")
        for name, column in columns.items():
            object.__setattr__(self, name, tuple(float(column[i]) for i in order))
        self._check_values()
        self._check_rising()

    def __str__(self) -> str:
        return f"RD curve {self.name!r}" + (f" ({self.dataset})" if self.dataset else "")

    @property
    def log_rate(self) -> FloatArray:
        """log10 of the rate in bits per pixel, (points,)."""
        return np.asarray(np.log10(self.bpp))

    @property
    def quality(self) -> FloatArray:
        """The distortion on the metric's axis as an array, (points,)."""
        return np.asarray(self.distortion)

    def _check_values(self) -> None:
        for rate, value in zip(self.bpp, self.distortion, strict=True):
            if not (math.isfinite(rate) and rate > 0):
                raise UserError(f"{self}: rate {rate} bpp is not a positive number; remove or fix that point")
            if math.isinf(value) and value > 0:
                raise UserError(f"{self}: {self.metric} at {rate} bpp is infinite (lossless); leave that point out")
            if not math.isfinite(value):
                raise UserError(f"{self}: {self.metric} {value} at {rate} bpp is not a number; remove or fix it")
        if metrics.get(self.metric).unit == "dB":
            self._check_decibel()

    def _check_decibel(self) -> None:
        """Rates and similarities are smaller numbers than any distortion in dB."""
        if all(rate >= value for rate, value in zip(self.bpp, self.distortion, strict=True)):
            raise UserError(f"{self}: every rate exceeds its distortion in dB; rate and distortion look swapped")
        if max(self.distortion) <= 1:
            raise UserError(f"{self}: {self.metric} never exceeds 1, so it is not in dB; convert it (to_axis)")

    def _check_rising(self) -> None:
        unit = metrics.get(self.metric).per_unit
        pairs = zip(self.bpp, self.distortion, strict=True)
        for (rate, value), (next_rate, next_value) in itertools.pairwise(pairs):
            if next_rate == rate:
                raise UserError(f"{self} has two points at {rate} bpp; keep one")
            if next_value <= value:
                raise UserError(
                    f"{self} is not monotonic: {self.metric} goes from {value:g}{unit} at {rate:g} bpp"
                    f" to {next_value:g}{unit} at {next_rate:g} bpp; remove or measure again one of them"
                )


@dataclass(frozen=True, eq=False)
class ImageRD:
    """The points of one method on one dataset, image by image; what intervals are computed from.

    `bpp` and `value` are (points, images); `value` is the metric's value, not on its axis, so that it can be averaged
    over images both ways (see `mean_curve`).
    """

    name: str
    label: str
    dataset: str
    metric: Metric
    points: tuple[float, ...]
    images: tuple[str, ...]
    bpp: FloatArray
    value: FloatArray
    optimised_for: Optimised = "mse"
    psnr_reference: str = "rgb"
    source: str = ""
    notes: tuple[str, ...] = ()
    kind: Kind = "measured"  # or "given"
    unit: str = ""  # of the points: "lambda" where they are known to be some

    @classmethod
    def from_samples(
        cls, name: str, dataset: str, metric: Metric, samples: Mapping[tuple[float, str], tuple[float, float]]
    ) -> Self:
        """Arrange {(point, image): (bpp, value)}; NaN values mean "not measured".

        Points with a lossless image (an infinite mean) or an image without a value are left out, with a note.
        Raises UserError when the points do not share one set of images, or none remains.
        """
        points = sorted({point for point, _ in samples})
        images = sorted({image for _, image in samples})
        for point in points:
            absent = [image for image in images if (point, image) not in samples]
            if absent:
                raise UserError(
                    f"{name} ({dataset}): point {point:g} lacks image {absent[0]!r}; every point needs the same images"
                )
        bpp, value = np.moveaxis(np.array([[samples[p, i] for i in images] for p in points], dtype=float), -1, 0)
        if not (np.isfinite(bpp) & (bpp > 0)).all():
            raise UserError(f"{name} ({dataset}): a rate in bpp is not a positive number; code those images again")
        kept, notes = _usable_points(points, to_axis(metric, value), metric)
        if not kept:
            raise UserError(f"{name} ({dataset}) has no usable point for {metric}: {'; '.join(notes)}")
        return cls(
            name=name,
            label=name,
            dataset=dataset,
            metric=metric,
            points=tuple(points[k] for k in kept),
            images=tuple(images),
            bpp=bpp[kept],
            value=value[kept],
            notes=tuple(notes),
        )

    def mean_curve(self, average: Average = "linear") -> RDCurve:
        """The curve of mean bpp and mean value over images; raises UserError when it is not a rising curve.

        A metric whose axis bends is averaged as `average` says: "linear", the mean over images put on the axis, or
        "db", the mean on the axis.
        """
        if average == "db":
            distortion = to_axis(self.metric, self.value).mean(axis=1)
        else:
            distortion = to_axis(self.metric, self.value.mean(axis=1))
        return self._curve(self.name, self.bpp.mean(axis=1), distortion, average)

    def image_curve(self, image: str) -> RDCurve:
        """The curve of one image; raises UserError when it is not a rising curve."""
        column = self.images.index(image)
        return self._curve(f"{self.name}, {image}", self.bpp[:, column], to_axis(self.metric, self.value[:, column]))

    def select(self, images: Sequence[str]) -> Self:
        """The same points on some of the images, in the given order."""
        columns = [self.images.index(image) for image in images]
        return replace(self, images=tuple(images), bpp=self.bpp[:, columns], value=self.value[:, columns])

    def _curve(self, name: str, bpp: FloatArray, distortion: FloatArray, average: Average = "linear") -> RDCurve:
        return RDCurve(
            name=name,
            label=self.label,
            dataset=self.dataset,
            metric=self.metric,
            kind=self.kind,
            bpp=tuple(bpp),
            distortion=tuple(distortion),
            source=self.source,
            optimised_for=self.optimised_for,
            points=self.points,
            psnr_reference=self.psnr_reference,
            notes=self.notes,
            average=average,
        )


def _usable_points(points: Sequence[float], distortion: FloatArray, metric: Metric) -> tuple[list[int], list[str]]:
    """Indexes of the points every image has a finite value at, and a note for each of the others."""
    kept, notes = [], []
    for k, point in enumerate(points):
        missing, infinite = int(np.isnan(distortion[k]).sum()), int(np.isinf(distortion[k]).sum())
        if missing:
            notes.append(f"point {point:g} left out: {missing} images have no {metric}")
        elif infinite:
            notes.append(f"point {point:g} left out: {infinite} images are lossless, {metric} is infinite")
        else:
            kept.append(k)
    return kept, notes


def to_axis(metric: Metric, value: npt.ArrayLike) -> FloatArray:
    """Values on the axis of their metric: PSNR as it is, a similarity in dB; raises UserError for what is no value.

    >>> to_axis("ms-ssim", [0.9, 0.99]).round(6).tolist()
    [10.0, 20.0]
    """
    return metrics.get(metric).axis(value)
