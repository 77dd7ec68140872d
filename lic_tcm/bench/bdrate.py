"""Bjøntegaard deltas: how many percent more bits, or dB more quality, one codec needs or gives than another.

G. Bjøntegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33, 2001. log10 of the rate is
taken as a function of the distortion in dB; both curves are integrated over the distortions they share, and
BD-rate = (10^(mean difference) - 1) * 100 %. Negative: the test codec needs fewer bits. Nothing is extrapolated.

>>> def curve(name, bpp, psnr):
...     return RDCurve(name, name, "", "psnr", "measured", bpp, psnr)
>>> anchor = curve("anchor", (0.1, 0.2, 0.4, 0.8), (28.0, 31.0, 34.0, 37.0))
>>> test = curve("test", (0.09, 0.18, 0.36, 0.72), (28.0, 31.0, 34.0, 37.0))
>>> round(bd_rate(anchor, test), 6)
-10.0
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.interpolate import Akima1DInterpolator, CubicSpline, PchipInterpolator, PPoly

from lic_tcm.bench import statistics
from lic_tcm.bench.curves import FloatArray, ImageRD, Metric, RDCurve
from lic_tcm.bench.userseries import read_one
from lic_tcm.errors import UserError

Method = Literal["cubic", "pchip", "akima", "spline"]
METHODS: tuple[Method, ...] = get_args(Method)
DEFAULT_METHOD: statistics.IntervalMethod = "pchip"

LEAST_POINTS: Mapping[Method, int] = {
    "cubic": statistics.LEAST_POINTS["cubic"],
    "pchip": statistics.LEAST_POINTS["pchip"],
    "akima": 3,
    "spline": 3,
}
SMALL_OVERLAP = 0.75  # of the test curve's own range; below it a note says so
WIDE_SPREAD = 1.0  # percentage points between methods that deserve a note


def bd_rate(anchor: RDCurve, test: RDCurve, method: Method = DEFAULT_METHOD) -> float:
    """Rate of `test` against `anchor` at equal distortion, in %; negative means fewer bits.

    Methods: "cubic" (one least-squares cubic through all points, as in the literature's tables), "pchip", "akima"
    and "spline" (not-a-knot cubic). Raises UserError when the curves are of two metrics or datasets, share no
    distortion, have too few points, or when a fitted curve falls somewhere in the shared range.
    """
    _check_comparable(anchor, test)
    gap = _mean_gap((anchor.quality, anchor.log_rate), (test.quality, test.log_rate), method, (anchor, test))
    return 100 * math.expm1(gap * math.log(10))


def bd_psnr(anchor: RDCurve, test: RDCurve, method: Method = DEFAULT_METHOD) -> float:
    """Distortion (PSNR or MS-SSIM) of `test` above `anchor` at equal rate, in dB; raises as `bd_rate` does."""
    _check_comparable(anchor, test)
    return _mean_gap((anchor.log_rate, anchor.quality), (test.log_rate, test.quality), method, (anchor, test))


def rate_difference(anchor: RDCurve, test: RDCurve, method: Method, distortions: npt.ArrayLike) -> FloatArray:
    """Rate of `test` against `anchor` in % at each of the given distortions in dB, same shape.

    Raises UserError for a distortion outside `overlap`, and as `bd_rate` does.
    """
    low, high = overlap(anchor, test)
    x = np.asarray(distortions, dtype=float)
    if not np.all((x >= low) & (x <= high)):
        raise UserError(f"{test} and {anchor} share {low:g} to {high:g} dB only; ask for distortions inside that range")
    gap = _fit(test.quality, test.log_rate, method, test)(x) - _fit(anchor.quality, anchor.log_rate, method, anchor)(x)
    return np.asarray(100 * np.expm1(gap * math.log(10)))


def overlap(anchor: RDCurve, test: RDCurve) -> tuple[float, float]:
    """The distortions in dB both curves cover; raises UserError when they share none, or cannot be compared."""
    _check_comparable(anchor, test)
    return _shared_range(anchor.quality, test.quality, (anchor, test))


def overlap_share(anchor: RDCurve, test: RDCurve) -> float:
    """How much of the test curve's own range of distortion the anchor covers, 0..1; raises as `overlap` does."""
    low, high = overlap(anchor, test)
    return (high - low) / (test.distortion[-1] - test.distortion[0])


def _check_comparable(anchor: RDCurve, test: RDCurve) -> None:
    if anchor.metric != test.metric:
        raise UserError(f"{anchor} is in {anchor.metric} and {test} in {test.metric}; compare curves of one metric")
    if anchor.dataset and test.dataset and anchor.dataset != test.dataset:
        raise UserError(f"{anchor} and {test} are of two datasets; compare curves of one dataset")


def _shared_range(x_anchor: FloatArray, x_test: FloatArray, names: tuple[RDCurve, RDCurve]) -> tuple[float, float]:
    for name in names:
        if len(name.bpp) < 2:
            raise UserError(f"{name} has 1 point; give at least 2")
    low, high = max(x_anchor[0], x_test[0]), min(x_anchor[-1], x_test[-1])
    if low >= high:
        raise UserError(f"{names[0]} and {names[1]} do not overlap; code points in a common range")
    return float(low), float(high)


def _mean_gap(
    anchor: tuple[FloatArray, FloatArray],
    test: tuple[FloatArray, FloatArray],
    method: Method,
    names: tuple[RDCurve, RDCurve],
) -> float:
    """Mean of y_test(x) - y_anchor(x) over the x both share; `anchor` and `test` are (x, y), x rising."""
    low, high = _shared_range(anchor[0], test[0], names)
    areas = []
    for (x, y), name in zip((anchor, test), names, strict=True):
        curve = _fit(x, y, method, name)
        _check_rising(curve, low, high, method, name)
        areas.append(float(curve.integrate(low, high)))
    return (areas[1] - areas[0]) / (high - low)


def _fit(x: FloatArray, y: FloatArray, method: Method, name: RDCurve) -> PPoly:
    """y(x) as a piecewise polynomial on [x[0], x[-1]]."""
    if method not in METHODS:
        raise UserError(f"BD method {method!r} is none of {', '.join(METHODS)}")
    if len(x) < LEAST_POINTS[method]:
        raise UserError(f"{name} has {len(x)} points and {method} needs {LEAST_POINTS[method]}; code more points")
    return _FITS[method](x, y)


def _least_squares_cubic(x: FloatArray, y: FloatArray) -> PPoly:
    """One cubic through all points in the least-squares sense; in x - x[0], which conditions it well."""
    return PPoly(np.polyfit(x - x[0], y, 3)[:, None], x[[0, -1]])


_FITS: Mapping[Method, Callable[[FloatArray, FloatArray], PPoly]] = {
    "cubic": _least_squares_cubic,
    "pchip": PchipInterpolator,
    "akima": Akima1DInterpolator,
    "spline": CubicSpline,
}


def _check_rising(curve: PPoly, low: float, high: float, method: Method, name: RDCurve) -> None:
    """Refuse a fit that falls inside [low, high]: the points rise, so such a fit says nothing about them."""
    slope = curve.derivative()
    turns = slope.derivative().roots(discontinuity=False, extrapolate=False)
    candidates = np.concatenate([[low, high], curve.x, turns[np.isfinite(turns)]])
    if np.min(slope(np.clip(candidates, low, high))) < -statistics.SLOPE_TOLERANCE:
        raise UserError(f"the {method} fit of {name} is not monotonic in the common range; use another method")


# --- everything about one pair ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """All there is to say about two curves; None where a method has no value, with a note saying why."""

    anchor: str  # label
    test: str
    metric: Metric
    bd_rate: Mapping[Method, float | None]  # %
    bd_psnr: Mapping[Method, float | None]  # dB
    overlap: tuple[float, float]  # dB
    overlap_share: float  # of the test curve's range
    points: tuple[int, int]  # anchor, test
    notes: tuple[str, ...]
    ci95: Mapping[str, tuple[float, float] | None] | None = None  # averaging: (low, high), %; per-image rows only

    def to_json(self) -> dict[str, object]:
        """The comparison as one JSON object; `ci95` is there only for per-image rows."""
        result: dict[str, object] = {
            "bd_rate": dict(self.bd_rate),
            "bd_psnr": dict(self.bd_psnr),
            "overlap": list(self.overlap),
            "overlap_share": self.overlap_share,
            "points": list(self.points),
            "notes": list(self.notes),
        }
        if self.ci95 is not None:
            result["ci95"] = {name: None if pair is None else list(pair) for name, pair in self.ci95.items()}
        return result


def compare(anchor: RDCurve, test: RDCurve) -> Comparison:
    """Compare two curves by every method; raises UserError when no method gives a BD-rate."""
    low, high = overlap(anchor, test)
    failures: list[str] = []
    rates = {method: value_or_note(bd_rate, anchor, test, method, failures) for method in METHODS}
    if all(value is None for value in rates.values()):
        raise UserError(f"no BD-rate of {test} against {anchor}: {failures[-1]}")
    gains = {method: value_or_note(bd_psnr, anchor, test, method, failures) for method in METHODS}
    notes = [*pair_notes(anchor, test), *_rate_range_note(anchor, test), *_spread_note(rates), *dict.fromkeys(failures)]
    return Comparison(
        anchor=anchor.label,
        test=test.label,
        metric=anchor.metric,
        bd_rate=rates,
        bd_psnr=gains,
        overlap=(low, high),
        overlap_share=overlap_share(anchor, test),
        points=(len(anchor.bpp), len(test.bpp)),
        notes=tuple(notes),
    )


def value_or_note(
    delta: Callable[[RDCurve, RDCurve, Method], float],
    anchor: RDCurve,
    test: RDCurve,
    method: Method,
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
    if anchor.psnr_reference != test.psnr_reference and anchor.metric == "psnr":
        notes.append(f"PSNR references differ: anchor {anchor.psnr_reference}, test {test.psnr_reference}")
    if anchor.optimised_for != test.optimised_for:
        notes.append(f"optimised for different metrics: {anchor.optimised_for} and {test.optimised_for}")
    if anchor.metric == "ms-ssim":
        notes.append("MS-SSIM on a dB axis, -10 log10(1 - x)")
    return notes


def _rate_range_note(anchor: RDCurve, test: RDCurve) -> list[str]:
    """A note where BD-PSNR, an integral over the common rates, rests on a small part of the test curve."""
    low, high = max(anchor.bpp[0], test.bpp[0]), min(anchor.bpp[-1], test.bpp[-1])
    if high <= low:
        return []  # then bd_psnr itself says so
    share = math.log(high / low) / math.log(test.bpp[-1] / test.bpp[0])
    return [f"the common rates are only {100 * share:.0f} % of the test curve's"] if share < SMALL_OVERLAP else []


def _spread_note(rates: Mapping[Method, float | None]) -> list[str]:
    values = [value for value in rates.values() if value is not None]
    spread = max(values) - min(values)
    return [f"the methods differ by {spread:.2f} percentage points"] if spread > WIDE_SPREAD else []


def bdrate_report(anchor_path: Path, test_path: Path, metric: Metric = "psnr") -> Comparison:
    """Compare two files of the forms `userseries.read_one` accepts, anchor first.

    Two files of per-image rows must hold the same images and give 95 % intervals too.
    Raises UserError that lists every bad line.
    """
    anchor, test = read_one(anchor_path, metric), read_one(test_path, metric)
    comparison = compare(*(data.mean_curve() if isinstance(data, ImageRD) else data for data in (anchor, test)))
    if not (isinstance(anchor, ImageRD) and isinstance(test, ImageRD)):
        return comparison
    return _with_intervals(comparison, anchor, test)


def _with_intervals(comparison: Comparison, anchor: ImageRD, test: ImageRD) -> Comparison:
    """Add the intervals of the default method, and what must be said about them."""
    intervals = statistics.bd_rate_intervals(anchor, test, DEFAULT_METHOD)
    notes = [f"95 % intervals: {DEFAULT_METHOD}, paired bootstrap over {len(test.images)} images"]
    for averaging, interval in intervals.items():
        if averaging == "per image" and interval.value is not None:
            notes.append(f"mean of the images' BD-rates: {interval.value:.2f} %")
        notes.extend(f"{averaging}: {note}" for note in interval.notes())
    return replace(
        comparison,
        notes=(*comparison.notes, *notes),
        ci95={averaging.replace(" ", "_"): interval.bounds for averaging, interval in intervals.items()},
    )


def format_comparison(comparison: Comparison) -> str:
    """The comparison as plain text: a table of the methods, then the range and the notes."""
    low, high = comparison.overlap
    unit = "PSNR" if comparison.metric == "psnr" else "MS-SSIM"
    lines = [
        f"{comparison.test} against {comparison.anchor} (anchor)",
        f"{'method':<8}{'BD-rate':>12}{'BD-' + unit:>14}",
    ]
    for method in METHODS:
        rate, gain = comparison.bd_rate[method], comparison.bd_psnr[method]
        lines.append(f"{method:<8}{_cell(rate, '.2f', ' %'):>12}{_cell(gain, '.3f', ' dB'):>14}")
    lines.append(f"common range {low:.2f} to {high:.2f} dB, {100 * comparison.overlap_share:.0f} % of the test curve's")
    lines.append(f"points {comparison.points[0]} (anchor), {comparison.points[1]} (test)")
    for name, pair in (comparison.ci95 or {}).items():
        text = "none" if pair is None else f"{pair[0]:.2f} to {pair[1]:.2f} %"
        lines.append(f"95 % interval, {name.replace('_', ' ')}: {text}")
    return "\n".join([*lines, *(f"note: {note}" for note in comparison.notes)]) + "\n"


def _cell(value: float | None, form: str, unit: str) -> str:
    return "-" if value is None else f"{value:{form}}{unit}"
