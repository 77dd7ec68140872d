"""One anchor and one test series compared in every way the tables show, on the images they share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from lic_tcm.bench import statistics
from lic_tcm.bench.bdrate import (
    SMALL_OVERLAP,
    Method,
    bd_psnr,
    bd_rate,
    overlap,
    overlap_share,
    pair_notes,
    value_or_note,
)
from lic_tcm.bench.curves import ImageRD, RDCurve
from lic_tcm.errors import UserError


@dataclass(frozen=True)
class Delta:
    """One way to state the difference of a pair; None and a note for what cannot be computed."""

    averaging: statistics.Averaging
    bd_method: Method
    bd_rate: float | None  # %
    bd_distortion: float | None  # dB
    ci_lo: float | None  # %, 95 %
    ci_hi: float | None
    overlap_lo: float | None  # dB, of the mean curves
    overlap_hi: float | None
    overlap_share: float | None  # of the test's mean curve
    n_images: int | None
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
        """Pair two series; two measured ones on the images they share. Raises UserError where a curve is not valid."""
        if isinstance(anchor, RDCurve) or isinstance(test, RDCurve):
            measured = [len(data.images) for data in (anchor, test) if isinstance(data, ImageRD)]
            return cls(_mean_curve(anchor), _mean_curve(test), None, measured[0] if measured else None)
        shared = sorted(set(anchor.images) & set(test.images))
        if not shared:
            raise UserError(f"{anchor.name} and {test.name} share no image of {test.dataset}; code the same ones")
        images = anchor.select(shared), test.select(shared)
        counts = {len(anchor.images), len(test.images), len(shared)}
        notes = (f"on the {len(shared)} images both have",) if len(counts) > 1 else ()
        return cls(images[0].mean_curve(), images[1].mean_curve(), images, len(shared), notes)

    def deltas(self, methods: Sequence[Method], resamples: int = statistics.RESAMPLES) -> Iterator[Delta]:
        """The pair's mean curves by every method, then the mean over images by those that have intervals.

        Raises UserError when the curves share no distortion.
        """
        intervals = {} if self.images is None else _intervals(*self.images, methods, resamples)
        for method in methods:
            failures: list[str] = []
            rate, gain = (value_or_note(f, self.anchor, self.test, method, failures) for f in (bd_rate, bd_psnr))
            interval = intervals[method]["mean curve"] if method in intervals else None
            yield self._delta("mean curve", method, rate, gain, interval, failures)
        for method, found in intervals.items():
            gain, notes = (None, []) if self.images is None else _image_gains(*self.images, method)
            yield self._delta("per image", method, found["per image"].value, gain, found["per image"], notes)

    def _delta(
        self,
        averaging: statistics.Averaging,
        method: Method,
        rate: float | None,
        gain: float | None,
        interval: statistics.Interval | None,
        notes: Sequence[str],
    ) -> Delta:
        low, high = overlap(self.anchor, self.test)
        interval_notes = interval.notes() if interval else []
        return Delta(
            averaging=averaging,
            bd_method=method,
            bd_rate=rate,
            bd_distortion=gain,
            ci_lo=interval.low if interval else None,
            ci_hi=interval.high if interval else None,
            overlap_lo=low,
            overlap_hi=high,
            overlap_share=overlap_share(self.anchor, self.test),
            n_images=self.n_images,
            notes=(*notes, *interval_notes, *self.notes, *pair_notes(self.anchor, self.test)),
        )


def _intervals(
    anchor: ImageRD, test: ImageRD, methods: Sequence[Method], resamples: int
) -> dict[Method, Mapping[statistics.Averaging, statistics.Interval]]:
    return {
        method: statistics.bd_rate_intervals(anchor, test, method, resamples)
        for method in statistics.INTERVAL_METHODS
        if method in methods
    }


def _image_gains(anchor: ImageRD, test: ImageRD, method: Method) -> tuple[float | None, list[str]]:
    """Mean BD-PSNR of the images in dB, None where one has none; and how many share little of their range."""
    gains, small = [], 0
    for image in test.images:
        try:
            curves = anchor.image_curve(image), test.image_curve(image)
            small += overlap_share(*curves) < SMALL_OVERLAP
            gains.append(bd_psnr(*curves, method))
        except UserError as error:
            return None, [f"no BD of the distortion per image: {error}"]
    percent = 100 * SMALL_OVERLAP
    notes = [f"on {small} images the common range is under {percent:.0f} % of the test curve's"] if small else []
    return float(np.mean(gains)), notes


def _mean_curve(data: ImageRD | RDCurve) -> RDCurve:
    return data if isinstance(data, RDCurve) else data.mean_curve()
