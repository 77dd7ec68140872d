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
    ((0.1, 0.2, math.nan), (28, 31, 34), ": rate nan bpp is not a positive number; remove or fix that point"),
    ((0.0, 0.2, 0.4), (28, 31, 34), ": rate 0.0 bpp is not a positive number; remove or fix that point"),
    ((-0.1, 0.2, 0.4), (28, 31, 34), ": rate -0.1 bpp is not a positive number; remove or fix that point"),
    ((0.1, 0.2, math.inf), (28, 31, 34), ": rate inf bpp is not a positive number; remove or fix that point"),
    ((0.1, 0.2, 0.4), (28, math.nan, 34), ": psnr nan at 0.2 bpp is not a number; remove or fix it"),
    ((0.1, 0.2, 0.4), (-math.inf, 31, 34), ": psnr -inf at 0.1 bpp is not a number; remove or fix it"),
    ((0.1, 0.2, 0.4), (28, 31, math.inf), ": psnr at 0.4 bpp is infinite (lossless); leave that point out"),
    ((0.1, 0.2, 0.2), (28, 31, 31), " has two points at 0.2 bpp; keep one"),
    (
        (0.1, 0.2, 0.4),
        (28, 31, 31),
        " is not monotonic: psnr goes from 31 dB at 0.2 bpp to 31 dB at 0.4 bpp; remove or measure again one of them",
    ),
    (
        (0.1, 0.2, 0.4),
        (28, 31, 30.5),
        " is not monotonic: psnr goes from 31 dB at 0.2 bpp to 30.5 dB at 0.4 bpp; remove or measure again one of them",
    ),
    (
        (28, 31, 34),
        (0.1, 0.2, 0.4),
        ": every rate exceeds its distortion in dB; rate and distortion look swapped",
    ),
    ((0.1, 0.2), (0.1, 0.2), ": every rate exceeds its distortion in dB; rate and distortion look swapped"),
    ((0.1, 0.2, 0.4), (0.8, 0.9, 1), ": psnr never exceeds 1, so it is not in dB; convert it (ms_ssim_db)"),
    ((0.1, 0.2), (28, 31, 34), " has 2 bpp, 3 distortion; give as many of each, at least one"),
    ((), (), " has 0 bpp, 0 distortion; give as many of each, at least one"),
]


@pytest.mark.parametrize(("bpp", "distortion", "message"), BAD)
def test_refuses_points_that_are_not_a_curve(bpp, distortion, message):
    """Every kind of bad point raises an error that names the curve, the value and what to do."""
    with pytest.raises(UserError) as refusal:
        replace(GOOD, bpp=bpp, distortion=distortion)
    assert str(refusal.value) == f"RD curve 'a' (kodak){message}"


def test_what_is_just_valid_is_a_curve():
    """One point, a point a hair above one dB, and rates above the distortion at some points only."""
    assert replace(GOOD, bpp=(0.1,), distortion=(1.0001,)).distortion == (1.0001,)
    assert replace(GOOD, bpp=(0.1, 5.0), distortion=(0.5, 4.0)).bpp == (0.1, 5.0)
    assert replace(GOOD, bpp=(0.1, 0.2), distortion=(-3.0, 2.0), points=(1, 2)).points == (1, 2)


def test_what_nobody_says_is_the_usual() -> None:
    """Optimised for mean squared error, PSNR in RGB, linear means; no source, short name or citation."""
    said = (GOOD.optimised_for, GOOD.psnr_reference, GOOD.ms_ssim_average, GOOD.points, GOOD.notes)
    assert said == ("mse", "rgb", "linear", None, ())
    assert (GOOD.source, GOOD.short, GOOD.cite) == ("", "", "")
    data = ImageRD.from_samples("m", "d", "psnr", SAMPLES)
    assert (data.optimised_for, data.psnr_reference, data.source) == ("mse", "rgb", "")


def test_points_must_be_as_many_as_rates():
    """The operating points count too, and a curve without a dataset names none."""
    with pytest.raises(UserError) as refusal:
        replace(GOOD, dataset="", points=(1.0, 2.0))
    expected = "RD curve 'a' has 4 bpp, 4 distortion, 2 points; give as many of each, at least one"
    assert str(refusal.value) == expected


def test_rates_and_distortions_come_as_arrays():
    """log10 of the rate, and the dB as they are."""
    assert GOOD.log_rate == pytest.approx([-1, math.log10(0.2), math.log10(0.4), math.log10(0.8)])
    assert GOOD.quality.tolist() == [28.0, 31.0, 34.0, 37.0]


@pytest.mark.parametrize("field", ["metric", "kind", "optimised_for", "ms_ssim_average"])
def test_refuses_unknown_words(field):
    """A metric, kind or target that does not exist is named, with those that do."""
    words = {
        "metric": "psnr, ms-ssim",
        "kind": "measured, given, published, digitised, reconstructed",
        "optimised_for": "mse, ms-ssim",
        "ms_ssim_average": "linear, db, unstated",
    }
    with pytest.raises(UserError) as refusal:
        replace(GOOD, **{field: "vmaf"})
    assert str(refusal.value) == f"RD curve 'a' (kodak): {field} 'vmaf' is none of {words[field]}"


def test_ms_ssim_in_decibel():
    """0.9 is 10 dB, 0.99 is 20 dB, 1 is infinite; a value in dB is not taken for MS-SSIM."""
    assert ms_ssim_db([0, 0.9, 0.99, 1]).tolist() == pytest.approx([0, 10, 20, math.inf])
    assert ms_ssim_db([1, 0]).dtype == float
    assert math.isnan(ms_ssim_db(math.nan))
    for bad, value in (
        ([0.9, 12.5], "12.5"),
        ([1, -0.25, 0], "-0.25"),
        ([[0, 1], [1.5, -1]], "1.5"),
        (-1, "-1"),
        (1.5, "1.5"),
    ):
        with pytest.raises(UserError) as refusal:
            ms_ssim_db(bad)
        assert str(refusal.value) == f"MS-SSIM {value} is not in 0..1; values in dB go under ms-ssim-db"


def test_mean_curve_refuses_falling_means():
    """Points whose means do not rise with the rate are an error, as for any curve."""
    samples = {(1.0, "a"): (0.1, 30.0), (2.0, "a"): (0.2, 29.0)}
    with pytest.raises(UserError, match="not monotonic"):
        ImageRD.from_samples("m", "d", "psnr", samples).mean_curve()
    assert np.array_equal(ImageRD.from_samples("m", "d", "psnr", samples).bpp, [[0.1], [0.2]])


# --- images -------------------------------------------------------------------------------------------------------


SAMPLES = {(p, i): (0.1 * p + 0.01 * k, 30.0 + p + k) for p in (1.0, 2.0, 4.0) for k, i in enumerate(("b", "a", "c"))}


def test_samples_are_arranged_by_point_and_image():
    """Both sorted, (points, images); everything else is said by the caller or the default."""
    data = ImageRD.from_samples("m", "d", "psnr", SAMPLES)
    assert (data.name, data.label, data.dataset, data.metric) == ("m", "m", "d", "psnr")
    assert (data.points, data.images, data.notes) == ((1.0, 2.0, 4.0), ("a", "b", "c"), ())
    assert data.bpp == pytest.approx(np.array([[0.11, 0.1, 0.12], [0.21, 0.2, 0.22], [0.41, 0.4, 0.42]]))
    assert data.value.tolist() == [[32, 31, 33], [33, 32, 34], [35, 34, 36]]


def test_a_point_without_an_image_is_refused():
    """The first of them is named, with the point."""
    samples = {key: value for key, value in SAMPLES.items() if key not in {(2.0, "c"), (2.0, "b"), (4.0, "a")}}
    with pytest.raises(UserError) as refusal:
        ImageRD.from_samples("m", "d", "psnr", samples)
    assert str(refusal.value) == "m (d): point 2 lacks image 'b'; every point needs the same images"


@pytest.mark.parametrize("rate", [0.0, -0.1, math.nan, math.inf])
def test_a_rate_that_is_none_is_refused(rate):
    """Zero, negative, not a number, infinite: such images were not coded."""
    with pytest.raises(UserError) as refusal:
        ImageRD.from_samples("m", "d", "psnr", SAMPLES | {(2.0, "c"): (rate, 30.0)})
    assert str(refusal.value) == "m (d): a rate in bpp is not a positive number; code those images again"


def test_points_that_cannot_be_averaged_are_left_out_and_said():
    """Lossless or missing values take their point out, with the number of images; without any point there is none."""
    lossless, missing = {(1.0, "a"): (0.11, math.inf)}, {(4.0, "a"): (0.41, math.nan), (4.0, "b"): (0.4, math.nan)}
    notes = (
        "point 1 left out: 1 images are lossless, psnr is infinite",
        "point 4 left out: 2 images have no psnr",
    )
    data = ImageRD.from_samples("m", "d", "psnr", SAMPLES | lossless | missing)
    assert (data.points, data.notes) == ((2.0,), notes)
    assert data.bpp == pytest.approx(np.array([[0.21, 0.2, 0.22]]))
    assert data.value.tolist() == [[33, 32, 34]]
    gone = {(2.0, "c"): (0.22, math.nan), (2.0, "b"): (0.2, math.inf)}
    with pytest.raises(UserError) as refusal:
        ImageRD.from_samples("m", "d", "psnr", SAMPLES | lossless | missing | gone)
    middle = "point 2 left out: 1 images have no psnr"
    assert str(refusal.value) == f"m (d) has no usable point for psnr: {notes[0]}; {middle}; {notes[1]}"


def test_curves_of_images_say_what_the_images_say():
    """The mean curve and each image's have the series' label, points and notes; an image's name has the image."""
    given = ImageRD.from_samples("m", "d", "psnr", SAMPLES)
    data = replace(given, label="M", source="s", optimised_for="ms-ssim", psnr_reference="converted", notes=("n",))
    mean, single = data.mean_curve(), data.image_curve("b")
    assert mean == RDCurve(
        "m",
        "M",
        "d",
        "psnr",
        "measured",
        tuple(data.bpp.mean(axis=1)),
        (32.0, 33.0, 35.0),
        "s",
        "ms-ssim",
        (1.0, 2.0, 4.0),
        "converted",
        ("n",),
    )
    assert single == replace(mean, name="m, b", bpp=tuple(data.bpp[:, 1]), distortion=(31.0, 32.0, 34.0))
    chosen = data.select(["c", "a"])
    assert (chosen.images, chosen.bpp.tolist()) == (("c", "a"), data.bpp[:, [2, 0]].tolist())
    assert chosen.value.tolist() == [[33, 32], [34, 33], [36, 35]]
    assert (chosen.label, chosen.points, chosen.notes) == ("M", (1.0, 2.0, 4.0), ("n",))


def test_ms_ssim_of_images_is_averaged_in_both_ways():
    """Linear: the dB of the mean; db: the mean of the dB. Each curve says which; an image's is neither's mean."""
    values = {(p, i): (0.1 * p + 0.01 * k, 1 - 10 ** -(p + k)) for p in (1.0, 2.0) for k, i in enumerate("ab")}
    data = ImageRD.from_samples("m", "d", "ms-ssim", values)
    linear, decibel = data.mean_curve(), data.mean_curve("db")
    assert linear.distortion == pytest.approx([-10 * math.log10((10**-p + 10 ** -(p + 1)) / 2) for p in (1, 2)])
    assert decibel.distortion == pytest.approx((15, 25))
    assert (linear.ms_ssim_average, decibel.ms_ssim_average) == ("linear", "db")
    assert decibel.bpp == linear.bpp == pytest.approx((0.105, 0.205))
    assert data.image_curve("b").distortion == pytest.approx((20, 30))
