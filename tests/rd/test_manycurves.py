"""BD-rates of many curves at once: the vectorised interpolants against scipy, the values against `bdrate`."""

import math

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
@pytest.mark.parametrize("method", manycurves.INTERVAL_METHODS)
def test_values_are_those_of_bdrate(method, metric):
    """The value inside each interval is bd_rate of the mean curves, and the mean of bd_rate over images."""
    anchor, test = image_rd("a", seed=1, saving=1, metric=metric), image_rd("t", seed=2, metric=metric)
    found = intervals.bd_rate_intervals(anchor, test, method)
    expected = bdrate.bd_rate(anchor.mean_curve(), test.mean_curve(), method)
    assert found["mean curve"].value == pytest.approx(expected, abs=1e-9)
    singles = [bdrate.bd_rate(anchor.image_curve(i), test.image_curve(i), method) for i in test.images]
    assert intervals.image_bd_rates(anchor, test, method) == pytest.approx(singles, abs=1e-9)
    assert found["per image"].value == pytest.approx(np.mean(singles), abs=1e-9)


@pytest.mark.parametrize("method", manycurves.INTERVAL_METHODS)
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


@pytest.mark.parametrize("method", manycurves.INTERVAL_METHODS)
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
