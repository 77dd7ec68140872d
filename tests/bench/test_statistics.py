"""Intervals: the vectorised curves against scipy, the bootstrap against theory and against a plain loop."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from lic_tcm.bench import bdrate, statistics
from lic_tcm.bench.curves import ImageRD, RDCurve
from lic_tcm.errors import UserError


def image_rd(name, images=24, points=10, seed=0, saving=0.9, noise=0.02, metric="psnr"):
    """Plausible per-image points: difficulty differs between images, both coordinates rise with the point."""
    difficulty = np.random.default_rng(1).uniform(0.5, 2, size=images)
    rng = np.random.default_rng(seed)
    rate = np.geomspace(0.1, 2, points)[:, None] * difficulty * saving * rng.normal(1, noise, size=images)
    value = np.linspace(28, 42, points)[:, None] - 3 * difficulty + rng.uniform(0, 0.1, size=(points, images))
    if metric == "ms-ssim":
        value = 1 - 10 ** (-(value - 15) / 10)
    samples = {(float(p), f"img{i:03d}"): (rate[p, i], value[p, i]) for p in range(points) for i in range(images)}
    return ImageRD.from_samples(name, "set", metric, samples)


ANCHOR, TEST = image_rd("anchor", seed=1, saving=1), image_rd("test", seed=2)


@st.composite
def rising(draw):
    """Strictly rising x and y of 3 to 12 points, steps over three orders of magnitude."""
    steps = st.floats(min_value=1e-2, max_value=10)
    count = draw(st.integers(3, 12))
    return [np.cumsum(draw(st.lists(steps, min_size=count, max_size=count))) for _ in range(2)]


@given(rising(), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=300, deadline=None)
def test_pchip_is_scipys(points, start, stop):
    """The vectorised PCHIP has scipy's values at every break and its mean over any range, to 1e-12 relative."""
    x, y = points
    low, high = (x[0] + fraction * (x[-1] - x[0]) for fraction in sorted((start, stop)))
    if high - low < 1e-3:
        return
    scipys = PchipInterpolator(x, y)
    pieces = statistics._fit_pchip(x[None], y[None])
    assert np.allclose(pieces.coefficients[0, :, ::-1].T, scipys.c, rtol=1e-12, atol=1e-12 * np.abs(scipys.c).max())
    mean = statistics._mean_rising(pieces, np.array([low]), np.array([high]))[0]
    assert mean == pytest.approx(scipys.integrate(low, high) / (high - low), rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("metric", ["psnr", "ms-ssim"])
@pytest.mark.parametrize("method", statistics.INTERVAL_METHODS)
def test_values_are_those_of_bdrate(method, metric):
    """The value inside each interval is bd_rate of the mean curves, and the mean of bd_rate over images."""
    anchor, test = image_rd("a", seed=1, saving=1, metric=metric), image_rd("t", seed=2, metric=metric)
    intervals = statistics.bd_rate_intervals(anchor, test, method)
    expected = bdrate.bd_rate(anchor.mean_curve(), test.mean_curve(), method)
    assert intervals["mean curve"].value == pytest.approx(expected, abs=1e-9)
    singles = [bdrate.bd_rate(anchor.image_curve(i), test.image_curve(i), method) for i in test.images]
    assert statistics.image_bd_rates(anchor, test, method) == pytest.approx(singles, abs=1e-9)
    assert intervals["per image"].value == pytest.approx(np.mean(singles), abs=1e-9)


@pytest.mark.parametrize("method", statistics.INTERVAL_METHODS)
def test_resamples_are_those_of_a_plain_loop(method):
    """A resample drawn by repeating images, with scipy's curves, has the BD-rate the vectorised code gives it."""
    counts = np.rint(statistics.resample_weights(24, 20) * 24).astype(int)
    weights = statistics.resample_weights(24, 20)
    ours = statistics._bd_rates(statistics._mean_rows(ANCHOR, weights), statistics._mean_rows(TEST, weights), method)
    for row, value in zip(counts, ours, strict=True):
        drawn = [image for image, count in zip(TEST.images, row, strict=True) for _ in range(count)]
        curves = (data.select(drawn).mean_curve() for data in (ANCHOR, TEST))
        assert value == pytest.approx(bdrate.bd_rate(*curves, method), abs=1e-9)


def test_weights_are_fixed_and_sum_to_one():
    """The same number of images gives the same resamples, each of that many draws."""
    weights = statistics.resample_weights(24)
    assert weights.shape == (10_000, 24)
    assert np.array_equal(weights, statistics.resample_weights(24))
    assert weights.sum(axis=1) == pytest.approx(np.ones(10_000))
    assert weights.mean() == pytest.approx(1 / 24, rel=1e-9)
    assert weights.var() * 24**2 == pytest.approx(1 - 1 / 24, rel=0.01)  # multinomial


def test_interval_of_a_mean_has_the_width_of_theory():
    """For the mean of 200 values the interval is the normal one, +-1.96 sd / sqrt(n), within a few percent."""
    data = image_rd("wide", images=200)
    for column in (*data.bpp, *data.value):
        interval = statistics.mean_interval(column)
        assert interval.value == pytest.approx(column.mean())
        half = 1.96 * column.std() / math.sqrt(200)
        assert (interval.high - interval.low) / 2 == pytest.approx(half, rel=0.05)
        assert (interval.high + interval.low) / 2 == pytest.approx(column.mean(), abs=0.1 * half)


def test_a_lossless_image_has_an_infinite_mean_without_interval():
    """An infinite PSNR gives an infinite mean; its bounds are unknown, not numbers."""
    interval = statistics.mean_interval(np.array([40.0, math.inf, 41.0]))
    assert (interval.value, interval.bounds) == (math.inf, None)


def test_rounding_does_not_carry_a_mean_past_its_values():
    """The mean of MS-SSIMs that are all 1 stays 1 in every resample, so it can be put on the dB axis."""
    interval = statistics.mean_interval(np.ones(7))
    assert (interval.value, interval.low, interval.high) == (1, 1, 1)


def test_pairing_removes_what_images_share():
    """With a saving alike on every image the paired interval has no width, however unlike the images are."""
    test = replace(ANCHOR, name="test", bpp=0.8 * ANCHOR.bpp)
    for interval in statistics.bd_rate_intervals(ANCHOR, test, "pchip").values():
        assert interval.bounds == pytest.approx((-20, -20), abs=1e-9)


def test_the_two_averages_are_different_numbers():
    """Where dear images save less, the BD-rate of the mean curve is above the mean of the images' BD-rates."""
    factor = np.where(ANCHOR.bpp[0] > np.median(ANCHOR.bpp[0]), 0.95, 0.75)
    intervals = statistics.bd_rate_intervals(ANCHOR, replace(ANCHOR, bpp=ANCHOR.bpp * factor), "pchip")
    assert intervals["per image"].value == pytest.approx(100 * (factor.mean() - 1))
    assert intervals["mean curve"].value > intervals["per image"].value + 1


@pytest.mark.parametrize("method", statistics.INTERVAL_METHODS)
def test_invalid_resamples_are_counted_and_widen_the_interval(method):
    """Resamples without a BD-rate are counted; too many of them leave no bound rather than a narrow interval."""
    value = TEST.value.copy()
    value[5, 0] -= 40  # one image spoils the mean curve where it is drawn often
    spoilt = replace(TEST, value=value)
    interval = statistics.bd_rate_intervals(ANCHOR, spoilt, method)["mean curve"]
    assert 250 < interval.invalid < 10_000
    assert interval.bounds is None
    assert f"{interval.invalid} of 10000 bootstrap resamples have no BD-rate" in interval.notes()[0]
    per_image = statistics.bd_rate_intervals(ANCHOR, spoilt, method)["per image"]
    assert per_image.value is None
    assert per_image.notes() == ["no BD-rate on 1 of 24 images, such as img000"]


def test_few_invalid_resamples_only_widen():
    """Up to 2.5 % invalid resamples take their place in the tails, so both bounds still exist and lie further out."""
    values = np.linspace(0, 1, 1000)
    clean = statistics.percentile_interval(0.5, values)
    values[500:510] = np.nan
    some = statistics.percentile_interval(0.5, values)
    assert (clean.low, clean.high) == pytest.approx((0.025, 0.975), abs=2e-3)
    assert some.low < clean.low
    assert some.high > clean.high
    assert some.invalid == 10


@pytest.mark.parametrize("method", statistics.INTERVAL_METHODS)
def test_refusals_are_those_of_bdrate(method):
    """Falling points, no overlap and a falling cubic fit have no value here exactly where bd_rate refuses."""
    bpp = np.geomspace(0.1, 3.2, 6)
    anchor = np.array([30, 36, 39, 39.5, 39.6, 39.62])
    tests = [
        [30.5, 36.2, 39.1, 39.55, 39.64, 39.65],  # saturates: the cubic falls
        [30, 36, 35, 39.5, 39.6, 39.62],  # falls
        [10, 11, 12, 13, 14, 15],  # no overlap
        [28, 29, 30, 31, 32, 33],  # shares the anchor's lower range only
    ]
    for test in tests:
        rows = (statistics.Rows(bpp[None], np.asarray(values)[None]) for values in (anchor, test))
        ours = statistics._bd_rates(*rows, method)[0]
        try:
            curves = [RDCurve("c", "c", "", "psnr", "measured", bpp, values) for values in (anchor, test)]
            expected = bdrate.bd_rate(*curves, method)
        except UserError:
            expected = math.nan
        assert ours == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_intervals_need_the_same_images():
    """Unpaired data is an error that names both."""
    with pytest.raises(UserError, match=r"anchor \(24 images, psnr\) and test \(23 images, psnr\) are not paired"):
        statistics.bd_rate_intervals(ANCHOR, TEST.select(TEST.images[:-1]), "pchip")


def test_one_image_has_a_value_and_no_interval():
    """From a single image nothing is known of the spread over images."""
    one = [data.select(data.images[:1]) for data in (ANCHOR, TEST)]
    for interval in statistics.bd_rate_intervals(*one, "pchip").values():
        assert interval.value is not None
        assert interval.bounds is None
        assert interval.notes() == ["one image: no interval"]
    assert statistics.mean_interval(one[0].bpp[0]).bounds is None


@pytest.mark.parametrize("method", statistics.INTERVAL_METHODS)
def test_is_fast(method):
    """10,000 resamples of 24 images x 10 points take under 2 s of processor time."""
    start = time.process_time()
    statistics.bd_rate_intervals(ANCHOR, TEST, method)
    assert time.process_time() - start < 2
