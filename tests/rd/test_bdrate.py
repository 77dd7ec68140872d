"""BD-rate: the values of the literature, an independent package as oracle, and every pitfall of the field."""

import math
import warnings
from dataclasses import replace
from functools import partial
from itertools import permutations

import numpy as np
import pytest
from bjontegaard import bd_psnr as oracle_bd_psnr
from bjontegaard import bd_rate as oracle_bd_rate
from scipy.interpolate import Akima1DInterpolator, PchipInterpolator
from support.rd_curves import ANCHOR, TEST, curve

from lic_tcm.errors import UserError
from lic_tcm.rd import bdrate, manycurves
from lic_tcm.rd.curves import RDCurve
from lic_tcm.rd.published import load_published

CURVES = load_published()
PSNR = {(curve.dataset, curve.name): curve for curve in CURVES if curve.metric == "psnr"}

VTM = {
    "kodak": "vtm-12.1-tcm-figure",
    "clic-pro-valid": "vtm-12.1-tcm",
    "tecnick": "vtm-12.1-oldbench-reconstructed",
}
GOLDEN = [  # dataset, test, cubic, pchip, akima; computed with bjontegaard 1.3.0
    ("kodak", "tcm-large", -12.30, -12.31, -12.32),
    ("kodak", "tcm-medium", -9.66, -9.69, -9.73),
    ("kodak", "tcm-small", -7.40, -7.28, -7.42),
    ("kodak", "he2022-elic-compressai", -7.46, -7.48, -7.47),
    ("kodak", "xie2021", -1.79, -1.81, -1.82),
    ("kodak", "cheng2020", 2.83, 2.94, 2.94),
    ("kodak", "chen2022-figure", -5.85, -5.97, -5.98),
    ("clic-pro-valid", "tcm-large", -11.96, -11.97, -12.00),
    ("clic-pro-valid", "tcm-medium", -10.41, -10.61, -10.60),
    ("clic-pro-valid", "tcm-small", -9.08, -9.38, -9.37),
    ("clic-pro-valid", "xie2021", -3.15, -3.35, -3.32),
    ("clic-pro-valid", "cheng2020", 6.31, 6.36, 6.37),
    ("clic-pro-valid", "zou2022-stf", -4.02, -3.91, -3.90),
    ("tecnick", "tcm-large", -13.63, -13.58, -13.61),
    ("tecnick", "tcm-medium", -11.01, -10.96, -10.98),
    ("tecnick", "tcm-small", -9.03, -9.04, -9.08),
    ("tecnick", "xie2021", -4.66, -4.84, -4.74),
    ("tecnick", "balle2018-hyperprior", 31.07, 31.15, 31.16),
]


# Values that papers print or follow from their lists, by PCHIP: dataset, metric, anchor, test, BD-rate.
PRINTED = [
    ("kodak", "psnr", "vtm-compressai", "fu2026-chwdta", -17.82),  # printed by ChWDTA
    ("tecnick", "psnr", "vtm-9.1-lalic", "fu2026-chwdta", -22.56),  # printed by ChWDTA
    ("clic-pro-valid", "psnr", "vtm-9.1-lalic", "fu2026-chwdta", -18.29),  # ChWDTA prints -19.15, not reproduced
    ("kodak", "psnr", "vtm-compressai", "feng2025-lalic", -15.26),  # printed by LALIC, which calls it VTM-9.1
    ("tecnick", "psnr", "vtm-9.1-lalic", "feng2025-lalic", -17.63),  # printed by LALIC
    ("clic-pro-valid", "psnr", "vtm-9.1-lalic", "feng2025-lalic", -15.41),  # printed by LALIC
    ("kodak", "ms-ssim", "li2025-hpcm-large_ms-ssim", "feng2025-lalic_ms-ssim", 6.67),  # all are means of dB
    ("kodak", "ms-ssim", "lu2025-dcae_ms-ssim", "feng2025-lalic_ms-ssim", 3.83),
    ("kodak", "ms-ssim", "li2024-ftic_ms-ssim", "feng2025-lalic_ms-ssim", 0.73),
]


@pytest.mark.parametrize(("dataset", "test", "cubic", "pchip", "akima"), GOLDEN)
def test_golden_values(dataset, test, cubic, pchip, akima):
    """The BD-rates of the paper's methods against its VTM-12.1 hold to the last printed digit, by three methods."""
    anchor, curve = PSNR[dataset, VTM[dataset]], PSNR[dataset, test]
    for method, expected in (("cubic", cubic), ("pchip", pchip), ("akima", akima)):
        assert bdrate.bd_rate(anchor, curve, method) == pytest.approx(expected, abs=0.0051)


@pytest.mark.parametrize(("dataset", "metric", "anchor", "test", "expected"), PRINTED)
def test_values_of_other_papers(dataset, metric, anchor, test, expected):
    """The published lists of newer codecs give what their authors print, where it follows from them."""
    found = {c.name: c for c in CURVES if (c.dataset, c.metric) == (dataset, metric)}
    assert bdrate.bd_rate(found[anchor], found[test], "pchip") == pytest.approx(expected, abs=0.0051)


def _oracle(function, anchor, test, method):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of small overlaps
        return function(
            np.array(anchor.bpp),
            np.array(anchor.distortion),
            np.array(test.bpp),
            np.array(test.distortion),
            method,
            require_matching_points=False,
            min_overlap=0,
        )


def _falls(method, low, high, x, y):
    """Whether the fitted curve falls somewhere in the common range, so that it is no rate-distortion curve there."""
    fits = {
        "akima": Akima1DInterpolator,
        "pchip": PchipInterpolator,
        "cubic": lambda x, y: np.poly1d(np.polyfit(x, y, 3)),
    }
    return np.diff(fits[method](x, y)(np.linspace(low, high, 20001))).min() < 0


def _pairs(every: int):
    groups: dict[tuple[str, str], list[RDCurve]] = {}
    for one in CURVES:
        groups.setdefault((one.dataset, one.metric), []).append(one)
    return [pair for group in groups.values() for pair in permutations(group, 2)][::every]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["cubic", "pchip", "akima"])
def test_agrees_with_the_bjontegaard_package_on_published_pairs(method):
    """Wherever we give a BD-rate or BD-PSNR of published curves, the package gives the same to 1e-9 (relative)."""
    pairs, given, covered, refused = _pairs(every=5), 0, set(), []
    for anchor, test in pairs:
        for ours, oracle in ((bdrate.bd_rate, oracle_bd_rate), (bdrate.bd_psnr, oracle_bd_psnr)):
            try:
                value = ours(anchor, test, method)
            except UserError:
                refused.append((ours, anchor, test))
                continue
            assert value == pytest.approx(_oracle(oracle, anchor, test, method), rel=1e-9, abs=1e-9), (anchor, test)
            given += 1
            covered |= {(c.dataset, c.metric, c.name) for c in (anchor, test)}
    assert given > 3000
    needed = {"cubic": 4, "pchip": 2, "akima": 2}[method]
    assert covered == {(c.dataset, c.metric, c.name) for c in CURVES if len(c.bpp) >= needed}
    for function, anchor, test in refused:  # only what has no number
        x = [c.log_rate if function is bdrate.bd_psnr else c.quality for c in (anchor, test)]
        y = [c.quality if function is bdrate.bd_psnr else c.log_rate for c in (anchor, test)]
        low, high = max(x[0][0], x[1][0]), min(x[0][-1], x[1][-1])
        few = min(map(len, x)) < needed
        assert few or high <= low or any(map(partial(_falls, method, low, high), x, y)), (anchor, test)


@pytest.mark.parametrize("method", bdrate.INTERPOLATIONS)
def test_a_constant_saving_is_found_exactly(method):
    """A curve with 10 % less rate at every point has BD-rate -10 %, and a curve 1 dB higher BD-PSNR 1 dB."""
    cheaper = curve(tuple(0.9 * rate for rate in ANCHOR.bpp), ANCHOR.distortion)
    assert bdrate.bd_rate(ANCHOR, cheaper, method) == pytest.approx(-10, abs=1e-9)
    better = curve(ANCHOR.bpp, tuple(value + 1 for value in ANCHOR.distortion))
    assert bdrate.bd_psnr(ANCHOR, better, method) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("method", bdrate.INTERPOLATIONS)
def test_identical_curves_differ_by_zero(method):
    """A curve against itself gives exactly 0 % and 0 dB."""
    assert bdrate.bd_rate(ANCHOR, ANCHOR, method) == 0
    assert bdrate.bd_psnr(ANCHOR, ANCHOR, method) == 0


@pytest.mark.parametrize("method", bdrate.INTERPOLATIONS)
def test_matches_numerical_integration(method):
    """The BD-rate is the trapezoid integral of the local difference in log rate, to the integral's own accuracy."""
    grid = np.linspace(*bdrate.overlap(ANCHOR, TEST), 20001)
    gap = np.log10(1 + bdrate.rate_difference(ANCHOR, TEST, method, grid) / 100)
    mean = np.trapezoid(gap, grid) if hasattr(np, "trapezoid") else np.trapz(gap, grid)
    expected = 100 * (10 ** (mean / (grid[-1] - grid[0])) - 1)
    assert bdrate.bd_rate(ANCHOR, TEST, method) == pytest.approx(expected, abs=1e-5)


def test_rate_difference_at_a_shared_point_is_the_rates_ratio():
    """Interpolating methods give the ratio of the two rates where both curves have a point."""
    for method in ("pchip", "akima", "spline"):
        assert bdrate.rate_difference(ANCHOR, TEST, method, [31.0]) == pytest.approx([100 * (0.17 / 0.2 - 1)])


def test_rate_difference_does_not_extrapolate():
    """A distortion outside the common range is refused, be it one of many; the range's ends are inside."""
    for asked in ([28.1], [31.0, 28.1], [40.01, 31.0], [math.nan, 31.0], 50):
        with pytest.raises(UserError) as refusal:
            bdrate.rate_difference(ANCHOR, TEST, "pchip", asked)
        said = "RD curve 'test' and RD curve 'anchor' share 28.2 to 40 dB only; ask for distortions inside that range"
        assert str(refusal.value) == said
    assert bdrate.rate_difference(ANCHOR, TEST, "pchip", [[28.2], [40.0]]).shape == (2, 1)


def test_order_of_the_points_does_not_matter():
    """Shuffled and descending lists give the value of the sorted list."""
    order = [3, 0, 4, 2, 1]
    shuffled = curve(tuple(TEST.bpp[i] for i in order), tuple(TEST.distortion[i] for i in order))
    assert bdrate.bd_rate(ANCHOR, shuffled) == bdrate.bd_rate(ANCHOR, TEST)


def test_exactly_four_points_have_the_cubic_through_them():
    """With as many points as coefficients the least-squares cubic goes through all, as the literature's tool does."""
    anchor, test = (curve(c.bpp[:4], c.distortion[:4]) for c in (ANCHOR, TEST))
    low, high = bdrate.overlap(anchor, test)
    means = [
        np.diff(np.polyval(np.polyint(np.polyfit(c.quality, c.log_rate, 3)), [low, high]))[0] for c in (anchor, test)
    ]
    expected = 100 * (10 ** ((means[1] - means[0]) / (high - low)) - 1)
    assert bdrate.bd_rate(anchor, test, "cubic") == pytest.approx(expected, abs=1e-6)
    shared = replace(test, distortion=anchor.distortion)
    found = bdrate.rate_difference(anchor, shared, "cubic", anchor.quality)
    assert found == pytest.approx([100 * (t / a - 1) for a, t in zip(anchor.bpp, shared.bpp, strict=True)])
    assert bdrate.limits(anchor, test) == []


def test_overlap_is_judged_against_the_test_curve():
    """A test curve wholly inside a wide anchor has full overlap, however wide the anchor is."""
    inner = curve((0.3, 0.4, 0.5, 0.6), (33.0, 34.0, 35.0, 36.0))
    assert bdrate.overlap_share(ANCHOR, inner) == 1
    assert bdrate.overlap_share(inner, ANCHOR) == pytest.approx(3 / 12)


def test_a_curve_against_itself_is_zero_whatever_its_fit():
    """A saturating curve whose cubic falls has no cubic against another, and 0 against itself."""
    saturating = curve((0.1, 0.2, 0.4, 0.8, 1.6, 3.2), (30, 36, 39, 39.5, 39.6, 39.62), "a")
    for method in bdrate.INTERPOLATIONS:
        assert bdrate.bd_rate(saturating, replace(saturating, name="b"), method) == 0
        assert bdrate.bd_psnr(saturating, replace(saturating, name="b"), method) == 0
    rows = manycurves.Rows(np.array([saturating.bpp]), np.array([saturating.distortion]))
    for method in manycurves.INTERVAL_INTERPOLATIONS:
        assert manycurves.gaps(rows, rows, method) == (0, "")
