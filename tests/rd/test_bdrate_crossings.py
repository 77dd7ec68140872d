"""Where two curves change sides."""

import pytest
from support.rd_curves import curve

from lic_tcm.rd import bdrate


def test_crossings_are_where_the_curves_change_sides():
    """Straight lines in log rate that meet at 34 dB cross there, and only there; parallel ones nowhere."""
    psnr = (28.0, 31.0, 34.0, 37.0, 40.0)
    anchor = curve([0.1 * 2 ** (k) for k in range(5)], psnr, "a")
    test = curve([0.4 * 1.7 ** (k - 2) for k in range(5)], psnr)
    assert bdrate.crossings(anchor, test) == pytest.approx([34.0], abs=0.02)
    assert bdrate.crossings(test, anchor) == pytest.approx([34.0], abs=0.02)
    assert bdrate.crossings(anchor, curve([0.9 * rate for rate in anchor.bpp], psnr)) == []
    assert bdrate.crossings(anchor, anchor) == []


def test_curves_that_touch_do_not_cross():
    """Curves within a tenth of a percent of each other that part on the side they came from have not changed sides."""
    psnr = (28.0, 31.0, 34.0, 37.0, 40.0)
    anchor = curve((0.1, 0.2, 0.4, 0.8, 1.6), psnr, "a")
    touching = curve((0.09, 0.18, 0.4 * 1.0005, 0.72, 1.44), psnr)
    assert bdrate.crossings(anchor, touching) == []
    through = curve((0.09, 0.18, 0.4, 0.88, 1.76), psnr)
    assert len(bdrate.crossings(anchor, through)) == 1


@pytest.mark.parametrize(
    ("place", "per_db"), [(29.1, 0.05), (33.37, 0.001), (36.83, 0.05), (36.83, 0.001), (39.0, 0.05)]
)
def test_a_crossing_is_found_to_a_hundredth_of_a_decibel(place, per_db):
    """Wherever it lies, and where the two sides are half a percent apart at most."""
    psnr = (28.0, 31.0, 34.0, 37.0, 40.0)
    anchor = curve([0.1 * 2**k for k in range(5)], psnr, "a")
    rates = [rate * 2 ** (per_db * (at - place)) for rate, at in zip(anchor.bpp, psnr, strict=True)]
    assert bdrate.crossings(anchor, curve(rates, psnr)) == pytest.approx([place], abs=0.01)
