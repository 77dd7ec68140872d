"""Many curves at once: of every image, or every mean curve that an interval looks at; BD-rates of pairs, and places.

scipy interpolates one set of abscissas at a time and here each pair has its own, so this module has its own
vectorised least-squares cubic and PCHIP for strictly rising points; tests hold them to scipy's.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from lic_tcm.rd.curves import Average, FloatArray, ImageRD, to_axis

IntervalInterpolation = Literal["cubic", "pchip"]
INTERVAL_INTERPOLATIONS: tuple[IntervalInterpolation, ...] = get_args(IntervalInterpolation)
LEAST_POINTS: Mapping[IntervalInterpolation, int] = {"cubic": 4, "pchip": 3}
SLOPE_TOLERANCE = 1e-9  # log10(bpp) per dB; a fit that falls less than this is only rounding

NOT_RISING = "its points do not rise with the rate"
NO_OVERLAP = "its two curves share no quality"
FALLING_FIT = "the cubic fit falls in the shared range"
FEW_POINTS = "a curve has too few points"
OUTSIDE = "outside of the anchor's range there"
AT_END = 1e-9  # of a curve's end, relative: a place no further beyond it than rounding is the end


class Rows(NamedTuple):
    """Curves of as many points each: (rows, points)."""

    bpp: FloatArray
    decibel: FloatArray


class Gaps(NamedTuple):
    """For each pair of curves, (rows,): the natural log of the mean rate ratio, and why there is none (then NaN)."""

    log_ratio: FloatArray
    reason: npt.NDArray[np.str_]  # "" where there is a ratio


class Places(NamedTuple):
    """What curves have at one place each, (rows,), and why there is nothing (then NaN)."""

    value: FloatArray
    reason: npt.NDArray[np.str_]  # "" where there is a value


class Pieces(NamedTuple):
    """Piecewise cubics: breaks (rows, pieces + 1); coefficients (rows, pieces, 4), rising powers of x - break."""

    breaks: FloatArray
    coefficients: FloatArray


def image_rows(data: ImageRD) -> Rows:
    """The curve of every image."""
    return Rows(data.bpp.T, to_axis(data.metric, data.value.T))


def mean_rows(data: ImageRD, weights: FloatArray, average: Average = "linear") -> Rows:
    """The mean curve of each row of weights (rows, images); averaged as `ImageRD.mean_curve` does."""
    if average == "db":
        return Rows(weights @ data.bpp.T, weights @ to_axis(data.metric, data.value.T))
    return Rows(weights @ data.bpp.T, to_axis(data.metric, _mean_values(data, weights)))


def _mean_values(data: ImageRD, weights: FloatArray) -> FloatArray:
    """Weighted means that rounding does not carry past the values: similarities of 1 have no mean above 1."""
    return np.clip(weights @ data.value.T, data.value.min(axis=1), data.value.max(axis=1))


def gaps(anchor: Rows, test: Rows, method: IntervalInterpolation) -> Gaps:
    """What `bdrate.bd_rate` finds for each row's pair of curves, before it is put in %, and where it refuses, why."""
    (anchor, anchor_rises), (test, test_rises) = _sorted_by_rate(anchor), _sorted_by_rate(test)
    low = np.maximum(anchor.decibel[:, 0], test.decibel[:, 0])
    high = np.minimum(anchor.decibel[:, -1], test.decibel[:, -1])
    few = np.full(len(low), min(anchor.bpp.shape[1], test.bpp.shape[1]) < LEAST_POINTS[method])
    causes = [few, ~(anchor_rises & test_rises), ~(low < high)]
    reason = np.select(causes, [FEW_POINTS, NOT_RISING, NO_OVERLAP], "")
    alike = _alike(anchor, test)  # no difference, whatever the fit through the points does
    valid = np.flatnonzero((reason == "") & ~alike)
    log_ratio = np.where((reason == "") & alike, 0.0, np.nan)
    if not len(valid):
        return Gaps(log_ratio, reason)
    low, high = low[valid], high[valid]
    means = [
        _mean_rising(_FITS[method](rows.decibel[valid], np.log10(rows.bpp[valid])), low, high)
        for rows in (anchor, test)
    ]
    log_ratio[valid] = (means[1] - means[0]) * np.log(10)
    return Gaps(log_ratio, np.where((reason == "") & np.isnan(log_ratio), FALLING_FIT, reason))


def log_rate_at(curves: Rows, quality: FloatArray) -> Places:
    """Natural log of each curve's rate in bpp at a quality on the metric's axis, (rows,), by PCHIP of log10 rate."""
    curves, rises = _sorted_by_rate(curves)
    found = _read(curves.decibel, np.log10(curves.bpp), quality, rises)
    return Places(found.value * np.log(10), found.reason)


def quality_at(curves: Rows, bpp: FloatArray) -> Places:
    """Each curve's quality on the metric's axis at a rate in bpp, (rows,), by PCHIP over log10 rate."""
    curves, rises = _sorted_by_rate(curves)
    return _read(np.log10(curves.bpp), curves.decibel, np.log10(bpp), rises)


def _read(x: FloatArray, y: FloatArray, at: FloatArray, rises: npt.NDArray[np.bool_]) -> Places:
    """y of each row's PCHIP curve at one x, never beyond its ends."""
    for end in (x[:, 0], x[:, -1]):
        at = np.where(np.isclose(at, end, rtol=AT_END, atol=AT_END), end, at)
    few = np.full(len(at), x.shape[1] < LEAST_POINTS["pchip"])
    causes = [few, ~rises, ~((x[:, 0] <= at) & (at <= x[:, -1]))]
    reason = np.select(causes, [FEW_POINTS, NOT_RISING, OUTSIDE], "")
    valid = np.flatnonzero(reason == "")
    value = np.full(len(at), np.nan)
    if len(valid):
        value[valid] = _values(_fit_pchip(x[valid], y[valid]), at[valid])
    return Places(value, reason)


def _values(curve: Pieces, at: FloatArray) -> FloatArray:
    """Each row's curve at one place inside its ends."""
    rows = np.arange(len(at))
    piece = (curve.breaks[:, 1:-1] <= at[:, None]).sum(axis=1)
    from_break = at - curve.breaks[rows, piece]
    return np.asarray((curve.coefficients[rows, piece] * from_break[:, None] ** np.arange(4)).sum(axis=1))


def _alike(anchor: Rows, test: Rows) -> npt.NDArray[np.bool_]:
    """Which pairs are the same points twice, (rows,)."""
    if anchor.bpp.shape != test.bpp.shape:
        return np.zeros(len(test.bpp), dtype=bool)
    return np.asarray((anchor.bpp == test.bpp).all(axis=1) & (anchor.decibel == test.decibel).all(axis=1))


def percent(log_ratio: FloatArray) -> FloatArray:
    """A mean log ratio of rates as a BD-rate in %."""
    return np.asarray(100 * np.expm1(log_ratio))


def _sorted_by_rate(rows: Rows) -> tuple[Rows, npt.NDArray[np.bool_]]:
    """The rows' points by rising rate, and which rows are valid curves (both coordinates rise strictly)."""
    order = np.argsort(rows.bpp, axis=1)
    bpp, decibel = (np.take_along_axis(values, order, axis=1) for values in rows)
    rises = np.asarray((np.diff(bpp) > 0).all(axis=1) & (np.diff(decibel) > 0).all(axis=1))
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
