"""The loss two networks were trained for, image by image: values by hand, the paired interval, refusals."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_rel

from lic_tcm.errors import UserError
from lic_tcm.rd.curves import ImageRD
from lic_tcm.rd.loss import common_lambdas, loss_differences, losses


def method(name, bpp, psnr, lambdas=(0.01,), unit="lambda", dataset="set"):
    """Images a, b, ... at some lambdas: bpp and psnr are (points, images)."""
    names = "abcdefghij"
    samples = {
        (value, names[k]): (bpp[i][k], psnr[i][k]) for i, value in enumerate(lambdas) for k in range(len(bpp[i]))
    }
    return replace(ImageRD.from_samples(name, dataset, "psnr", samples), unit=unit)


BPP = [0.5, 0.3, 0.8, 0.4, 0.6]
PSNR = [30.0, 34.0, 27.0, 32.0, 29.0]
ANCHOR = method("anchor", [BPP], [PSNR])
TEST = method(
    "test", [[b * f for b, f in zip(BPP, (0.9, 0.95, 0.92, 1.01, 0.9), strict=True)]], [[p + 0.1 for p in PSNR]]
)


def test_the_loss_is_that_of_the_image():
    """255^2 * MSE is the mean squared error of samples 0 to 255: an image off by 3 everywhere has 9."""
    psnr = 20 * math.log10(255 / 3)
    assert losses(np.array([0.25]), np.array([psnr]), 0.02) == pytest.approx([0.25 + 0.02 * 9])
    assert losses(np.array([2.0]), np.array([math.inf]), 0.02) == pytest.approx([2.0])


def test_the_difference_is_paired():
    """The mean of the images' differences and its interval are those of scipy's paired t test."""
    (found,) = loss_differences(ANCHOR, TEST)
    sides = [np.array(one.bpp[0]) + 0.01 * 255**2 / 10 ** (one.value[0] / 10) for one in (TEST, ANCHOR)]
    expected = ttest_rel(*sides).confidence_interval(0.95)
    assert (found.ci_lo, found.ci_hi) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert found.difference == pytest.approx(float((sides[0] - sides[1]).mean()))
    assert (found.test_loss, found.anchor_loss) == pytest.approx((sides[0].mean(), sides[1].mean()))
    assert found.rate_part == pytest.approx(float((TEST.bpp - ANCHOR.bpp).mean()))
    assert found.rate_part + found.distortion_part == pytest.approx(found.difference)
    assert (found.lambda_, found.n_images, found.ci_method, found.notes) == (0.01, 5, "jackknife, Student's t", ())


def test_the_sign_says_who_is_better():
    """Fewer bits and more dB are a negative difference; exchanging the two turns it round."""
    assert loss_differences(ANCHOR, TEST)[0].difference < 0
    assert loss_differences(TEST, ANCHOR)[0].difference == pytest.approx(-loss_differences(ANCHOR, TEST)[0].difference)


def test_only_lambdas_of_both_are_compared():
    """Of several points those of one number; none where it is not known that points are lambdas."""
    more = method("more", [BPP, [2 * b for b in BPP]], [PSNR, [p + 4 for p in PSNR]], (0.0025, 0.01))
    assert common_lambdas(more, TEST) == [0.01]
    (found,) = loss_differences(more, TEST)
    second = method("second", [[2 * b for b in BPP]], [[p + 4 for p in PSNR]])
    assert found == loss_differences(second, TEST)[0]
    assert common_lambdas(more, replace(TEST, unit="")) == []
    assert loss_differences(replace(more, unit=""), TEST) == []


def test_a_lambda_may_be_said():
    """With it a method's only point is taken whatever its name, of several the one of that number."""
    named = replace(TEST, points=(3.0,), unit="")
    (found,) = loss_differences(ANCHOR, named, 0.01)
    assert found == loss_differences(ANCHOR, TEST)[0]
    other = loss_differences(ANCHOR, named, 0.02)[0]
    assert other.distortion_part == pytest.approx(2 * found.distortion_part)
    assert other.rate_part == found.rate_part


def test_images_that_both_have():
    """The images of one side only are left out, and the note says how many remain."""
    (found,) = loss_differences(ANCHOR, TEST.select(TEST.images[:3]))
    assert (found.n_images, found.ci_lo, found.ci_method) == (3, None, "")
    assert found.notes == ("no interval: 3 images, and it needs 5", "on the 3 images both have")


@pytest.mark.parametrize(
    ("anchor", "test", "lambda_", "said"),
    [
        (ANCHOR, replace(TEST, metric="ms-ssim"), None, "test is in ms-ssim"),
        (ANCHOR, replace(TEST, optimised_for="ms-ssim"), None, "trained for ms-ssim"),
        (ANCHOR, replace(TEST, dataset="other"), None, "two datasets"),
        (ANCHOR, replace(TEST, images=tuple("vwxyz")), None, "share no image"),
        (ANCHOR, TEST, -0.01, "lambda -0.01 is not a positive number"),
        (ANCHOR, TEST, math.nan, "lambda nan is not a positive number"),
        (method("two", [BPP, BPP], [PSNR, PSNR], (1.0, 2.0)), TEST, 0.01, "two has no point 0.01 but 1, 2"),
    ],
)
def test_what_cannot_be_compared_is_refused(anchor, test, lambda_, said):
    """The message says what is wrong, and with which of the two."""
    with pytest.raises(UserError, match=said):
        loss_differences(anchor, test, lambda_)
