"""What the gate compares of a method in a metric: its points, its BD-rate and its times, then and now."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lic_tcm.errors import UserError
from lic_tcm.metrics import Metric
from lic_tcm.rd.curves import ImageRD
from lic_tcm.rd.pair import Pair
from lic_tcm.tables.series import measured_curve

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PointChange:
    """The mean rate and value at a point of the baseline, and at what stands for it now: the same one where it can."""

    point: float
    point_now: float
    bpp_then: float
    bpp_now: float
    value_then: float  # on the metric's axis, infinite when lossless, NaN where no image has a value
    value_now: float

    @property
    def bpp_change(self) -> float:
        """Of the rate, in %."""
        return 100 * (self.bpp_now / self.bpp_then - 1)

    @property
    def value_change(self) -> float:
        """On the axis; 0 where both are lossless or none is there, minus infinity where there is none any more."""
        if self.value_now == self.value_then or math.isnan(self.value_then):
            return 0.0
        return -math.inf if math.isnan(self.value_now) else self.value_now - self.value_then


@dataclass(frozen=True)
class Change:
    """The BD-rate of the rows now against then, in %, with its interval; what must be known, and what is wrong."""

    rate: float | None = None
    low: float | None = None
    high: float | None = None
    notes: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()  # reasons for a regression: the rows made a curve then and make none now


def points_of(both: "pd.DataFrame", metric: Metric) -> tuple[PointChange, ...]:
    """Mean rates and values by point, of rows merged with the suffixes _then and _now.

    An image that is lossless now and was not cannot hide the others: the values are means over the images that are
    finite in both. One that was lossless and is not is a fall without bounds.
    """
    return tuple(_point(rows, metric) for _, rows in both.groupby("point"))


def _point(rows: "pd.DataFrame", metric: Metric) -> PointChange:
    then, now = (rows[f"{metric.column}_{when}"].to_numpy(dtype=float) for when in ("then", "now"))
    endless = [np.isinf(metric.axis(values)) for values in (then, now)]
    finite, lost = ~(endless[0] | endless[1]), endless[0] & ~endless[1]
    kept = [finite if finite.any() else np.full(len(rows), True)] * 2
    if lost.any():
        kept = [lost, ~endless[1]]  # without those that became lossless instead, which would make up for it
    means = [_mean(values[those]) for values, those in zip((then, now), kept, strict=True)]
    values = [float(metric.axis(np.array([mean]))[0]) for mean in means]
    bpp = [float(rows[f"bpp_{when}"].mean()) for when in ("then", "now")]
    return PointChange(float(rows["point"].iloc[0]), float(rows["point_now"].iloc[0]), *bpp, *values)


def _mean(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    """The mean of the values there are; NaN without any."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else math.nan


def bd_rate_of(then: "pd.DataFrame", now: "pd.DataFrame", metric: Metric) -> Change:
    """The BD-rate by PCHIP of the mean curves, over the images that are lossless at no point, then or now."""
    lossless = {
        image
        for rows in (then, now)
        for image, value in zip(rows["image"], metric.axis(rows[metric.column].to_numpy(dtype=float)), strict=True)
        if math.isinf(value)
    }
    notes = (f"{_count(lossless)} lossless at a point, left out of the BD-rate",) if lossless else ()
    kept = [rows[~rows["image"].isin(lossless)] for rows in (then, now)]
    if kept[0].empty or kept[1].empty:
        return Change(notes=(*notes, "no BD-rate: no other image is left"))
    curves = [measured_curve(rows, metric.name) for rows in kept]
    problems = [_problem(curve) for curve in curves]
    if problems[1] and not problems[0]:
        return Change(notes=notes, broken=(f"no BD-rate any more: {problems[1]}",))
    if problems[0]:
        return Change(notes=(*notes, f"no BD-rate: {problems[0]}"))
    try:
        delta = next(Pair.of(*(curve for curve in curves if isinstance(curve, ImageRD))).deltas(("pchip",)))
    except UserError as error:
        return Change(notes=(*notes, f"no BD-rate: {error}"))
    reasons = () if delta.bd_rate is not None else (f"no BD-rate: {delta.notes[0]}",)
    return Change(delta.bd_rate, delta.ci_lo, delta.ci_hi, (*notes, *reasons))


def _problem(curve: ImageRD | str) -> str:
    """Why rows make no mean curve; "" where they do."""
    if isinstance(curve, str):
        return curve
    try:
        curve.mean_curve()
    except UserError as error:
        return str(error)
    return ""


def _count(images: "set[str]") -> str:
    return f"{len(images)} image is" if len(images) == 1 else f"{len(images)} images are"


def time_ratio(both: "pd.DataFrame") -> float | None:
    """Encoding and decoding now over then; None where they were not timed."""
    then, now = (both[f"encode_s_{when}"].sum() + both[f"decode_s_{when}"].sum() for when in ("then", "now"))
    return float(now / then) if then > 0 and now > 0 else None
