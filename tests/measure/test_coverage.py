"""The simulation behind docs/intervals.md: its truths are true, and it counts hits."""

from pathlib import Path

import numpy as np
import pytest
from support.image_rd import ANCHOR, TEST

from lic_tcm.errors import UserError
from lic_tcm.measure import coverage
from lic_tcm.rd.intervals import bd_rate_intervals


def test_the_truth_is_what_many_images_give():
    """The BD-rate of the model's mean curve, in closed form, is what 50,000 drawn images come to; so is the mean's."""
    model = coverage.Model.fitted(ANCHOR, TEST)
    truth = model.truth(np.random.default_rng(1))
    found = bd_rate_intervals(*model.draw(50_000, np.random.default_rng(2)), "pchip", coverage.How("bootstrap", 2))
    for averaging, value in truth.items():
        assert found[averaging].value == pytest.approx(value, abs=0.05)


def test_the_model_has_the_moments_of_the_rows():
    """Drawn images have the mean and covariance of what the model was fitted to."""
    model = coverage.Model.fitted(ANCHOR, TEST)
    drawn = model.draw(20_000, np.random.default_rng(0))[1]
    assert drawn.value.mean(axis=1) == pytest.approx(TEST.value.mean(axis=1), abs=0.05)
    assert drawn.value.std(axis=1) == pytest.approx(TEST.value.std(axis=1, ddof=1), rel=0.03)
    assert np.log(drawn.bpp).std(axis=1) == pytest.approx(np.log(TEST.bpp).std(axis=1, ddof=1), rel=0.03)


def test_the_images_are_a_population_too():
    """Drawn with replacement, the rows' own images have their BD-rate as the truth."""
    population = coverage.Images(ANCHOR, TEST)
    truth = population.truth(np.random.default_rng(1))
    assert truth["mean curve"] == pytest.approx(bd_rate_intervals(ANCHOR, TEST, "pchip")["mean curve"].value)
    drawn = population.draw(20_000, np.random.default_rng(2))
    found = bd_rate_intervals(*drawn, "pchip", coverage.How("bootstrap", 2))
    for averaging, value in truth.items():
        assert found[averaging].value == pytest.approx(value, abs=0.05)


def test_coverage_is_a_share_and_repeats():
    """The same seed gives the same shares; with 24 images the jackknife holds the truth in most of 40 draws."""
    model = coverage.Model.fitted(ANCHOR, TEST)
    found = coverage.coverage(model, 24, 40, 200, seed=3)
    assert found == coverage.coverage(model, 24, 40, 200, seed=3)
    assert set(found) == {
        *((kind, averaging) for kind in ("jackknife", "bootstrap") for averaging in ("mean curve", "per image")),
        ("BCa", "mean curve"),
    }
    assert 0.85 <= found["jackknife", "mean curve"] <= 1


def test_bca_is_scipys():
    """The hand-made BCa interval is that of scipy on the same statistic, within the noise of the resamples."""
    import scipy.stats

    from lic_tcm.rd import manycurves

    n = len(TEST.images)

    def rate(index):
        weights = np.bincount(index, minlength=n)[None] / n
        rows = manycurves.mean_rows(ANCHOR, weights), manycurves.mean_rows(TEST, weights)
        return manycurves.percent(manycurves.gaps(*rows, "pchip").log_ratio)[0]

    expected = scipy.stats.bootstrap((np.arange(n),), rate, n_resamples=3000, method="BCa", vectorized=False, rng=0)
    low, high = coverage._bca(ANCHOR, TEST, 10_000)
    width = expected.confidence_interval.high - expected.confidence_interval.low
    assert (low, high) == pytest.approx(tuple(expected.confidence_interval), abs=0.08 * width)


def test_unknown_methods_are_named():
    """A pair whose methods the rows lack is an error that names both and the option."""
    rows = Path(__file__).resolve().parents[2] / "results" / "measured" / "kodak" / "rows" / "webp.csv"
    with pytest.raises(UserError, match=r"no curves of both webp and nothing; name other methods with --pair"):
        coverage.simulate([rows], [("webp", "nothing")], "normal", 1, 10, 0)
