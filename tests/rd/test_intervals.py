"""Intervals over images: the jackknife against its definition and against coverage, the bootstrap against theory."""

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from support.image_rd import ANCHOR, TEST, image_rd

from lic_tcm.errors import UserError
from lic_tcm.rd import bdrate, intervals
from lic_tcm.rd.curves import ImageRD, to_axis
from lic_tcm.rd.intervals import How, bd_rate_intervals, quality_interval, rate_interval
from lic_tcm.rd.manycurves import INTERVAL_INTERPOLATIONS

BOOTSTRAP = How("bootstrap")


@pytest.mark.parametrize("metric", ["psnr", "ms-ssim"])
@pytest.mark.parametrize("method", INTERVAL_INTERPOLATIONS)
def test_jackknife_is_that_of_a_plain_loop(method, metric):
    """The mean curve's ends are those of log(1 + BD/100) left out image by image, with t of n - 1, by bdrate."""
    anchor, test = image_rd("a", 9, seed=1, saving=1, metric=metric), image_rd("t", 9, seed=2, metric=metric)

    def log_rate(images):
        return math.log1p(bdrate.bd_rate(*(d.select(images).mean_curve() for d in (anchor, test)), method) / 100)

    value = log_rate(test.images)
    left_out = np.array([log_rate([i for i in test.images if i != without]) for without in test.images])
    half = scipy.stats.t.ppf(0.975, 8) * math.sqrt(8 / 9 * ((left_out - left_out.mean()) ** 2).sum())
    found = bd_rate_intervals(anchor, test, method)["mean curve"]
    ends = [100 * math.expm1(end) for end in (value - half, value + half)]
    assert (found.low, found.high) == pytest.approx(ends, abs=1e-9)
    assert found.value == pytest.approx(100 * math.expm1(value), abs=1e-9)


def test_per_image_is_the_t_interval():
    """The mean of the images' BD-rates has Student's interval of a mean."""
    rates = intervals.image_bd_rates(ANCHOR, TEST, "pchip")
    found = bd_rate_intervals(ANCHOR, TEST, "pchip")["per image"]
    expected = scipy.stats.t.interval(0.95, len(rates) - 1, rates.mean(), rates.std(ddof=1) / math.sqrt(len(rates)))
    assert (found.low, found.high) == pytest.approx(expected)


def test_rate_and_psnr_of_a_point():
    """A mean PSNR has the t interval; a mean rate a positive one, which is near it for small spread."""
    values = TEST.value[3]
    found = quality_interval("psnr", values)
    expected = scipy.stats.t.interval(0.95, 23, values.mean(), values.std(ddof=1) / math.sqrt(24))
    assert (found.low, found.high) == pytest.approx(expected)
    rates = np.array([0.01, 0.01, 0.02, 0.02, 4.0])  # a t interval would go below zero
    spread = rate_interval(rates)
    assert spread.value == pytest.approx(rates.mean())
    assert 0 < spread.low < rates.mean() < spread.high
    near = 0.5 + 0.001 * np.arange(24)
    wanted = scipy.stats.t.interval(0.95, 23, near.mean(), near.std(ddof=1) / math.sqrt(24))
    assert rate_interval(near).bounds == pytest.approx(wanted, rel=1e-4)


def test_ms_ssim_is_averaged_in_both_ways():
    """Linear: the dB of the mean. db: the mean of the dB, which is above it, each with an interval around it."""
    values = np.array([0.90, 0.95, 0.98, 0.99, 0.995])
    linear, decibel = (quality_interval("ms-ssim", values, average) for average in ("linear", "db"))
    assert linear.value == pytest.approx(float(to_axis("ms-ssim", values.mean())))
    assert decibel.value == pytest.approx(to_axis("ms-ssim", values).mean())
    assert decibel.value > linear.value
    for found in (linear, decibel):
        assert found.low < found.value < found.high


@pytest.mark.parametrize("images", [1, 2, 4])
@pytest.mark.parametrize("kind", intervals.INTERVAL_KINDS)
def test_below_five_images_there_is_a_value_and_no_interval(images, kind):
    """No kind of interval covers what it claims there: none is given, and the reason is."""
    pair = [data.select(data.images[:images]) for data in (ANCHOR, TEST)]
    for found in bd_rate_intervals(*pair, "pchip", How(kind)).values():
        assert found.value is not None
        assert found.bounds is None
        assert found.notes() == [f"no interval: {images} image{'s' * (images > 1)}, and it needs 5"]
    assert bd_rate_intervals(*(d.select(d.images[:5]) for d in (ANCHOR, TEST)), "pchip")["mean curve"].bounds


@pytest.mark.slow
def test_jackknife_covers_what_it_claims_and_the_bootstrap_does_not():
    """Of 10 images with known BD-rate, the jackknife's interval holds it in about 95 %, the bootstrap's in fewer."""
    rng, truth, hits = np.random.default_rng(7), 100 * (0.9 * math.exp(0.045) - 1), {"jackknife": 0, "bootstrap": 0}
    sets = 250
    for _ in range(sets):
        rate = np.geomspace(0.1, 2, 5)[:, None] * rng.lognormal(0, 0.1, 10)
        saving = rng.lognormal(math.log(0.9), 0.3, 10)  # its mean is 0.9 exp(0.045)
        value = np.broadcast_to(np.linspace(28, 42, 5)[:, None], rate.shape)
        data = [
            ImageRD("x", "x", "s", "psnr", tuple(range(5)), tuple(map(str, range(10))), b, value)
            for b in (rate, rate * saving)
        ]
        for kind in hits:
            low, high = bd_rate_intervals(*data, "pchip", How(kind, 1000))["mean curve"].bounds
            hits[kind] += low <= truth <= high
    assert 0.91 <= hits["jackknife"] / sets <= 0.985
    assert hits["bootstrap"] < hits["jackknife"]


@pytest.mark.parametrize("kind", intervals.INTERVAL_KINDS)
def test_pairing_removes_what_images_share(kind):
    """With a saving alike on every image the paired interval has no width, however unlike the images are."""
    test = replace(ANCHOR, name="test", bpp=0.8 * ANCHOR.bpp)
    for found in bd_rate_intervals(ANCHOR, test, "pchip", How(kind)).values():
        assert found.bounds == pytest.approx((-20, -20), abs=1e-9)


def test_the_two_averages_are_different_numbers():
    """Where dear images save less, the BD-rate of the mean curve is above the mean of the images' BD-rates."""
    factor = np.where(ANCHOR.bpp[0] > np.median(ANCHOR.bpp[0]), 0.95, 0.75)
    found = bd_rate_intervals(ANCHOR, replace(ANCHOR, bpp=ANCHOR.bpp * factor), "pchip")
    assert found["per image"].value == pytest.approx(100 * (factor.mean() - 1))
    assert found["mean curve"].value > found["per image"].value + 1


@pytest.mark.parametrize("method", INTERVAL_INTERPOLATIONS)
def test_a_curve_against_itself_is_zero(method):
    """The same curve on both sides gives exactly 0 for each image and for the mean, with an interval of no width."""
    assert (intervals.image_bd_rates(TEST, TEST, method) == 0).all()
    for found in bd_rate_intervals(TEST, TEST, method).values():
        assert (found.value, found.low, found.high) == (0, 0, 0)


# --- images without a BD-rate -------------------------------------------------------------------------------------


def spoilt(images: int = 1) -> ImageRD:
    """TEST with points that fall on some images, so that these have no BD-rate."""
    value = TEST.value.copy()
    value[5, :images] = value[4, :images] - 0.01
    return replace(TEST, value=value)


@pytest.mark.parametrize("method", INTERVAL_INTERPOLATIONS)
def test_per_image_is_the_mean_over_those_that_have_one(method):
    """Images without a BD-rate are left out of the mean and named with the reason, the others' interval stays."""
    found = bd_rate_intervals(ANCHOR, spoilt(2), method)["per image"]
    others = TEST.images[2:]
    clean = bd_rate_intervals(ANCHOR.select(others), TEST.select(others), method)["per image"]
    assert (found.value, found.low, found.high) == pytest.approx((clean.value, clean.low, clean.high))
    assert found.n_images == 22
    reason = "its points do not rise with the rate"
    assert intervals.image_failures(ANCHOR, spoilt(2), method) == {"img000": reason, "img001": reason}


def test_no_image_with_a_bd_rate_has_no_mean():
    """Where every image fails there is no per-image value, and the reason says so."""
    found = bd_rate_intervals(ANCHOR, spoilt(24), "pchip")["per image"]
    assert (found.value, found.reason) == (None, "no image has a BD-rate")


def test_a_set_without_a_bd_rate_leaves_no_jackknife_interval():
    """Where leaving an image out leaves no BD-rate, the interval is not made of the others."""
    value = TEST.value.copy()
    value[5] -= 20
    value[5, 0] += 20 * 24  # this image alone keeps the mean curve rising
    found = bd_rate_intervals(ANCHOR, replace(TEST, value=value), "pchip")["mean curve"]
    assert found.value is not None
    assert found.bounds is None
    assert found.reason == "no interval: on 1 of 24 sets that leave one image out the number does not exist"


# --- what has no interval -----------------------------------------------------------------------------------------


def test_a_lossless_image_has_an_infinite_mean_without_interval():
    """An infinite PSNR gives an infinite mean; its bounds are unknown, not numbers."""
    found = quality_interval("psnr", np.array([40.0, math.inf, 41.0, 42.0, 43.0, 44.0]))
    assert (found.value, found.bounds, found.reason) == (math.inf, None, "infinite: no interval")
    ones = quality_interval("ms-ssim", np.ones(7))
    assert (ones.value, ones.bounds) == (math.inf, None)


def test_intervals_need_the_same_images():
    """Other images, the same in another order, or another metric: an error that names both."""
    for test, said in (
        (TEST.select(TEST.images[:-1]), "test (23 images, psnr)"),
        (TEST.select(TEST.images[::-1]), "test (24 images, psnr)"),
        (replace(TEST, metric="ms-ssim"), "test (24 images, ms-ssim)"),
    ):
        with pytest.raises(UserError) as refusal:
            bd_rate_intervals(ANCHOR, test, "pchip")
        expected = f"anchor (24 images, psnr) and {said} are not paired; give the same images and metric"
        assert str(refusal.value) == expected


def test_an_interval_says_what_it_is():
    """Bounds where both ends are, the reason as the one note, the kind in words, and the defaults."""
    whole, half = intervals.Interval(1.0, 0.5, 2.0), intervals.Interval(1.0, 0.5, None, "why", 7)
    assert (whole.bounds, whole.notes(), whole.n_images) == ((0.5, 2.0), [], 0)
    assert (half.bounds, half.notes(), half.n_images) == (None, ["why"], 7)
    assert intervals.Interval(1.0, None, 0.5).bounds is None
    assert (str(How()), str(BOOTSTRAP)) == ("jackknife, Student's t", "percentile bootstrap")
    assert How() == intervals.JACKKNIFE == How("jackknife", 10_000, 5)


def test_an_interval_knows_how_many_images_it_is_of():
    """With bounds, without, without a value and where it is infinite."""
    values = np.array([30.0, 31.0, 33.0, 32.0, 36.0])
    assert quality_interval("psnr", values).n_images == 5
    assert quality_interval("psnr", values[:3]).n_images == 3
    assert quality_interval("psnr", np.array([1.0, math.inf])).n_images == 2
    assert quality_interval("ms-ssim", np.ones(6)).n_images == 6
    nothing = intervals.interval(lambda weights: np.full(len(weights), np.nan), 9, How())
    assert nothing == intervals.Interval(None, n_images=9)
    endless = intervals.interval(lambda weights: np.full(len(weights), np.inf), 9, How())
    assert endless == intervals.Interval(math.inf, reason="infinite: no interval", n_images=9)
    pair = bd_rate_intervals(ANCHOR, TEST, "pchip")
    assert [found.n_images for found in pair.values()] == [24, 24]


def test_a_rate_interval_is_that_of_the_log():
    """The mean rate itself, and ends of the log left out image by image, put back."""
    rates = np.array([0.2, 0.3, 0.5, 0.9, 1.7, 0.4])
    found = rate_interval(rates)
    left_out = np.log([np.delete(rates, k).mean() for k in range(6)])
    half = scipy.stats.t.ppf(0.975, 5) * math.sqrt(5 / 6 * ((left_out - left_out.mean()) ** 2).sum())
    ends = [rates.mean() * math.exp(-half), rates.mean() * math.exp(half)]
    assert found.value == pytest.approx(rates.mean(), rel=1e-12)
    assert found.bounds == pytest.approx(ends, rel=1e-12)
    assert rate_interval(rates, BOOTSTRAP).bounds != pytest.approx(ends, rel=1e-3)


@pytest.mark.parametrize("average", ["linear", "db"])
def test_a_quality_interval_is_made_for_the_db(average):
    """Of MS-SSIM too: ends by the dB left out image by image, of the mean or mean of them; within a clipped mean."""
    values = np.array([0.90, 0.95, 0.98, 0.99, 0.995, 0.97])

    def quality(some):
        return to_axis("ms-ssim", some.mean()) if average == "linear" else to_axis("ms-ssim", some).mean()

    found = quality_interval("ms-ssim", values, average)
    left_out = np.array([quality(np.delete(values, k)) for k in range(6)])
    half = scipy.stats.t.ppf(0.975, 5) * math.sqrt(5 / 6 * ((left_out - left_out.mean()) ** 2).sum())
    assert found.value == pytest.approx(float(quality(values)), rel=1e-12)
    assert found.bounds == pytest.approx((quality(values) - half, quality(values) + half), rel=1e-9)
    psnr = np.array([30.0, 31.0, 33.0, 32.0, 36.0, 31.5])
    assert quality_interval("psnr", psnr, average) == quality_interval("psnr", psnr)


def test_alike_values_have_an_interval_of_no_width():
    """Rounding of a weighted mean does not carry it past the values: no width, no MS-SSIM above 1."""
    for value in (0.1, 0.7, 0.9999999999999999):
        decibel = float(to_axis("ms-ssim", value))
        assert quality_interval("ms-ssim", np.full(7, value)).bounds == pytest.approx((decibel, decibel))
    for images in range(5, 40):
        assert quality_interval("ms-ssim", np.ones(images)).value == math.inf
        assert quality_interval("ms-ssim", np.full(images, 1 - 2**-53)).value == pytest.approx(159.546, abs=1e-3)
    assert quality_interval("psnr", np.full(7, 31.1)).bounds == pytest.approx((31.1, 31.1), rel=1e-12)


def test_left_out_weights_are_a_mean_without_one_image():
    """(images, images), shared and not to be written to; so are the resamples."""
    weights = intervals.leave_one_out(5)
    assert (weights @ np.array([1.0, 2.0, 3.0, 4.0, 10.0])).tolist() == [4.75, 4.5, 4.25, 4.0, 2.5]
    for shared in (weights, intervals.resample_weights(5, 10)):
        with pytest.raises(ValueError, match="read-only"):
            shared[0, 0] = 1
    assert intervals.resample_weights(5, 10).shape == (10, 5)


def test_every_image_has_a_bd_rate_or_a_reason():
    """In percent, in the images' order; NaN where there is none."""
    rates = intervals.image_bd_rates(ANCHOR, spoilt(1), "pchip")
    assert np.isnan(rates).tolist() == [True] + [False] * 23
    curves = [data.image_curve("img007") for data in (ANCHOR, TEST)]
    assert rates[7] == pytest.approx(bdrate.bd_rate(*curves), abs=1e-9)
    assert list(intervals.image_failures(ANCHOR, spoilt(1), "pchip")) == ["img000"]
    assert intervals.image_failures(ANCHOR, TEST, "pchip") == {}
