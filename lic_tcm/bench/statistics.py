"""95 % confidence intervals by bootstrap over images: what another draw of images like these would give.

Percentile bootstrap (Efron, 1979): images are drawn with replacement, the same ones for anchor and test (paired),
10,000 times with a fixed seed. Two averages are known and always named: "mean curve", the BD-rate of the curves
of mean rate and mean distortion (the field's usual way), and "per image", the mean of the images' BD-rates.

A resample whose curves have no BD-rate (not monotonic, no overlap) is never dropped: it counts as minus infinity
for the lower bound and as plus infinity for the upper one, so an interval can only get wider, or have no bounds.

scipy interpolates one set of abscissas at a time and here each resample has its own, so this module has its own
vectorised least-squares cubic and PCHIP for strictly rising points; tests hold them to scipy's.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from lic_tcm.bench.curves import FloatArray, ImageRD, to_db
from lic_tcm.errors import UserError

IntervalMethod = Literal["cubic", "pchip"]
INTERVAL_METHODS: tuple[IntervalMethod, ...] = get_args(IntervalMethod)
Averaging = Literal["mean curve", "per image"]
LEAST_POINTS: Mapping[IntervalMethod, int] = {"cubic": 4, "pchip": 3}

RESAMPLES = 10_000
SEED = 20230615
LEVEL = 0.95
SLOPE_TOLERANCE = 1e-9  # log10(bpp) per dB; a fit that falls less than this is only rounding


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval; None for what cannot be computed, and `invalid` resamples say why."""

    value: float | None
    low: float | None
    high: float | None
    resamples: int = RESAMPLES
    invalid: int = 0
    reason: str = ""  # why there is no value or no interval

    @property
    def bounds(self) -> tuple[float, float] | None:
        """(low, high); None when one of them does not exist."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    def notes(self) -> list[str]:
        """What a reader must know about this interval."""
        notes = [self.reason] if self.reason else []
        if self.invalid:
            notes.append(f"{self.invalid} of {self.resamples} bootstrap resamples have no BD-rate; counted as infinite")
        return notes


@lru_cache(maxsize=4)
def resample_weights(images: int, resamples: int = RESAMPLES) -> FloatArray:
    """How much each image weighs in each resample, (resamples, images); rows sum to 1, the same at every call."""
    counts = np.random.default_rng(SEED).multinomial(images, np.full(images, 1 / images), size=resamples)
    weights = np.asarray(counts / images)
    weights.flags.writeable = False  # it is shared
    return weights


def percentile_interval(value: float | None, resampled: FloatArray) -> Interval:
    """The interval of a statistic from its values on the resamples, NaN where it does not exist."""
    invalid = np.isnan(resampled)
    tail = (1 - LEVEL) / 2
    low = float(np.quantile(np.where(invalid, -np.inf, resampled), tail, method="lower"))
    high = float(np.quantile(np.where(invalid, np.inf, resampled), 1 - tail, method="higher"))
    return Interval(
        value=value,
        low=low if np.isfinite(low) else None,
        high=high if np.isfinite(high) else None,
        resamples=len(resampled),
        invalid=int(invalid.sum()),
    )


def mean_interval(values: FloatArray, resamples: int = RESAMPLES) -> Interval:
    """The mean of one value per image, with its interval; an infinite mean (a lossless image) has no interval."""
    mean = float(values.mean())
    if len(values) == 1 or math.isinf(mean):
        return _single(mean) if len(values) == 1 else Interval(mean, None, None, reason="infinite: no interval")
    resampled = resample_weights(len(values), resamples) @ values
    return percentile_interval(mean, np.clip(resampled, values.min(), values.max()))  # rounding must not pass them


def bd_rate_intervals(
    anchor: ImageRD, test: ImageRD, method: IntervalMethod, resamples: int = RESAMPLES
) -> Mapping[Averaging, Interval]:
    """BD-rate in % with its interval, for both averages; raises UserError when images or metrics differ."""
    if anchor.images != test.images or anchor.metric != test.metric:
        raise UserError(
            f"{anchor.name} ({len(anchor.images)} images, {anchor.metric}) and {test.name} ({len(test.images)} images,"
            f" {test.metric}) are not paired; give the same images and metric"
        )
    per_image = image_bd_rates(anchor, test, method)
    failed = [image for image, value in zip(test.images, per_image, strict=True) if np.isnan(value)]
    value, mean = _number(_bd_rates(_mean_rows(anchor), _mean_rows(test), method)[0]), _number(per_image.mean())
    if len(test.images) == 1:
        return {"mean curve": _single(value), "per image": _single(mean)}
    weights = resample_weights(len(test.images), resamples)
    resampled = _bd_rates(_mean_rows(anchor, weights), _mean_rows(test, weights), method)
    of_curve = percentile_interval(value, resampled)
    if failed:
        reason = f"no BD-rate on {len(failed)} of {len(per_image)} images, such as {failed[0]}"
        return {"mean curve": of_curve, "per image": Interval(None, None, None, resamples, reason=reason)}
    return {"mean curve": of_curve, "per image": percentile_interval(mean, weights @ per_image)}


def image_bd_rates(anchor: ImageRD, test: ImageRD, method: IntervalMethod) -> FloatArray:
    """BD-rate in % of each image, (images,); NaN where an image's curves have none."""
    return _bd_rates(_image_rows(anchor), _image_rows(test), method)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _single(value: float | None) -> Interval:
    return Interval(value, None, None, reason="one image: no interval")


# --- many curves at once, one per row -----------------------------------------------------------------------------


class Rows(NamedTuple):
    """Curves of as many points each: (rows, points)."""

    bpp: FloatArray
    decibel: FloatArray


class Pieces(NamedTuple):
    """Piecewise cubics: breaks (rows, pieces + 1); coefficients (rows, pieces, 4), rising powers of x - break."""

    breaks: FloatArray
    coefficients: FloatArray


def _image_rows(data: ImageRD) -> Rows:
    return Rows(data.bpp.T, to_db(data.metric, data.value.T))


def _mean_rows(data: ImageRD, weights: FloatArray | None = None) -> Rows:
    """The mean curve of each row of weights (rows, images); of all images alike when not given."""
    if weights is None:
        weights = np.full((1, len(data.images)), 1 / len(data.images))
    return Rows(weights @ data.bpp.T, to_db(data.metric, weights @ data.value.T))


def _bd_rates(anchor: Rows, test: Rows, method: IntervalMethod) -> FloatArray:
    """BD-rate in % of each row's pair of curves, (rows,); NaN where `bdrate.bd_rate` would refuse."""
    (anchor, anchor_rises), (test, test_rises) = _sorted_by_rate(anchor), _sorted_by_rate(test)
    low = np.maximum(anchor.decibel[:, 0], test.decibel[:, 0])
    high = np.minimum(anchor.decibel[:, -1], test.decibel[:, -1])
    valid = np.flatnonzero(anchor_rises & test_rises & (low < high))
    result = np.full(len(low), np.nan)
    if min(anchor.bpp.shape[1], test.bpp.shape[1]) < LEAST_POINTS[method]:
        return result
    low, high = low[valid], high[valid]
    means = [
        _mean_rising(_FITS[method](rows.decibel[valid], np.log10(rows.bpp[valid])), low, high)
        for rows in (anchor, test)
    ]
    result[valid] = 100 * np.expm1((means[1] - means[0]) * np.log(10))
    return result


def _sorted_by_rate(rows: Rows) -> tuple[Rows, npt.NDArray[np.bool_]]:
    """The rows' points by rising rate, and which rows are valid curves (both coordinates rise strictly)."""
    order = np.argsort(rows.bpp, axis=1)
    bpp, decibel = (np.take_along_axis(values, order, axis=1) for values in rows)
    rises = (np.diff(bpp) > 0).all(axis=1) & (np.diff(decibel) > 0).all(axis=1)
    return Rows(bpp, decibel), rises


def _fit_cubic(x: FloatArray, y: FloatArray) -> Pieces:
    """One least-squares cubic through each row's points, in x - x[0] scaled to 0..1 while solving."""
    span = np.ptp(x, axis=1)[:, None]
    powers = np.arange(4)
    vandermonde = ((x - x[:, :1]) / span)[:, :, None] ** powers
    coefficients = np.einsum("rij,rj->ri", np.linalg.pinv(vandermonde), y)
    return Pieces(x[:, [0, -1]], (coefficients / span**powers)[:, None, :])


def _fit_pchip(x: FloatArray, y: FloatArray) -> Pieces:
    """Fritsch and Butland's monotone interpolant (1984), as scipy's, for strictly rising x and y."""
    width = np.diff(x)
    secant = np.diff(y) / width
    left, right = width[:, 1:] + 2 * width[:, :-1], 2 * width[:, 1:] + width[:, :-1]
    slope = np.empty_like(x)
    slope[:, 1:-1] = (left + right) / (right / secant[:, :-1] + left / secant[:, 1:])
    slope[:, 0] = _end_slope(width[:, 0], width[:, 1], secant[:, 0], secant[:, 1])
    slope[:, -1] = _end_slope(width[:, -1], width[:, -2], secant[:, -1], secant[:, -2])
    before, after = slope[:, :-1], slope[:, 1:]
    coefficients = (
        y[:, :-1],
        before,
        (3 * secant - 2 * before - after) / width,
        (before + after - 2 * secant) / width**2,
    )
    return Pieces(x, np.stack(coefficients, axis=-1))


def _end_slope(width: FloatArray, next_width: FloatArray, secant: FloatArray, next_secant: FloatArray) -> FloatArray:
    """Three-point slope at an end of rising points, not below zero."""
    slope = ((2 * width + next_width) * secant - width * next_secant) / (width + next_width)
    return np.asarray(np.maximum(slope, 0))


_FITS = {"cubic": _fit_cubic, "pchip": _fit_pchip}


def _mean_rising(curve: Pieces, low: FloatArray, high: FloatArray) -> FloatArray:
    """Mean of each row's curve over [low, high]; NaN where the curve falls in there."""
    breaks, c = curve
    ends = [np.clip(bound[:, None], breaks[:, :-1], breaks[:, 1:]) - breaks[:, :-1] for bound in (low, high)]
    powers = np.arange(1, 5)
    start, stop = ((end[:, :, None] ** powers * c / powers).sum(axis=(1, 2)) for end in ends)
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = np.clip(np.nan_to_num(-c[..., 2] / (3 * c[..., 3])), *ends)  # where the slope is least or greatest
    least = np.min([c[..., 1] + 2 * c[..., 2] * t + 3 * c[..., 3] * t**2 for t in (*ends, turn)], axis=(0, 2))
    return np.asarray(np.where(least < -SLOPE_TOLERANCE, np.nan, (stop - start) / (high - low)))
