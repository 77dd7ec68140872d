"""Bjøntegaard deltas: how many percent more bits, or dB more quality, one codec needs or gives than another.

G. Bjøntegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33, 2001. log10 of the rate is
taken as a function of the distortion, on the axis of its metric; both curves are integrated over the distortions they
share, and BD-rate = (10^(mean difference) - 1) * 100 %. Negative: the test codec needs fewer bits. Nothing is
extrapolated.

>>> def curve(name, bpp, psnr):
...     return RDCurve(name, name, "", "psnr", "measured", bpp, psnr)
>>> anchor = curve("anchor", (0.1, 0.2, 0.4, 0.8), (28.0, 31.0, 34.0, 37.0))
>>> test = curve("test", (0.09, 0.18, 0.36, 0.72), (28.0, 31.0, 34.0, 37.0))
>>> round(bd_rate(anchor, test), 6)
-10.0
"""

import math
from collections.abc import Callable, Mapping
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.interpolate import Akima1DInterpolator, CubicSpline, PchipInterpolator, PPoly

from lic_tcm import metrics
from lic_tcm.errors import UserError
from lic_tcm.rd import manycurves
from lic_tcm.rd.curves import Average, FloatArray, RDCurve

Interpolation = Literal["cubic", "pchip", "akima", "spline"]
INTERPOLATIONS: tuple[Interpolation, ...] = get_args(Interpolation)
DEFAULT_INTERPOLATION: manycurves.IntervalInterpolation = "pchip"

LEAST_POINTS: Mapping[Interpolation, int] = {
    "cubic": manycurves.LEAST_POINTS["cubic"],
    "pchip": manycurves.LEAST_POINTS["pchip"],
    "akima": 3,
    "spline": 3,
}
SMALL_OVERLAP = 0.75  # of the test curve's own range; below it a note says so
AVERAGES: Mapping[Average, str] = {"linear": "the dB of the mean over images", "db": "the mean of the images' dB"}
CROSSING_TOLERANCE = 0.1  # %, a difference smaller than this is the rounding of printed points, not a side
CROSSING_POSITIONS = 1001  # along the common range


def bd_rate(anchor: RDCurve, test: RDCurve, method: Interpolation = DEFAULT_INTERPOLATION) -> float:
    """Rate of `test` against `anchor` at equal distortion, in %; negative means fewer bits.

    Methods: "cubic" (one least-squares cubic through all points, as in the literature's tables), "pchip", "akima"
    and "spline" (not-a-knot cubic). Raises UserError when the curves are of two metrics or datasets, share no
    distortion, have too few points, or when a fitted curve falls somewhere in the shared range.
    """
    _check_comparable(anchor, test)
    gap = _mean_gap((anchor.quality, anchor.log_rate), (test.quality, test.log_rate), method, (anchor, test))
    return 100 * math.expm1(gap * math.log(10))


def bd_psnr(anchor: RDCurve, test: RDCurve, method: Interpolation = DEFAULT_INTERPOLATION) -> float:
    """Distortion of `test` above `anchor` at equal rate, on the metric's axis; raises as `bd_rate` does."""
    _check_comparable(anchor, test)
    return _mean_gap((anchor.log_rate, anchor.quality), (test.log_rate, test.quality), method, (anchor, test))


def rate_difference(anchor: RDCurve, test: RDCurve, method: Interpolation, distortions: npt.ArrayLike) -> FloatArray:
    """Rate of `test` against `anchor` in % at each of the given distortions, same shape.

    Raises UserError for a distortion outside `overlap`, and as `bd_rate` does.
    """
    _check_method(method)
    low, high = overlap(anchor, test)
    x = np.asarray(distortions, dtype=float)
    if not np.all((x >= low) & (x <= high)):
        raise UserError(
            f"{test} and {anchor} share {low:g} to {high:g}{metrics.get(test.metric).per_unit} only; "
            "ask for distortions inside that range"
        )
    gap = _fit(test.quality, test.log_rate, method, test)(x) - _fit(anchor.quality, anchor.log_rate, method, anchor)(x)
    return np.asarray(100 * np.expm1(gap * math.log(10)))


def crossings(anchor: RDCurve, test: RDCurve, method: Interpolation = DEFAULT_INTERPOLATION) -> list[float]:
    """The distortions, rising, at which the curves change sides inside their overlap; raises as `bd_rate` does.

    Curves that come within CROSSING_TOLERANCE of each other and part on the same side do not cross.
    """
    positions = np.linspace(*overlap(anchor, test), CROSSING_POSITIONS)
    difference = rate_difference(anchor, test, method, positions)
    apart = np.flatnonzero(np.abs(difference) > CROSSING_TOLERANCE)
    sides = np.sign(difference[apart])
    changes = np.flatnonzero(np.diff(sides))
    return [float((positions[apart[k]] + positions[apart[k + 1]]) / 2) for k in changes]


def overlap(anchor: RDCurve, test: RDCurve) -> tuple[float, float]:
    """The distortions both curves cover; raises UserError when they share none, or cannot be compared."""
    _check_comparable(anchor, test)
    return _shared_range(anchor.quality, test.quality, (anchor, test))


def overlap_share(anchor: RDCurve, test: RDCurve) -> float:
    """How much of the test curve's own range of distortion the anchor covers, 0..1; raises as `overlap` does."""
    low, high = overlap(anchor, test)
    return (high - low) / (test.distortion[-1] - test.distortion[0])


def _check_method(method: Interpolation) -> None:
    if method not in INTERPOLATIONS:
        raise UserError(f"BD method {method!r} is none of {', '.join(INTERPOLATIONS)}")


def _check_comparable(anchor: RDCurve, test: RDCurve) -> None:
    if anchor.metric != test.metric:
        raise UserError(f"{anchor} is in {anchor.metric} and {test} in {test.metric}; compare curves of one metric")
    if anchor.dataset and test.dataset and anchor.dataset != test.dataset:
        raise UserError(f"{anchor} and {test} are of two datasets; compare curves of one dataset")


def _shared_range(x_anchor: FloatArray, x_test: FloatArray, names: tuple[RDCurve, RDCurve]) -> tuple[float, float]:
    for name in names:
        if len(name.bpp) < 2:
            raise UserError(f"{name} has 1 point, and a BD-rate needs at least 3")
    low, high = max(x_anchor[0], x_test[0]), min(x_anchor[-1], x_test[-1])
    if low >= high:
        raise UserError(f"{names[0]} and {names[1]} do not overlap; code points in a common range")
    return float(low), float(high)


def _mean_gap(
    anchor: tuple[FloatArray, FloatArray],
    test: tuple[FloatArray, FloatArray],
    method: Interpolation,
    names: tuple[RDCurve, RDCurve],
) -> float:
    """Mean of y_test(x) - y_anchor(x) over the x both share; `anchor` and `test` are (x, y), x rising."""
    _check_method(method)
    low, high = _shared_range(anchor[0], test[0], names)
    if all(np.array_equal(a, t) for a, t in zip(anchor, test, strict=True)):
        return 0.0  # the same points: no difference, whatever the fit through them does
    areas = []
    for (x, y), name in zip((anchor, test), names, strict=True):
        curve = _fit(x, y, method, name)
        _check_rising(curve, low, high, method, name)
        areas.append(float(curve.integrate(low, high)))
    return (areas[1] - areas[0]) / (high - low)


def _fit(x: FloatArray, y: FloatArray, method: Interpolation, name: RDCurve) -> PPoly:
    """y(x) as a piecewise polynomial on [x[0], x[-1]]."""
    if len(x) < LEAST_POINTS[method]:
        raise UserError(f"{name} has {len(x)} points and {method} needs {LEAST_POINTS[method]}; code more points")
    return _FITS[method](x, y)


def _least_squares_cubic(x: FloatArray, y: FloatArray) -> PPoly:
    """One cubic through all points in the least-squares sense; in x - x[0], which conditions it well."""
    return PPoly(np.polyfit(x - x[0], y, 3)[:, None], x[[0, -1]])


_FITS: Mapping[Interpolation, Callable[[FloatArray, FloatArray], PPoly]] = {
    "cubic": _least_squares_cubic,
    "pchip": PchipInterpolator,
    "akima": Akima1DInterpolator,
    "spline": CubicSpline,
}


def _check_rising(curve: PPoly, low: float, high: float, method: Interpolation, name: RDCurve) -> None:
    """Refuse a fit that falls inside [low, high]: the points rise, so such a fit says nothing about them."""
    slope = curve.derivative()
    turns = slope.derivative().roots(discontinuity=False, extrapolate=False)
    candidates = np.concatenate([[low, high], curve.x, turns[np.isfinite(turns)]])
    if np.min(slope(np.clip(candidates, low, high))) < -manycurves.SLOPE_TOLERANCE:
        raise UserError(f"the {method} fit of {name} is not monotonic in the common range; use another method")


# --- what to say about a pair -------------------------------------------------------------------------------------


def value_or_note(
    delta: Callable[[RDCurve, RDCurve, Interpolation], float],
    anchor: RDCurve,
    test: RDCurve,
    method: Interpolation,
    notes: list[str],
) -> float | None:
    """The value of `bd_rate` or `bd_psnr`; where it raises, None and a note appended to `notes`."""
    try:
        return delta(anchor, test, method)
    except UserError as error:
        notes.append(f"{delta.__name__} {method}: {error}")
        return None


def pair_notes(anchor: RDCurve, test: RDCurve) -> list[str]:
    """What a reader must know about this pair, whatever the method; raises as `overlap` does."""
    return [f"{curve.label}: {note}" for curve in (anchor, test) for note in curve.notes] + limits(anchor, test)


def limits(anchor: RDCurve, test: RDCurve) -> list[str]:
    """What limits the comparison itself, without the curves' own notes; raises as `overlap` does."""
    notes = []
    share = overlap_share(anchor, test)
    if share < SMALL_OVERLAP:
        notes.append(f"the common range is only {100 * share:.0f} % of the test curve's")
    if min(len(anchor.bpp), len(test.bpp)) < 4:
        notes.append("fewer than 4 points on a curve")
    return notes + conventions(anchor, test)


def conventions(anchor: RDCurve, test: RDCurve) -> list[str]:
    """Where two curves were not measured alike, and how they are averaged; raises UserError for those of two metrics
    or datasets.
    """
    _check_comparable(anchor, test)
    notes = []
    if anchor.psnr_reference != test.psnr_reference and anchor.metric == "psnr":
        notes.append(f"PSNR references differ: anchor {anchor.psnr_reference}, test {test.psnr_reference}")
    if anchor.optimised_for != test.optimised_for:
        notes.append(f"optimised for different metrics: {anchor.optimised_for} and {test.optimised_for}")
    metric = metrics.get(anchor.metric)
    if metric.bends:
        notes.append(f"{metric.label} on {metric.axis_words}; {_averages(metric, anchor.average, test.average)}")
    return notes


def _averages(metric: metrics.Metric, anchor: Average, test: Average) -> str:
    """How two mean curves were averaged over images, and what that does where it is not alike."""
    if anchor == test != "unstated":
        return AVERAGES[anchor]
    if "unstated" in (anchor, test):
        return f"averages over images: anchor {anchor}, test {test}, so they may not be alike"
    gap = f" ({metric.average_gap})" if metric.average_gap else ""
    return (
        f"averages over images are not alike: anchor {anchor}, test {test}; a mean of dB lies above the dB of the mean"
        f"{gap}"
    )
