"""Curves: what is valid, and what is refused with which words."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lic_tcm.errors import UserError
from lic_tcm.rd.curves import ImageRD, RDCurve, ms_ssim_db

GOOD = RDCurve("a", "A", "kodak", "psnr", "measured", (0.1, 0.2, 0.4, 0.8), (28.0, 31.0, 34.0, 37.0))


@given(st.permutations(range(4)))
def test_points_are_sorted_together(order):
    """Whatever the order of the points, the curve is sorted by rate and operating points stay with their rates."""
    points = (1.0, 2.0, 3.0, 4.0)
    shuffled = replace(
        GOOD,
        bpp=[GOOD.bpp[i] for i in order],
        distortion=[GOOD.distortion[i] for i in order],
        points=[points[i] for i in order],
    )
    assert shuffled == replace(GOOD, points=points)


BAD = [
    ((0.1, 0.2, math.nan), (28, 31, 34), r"rate nan bpp is not a positive"),
    ((0.0, 0.2, 0.4), (28, 31, 34), r"rate 0.0 bpp is not a positive"),
    ((-0.1, 0.2, 0.4), (28, 31, 34), r"rate -0.1 bpp is not a positive"),
    ((0.1, 0.2, math.inf), (28, 31, 34), r"rate inf bpp is not a positive"),
    ((0.1, 0.2, 0.4), (28, math.nan, 34), r"psnr nan at 0.2 bpp is not a number"),
    ((0.1, 0.2, 0.4), (28, 31, math.inf), r"at 0.4 bpp is infinite \(lossless\)"),
    ((0.1, 0.2, 0.2), (28, 31, 31), r"two points at 0.2 bpp; keep one"),
    ((0.1, 0.2, 0.4), (28, 31, 31), r"not monotonic: psnr goes from 31 dB at 0.2 bpp to 31 dB at 0.4 bpp"),
    ((0.1, 0.2, 0.4), (28, 31, 30.5), r"not monotonic"),
    ((28, 31, 34), (0.1, 0.2, 0.4), r"look swapped"),
    ((0.1, 0.2, 0.4), (0.8, 0.9, 0.95), r"not in dB; convert it \(ms_ssim_db\)"),
    ((0.1, 0.2), (28, 31, 34), r"2 bpp, 3 distortion; give as many of each"),
    ((), (), r"0 bpp, 0 distortion"),
]


@pytest.mark.parametrize(("bpp", "distortion", "message"), BAD)
def test_refuses_points_that_are_not_a_curve(bpp, distortion, message):
    """Every kind of bad point raises an error that names the curve, the value and what to do."""
    with pytest.raises(UserError, match=rf"^RD curve 'a' \(kodak\).*{message}"):
        replace(GOOD, bpp=bpp, distortion=distortion)


@pytest.mark.parametrize("field", ["metric", "kind", "optimised_for"])
def test_refuses_unknown_words(field):
    """A metric, kind or target that does not exist is named, with those that do."""
    with pytest.raises(UserError, match=rf"{field} 'vmaf' is none of"):
        replace(GOOD, **{field: "vmaf"})


def test_ms_ssim_in_decibel():
    """0.9 is 10 dB, 0.99 is 20 dB, 1 is infinite; a value in dB is not taken for MS-SSIM."""
    assert ms_ssim_db([0, 0.9, 0.99, 1]).tolist() == pytest.approx([0, 10, 20, math.inf])
    with pytest.raises(UserError, match=r"12\.5 is not in 0\.\.1"):
        ms_ssim_db([0.9, 12.5])


def test_mean_curve_refuses_falling_means():
    """Points whose means do not rise with the rate are an error, as for any curve."""
    samples = {(1.0, "a"): (0.1, 30.0), (2.0, "a"): (0.2, 29.0)}
    with pytest.raises(UserError, match="not monotonic"):
        ImageRD.from_samples("m", "d", "psnr", samples).mean_curve()
    assert np.array_equal(ImageRD.from_samples("m", "d", "psnr", samples).bpp, [[0.1], [0.2]])
