"""One anchor and one test series compared in every way the tables show, on the images they share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np

from lic_tcm import metrics
from lic_tcm.errors import UserError
from lic_tcm.rd.bdrate import (
    SMALL_OVERLAP,
    Interpolation,
    bd_psnr,
    bd_rate,
    crossings,
    overlap,
    overlap_share,
    pair_notes,
    value_or_note,
)
from lic_tcm.rd.curves import ImageRD, RDCurve
from lic_tcm.rd.intervals import JACKKNIFE, Averaging, How, Interval, bd_rate_intervals, image_failures
from lic_tcm.rd.manycurves import INTERVAL_INTERPOLATIONS, IntervalInterpolation

# Why a number must not be quoted alone; the notes say it in words.
Mark = Literal["overlap", "crossing", "signs", "images", "averages"]


@dataclass(frozen=True)
class Delta:
    """One way to state the difference of a pair; None and a note for what cannot be computed."""

    averaging: Averaging
    bd_method: Interpolation
    bd_rate: float | None  # %
    bd_distortion: float | None  # on the metric's axis
    ci_lo: float | None  # %, 95 %
    ci_hi: float | None
    ci_method: str  # how the interval was made; "" where there is none
    overlap_lo: float | None  # on the axis, of the mean curves
    overlap_hi: float | None
    overlap_share: float | None  # of the test's mean curve
    n_images: int | None  # that the number is from
    value_average: str  # of the mean curves: "linear", "db", "unstated", "mixed"; "" where the axis does not bend
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """The mean curves of anchor and test; `images` holds what they are means of where both are measured."""

    anchor: RDCurve
    test: RDCurve
    images: tuple[ImageRD, ImageRD] | None
    n_images: int | None  # None: two published curves
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, anchor: ImageRD | RDCurve, test: ImageRD | RDCurve) -> Self:
        """Pair two series; two measured ones on the images they share. Raises UserError where a curve is not valid.

        A measured series is averaged as the curve it meets was; where that is not stated, linearly.
        """
        if isinstance(anchor, RDCurve) or isinstance(test, RDCurve):
            measured = [len(data.images) for data in (anchor, test) if isinstance(data, ImageRD)]
            curves = _curve(anchor, meets=test), _curve(test, meets=anchor)
            return cls(*curves, None, measured[0] if measured else None)
        shared = sorted(set(anchor.images) & set(test.images))
        if not shared:
            raise UserError(f"{anchor.name} and {test.name} share no image of {test.dataset}; code the same ones")
        images = anchor.select(shared), test.select(shared)
        counts = {len(anchor.images), len(test.images), len(shared)}
        notes = (f"on the {len(shared)} images both have",) if len(counts) > 1 else ()
        return cls(images[0].mean_curve(), images[1].mean_curve(), images, len(shared), notes)

    def deltas(
        self, methods: Sequence[Interpolation], how: How = JACKKNIFE, *, per_image: bool = True
    ) -> Iterator[Delta]:
        """The pair's mean curves by every method, then the mean over images by those that have intervals.

        Without `per_image` the mean curves only. Raises UserError when the curves share no distortion.
        """
        intervals = {} if self.images is None else _intervals(*self.images, methods, how)
        signs: dict[Interpolation, str | None] = {method: _signs(found) for method, found in intervals.items()}
        of_curves: dict[Interpolation, Interval] = {method: found["mean curve"] for method, found in intervals.items()}
        for method in methods:
            failures: list[str] = []
            rate, gain = (value_or_note(f, self.anchor, self.test, method, failures) for f in (bd_rate, bd_psnr))
            delta = self._delta("mean curve", method, rate, gain, _ci(of_curves.get(method), how))
            yield _noted(delta, failures, signs.get(method))
        if self.images is None or not per_image:
            return
        for known, found in intervals.items():
            yield self._image_delta(*self.images, known, found["per image"], how, signs[known])

    def value_average(self) -> str:
        """How the mean curves are averaged: "linear", "db", "unstated", "mixed"; "" where the axis does not bend."""
        averages = {self.anchor.average, self.test.average}
        if not metrics.get(self.anchor.metric).bends:
            return ""
        if "unstated" in averages:
            return "unstated"
        return next(iter(averages)) if len(averages) == 1 else "mixed"

    def _image_delta(
        self, anchor: ImageRD, test: ImageRD, method: IntervalInterpolation, rate: Interval, how: How, signs: str | None
    ) -> Delta:
        """The mean over the images that have a BD-rate; the others are named."""
        gain, notes = _image_gains(anchor, test, method)
        delta = self._delta("per image", method, rate.value, gain, _ci(rate, how))
        failed = image_failures(anchor, test, method)
        if failed:
            rated, total = rate.n_images, rate.n_images + len(failed)
            notes = [f"on {rated} of {total} images; {failure_note(failed)}", *notes]
            delta = replace(delta, n_images=rated, marks=(*delta.marks, "images"))
        return _noted(delta, notes, signs)

    def _delta(
        self, averaging: Averaging, method: Interpolation, rate: float | None, gain: float | None, ci: "_Ends"
    ) -> Delta:
        low, high = overlap(self.anchor, self.test)
        share = overlap_share(self.anchor, self.test)
        crossed = _crossings(self.anchor, self.test)
        metric = metrics.get(self.anchor.metric)
        average = self.value_average()
        marks: dict[Mark, bool] = {
            "overlap": share < SMALL_OVERLAP,
            "crossing": bool(crossed),
            "averages": average == "mixed",
        }
        places = ", ".join(f"{place:.{metric.place_decimals}f}" for place in crossed)
        crossing = [f"the curves cross at {places}{metric.per_unit}: neither is better throughout"] if crossed else []
        return Delta(
            averaging=averaging,
            bd_method=method,
            bd_rate=rate,
            bd_distortion=gain,
            ci_lo=ci.low,
            ci_hi=ci.high,
            ci_method=ci.method,
            overlap_lo=low,
            overlap_hi=high,
            overlap_share=share,
            n_images=self.n_images,
            value_average=average,
            marks=tuple(mark for mark, there in marks.items() if there),
            notes=(*ci.notes, *self.notes, *crossing, *pair_notes(self.anchor, self.test)),
        )


@dataclass(frozen=True)
class _Ends:
    low: float | None = None
    high: float | None = None
    method: str = ""
    notes: tuple[str, ...] = ()


def _ci(interval: Interval | None, how: How) -> _Ends:
    if interval is None:
        return _Ends()
    there = interval.low is not None or interval.high is not None
    return _Ends(interval.low, interval.high, str(how) if there else "", tuple(interval.notes()))


def _noted(delta: Delta, notes: Sequence[str], signs: str | None) -> Delta:
    """The delta with notes in front, and what its two averages say of each other."""
    marks: tuple[Mark, ...] = (*delta.marks, "signs") if signs else delta.marks
    reasons = [*notes, *([signs] if signs else []), *delta.notes]
    return replace(delta, marks=marks, notes=tuple(dict.fromkeys(reasons)))


def _signs(found: Mapping[Averaging, Interval]) -> str | None:
    """A sentence where the two averages contradict each other."""
    curve, images = found["mean curve"].value, found["per image"].value
    if curve is None or images is None or curve * images >= 0:
        return None
    return f"mean curve {curve:+.2f} %, per image {images:+.2f} %: of opposite sign, so quote both"


def failure_note(failed: Mapping[str, str]) -> str:
    """Which images have no BD-rate, by reason.

    >>> failure_note({"a": "it falls", "b": "no overlap", "c": "it falls"})
    'no BD-rate on a, c (it falls), b (no overlap)'
    """
    images = {reason: [image for image in failed if failed[image] == reason] for reason in failed.values()}
    return "no BD-rate on " + ", ".join(f"{', '.join(names)} ({reason})" for reason, names in images.items())


def _crossings(anchor: RDCurve, test: RDCurve) -> list[float]:
    try:
        return crossings(anchor, test)
    except UserError:  # too few points for a curve: the BD-rate's own note says so
        return []


def _intervals(
    anchor: ImageRD, test: ImageRD, methods: Sequence[Interpolation], how: How
) -> dict[IntervalInterpolation, Mapping[Averaging, Interval]]:
    return {
        method: bd_rate_intervals(anchor, test, method, how) for method in INTERVAL_INTERPOLATIONS if method in methods
    }


def _image_gains(anchor: ImageRD, test: ImageRD, method: Interpolation) -> tuple[float | None, list[str]]:
    """Mean BD of the distortion over the images that have one; which have none or share little of their range."""
    gains, small = [], 0
    for image in test.images:
        try:
            curves = anchor.image_curve(image), test.image_curve(image)
            gains.append(bd_psnr(*curves, method))
            small += overlap_share(*curves) < SMALL_OVERLAP
        except UserError:
            continue
    notes = []
    if len(gains) < len(test.images):
        notes.append(f"BD of the distortion on {len(gains)} of {len(test.images)} images")
    if small:
        percent = 100 * SMALL_OVERLAP
        notes.append(f"on {small} images the common range is under {percent:.0f} % of the test curve's")
    return float(np.mean(gains)) if gains else None, notes


def _curve(data: ImageRD | RDCurve, meets: ImageRD | RDCurve) -> RDCurve:
    """The mean curve of a series, averaged like the curve it is compared with."""
    if isinstance(data, RDCurve):
        return data
    return data.mean_curve("db" if isinstance(meets, RDCurve) and meets.average == "db" else "linear")
