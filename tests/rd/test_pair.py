"""Pairs: which numbers carry a mark and why, and how MS-SSIM averages meet."""

from dataclasses import replace

import numpy as np
import pytest
from support.image_rd import ANCHOR, TEST, image_rd
from support.rd_curves import curve

from lic_tcm.errors import UserError
from lic_tcm.rd import bdrate, intervals
from lic_tcm.rd.pair import Pair, _ci, _image_gains, _signs, failure_note

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
    published = replace(A_SSIM.mean_curve(average), kind="published", average=average)
    delta = deltas(published, T_SSIM)["mean curve"]
    assert delta.bd_rate == pytest.approx(bdrate.bd_rate(published, mean), abs=1e-12)
    assert delta.value_average == average
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
    assert delta.value_average == "mixed"
    assert any("anchor db, test linear; a mean of dB lies above" in note for note in delta.notes)


def test_a_mean_of_db_is_never_below_the_db_of_the_mean():
    """Jensen's inequality, which any list of both kinds must meet."""
    assert (T_SSIM.mean_curve("db").quality >= T_SSIM.mean_curve("linear").quality).all()


def test_psnr_knows_no_averages():
    """How MS-SSIM is averaged says nothing about PSNR, and PSNR lines are silent about it."""
    delta = deltas(replace(ANCHOR.mean_curve(), average="db"), TEST)["mean curve"]
    assert (delta.value_average, delta.marks) == ("", ())


# --- what a pair is of --------------------------------------------------------------------------------------------


def test_a_pair_is_of_the_images_both_have():
    """In their order, with a note wherever one side has more; none shared is an error that names both."""
    some, others = TEST.select(TEST.images[5:20][::-1]), ANCHOR.select(ANCHOR.images[:8])
    pair = Pair.of(others, some)
    assert pair.images is not None
    assert [data.images for data in pair.images] == [("img005", "img006", "img007")] * 2
    assert (pair.n_images, pair.notes) == (3, ("on the 3 images both have",))
    assert pair.anchor == ANCHOR.select(["img005", "img006", "img007"]).mean_curve()
    assert Pair.of(ANCHOR, TEST.select(TEST.images[:7])).notes == ("on the 7 images both have",)
    assert Pair.of(ANCHOR, TEST).notes == ()
    with pytest.raises(UserError) as refusal:
        Pair.of(ANCHOR.select(ANCHOR.images[:5]), TEST.select(TEST.images[5:]))
    assert str(refusal.value) == "anchor and test share no image of set; code the same ones"


def test_a_pair_with_a_published_curve_has_the_measured_ones_images():
    """Their number is that of the measured side, and there is neither interval nor per-image mean."""
    published = replace(ANCHOR.mean_curve(), kind="published")
    for pair in (Pair.of(published, TEST.select(TEST.images[:9])), Pair.of(TEST.select(TEST.images[:9]), published)):
        assert (pair.images, pair.n_images, pair.notes) == (None, 9, ())
        (delta,) = pair.deltas(("pchip",))
        assert (delta.averaging, delta.n_images, delta.ci_lo, delta.ci_hi, delta.ci_method) == (
            "mean curve",
            9,
            None,
            None,
            "",
        )
    both = Pair.of(published, published)
    assert (both.n_images, next(both.deltas(("pchip",))).n_images) == (None, None)


def test_every_method_has_a_delta_and_two_have_a_mean_over_images():
    """The mean curves by every method in the order asked for, then the images by those with intervals."""
    methods = ("spline", "pchip", "akima", "cubic")
    pair = Pair.of(ANCHOR, TEST)
    found = list(pair.deltas(methods))
    assert [(d.averaging, d.bd_method) for d in found] == [
        *(("mean curve", method) for method in methods),
        ("per image", "cubic"),
        ("per image", "pchip"),
    ]
    curves = pair.anchor, pair.test
    for delta in found[:4]:
        assert delta.bd_rate == bdrate.bd_rate(*curves, delta.bd_method)
        assert delta.bd_distortion == bdrate.bd_psnr(*curves, delta.bd_method)
        assert (delta.overlap_lo, delta.overlap_hi) == bdrate.overlap(*curves)
        assert delta.overlap_share == bdrate.overlap_share(*curves)
        assert (delta.ci_method == "") == (delta.bd_method in ("spline", "akima"))
    for delta in found:
        if delta.bd_method in ("cubic", "pchip"):
            interval = intervals.bd_rate_intervals(*pair.images, delta.bd_method)[delta.averaging]
            assert (delta.ci_lo, delta.ci_hi) == (interval.low, interval.high)
    for delta in found[4:]:
        singles = [bdrate.bd_psnr(ANCHOR.image_curve(i), TEST.image_curve(i), delta.bd_method) for i in TEST.images]
        assert delta.bd_distortion == pytest.approx(np.mean(singles))


def test_the_kind_of_interval_is_the_one_asked_for():
    """The bootstrap's on both averages, with its words; below five images none, and the reason."""
    how = intervals.How("bootstrap", 500)
    pair = Pair.of(ANCHOR, TEST)
    for delta in pair.deltas(("pchip",), how):
        interval = intervals.bd_rate_intervals(*pair.images, "pchip", how)[delta.averaging]
        assert (delta.ci_lo, delta.ci_hi, delta.ci_method) == (interval.low, interval.high, "percentile bootstrap")
    few = [data.select(data.images[:4]) for data in (ANCHOR, TEST)]
    for delta in Pair.of(*few).deltas(("pchip",)):
        assert (delta.ci_lo, delta.ci_hi, delta.ci_method) == (None, None, "")
        assert delta.notes[0] == "no interval: 4 images, and it needs 5"


@pytest.mark.parametrize(("low", "high", "method"), [(1.0, None, "x"), (None, 2.0, "x"), (None, None, ""), (1, 2, "x")])
def test_an_interval_with_one_end_has_a_method(low, high, method):
    """What the bootstrap leaves of an interval is still said to be its."""
    ends = _ci(intervals.Interval(1.5, low, high, "why"), intervals.JACKKNIFE)
    expected = str(intervals.JACKKNIFE) if method else ""
    assert (ends.low, ends.high, ends.method, ends.notes) == (low, high, expected, ("why",))
    assert _ci(None, intervals.JACKKNIFE).method == ""


# --- notes --------------------------------------------------------------------------------------------------------


def test_failures_come_first_and_nothing_is_said_twice():
    """The reason of a missing value, the signs, then the interval's note, the pair's, the crossing and the limits."""
    anchor = curve((0.1, 0.2, 0.4), (28.0, 31.0, 34.0), "a", notes=("mine",), label="ours")
    test = curve((0.09, 0.18, 0.36), (28.0, 31.0, 34.0), "t", notes=("mine",), label="ours")
    delta = deltas(anchor, test, ("cubic",))["mean curve"]
    assert (delta.bd_rate, delta.bd_distortion) == (None, None)
    needs = "RD curve 'a' has 3 points and cubic needs 4; code more points"
    assert delta.notes == (
        f"bd_rate cubic: {needs}",
        f"bd_psnr cubic: {needs}",
        "ours: mine",  # both have this label
        "fewer than 4 points on a curve",
    )


def test_curves_cross_at_every_place_they_do():
    """All places in order, with one decimal; a curve too short to cross has no such note."""
    psnr = (28.0, 30.0, 32.0, 34.0, 36.0, 38.0)
    anchor = curve((0.1, 0.2, 0.4, 0.8, 1.6, 3.2), psnr, "a")
    test = curve([r * f for r, f in zip(anchor.bpp, (0.9, 0.9, 1.1, 1.1, 0.9, 0.9), strict=True)], psnr)
    assert bdrate.crossings(anchor, test) == pytest.approx([31.0, 35.0], abs=0.05)
    delta = deltas(anchor, test)["mean curve"]
    assert delta.marks == ("crossing",)
    assert delta.notes == ("the curves cross at 31.0, 35.0 dB: neither is better throughout",)
    short = deltas(curve((0.1, 0.2), (28.0, 31.0), "a"), curve((0.09, 0.25), (28.0, 31.0)))["mean curve"]
    assert short.marks == ()


def test_marks_come_in_their_order():
    """Overlap, crossing, averages, then images, then signs."""
    value = TEST.value.copy() + 5
    value[5, 0] = value[4, 0] - 0.01
    tilted = replace(TEST, value=value, bpp=TEST.bpp * np.geomspace(1.5, 6, 10)[:, None])
    delta = deltas(ANCHOR, tilted)["per image"]
    assert delta.marks == ("overlap", "crossing", "images")


def test_images_without_any_gain_have_none():
    """Where no image has a BD of the distortion there is no mean of it, and the count says so."""
    value = TEST.value.copy()
    value[5, :23] = value[4, :23] - 0.01
    value[5, 23] += 1e-6
    found = deltas(ANCHOR, replace(TEST, value=value))["per image"]
    assert "BD of the distortion on 1 of 24 images" in found.notes
    assert _image_gains(ANCHOR, TEST.select([]), "pchip") == (None, [])
    value[5, 23] = value[4, 23] - 0.01
    falling = replace(TEST, value=value)
    assert _image_gains(ANCHOR, falling, "pchip") == (None, ["BD of the distortion on 0 of 24 images"])


def test_images_with_little_in_common_are_counted():
    """Under 75 % of the test's own range; at 75 % it is not little."""
    psnr = np.array([28.0, 30.0, 32.0, 34.0, 36.0])[:, None] + np.zeros(3)
    bpp = np.array([0.1, 0.21, 0.4, 0.75, 1.6])[:, None] + np.zeros(3)
    plain = replace(ANCHOR, images=("a", "b", "c"), points=tuple(range(5)), bpp=bpp, value=psnr)
    shifted = replace(plain, name="test", value=psnr + np.array([2.0, 3.0, 3.5]))
    gain, notes = _image_gains(plain, shifted, "pchip")
    assert notes == ["on 2 images the common range is under 75 % of the test curve's"]
    assert gain == pytest.approx(np.mean([2.0, 3.0, 3.5]), abs=1e-9)
    bent = replace(shifted, bpp=bpp * np.array([1.0, 1.1, 1.0, 1.1, 1.0])[:, None])
    assert _image_gains(plain, bent, "akima")[0] != _image_gains(plain, bent, "pchip")[0]


@pytest.mark.parametrize(
    ("curve_rate", "image_rate", "said"),
    [
        (-1.234, 0.567, "mean curve -1.23 %, per image +0.57 %: of opposite sign, so quote both"),
        (2.0, -0.004, "mean curve +2.00 %, per image -0.00 %: of opposite sign, so quote both"),
        (0.0, -1.0, None),
        (1.0, 0.0, None),
        (1.0, 2.0, None),
        (None, -1.0, None),
        (1.0, None, None),
        (None, None, None),
    ],
)
def test_signs_are_opposite_or_not(curve_rate, image_rate, said):
    """A sentence with both numbers where they contradict each other; nothing where one is zero or missing."""
    found = {"mean curve": intervals.Interval(curve_rate), "per image": intervals.Interval(image_rate)}
    assert _signs(found) == said


def test_failures_are_grouped_by_reason():
    """In the order they come, each reason once."""
    failed = {"a": "it falls", "b": "no overlap", "c": "it falls"}
    assert failure_note(failed) == "no BD-rate on a, c (it falls), b (no overlap)"
