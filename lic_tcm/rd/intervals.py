"""95 % confidence intervals over images: what another draw of as many images like these would give.

An interval says how far a number depends on which images were coded. It says nothing about another training of the
same network, another dataset or another encoder setting.

Two averages are known and always named: "mean curve", the BD-rate of the curves of mean rate and mean distortion (the
field's usual way), and "per image", the mean of the images' BD-rates. Two kinds of interval:

- "jackknife" (the default): the delete-one jackknife standard error (Tukey, 1958) with Student's t of n - 1 degrees of
  freedom, on log(1 + BD/100) for the mean curve. For a plain mean, such as "per image", it is the t interval itself.
- "bootstrap": percentile bootstrap (Efron, 1979), images drawn with replacement, the same ones for anchor and test,
  with a fixed seed. It is too narrow for few images: docs/intervals.md has the coverage of both.

Below LEAST_IMAGES images there is no interval: no kind covers what it claims there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from scipy.special import stdtrit

from lic_tcm import metrics
from lic_tcm.errors import UserError
from lic_tcm.rd.curves import Average, FloatArray, ImageRD, Metric, to_axis
from lic_tcm.rd.manycurves import IntervalInterpolation, gaps, image_rows, mean_rows, percent

IntervalKind = Literal["jackknife", "bootstrap"]
INTERVAL_KINDS: tuple[IntervalKind, ...] = get_args(IntervalKind)
Averaging = Literal["mean curve", "per image"]

LEAST_IMAGES = 5
RESAMPLES = 10_000
SEED = 20230615
LEVEL = 0.95


@dataclass(frozen=True)
class How:
    """How intervals are made; `resamples` concerns the bootstrap only."""

    kind: IntervalKind = "jackknife"
    resamples: int = RESAMPLES
    least: int = LEAST_IMAGES  # images below which there is no interval; fewer only to measure coverage

    def __str__(self) -> str:
        """In words, for tables and notes."""
        return {"jackknife": "jackknife, Student's t", "bootstrap": "percentile bootstrap"}[self.kind]


JACKKNIFE = How()


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval; None for what cannot be computed, and why."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""  # why there is no value or no interval
    n_images: int = 0  # that the value is from

    @property
    def bounds(self) -> tuple[float, float] | None:
        """(low, high); None when one of them does not exist."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    def notes(self) -> list[str]:
        """What a reader must know about this interval."""
        return [self.reason] if self.reason else []


Statistic = Callable[[FloatArray], FloatArray]  # weights (rows, images), rows summing to 1 -> (rows,); NaN for none


def interval(statistic: Statistic, images: int, how: How, back: Statistic = np.asarray) -> Interval:
    """The value of a statistic of weighted images, and its interval; `back` is a rising map applied to all of them."""
    value = float(statistic(np.full((1, images), 1 / images))[0])
    shown = float(back(np.array([value]))[0])
    if np.isnan(value):
        return Interval(None, n_images=images)
    if np.isinf(value):
        return Interval(shown, reason="infinite: no interval", n_images=images)
    if images < how.least:
        few = f"no interval: {images} image{'s' * (images != 1)}, and it needs {how.least}"
        return Interval(shown, reason=few, n_images=images)
    weights = resample_weights(images, how.resamples) if how.kind == "bootstrap" else leave_one_out(images)
    among = np.asarray(statistic(weights))
    ends, reason = _percentiles(among) if how.kind == "bootstrap" else _student(value, among)
    low, high = (None if end is None else float(back(np.array([end]))[0]) for end in ends)
    return Interval(shown, low, high, reason, images)


Ends = tuple[tuple[float | None, float | None], str]


def _student(value: float, left_out: FloatArray) -> Ends:
    """Ends by the delete-one jackknife: `left_out` are the statistic's values without each image, (images,)."""
    n, missing = len(left_out), int((~np.isfinite(left_out)).sum())
    if missing:
        return (None, None), f"no interval: on {missing} of {n} sets that leave one image out the number does not exist"
    error = np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
    half = float(stdtrit(n - 1, 1 - (1 - LEVEL) / 2) * error)
    return (value - half, value + half), ""


def _percentiles(resampled: FloatArray) -> Ends:
    """Ends by percentiles; a resample without a value counts as infinite on both sides, so it can only widen."""
    invalid, tail = np.isnan(resampled), (1 - LEVEL) / 2
    low = float(np.quantile(np.where(invalid, -np.inf, resampled), tail, method="lower"))
    high = float(np.quantile(np.where(invalid, np.inf, resampled), 1 - tail, method="higher"))
    count = int(invalid.sum())
    reason = f"{count} of {len(resampled)} bootstrap resamples have no value; counted as infinite" if count else ""
    return (low if np.isfinite(low) else None, high if np.isfinite(high) else None), reason


@lru_cache(maxsize=4)
def resample_weights(images: int, resamples: int = RESAMPLES) -> FloatArray:
    """How much each image weighs in each resample, (resamples, images); rows sum to 1, the same at every call."""
    counts = np.random.default_rng(SEED).multinomial(images, np.full(images, 1 / images), size=resamples)
    return _frozen(np.asarray(counts / images))


@lru_cache(maxsize=16)
def leave_one_out(images: int) -> FloatArray:
    """How much each image weighs in each set that leaves one out, (images, images); rows sum to 1."""
    return _frozen((1 - np.eye(images)) / (images - 1))


def _frozen(array: FloatArray) -> FloatArray:
    array.flags.writeable = False  # it is shared
    return array


# --- of points ----------------------------------------------------------------------------------------------------


def rate_interval(bpp: FloatArray, how: How = JACKKNIFE) -> Interval:
    """The mean rate of one value per image, (images,), with its interval, which is made for the rate's log."""
    return interval(lambda weights: np.log(weights @ bpp), len(bpp), how, np.exp)


def quality_interval(metric: Metric, values: FloatArray, average: Average = "linear", how: How = JACKKNIFE) -> Interval:
    """The mean quality on the metric's axis of one value per image, (images,), with its interval.

    Where the axis bends, `average` says how: "linear", the mean put on the axis, or "db", the mean on the axis.
    """
    late = metrics.get(metric).bends and average == "linear"
    if not late:
        values = to_axis(metric, values)
    if np.isinf(values).any():
        return Interval(float(values.mean()), reason="infinite: no interval", n_images=len(values))

    def mean(weights: FloatArray) -> FloatArray:
        means = np.clip(weights @ values, values.min(), values.max())  # rounding must not pass them
        return to_axis(metric, means) if late else means

    return interval(mean, len(values), how)


# --- of BD-rates --------------------------------------------------------------------------------------------------


def bd_rate_intervals(
    anchor: ImageRD, test: ImageRD, method: IntervalInterpolation, how: How = JACKKNIFE
) -> Mapping[Averaging, Interval]:
    """BD-rate in % with its interval, for both averages; raises UserError when images or metrics differ.

    "per image" is the mean over the images that have a BD-rate; `image_failures` has the others. Values are those of
    `bdrate.bd_rate`.
    """
    _check_paired(anchor, test)
    single = gaps(image_rows(anchor), image_rows(test), method)
    rates = percent(single.log_ratio[single.reason == ""])
    curve = interval(
        lambda weights: gaps(mean_rows(anchor, weights), mean_rows(test, weights), method).log_ratio,
        len(test.images),
        how,
        percent,
    )
    if not len(rates):
        return {"mean curve": curve, "per image": Interval(None, reason="no image has a BD-rate")}
    return {"mean curve": curve, "per image": interval(lambda weights: weights @ rates, len(rates), how)}


def image_bd_rates(anchor: ImageRD, test: ImageRD, method: IntervalInterpolation) -> FloatArray:
    """BD-rate in % of each image, (images,); NaN where an image's curves have none."""
    return percent(gaps(image_rows(anchor), image_rows(test), method).log_ratio)


def image_failures(anchor: ImageRD, test: ImageRD, method: IntervalInterpolation) -> dict[str, str]:
    """The images without a BD-rate, and why."""
    reasons = gaps(image_rows(anchor), image_rows(test), method).reason
    return {image: str(reason) for image, reason in zip(test.images, reasons, strict=True) if reason}


def _check_paired(anchor: ImageRD, test: ImageRD) -> None:
    if anchor.images != test.images or anchor.metric != test.metric:
        raise UserError(
            f"{anchor.name} ({len(anchor.images)} images, {anchor.metric}) and {test.name} ({len(test.images)} images,"
            f" {test.metric}) are not paired; give the same images and metric"
        )
