"""Single points against an anchor's curve, for a method that has too few for a BD-rate.

A point of rate r and quality q is compared with the anchor's curve where it stands: the rate difference is r / R(q) - 1
with the anchor's rate R at that quality, the quality difference q - Q(r) with the anchor's quality Q at that rate. Both
are read off PCHIP curves through the anchor's points, log rate over quality and quality over log rate, as for
BD-rates. A point beyond the anchor's range has no difference: nothing is extrapolated. Such a number is about one
quality, a BD-rate about a range of them; it is never called BD-rate.

Two averages, as of BD-rates. "mean curve": the mean point against the mean curve, with the jackknife interval of
log(r / R(q)). "per image": the mean of the images' log(r / R(q)), put back in %, with the t interval of that mean; only
where all images have one, since the mean of those inside the anchor's range would be of another set at each point.

>>> anchor = RDCurve("a", "A", "", "psnr", "measured", (0.1, 0.2, 0.4, 0.8), (28.0, 31.0, 34.0, 37.0))
>>> test = RDCurve("t", "T", "", "psnr", "measured", (0.18,), (31.0,))
>>> found = point_differences(Pair.of(anchor, test))[0]
>>> round(found.rate_difference, 6), round(found.quality_difference, 3)
(-10.0, 0.456)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lic_tcm import metrics
from lic_tcm.errors import UserError
from lic_tcm.rd.bdrate import conventions
from lic_tcm.rd.curves import FloatArray, ImageRD, RDCurve, to_axis
from lic_tcm.rd.intervals import JACKKNIFE, Averaging, How, Interval, Statistic, interval
from lic_tcm.rd.manycurves import Places, Rows, image_rows, log_rate_at, mean_rows, percent, quality_at
from lic_tcm.rd.pair import Mark, Pair

LEAST_ANCHOR = 4  # points of a curve that others are read off
SHOWN = 5  # images that a note names


@dataclass(frozen=True)
class PointDifference:
    """One point of the test codec against the anchor's curve; None, and a note, where there is no difference."""

    averaging: Averaging
    point: float | None  # in the test codec's unit; None where not known
    bpp: float  # of the test codec's mean point
    distortion: float  # likewise, on the metric's axis
    rate_difference: float | None  # % more than the anchor's at this quality; negative: fewer bits
    rate_lo: float | None  # 95 %
    rate_hi: float | None
    quality_difference: float | None  # more than the anchor's at this rate, on the axis
    quality_lo: float | None
    quality_hi: float | None
    ci_method: str  # "" where there is no interval
    anchor_lo: float  # the range of the anchor's mean curve, on the axis
    anchor_hi: float
    anchor_bpp_lo: float
    anchor_bpp_hi: float
    n_images: int | None  # that the numbers are from; None: two curves without rows per image
    value_average: str  # as Pair.value_average
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]


def point_differences(pair: Pair, how: How = JACKKNIFE) -> list[PointDifference]:
    """Every point of the pair's test codec against the anchor's curve, by rate: of the means, then, where both have
    images, the mean of the images' differences.

    Raises UserError for an anchor of fewer than LEAST_ANCHOR points, and for curves of two metrics or datasets.
    """
    said = [f"{one.label}: {note}" for one in (pair.anchor, pair.test) for note in one.notes]
    common = (*pair.notes, *said, *conventions(pair.anchor, pair.test))
    count = len(pair.anchor.bpp)
    if count < LEAST_ANCHOR:
        raise UserError(
            f"{pair.anchor} is the anchor and has {count} point{'s' * (count != 1)}; points are compared with a curve "
            f"of at least {LEAST_ANCHOR}: give the anchor more points, or make the other method the anchor"
        )
    found: list[PointDifference] = []
    for k in range(len(pair.test.bpp)):
        means = _of_means(pair, k, how)
        both = [means] if pair.images is None else [means, _of_images(*pair.images, means, how)]
        found += [replace(one, notes=tuple(dict.fromkeys((*one.notes, *common)))) for one in _with_signs(both)]
    return found


def _with_signs(both: Sequence[PointDifference]) -> list[PointDifference]:
    """The averages of a point, marked where they contradict each other."""
    rates = [one.rate_difference for one in both if one.rate_difference is not None]
    if len(rates) < 2 or rates[0] * rates[1] >= 0:
        return list(both)
    note = f"mean curve {rates[0]:+.2f} %, per image {rates[1]:+.2f} %: of opposite sign, so quote both"
    return [replace(one, marks=(*one.marks, "signs"), notes=(note, *one.notes)) for one in both]


# --- of the means -------------------------------------------------------------------------------------------------


def _of_means(pair: Pair, k: int, how: How) -> PointDifference:
    """The test codec's mean point number k, by rate, against the anchor's mean curve."""
    curve, test, average = pair.anchor, pair.test, pair.value_average()
    rate, quality = _mean_intervals(pair, k, how)
    return PointDifference(
        averaging="mean curve",
        point=None if test.points is None else test.points[k],
        bpp=test.bpp[k],
        distortion=test.distortion[k],
        **_numbers(rate, quality, how),
        anchor_lo=curve.distortion[0],
        anchor_hi=curve.distortion[-1],
        anchor_bpp_lo=curve.bpp[0],
        anchor_bpp_hi=curve.bpp[-1],
        n_images=pair.n_images,
        value_average=average,
        marks=("averages",) if average == "mixed" else (),
        notes=(*_outside(curve, test, k, rate, quality), *_reasons(rate, quality)),
    )


def _mean_intervals(pair: Pair, k: int, how: How) -> tuple[Interval, Interval]:
    """Rate difference in % and quality difference of the means, with intervals where both have images."""
    if pair.images is None:
        anchor = Rows(np.array([pair.anchor.bpp]), np.array([pair.anchor.distortion]))
        ratio, gain = _differences(anchor, np.array([pair.test.bpp[k]]), np.array([pair.test.distortion[k]]))
        return Interval(_number(percent(ratio.value))), Interval(_number(gain.value))
    measured, test = pair.images
    row = _row(test, pair.test, k)

    def of(weights: FloatArray) -> tuple[Places, Places]:
        means = mean_rows(test, weights)
        return _differences(mean_rows(measured, weights), means.bpp[:, row], means.decibel[:, row])

    images = len(test.images)
    return (
        interval(lambda weights: of(weights)[0].value, images, how, percent),
        interval(lambda weights: of(weights)[1].value, images, how),
    )


def _differences(anchor: Rows, bpp: FloatArray, place: FloatArray) -> tuple[Places, Places]:
    """Natural log of the rate over the anchor's, and the quality above the anchor's, of a point per row: (rows,)."""
    rate, quality = log_rate_at(anchor, place), quality_at(anchor, bpp)
    return Places(np.log(bpp) - rate.value, rate.reason), Places(place - quality.value, quality.reason)


def _row(test: ImageRD, curve: RDCurve, k: int) -> int:
    """Where the point number k of a mean curve, whose points are sorted by rate, stands in the images' arrays."""
    assert curve.points is not None
    return test.points.index(curve.points[k])


def _number(values: FloatArray) -> float | None:
    return None if np.isnan(values[0]) else float(values[0])


def _outside(curve: RDCurve, test: RDCurve, k: int, rate: Interval, quality: Interval) -> list[str]:
    """What lies beyond the anchor's range, and the range."""
    metric = metrics.get(curve.metric)
    notes = []
    if rate.value is None:
        low, high = (f"{place:.{metric.decimals}f}" for place in (curve.distortion[0], curve.distortion[-1]))
        place = f"{test.distortion[k]:.{metric.decimals}f}{metric.per_unit}"
        notes.append(f"no rate difference: {place} is outside of {curve.label}'s {low} to {high}{metric.per_unit}")
    if quality.value is None:
        place, low, high = (f"{bpp:.4f}" for bpp in (test.bpp[k], curve.bpp[0], curve.bpp[-1]))
        notes.append(f"no quality difference: {place} bpp is outside of {curve.label}'s {low} to {high} bpp")
    return notes


# --- of the images ------------------------------------------------------------------------------------------------


def _of_images(anchor: ImageRD, test: ImageRD, means: PointDifference, how: How) -> PointDifference:
    """The mean of the images' differences at the point that `means` is about, over the images that have one."""
    row = next(k for k, point in enumerate(test.points) if point == means.point)
    ratio, gain = _differences(image_rows(anchor), test.bpp[row], to_axis(test.metric, test.value[row]))
    rate, quality = _mean(ratio.value, how, percent), _mean(gain.value, how)
    return replace(
        means,
        averaging="per image",
        **_numbers(rate, quality, how),
        notes=(*_without("rate", test, ratio), *_without("quality", test, gain), *_reasons(rate, quality)),
    )


def _mean(values: FloatArray, how: How, back: Statistic = np.asarray) -> Interval:
    """The mean of the values, put back, with its interval; nothing where one does not exist."""
    if np.isnan(values).any():
        return Interval(None, n_images=len(values))
    return interval(lambda weights: weights @ values, len(values), how, back)


def _without(what: str, test: ImageRD, found: Places) -> list[str]:
    """Which images have no difference, by reason."""
    notes = []
    for reason in dict.fromkeys(str(reason) for reason in found.reason if reason):
        names = [image for image, said in zip(test.images, found.reason, strict=True) if said == reason]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        some = f"{len(names)} of {len(test.images)} images"
        notes.append(f"per image no {what} difference: {some} {reason}: {', '.join(names[:SHOWN])}{more}")
    return notes


# --- of both ------------------------------------------------------------------------------------------------------


def _numbers(rate: Interval, quality: Interval, how: How) -> dict[str, Any]:
    there = any(end is not None for one in (rate, quality) for end in (one.low, one.high))
    return {
        "rate_difference": rate.value,
        "rate_lo": rate.low,
        "rate_hi": rate.high,
        "quality_difference": quality.value,
        "quality_lo": quality.low,
        "quality_hi": quality.high,
        "ci_method": str(how) if there else "",
    }


def _reasons(rate: Interval, quality: Interval) -> list[str]:
    """Why there is no interval of one of the differences."""
    both = {"rate difference": rate.notes(), "quality difference": quality.notes()}
    if rate.notes() == quality.notes():
        return rate.notes()
    return [f"{what}: {note}" for what, notes in both.items() for note in notes]
