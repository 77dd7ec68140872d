"""BD-rates of many curves at once: the vectorised interpolants against scipy, the values against `bdrate`."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator
from support.image_rd import ANCHOR, TEST, image_rd

from lic_tcm.errors import UserError
from lic_tcm.rd import bdrate, intervals, manycurves
from lic_tcm.rd.curves import RDCurve


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
    pieces = manycurves._fit_pchip(x[None], y[None])
    assert np.allclose(pieces.coefficients[0, :, ::-1].T, scipys.c, rtol=1e-12, atol=1e-12 * np.abs(scipys.c).max())
    mean = manycurves._mean_rising(pieces, np.array([low]), np.array([high]))[0]
    assert mean == pytest.approx(scipys.integrate(low, high) / (high - low), rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("metric", ["psnr", "ms-ssim"])
@pytest.mark.parametrize("method", manycurves.INTERVAL_INTERPOLATIONS)
def test_values_are_those_of_bdrate(method, metric):
    """The value inside each interval is bd_rate of the mean curves, and the mean of bd_rate over images."""
    anchor, test = image_rd("a", seed=1, saving=1, metric=metric), image_rd("t", seed=2, metric=metric)
    found = intervals.bd_rate_intervals(anchor, test, method)
    expected = bdrate.bd_rate(anchor.mean_curve(), test.mean_curve(), method)
    assert found["mean curve"].value == pytest.approx(expected, abs=1e-9)
    singles = [bdrate.bd_rate(anchor.image_curve(i), test.image_curve(i), method) for i in test.images]
    assert intervals.image_bd_rates(anchor, test, method) == pytest.approx(singles, abs=1e-9)
    assert found["per image"].value == pytest.approx(np.mean(singles), abs=1e-9)


@pytest.mark.parametrize("method", manycurves.INTERVAL_INTERPOLATIONS)
def test_resamples_are_those_of_a_plain_loop(method):
    """A resample drawn by repeating images, with scipy's curves, has the BD-rate the vectorised code gives it."""
    counts = np.rint(intervals.resample_weights(24, 20) * 24).astype(int)
    weights = intervals.resample_weights(24, 20)
    pairs = manycurves.mean_rows(ANCHOR, weights), manycurves.mean_rows(TEST, weights)
    ours = manycurves.percent(manycurves.gaps(*pairs, method).log_ratio)
    for row, value in zip(counts, ours, strict=True):
        drawn = [image for image, count in zip(TEST.images, row, strict=True) for _ in range(count)]
        curves = (data.select(drawn).mean_curve() for data in (ANCHOR, TEST))
        assert value == pytest.approx(bdrate.bd_rate(*curves, method), abs=1e-9)


@pytest.mark.parametrize("method", manycurves.INTERVAL_INTERPOLATIONS)
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
        rows = (manycurves.Rows(bpp[None], np.asarray(values)[None]) for values in (anchor, test))
        ours = manycurves.percent(manycurves.gaps(*rows, method).log_ratio)[0]
        try:
            curves = [RDCurve("c", "c", "", "psnr", "measured", bpp, values) for values in (anchor, test)]
            expected = bdrate.bd_rate(*curves, method)
        except UserError:
            expected = math.nan
        assert ours == pytest.approx(expected, abs=1e-9, nan_ok=True)


# --- why there is none --------------------------------------------------------------------------------------------


def rows(bpp, decibel):
    """One curve as rows."""
    return manycurves.Rows(np.asarray(bpp, dtype=float)[None], np.asarray(decibel, dtype=float)[None])


BPP, DECIBEL = (0.1, 0.2, 0.4, 0.8), (28.0, 31.0, 34.0, 37.0)


@pytest.mark.parametrize(
    ("bpp", "decibel", "reason"),
    [
        ((0.09, 0.18, 0.36, 0.72), DECIBEL, ""),
        ((0.1, 0.2, 0.2, 0.8), DECIBEL, "its points do not rise with the rate"),  # two points at one rate
        (BPP, (28.0, 31.0, 31.0, 37.0), "its points do not rise with the rate"),
        (BPP, (28.0, 31.0, 30.9, 37.0), "its points do not rise with the rate"),
        (BPP, (38.0, 39.0, 40.0, 41.0), "its two curves share no quality"),
        (BPP, (37.0, 39.0, 40.0, 41.0), "its two curves share no quality"),  # they touch
        (BPP, (19.0, 22.0, 25.0, 28.0), "its two curves share no quality"),
        (BPP[:2], DECIBEL[:2], "a curve has too few points"),
    ],
)
@pytest.mark.parametrize("method", manycurves.INTERVAL_INTERPOLATIONS)
def test_every_refusal_has_its_reason(bpp, decibel, reason, method):
    """On either side; a pair with a value has none, and a reason stands where the value is missing."""
    pair = rows(BPP, DECIBEL), rows(bpp, decibel)
    for anchor, test in (pair, pair[::-1]):
        found = manycurves.gaps(anchor, test, method)
        assert found.reason.tolist() == [reason]
        assert np.isnan(found.log_ratio).tolist() == [bool(reason)]


def test_the_reasons_are_in_order_of_their_cause():
    """Too few points comes before falling points, and those before a missing overlap."""
    falling_apart = rows(BPP, (60.0, 59.0, 58.0, 57.0))
    assert manycurves.gaps(rows(BPP, DECIBEL), falling_apart, "pchip").reason[0] == manycurves.NOT_RISING
    few = rows(BPP[:2], (60.0, 59.0))
    assert manycurves.gaps(rows(BPP, DECIBEL), few, "pchip").reason[0] == manycurves.FEW_POINTS
    alike = manycurves.gaps(few, few, "pchip")
    assert (alike.reason[0], np.isnan(alike.log_ratio[0])) == (manycurves.FEW_POINTS, True)


def test_a_cubic_needs_four_points_and_pchip_three():
    """One fewer has no value, by either side."""
    for method, least in (("cubic", 4), ("pchip", 3)):
        enough, few = (rows(np.multiply(0.9, BPP[:n]), DECIBEL[:n]) for n in (least, least - 1))
        full = rows(BPP, DECIBEL)
        assert manycurves.percent(manycurves.gaps(full, enough, method).log_ratio) == pytest.approx([-10])
        for pair in ((full, few), (few, full)):
            found = manycurves.gaps(*pair, method)
            assert (found.reason[0], np.isnan(found.log_ratio[0])) == (manycurves.FEW_POINTS, True)


def test_a_cubic_that_falls_is_said():
    """Where the least-squares cubic through saturating points falls in the shared range, PCHIP does not."""
    bpp, flat = np.geomspace(0.1, 3.2, 6), (30, 36, 39, 39.5, 39.6, 39.62)
    pair = rows(bpp, flat), rows(bpp, (30.5, 36.2, 39.1, 39.55, 39.64, 39.65))
    found = manycurves.gaps(*pair, "cubic")
    assert (found.reason.tolist(), np.isnan(found.log_ratio[0])) == (["the cubic fit falls in the shared range"], True)
    assert manycurves.gaps(*pair, "pchip").reason.tolist() == [""]


def test_rows_are_judged_one_by_one():
    """Alike, valid, falling and unsorted rows side by side: each has its own value, reason and order."""
    bpp = np.array([BPP, BPP, BPP, BPP, BPP])
    decibel = np.array([DECIBEL] * 5)
    test_bpp = bpp * np.array([1, 0.9, 0.9, 0.8, 0.5])[:, None]
    test_decibel = decibel.copy()
    test_decibel[2, 1] = 20.0
    test_bpp[3], test_decibel[3] = test_bpp[3, ::-1], test_decibel[3, ::-1]
    found = manycurves.gaps(manycurves.Rows(bpp, decibel), manycurves.Rows(test_bpp, test_decibel), "pchip")
    assert found.reason.tolist() == ["", "", manycurves.NOT_RISING, "", ""]
    assert found.log_ratio[0] == 0
    assert manycurves.percent(found.log_ratio)[[1, 3, 4]] == pytest.approx([-10, -20, -50])
    assert np.isnan(found.log_ratio[2])


def test_rates_alike_with_other_qualities_are_not_alike():
    """Only the same rates at the same qualities are the same curve, and only of as many points."""
    one = rows(BPP, DECIBEL)
    for other in (rows(BPP, (28.0, 31.0, 34.5, 37.0)), rows((0.1, 0.2, 0.41, 0.8), DECIBEL)):
        assert manycurves.gaps(one, other, "pchip").log_ratio[0] != 0
    more = rows((*BPP, 1.6), (*DECIBEL, 40.0))
    assert manycurves.gaps(one, more, "pchip").log_ratio == pytest.approx([0], abs=0.2)
    assert manycurves.gaps(one, one, "cubic").log_ratio.tolist() == [0]


def test_weighted_means_are_the_curves_of_means():
    """Rates linearly; MS-SSIM linearly or as dB; nothing is carried past 1 by rounding."""
    weights = np.array([[0.25, 0.75], [1.0, 0.0]])
    data = image_rd("m", images=2, points=3, metric="ms-ssim")
    linear, decibel = manycurves.mean_rows(data, weights), manycurves.mean_rows(data, weights, "db")
    assert linear.bpp == pytest.approx(np.array([data.bpp @ row for row in weights]))
    assert decibel.bpp == pytest.approx(linear.bpp)
    assert linear.decibel == pytest.approx(np.array([-10 * np.log10(1 - data.value @ row) for row in weights]))
    assert decibel.decibel == pytest.approx(np.array([-10 * np.log10(1 - data.value) @ row for row in weights]))
    ones = replace(data, value=np.ones_like(data.value))
    sevenths = np.full((1, 2), 0.5) + np.array([[2**-52, 2**-52]])
    assert np.isinf(manycurves.mean_rows(ones, sevenths).decibel).all()
    single = manycurves.image_rows(data)
    assert single.bpp == pytest.approx(data.bpp.T)
    assert single.decibel == pytest.approx(-10 * np.log10(1 - data.value.T))


def test_psnr_has_one_mean():
    """It is in dB already, whichever average MS-SSIM would have."""
    weights = np.array([[0.25, 0.75]])
    data = image_rd("m", images=2, points=3)
    for average in ("linear", "db"):
        found = manycurves.mean_rows(data, weights, average)
        assert found.decibel == pytest.approx(np.array([data.value @ weights[0]]))


def test_a_dip_between_the_ends_is_seen():
    """The slope 3 (x - 1/2)^2 + e is least in the middle: for e below 0 the piece falls there, though at no end."""
    low, high = np.array([0.0]), np.array([1.0])
    for e, falls in ((-1e-4, True), (1e-4, False)):
        piece = manycurves.Pieces(np.array([[0.0, 1.0]]), np.array([[[2.0, 0.75 + e, -1.5, 1.0]]]))
        mean = manycurves._mean_rising(piece, low, high)[0]
        assert np.isnan(mean) == falls
        assert falls or mean == pytest.approx(2 + (0.75 + e) / 2 - 1.5 / 3 + 1 / 4)


def test_percent_of_a_log_ratio():
    """The natural log of a rate ratio: log 0.5 is -50 %."""
    assert manycurves.percent(np.log([0.5, 1, 3])) == pytest.approx([-50, 0, 200])
