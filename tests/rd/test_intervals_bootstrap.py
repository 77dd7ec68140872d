"""The percentile bootstrap over images: its weights, its width, and resamples without a value."""

import math
from dataclasses import replace

import numpy as np
import pytest
from support.image_rd import ANCHOR, TEST, image_rd

from lic_tcm.rd import intervals
from lic_tcm.rd.intervals import How, bd_rate_intervals, quality_interval
from lic_tcm.rd.manycurves import INTERVAL_INTERPOLATIONS

BOOTSTRAP = How("bootstrap")


def test_weights_are_fixed_and_sum_to_one():
    """The same number of images gives the same resamples, each of that many draws."""
    weights = intervals.resample_weights(24)
    assert weights.shape == (10_000, 24)
    assert np.array_equal(weights, intervals.resample_weights(24))
    drawn = np.rint(5 * intervals.resample_weights(5, 3)).astype(int).tolist()
    assert drawn == [[2, 2, 0, 0, 1], [2, 0, 0, 2, 1], [2, 1, 0, 0, 2]]  # the same in every version
    assert weights.sum(axis=1) == pytest.approx(np.ones(10_000))
    assert weights.mean() == pytest.approx(1 / 24, rel=1e-9)
    assert weights.var() * 24**2 == pytest.approx(1 - 1 / 24, rel=0.01)  # multinomial


def test_resamples_are_as_many_as_asked_for():
    """The ends are the order statistics of that many resampled means."""
    values = np.random.default_rng(5).normal(33, 2, 12)
    for count in (200, 1000):
        means = np.sort(intervals.resample_weights(12, count) @ values)
        found = quality_interval("psnr", values, how=How("bootstrap", count))
        assert found.bounds == pytest.approx((means[int(0.025 * (count - 1))], means[-1 - int(0.025 * (count - 1))]))


def test_bootstrap_of_a_mean_has_the_width_of_theory():
    """For the mean of 200 values the interval is the normal one, +-1.96 sd / sqrt(n), within a few percent."""
    for column in image_rd("wide", images=200).value:
        found = quality_interval("psnr", column, how=BOOTSTRAP)
        assert found.value == pytest.approx(column.mean())
        half = 1.96 * column.std() / math.sqrt(200)
        assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.05)
        assert (found.high + found.low) / 2 == pytest.approx(column.mean(), abs=0.1 * half)


@pytest.mark.parametrize("method", INTERVAL_INTERPOLATIONS)
def test_resamples_without_a_value_widen_the_interval(method):
    """They are counted; too many of them leave no bound rather than a narrow interval."""
    value = TEST.value.copy()
    value[5, 0] -= 30  # one image spoils the mean curve where it is drawn twice or more
    found = bd_rate_intervals(ANCHOR, replace(TEST, value=value), method, BOOTSTRAP)["mean curve"]
    assert found.bounds is None
    assert found.notes()[0].endswith("of 10000 bootstrap resamples have no value; counted as infinite")
    assert 250 < int(found.notes()[0].split()[0]) < 10_000


def test_few_resamples_without_a_value_only_widen():
    """Up to 2.5 % of them take their place in the tails, so both bounds still exist and lie further out."""
    values = np.linspace(0, 1, 1000)
    (low, high), _ = intervals._percentiles(values)
    values[500:510] = np.nan
    (lower, higher), reason = intervals._percentiles(values)
    assert (low, high) == pytest.approx((0.025, 0.975), abs=2e-3)
    assert lower < low
    assert higher > high
    assert reason.startswith("10 of 1000 ")


def test_percentiles_are_the_order_statistics():
    """The ends are values that were resampled: the lower of two at the low end, the higher at the high one."""
    (low, high), reason = intervals._percentiles(np.arange(100.0)[::-1])
    assert (low, high, reason) == (2.0, 97.0, "")
    values = np.arange(100.0)
    values[:2] = np.nan
    (low, high), reason = intervals._percentiles(values)
    assert (low, high) == (2.0, 99.0)
    assert reason == "2 of 100 bootstrap resamples have no value; counted as infinite"
    values[:5] = np.nan
    assert intervals._percentiles(values)[0] == (None, None)
