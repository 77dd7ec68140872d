"""What is said of a pair of curves beside its BD-rate, word by word."""

from dataclasses import replace

import pytest
from support.rd_curves import ANCHOR, TEST, curve

from lic_tcm.rd import bdrate


def test_a_value_that_does_not_exist_is_none_and_a_note():
    """The note names the function, the method and the reason; a value that exists adds none."""
    notes = ["before"]
    assert bdrate.value_or_note(bdrate.bd_rate, ANCHOR, TEST, "pchip", notes) == bdrate.bd_rate(ANCHOR, TEST)
    assert notes == ["before"]
    two = curve(TEST.bpp[:2], TEST.distortion[:2])
    assert bdrate.value_or_note(bdrate.bd_psnr, ANCHOR, two, "akima", notes) is None
    needs = "bd_psnr akima: RD curve 'test' has 2 points and akima needs 3; code more points"
    assert notes == ["before", needs]


def test_the_notes_of_a_pair_are_the_curves_own_and_its_limits():
    """The curves' notes under their labels, anchor first, then what limits the comparison."""
    anchor = replace(ANCHOR, label="A", notes=("one", "two"))
    test = replace(TEST, label="T", notes=("three",), psnr_reference="converted")
    limits = ["PSNR references differ: anchor rgb, test converted"]
    assert bdrate.limits(anchor, test) == limits
    assert bdrate.pair_notes(anchor, test) == ["A: one", "A: two", "T: three", *limits]


def test_every_limit_of_a_comparison_is_said():
    """Overlap under 75 %, a curve of fewer than four points, other references, other targets."""
    psnr = (28.0, 30.0, 32.0, 34.0, 36.0)
    anchor = curve((0.1, 0.2, 0.4, 0.8, 1.6), psnr, "a")
    at_limit = curve(anchor.bpp, tuple(value + 2 for value in psnr))
    beyond = curve(anchor.bpp, tuple(value + 2.1 for value in psnr))
    assert bdrate.limits(anchor, at_limit) == []
    assert bdrate.limits(anchor, beyond) == ["the common range is only 74 % of the test curve's"]
    three = curve(anchor.bpp[:3], psnr[:3])
    assert bdrate.limits(anchor, three) == ["fewer than 4 points on a curve"]
    assert bdrate.limits(curve(anchor.bpp, psnr), curve(anchor.bpp[:4], psnr[:4])) == []
    wide = curve((0.1, 0.3, 0.5), (28.0, 32.0, 36.0))
    assert bdrate.limits(wide, anchor) == ["fewer than 4 points on a curve"]
    for reference, said in (("rgb", []), ("unstated", ["PSNR references differ: anchor rgb, test unstated"])):
        assert bdrate.limits(anchor, curve(anchor.bpp, psnr, psnr_reference=reference)) == said
    other = curve(anchor.bpp, psnr, optimised_for="ms-ssim")
    assert bdrate.limits(anchor, other) == ["optimised for different metrics: mse and ms-ssim"]


AXIS = "MS-SSIM on a dB axis, -10 log10(1 - x); "


@pytest.mark.parametrize(
    ("anchor", "test", "said"),
    [
        ("linear", "linear", "the dB of the mean over images"),
        ("db", "db", "the mean of the images' dB"),
        ("unstated", "unstated", "averages over images: anchor unstated, test unstated, so they may not be alike"),
        ("db", "unstated", "averages over images: anchor db, test unstated, so they may not be alike"),
        ("unstated", "linear", "averages over images: anchor unstated, test linear, so they may not be alike"),
        (
            "db",
            "linear",
            "averages over images are not alike: anchor db, test linear; a mean of dB lies above the dB of the mean "
            "(by 0.10 to 0.36 dB on Kodak)",
        ),
    ],
)
def test_the_averages_of_ms_ssim_are_said(anchor, test, said):
    """How each curve was averaged over images; PSNR's reference is no matter there, and PSNR has no such note."""
    pair = [
        replace(one, metric="ms-ssim", average=average, psnr_reference=average)
        for one, average in ((ANCHOR, anchor), (TEST, test))
    ]
    assert bdrate.limits(*pair) == [AXIS + said]
    assert bdrate.limits(ANCHOR, TEST) == []
