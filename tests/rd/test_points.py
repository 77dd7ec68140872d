"""Single points against an anchor's curve: values by hand, intervals by an independent jackknife, and refusals."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator
from scipy.stats import t as student
from support.image_rd import ANCHOR as IMAGE_ANCHOR
from support.image_rd import TEST as IMAGE_TEST
from support.image_rd import image_rd
from support.rd_curves import ANCHOR, curve

from lic_tcm.errors import UserError
from lic_tcm.rd.intervals import How
from lic_tcm.rd.pair import Pair
from lic_tcm.rd.points import point_differences

LINE = curve((0.1, 0.2, 0.4, 0.8), (28.0, 31.0, 34.0, 37.0), "line")  # 0.1 * 2^((q - 28) / 3) bpp at q dB


def one(*points, anchor=LINE, **fields):
    """The differences of a test codec's points (bpp, dB)."""
    bpp, place = zip(*points, strict=True)
    return point_differences(Pair.of(anchor, curve(bpp, place, **fields)))


def points_of(data, *rows):
    """Some points of a method's images."""
    rows = list(rows)
    return replace(data, points=tuple(data.points[k] for k in rows), bpp=data.bpp[rows], value=data.value[rows])


def test_a_point_by_hand():
    """Between points on a line in log rate, both differences are those of the line, and there is no interval."""
    (found,) = one((0.18, 32.5))
    assert found.rate_difference == pytest.approx(100 * (0.18 / (0.1 * 2**1.5) - 1), abs=1e-9)  # -36.36 %
    assert found.quality_difference == pytest.approx(32.5 - (28 + 3 * math.log2(1.8)), abs=1e-9)  # 1.956 dB
    assert (found.bpp, found.distortion, found.averaging) == (0.18, 32.5, "mean curve")
    assert (found.anchor_lo, found.anchor_hi, found.anchor_bpp_lo, found.anchor_bpp_hi) == (28.0, 37.0, 0.1, 0.8)
    assert {found.rate_lo, found.rate_hi, found.quality_lo, found.quality_hi, found.n_images} == {None}
    assert (found.ci_method, found.marks, found.notes) == ("", (), ())


def test_the_curve_is_scipys_pchip_of_log_rate():
    """On points that are no line, both readings are those of scipy's interpolant, over quality and over log rate."""
    found = one((0.09, 28.9), (0.5, 33.3), (0.7, 36.9), anchor=ANCHOR)
    rates = 10 ** PchipInterpolator(ANCHOR.distortion, np.log10(ANCHOR.bpp))([28.9, 33.3, 36.9])
    places = PchipInterpolator(np.log10(ANCHOR.bpp), ANCHOR.distortion)(np.log10([0.5, 0.7]))
    assert [d.rate_difference for d in found] == pytest.approx(
        list(100 * (np.array([0.09, 0.5, 0.7]) / rates - 1)), abs=1e-9
    )
    assert [d.quality_difference for d in found[1:]] == pytest.approx([33.3 - places[0], 36.9 - places[1]], abs=1e-9)
    assert found[0].quality_difference is None  # 0.09 bpp is below the anchor's


def test_nothing_is_extrapolated():
    """A point beyond the anchor's quality or rate has no difference there, and the note has the range."""
    below, above = one((0.05, 27.99), (0.6, 37.2))
    assert (below.rate_difference, below.quality_difference) == (None, None)
    assert below.notes == (
        "no rate difference: 27.99 dB is outside of line's 28.00 to 37.00 dB",
        "no quality difference: 0.0500 bpp is outside of line's 0.1000 to 0.8000 bpp",
    )
    assert above.rate_difference is None
    assert above.quality_difference == pytest.approx(37.2 - (28 + 3 * math.log2(6)))
    assert len(above.notes) == 1


def test_the_ends_belong_to_the_range():
    """A point at an end of the anchor's curve is inside, also when rounding carries it a little beyond."""
    for quality, rate in ((28.0, 0.1), (37.0, 0.8), (28 - 1e-12, 0.1 - 1e-13), (37 + 1e-12, 0.8 + 1e-12)):
        (found,) = one((rate, quality))
        assert (found.rate_difference, found.quality_difference) == (
            pytest.approx(0, abs=1e-8),
            pytest.approx(0, abs=1e-8),
        )
    (beyond,) = one((0.1, 28 - 1e-5))
    assert beyond.rate_difference is None


@pytest.mark.parametrize("count", [1, 3])
def test_an_anchor_of_few_points_is_refused(count):
    """Fewer than four points are no curve to read others off; the message says what to do."""
    few = curve(LINE.bpp[:count], LINE.distortion[:count], "few")
    with pytest.raises(UserError, match=f"'few' is the anchor and has {count} point.*make the other method the anchor"):
        one((0.15, 30.0), anchor=few)


def test_curves_that_do_not_belong_together_are_refused():
    """Two datasets are no comparison, also point by point."""
    with pytest.raises(UserError, match="two datasets"):
        point_differences(Pair.of(replace(LINE, dataset="kodak"), replace(LINE, dataset="clic")))


def test_every_point_has_its_own_number_and_name():
    """Points come by rate and keep their operating points, given in whatever order."""
    found = one((0.3, 33.0), (0.15, 30.0), points=(8.0, 4.0))
    assert [(d.point, d.bpp) for d in found] == [(4.0, 0.15), (8.0, 0.3)]


def test_conventions_are_said():
    """Another PSNR reference and another training target are notes of every point."""
    (found,) = one((0.2, 32.0), psnr_reference="converted", optimised_for="ms-ssim")
    assert found.notes == (
        "PSNR references differ: anchor rgb, test converted",
        "optimised for different metrics: mse and ms-ssim",
    )
    similar = [replace(c, metric="ms-ssim", average=a) for c, a in ((LINE, "db"), (LINE, "linear"))]
    assert point_differences(Pair.of(*similar))[0].marks == ("averages",)


# --- with images --------------------------------------------------------------------------------------------------


def reading(anchor, images, at):
    """scipy's reading of log rate of a mean curve over some images."""
    bpp, value = anchor.bpp[:, images].mean(axis=1), anchor.value[:, images].mean(axis=1)
    return float(PchipInterpolator(value, np.log10(bpp))(at)) * math.log(10)


def test_the_mean_curve_has_the_paired_jackknife_interval():
    """Leaving an image out leaves it out on both sides; the interval is Student's t of log ratios, put back in %."""
    test = points_of(IMAGE_TEST, 4)
    found = point_differences(Pair.of(IMAGE_ANCHOR, test))[0]
    n = len(test.images)

    def log_ratio(images):
        return math.log(test.bpp[0, images].mean()) - reading(IMAGE_ANCHOR, images, test.value[0, images].mean())

    everything = list(range(n))
    value = log_ratio(everything)
    left_out = np.array([log_ratio(everything[:k] + everything[k + 1 :]) for k in range(n)])
    half = student.ppf(0.975, n - 1) * math.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
    expected = [100 * math.expm1(x) for x in (value, value - half, value + half)]
    assert [found.rate_difference, found.rate_lo, found.rate_hi] == pytest.approx(expected, abs=1e-8)
    assert found.rate_difference == pytest.approx(-10, abs=2)  # as the images were made
    assert (found.averaging, found.n_images, found.ci_method) == ("mean curve", n, "jackknife, Student's t")
    assert found.quality_lo < found.quality_difference < found.quality_hi


def test_the_mean_of_images_has_the_paired_t_interval():
    """ "per image" is the mean of the images' log ratios to their own curves, with its t interval, put back in %."""
    test = points_of(IMAGE_TEST, 4)
    found = point_differences(Pair.of(IMAGE_ANCHOR, test))[1]
    logs, gains = [], []
    for k in range(len(test.images)):
        bpp, value = IMAGE_ANCHOR.bpp[:, k], IMAGE_ANCHOR.value[:, k]
        at = PchipInterpolator(value, np.log10(bpp))(test.value[0, k])
        logs.append(math.log(test.bpp[0, k]) - float(at) * math.log(10))
        gains.append(test.value[0, k] - float(PchipInterpolator(np.log10(bpp), value)(np.log10(test.bpp[0, k]))))
    for values, back, ends in (
        (logs, lambda x: 100 * math.expm1(x), (found.rate_difference, found.rate_lo, found.rate_hi)),
        (gains, float, (found.quality_difference, found.quality_lo, found.quality_hi)),
    ):
        half = student.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values))
        mean = float(np.mean(values))
        assert ends == pytest.approx([back(mean), back(mean - half), back(mean + half)], abs=1e-8)
    assert (found.averaging, found.marks) == ("per image", ())


def test_a_mean_of_some_images_is_no_number():
    """Where an image lies beyond its own anchor's range there is no mean of the images, and the image is named."""
    test = points_of(IMAGE_TEST, 4)
    high = test.value.copy()
    high[0, 3] = 60.0
    found = point_differences(Pair.of(IMAGE_ANCHOR, replace(test, value=high)))
    assert found[0].rate_difference is not None
    assert (found[1].rate_difference, found[1].rate_lo) == (None, None)
    assert found[1].quality_difference is not None
    assert "per image no rate difference: 1 of 24 images outside of the anchor's range there: img003" in found[1].notes


def test_points_are_found_by_name_not_by_place():
    """Operating points need not rise with the rate, as QPs do not: each row is that of its own point."""
    falling = image_rd("qp", seed=2)
    falling = replace(falling, bpp=falling.bpp[::-1], value=falling.value[::-1])
    found = point_differences(Pair.of(IMAGE_ANCHOR, falling))
    usual = point_differences(Pair.of(IMAGE_ANCHOR, image_rd("qp", seed=2)))
    assert [d.point for d in found[::2]] == [float(k) for k in reversed(range(10))]
    shown = [[(d.rate_difference, d.rate_lo, d.quality_difference) for d in some] for some in (found, usual)]
    assert shown[0] == [tuple(x if x is None else pytest.approx(x, abs=1e-9) for x in numbers) for numbers in shown[1]]


def test_few_images_give_no_interval_and_the_reason():
    """Below five images there are values without intervals, and the note says how many it needs."""
    names = IMAGE_TEST.images[:4]
    found = point_differences(Pair.of(IMAGE_ANCHOR.select(names), points_of(IMAGE_TEST, 4).select(names)))
    for one_average in found:
        assert one_average.rate_difference is not None
        assert (one_average.rate_lo, one_average.ci_method) == (None, "")
        assert "no interval: 4 images, and it needs 5" in one_average.notes


def test_bootstrap_is_as_everywhere():
    """With the other kind of interval the value is the same and the column says which it is."""
    pair = Pair.of(IMAGE_ANCHOR, points_of(IMAGE_TEST, 4))
    boot, jack = (point_differences(pair, how)[0] for how in (How("bootstrap", 500), How()))
    assert boot.rate_difference == jack.rate_difference
    assert boot.ci_method == "percentile bootstrap"
    assert boot.rate_lo != jack.rate_lo


def test_averages_of_opposite_sign_are_marked():
    """Where the mean curve and the images disagree both are marked, and the note has both numbers."""
    test = points_of(IMAGE_ANCHOR, 4)
    dear = np.arange(24) == np.argmax(test.bpp[0])
    found = point_differences(Pair.of(IMAGE_ANCHOR, replace(test, bpp=test.bpp * np.where(dear, 0.8, 1.012))))
    curve_rate, image_rate = (one_average.rate_difference for one_average in found)
    assert curve_rate < 0 < image_rate
    assert all("signs" in one_average.marks for one_average in found)
    note = f"mean curve {curve_rate:+.2f} %, per image {image_rate:+.2f} %: of opposite sign, so quote both"
    assert [one_average.notes[0] for one_average in found] == [note, note]
