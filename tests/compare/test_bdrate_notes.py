"""What must be known of a comparison is in its notes and marks."""

from dataclasses import replace

from support.image_rd import ANCHOR as IMAGE_ANCHOR
from support.image_rd import TEST as IMAGE_TEST
from support.rd_curves import ANCHOR, TEST, curve

from lic_tcm.compare import bdrate as bdreport
from lic_tcm.rd import bdrate


def test_comparison_notes_what_limits_it():
    """Small overlap, few points, other references and the dB axis are said; a method without a value is null."""
    three = curve((0.8, 1.6, 3.2), (37.5, 39.0, 45.0), psnr_reference="converted", optimised_for="ms-ssim")
    result = bdreport.compare(ANCHOR, three)
    notes = "\n".join(result.notes)
    assert result.bd_rate["cubic"] is None
    assert result.bd_rate["pchip"] is not None
    assert "only 33 % of the test curve's" in notes
    assert "fewer than 4 points" in notes
    assert "PSNR references differ: anchor rgb, test converted" in notes
    assert "optimised for different metrics" in notes
    assert "bd_rate cubic: RD curve 'test' has 3 points" in notes
    decibel = [replace(one, metric="ms-ssim") for one in (ANCHOR, TEST)]
    axis = "MS-SSIM on a dB axis, -10 log10(1 - x); the dB of the mean over images"
    assert axis in bdreport.compare(*decibel).notes


def test_few_common_rates_are_noted():
    """BD-PSNR is an integral over the common rates: under three quarters of the test's, in the log, there is a note."""
    psnr = (28.0, 31.0, 34.0, 37.0, 40.0)
    anchor = curve((0.1, 0.2, 0.4, 0.8, 1.6), psnr, "a")
    for first, noted in ((0.1 / 2**1.3, []), (0.1 / 2**1.4, ["the common rates are only 74 % of the test curve's"])):
        test = curve((first, 0.2, 0.4, 0.8, 1.6), psnr)  # shares 4 of 4 + 1.3 (1.4) octaves
        notes = [note for note in bdreport.compare(anchor, test).notes if note.startswith("the common rates")]
        assert notes == noted
    three_of_four = curve(anchor.bpp[:4], psnr[:4], "three octaves")
    assert not any("common rates" in note for note in bdreport.compare(three_of_four, curve(anchor.bpp, psnr)).notes)
    above = curve((0.4, 0.8, 1.6, 3.2, 6.4), psnr)
    assert "the common rates are only 50 % of the test curve's" in bdreport.compare(anchor, above).notes
    assert "the common rates are only 50 % of the test curve's" in bdreport.compare(above, anchor).notes
    touching = curve((1.6, 3.2, 6.4, 12.8, 25.6), psnr)
    assert not any("common rates" in note for note in bdreport.compare(anchor, touching).notes)
    apart = curve(tuple(100 * rate for rate in anchor.bpp), psnr)
    notes = bdreport.compare(anchor, apart).notes
    assert [note for note in notes if note.startswith("the common rates")] == []
    failed = [note.partition(": RD")[0] for note in notes]
    assert failed == ["bd_psnr pchip", "bd_psnr cubic", "bd_psnr akima", "bd_psnr spline"]


def test_methods_that_differ_are_noted(monkeypatch):
    """By more than a percentage point, from the lowest to the highest that there is; not by just that."""
    rates = {"cubic": 1.0, "pchip": 2.0625, "akima": None, "spline": 2.0}
    pair = bdreport.Pair.of(ANCHOR, TEST)
    deltas = {delta.bd_method: delta for delta in pair.deltas(bdrate.INTERPOLATIONS)}
    made = [replace(deltas[method], bd_rate=rate, notes=()) for method, rate in rates.items()]
    monkeypatch.setattr(bdreport.Pair, "deltas", lambda *_: made)
    assert bdreport.compare(ANCHOR, TEST).notes == ("the methods differ by 1.06 percentage points",)
    made[1] = replace(made[1], bd_rate=2.0)
    assert bdreport.compare(ANCHOR, TEST).notes == ()


def test_marks_of_the_images_are_the_comparisons_too():
    """An image without a BD-rate marks the mean over images, and so the comparison."""
    value = IMAGE_TEST.value.copy()
    value[5, 0] = value[4, 0] - 0.01
    result = bdreport.compare(IMAGE_ANCHOR, replace(IMAGE_TEST, value=value))
    assert result.marks == ("images",)
    assert (result.n_images, len(result.ci95)) == (24, 2)
