"""Curves that cannot be compared, and fits that fall, are refused with the reason."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.interpolate import PPoly
from support.rd_curves import ANCHOR, TEST, curve

from lic_tcm.compare import bdrate as bdreport
from lic_tcm.errors import UserError
from lic_tcm.rd import bdrate


def test_refuses_curves_without_common_range():
    """Without common distortions there is no BD-rate, by any method."""
    far = curve((0.01, 0.02, 0.04, 0.05), (20, 22, 24, 26))
    for method in bdrate.INTERPOLATIONS:
        with pytest.raises(UserError) as refusal:
            bdrate.bd_rate(ANCHOR, far, method)
        said = "RD curve 'anchor' and RD curve 'test' do not overlap; code points in a common range"
        assert str(refusal.value) == said
    touching = curve((0.01, 0.02, 0.04, 0.05), (20, 22, 24, 28.0))
    with pytest.raises(UserError, match="do not overlap"):
        bdrate.overlap(ANCHOR, touching)


def test_refuses_other_metric_or_dataset():
    """PSNR against MS-SSIM, or Kodak against CLIC, is an error that says which."""
    functions = (
        bdrate.bd_rate,
        bdrate.bd_psnr,
        bdrate.overlap,
        bdrate.overlap_share,
        bdrate.crossings,
        bdrate.limits,
        partial(bdrate.rate_difference, method="pchip", distortions=[31.0]),
    )
    metrics = "RD curve 'anchor' is in psnr and RD curve 'test' in ms-ssim; compare curves of one metric"
    datasets = (
        "RD curve 'anchor' (kodak) and RD curve 'test' (tecnick) are of two datasets; compare curves of one dataset"
    )
    for function in functions:
        with pytest.raises(UserError) as refusal:
            function(ANCHOR, replace(TEST, metric="ms-ssim"))
        assert str(refusal.value) == metrics
        with pytest.raises(UserError) as refusal:
            function(replace(ANCHOR, dataset="kodak"), replace(TEST, dataset="tecnick"))
        assert str(refusal.value) == datasets
        assert function(replace(ANCHOR, dataset="kodak"), TEST) is not None
        assert function(ANCHOR, replace(TEST, dataset="kodak")) is not None


def test_refuses_too_few_points():
    """A cubic needs four points, the interpolating methods three."""
    three = curve(TEST.bpp[:3], TEST.distortion[:3])
    with pytest.raises(UserError) as refusal:
        bdrate.bd_rate(ANCHOR, three, "cubic")
    assert str(refusal.value) == "RD curve 'test' has 3 points and cubic needs 4; code more points"
    four = curve(TEST.bpp[:4], TEST.distortion[:4])
    assert bdrate.bd_rate(four, ANCHOR, "cubic") > 0 > bdrate.bd_rate(ANCHOR, four, "cubic")
    for method in ("pchip", "akima", "spline"):
        assert bdrate.bd_rate(ANCHOR, three, method) < 0
        with pytest.raises(UserError) as refusal:
            bdrate.bd_rate(curve(TEST.bpp[:2], TEST.distortion[:2]), ANCHOR, method)
        assert str(refusal.value) == f"RD curve 'test' has 2 points and {method} needs 3; code more points"
    with pytest.raises(UserError) as refusal:
        bdrate.overlap(ANCHOR, curve(TEST.bpp[:1], TEST.distortion[:1]))
    assert str(refusal.value) == "RD curve 'test' has 1 point, and a BD-rate needs at least 3"


def test_refuses_unknown_method():
    """A method that does not exist is named."""
    for ask in (
        lambda: bdrate.bd_rate(ANCHOR, TEST, "linear"),
        lambda: bdrate.bd_psnr(ANCHOR, ANCHOR, "linear"),
        lambda: bdrate.rate_difference(ANCHOR, TEST, "linear", [31.0]),
    ):
        with pytest.raises(UserError) as refusal:
            ask()
        assert str(refusal.value) == "BD method 'linear' is none of cubic, pchip, akima, spline"


def test_saturating_curves_do_not_give_a_silent_number():
    """Where PSNR saturates the cubic is refused, since its fit falls; PCHIP still gives a sane value."""
    saturating = curve((0.1, 0.2, 0.4, 0.8, 1.6, 3.2), (30, 36, 39, 39.5, 39.6, 39.62), "a")
    test = curve((0.097, 0.194, 0.388, 0.776, 1.552, 3.104), (30, 36, 39, 39.5, 39.6, 39.62))
    assert bdrate.bd_rate(saturating, test, "pchip") == pytest.approx(-3, abs=1e-6)
    shifted = curve(test.bpp, (30.5, 36.2, 39.1, 39.55, 39.64, 39.65))
    with pytest.raises(UserError) as refusal:
        bdrate.bd_rate(saturating, shifted, "cubic")
    said = "the cubic fit of RD curve 'a' is not monotonic in the common range; use another method"
    assert str(refusal.value) == said
    result = bdreport.compare(saturating, shifted)
    assert result.bd_rate["cubic"] is None
    assert any("cubic fit" in note for note in result.notes)


def test_a_fit_that_falls_a_little_is_refused_too():
    """By more than rounding is by too much: 1e-4 in log rate per dB."""
    flat = curve((0.1, 0.2, 0.4, 0.8, 1.6), (28.0, 31.0, 34.0, 37.0, 40.0))
    for slope, refused in ((-1e-4, True), (-1e-10, False), (1e-4, False)):
        line = PPoly(np.array([[slope], [0.0]]), np.array([28.0, 40.0]))
        if refused:
            with pytest.raises(UserError, match="not monotonic"):
                bdrate._check_rising(line, 28.0, 40.0, "cubic", flat)
        else:
            bdrate._check_rising(line, 28.0, 40.0, "cubic", flat)


def test_a_fit_may_fall_outside_the_common_range():
    """What it does below and above the range both curves share is no matter."""
    flat = curve((0.1, 0.2, 0.4, 0.8, 1.6), (28.0, 31.0, 34.0, 37.0, 40.0))
    tent = PPoly(np.array([[-1.0, 1.0, -1.0], [8.0, 0.0, 12.0]]), np.array([20.0, 28.0, 40.0, 45.0]))
    bdrate._check_rising(tent, 29.0, 39.0, "cubic", flat)
    for low, high in ((27.0, 39.0), (29.0, 41.0)):
        with pytest.raises(UserError, match="not monotonic"):
            bdrate._check_rising(tent, low, high, "cubic", flat)
