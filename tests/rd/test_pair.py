"""Pairs: which numbers carry a mark and why, and how MS-SSIM averages meet."""

from dataclasses import replace

import numpy as np
import pytest
from support.image_rd import ANCHOR, TEST, image_rd
from support.rd_curves import curve

from lic_tcm.rd import bdrate, intervals
from lic_tcm.rd.pair import Pair

A_SSIM, T_SSIM = (image_rd(n, seed=k, saving=s, metric="ms-ssim") for n, k, s in (("anchor", 1, 1), ("test", 2, 0.9)))


def deltas(anchor, test, methods=("pchip",)):
    """{averaging: delta} of a pair by its one BD method."""
    return {delta.averaging: delta for delta in Pair.of(anchor, test).deltas(methods)}


def test_a_plain_pair_has_no_mark():
    """Where the curves are apart, share their range and every image agrees, the numbers stand by themselves."""
    for delta in deltas(ANCHOR, TEST).values():
        assert delta.marks == ()
        assert delta.notes == ()
        assert delta.ci_method == "jackknife, Student's t"
        assert delta.n_images == 24


def test_small_overlap_is_marked():
    """Under 75 % of the test's range in common: a mark and a note on both averages; at 75 % none."""
    high = replace(TEST, value=TEST.value + 5)  # shares 9 of 14 dB
    for delta in deltas(ANCHOR, high).values():
        assert "overlap" in delta.marks
        assert any(note.startswith("the common range is only 6") for note in delta.notes)
    plain = curve((0.1, 0.2, 0.4, 0.8, 1.6), (28.0, 30.0, 32.0, 34.0, 36.0))
    at_limit = curve((0.1, 0.2, 0.4, 0.8, 1.6), (30.0, 32.0, 34.0, 36.0, 38.0))
    assert deltas(plain, at_limit)["mean curve"].marks == ()


def test_crossing_curves_are_marked():
    """Curves that change sides in the shared range carry the place where they do."""
    factor = np.geomspace(0.8, 1.25, 10)[:, None]
    found = deltas(ANCHOR, replace(ANCHOR, name="test", bpp=ANCHOR.bpp * factor))
    for delta in found.values():
        assert "crossing" in delta.marks
        assert any(note.startswith("the curves cross at ") for note in delta.notes)


def test_averages_of_opposite_sign_are_marked_on_both():
    """A saving on the dear images and a loss on the cheap ones: each average carries the other's number."""
    dear = ANCHOR.bpp[0] > np.median(ANCHOR.bpp[0])
    test = replace(ANCHOR, name="test", bpp=ANCHOR.bpp * np.where(dear, 0.93, 1.11))
    found = deltas(ANCHOR, test)
    curve_rate, image_rate = found["mean curve"].bd_rate, found["per image"].bd_rate
    assert curve_rate < 0 < image_rate
    note = f"mean curve {curve_rate:+.2f} %, per image {image_rate:+.2f} %: of opposite sign, so quote both"
    for delta in found.values():
        assert "signs" in delta.marks
        assert note in delta.notes


def test_images_that_fall_out_are_named_and_marked():
    """The per-image mean says on how many of the images it is, which have none and why; the mean curve has no mark."""
    value = TEST.value.copy()
    value[5, :2] = value[4, :2] - 0.01
    found = deltas(ANCHOR, replace(TEST, value=value))
    delta = found["per image"]
    assert delta.n_images == 22
    assert delta.marks == ("images",)
    named = "no BD-rate on img000, img001 (its points do not rise with the rate)"
    assert delta.notes[0] == f"on 22 of 24 images; {named}"
    assert "BD of the distortion on 22 of 24 images" in delta.notes
    others = TEST.images[2:]
    singles = intervals.image_bd_rates(ANCHOR.select(others), TEST.select(others), "pchip")
    assert delta.bd_rate == pytest.approx(singles.mean())
    assert found["mean curve"].marks == ()
    assert found["mean curve"].n_images == 24


# --- MS-SSIM over images ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("average", ["linear", "db", "unstated"])
def test_a_measured_series_is_averaged_as_the_curve_it_meets(average):
    """Against a published curve of mean dB the mean of our images' dB is compared; else the dB of their mean."""
    mean = T_SSIM.mean_curve("db" if average == "db" else "linear")
    published = replace(A_SSIM.mean_curve(average), kind="published", ms_ssim_average=average)
    delta = deltas(published, T_SSIM)["mean curve"]
    assert delta.bd_rate == pytest.approx(bdrate.bd_rate(published, mean), abs=1e-12)
    assert delta.ms_ssim_average == average
    note = next(note for note in delta.notes if note.startswith("MS-SSIM on a dB axis"))
    says = {
        "linear": "the dB of the mean",
        "db": "the mean of the images' dB",
        "unstated": "anchor unstated, test linear",
    }
    assert says[average] in note
    assert delta.marks == ()


def test_curves_averaged_in_two_ways_are_marked():
    """A curve of mean dB against one of linear means is another quantity: a mark and a note that gives the size."""
    anchor, test = replace(A_SSIM.mean_curve("db"), kind="published"), replace(T_SSIM.mean_curve(), kind="published")
    delta = deltas(anchor, test)["mean curve"]
    assert delta.marks == ("averages",)
    assert delta.ms_ssim_average == "mixed"
    assert any("anchor db, test linear; a mean of dB lies above" in note for note in delta.notes)


def test_a_mean_of_db_is_never_below_the_db_of_the_mean():
    """Jensen's inequality, which any list of both kinds must meet."""
    assert (T_SSIM.mean_curve("db").quality >= T_SSIM.mean_curve("linear").quality).all()


def test_psnr_knows_no_averages():
    """How MS-SSIM is averaged says nothing about PSNR, and PSNR lines are silent about it."""
    delta = deltas(replace(ANCHOR.mean_curve(), ms_ssim_average="db"), TEST)["mean curve"]
    assert (delta.ms_ssim_average, delta.marks) == ("", ())
