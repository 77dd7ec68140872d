"""BD-rates of a run: every pair by every way, with notes and marks, and reasons where there is none."""

import math

import pytest
from support.rows import FRAME, IMAGES, frame_of, pick, rows_of

from lic_tcm.errors import UserError
from lic_tcm.rd import intervals
from lic_tcm.rd.bdrate import bd_psnr, bd_rate
from lic_tcm.rd.curves import RDCurve
from lic_tcm.rd.published import load_published
from lic_tcm.tables.bd_rate import PAIR_NAMES, all_pairs, bd_rates
from lic_tcm.tables.rd_points import rd_points
from lic_tcm.tables.schema import BDRow, columns


def test_a_constant_saving_is_found_by_every_method_and_average():
    """10 % less rate on every image is -10 %, with an interval of no width, however it is averaged."""
    frame = bd_rates(FRAME, (), ["vtm"])
    assert tuple(frame.columns) == columns(BDRow)
    found = frame[(frame.series == "tcm-large")]
    assert found["bd_rate"].to_numpy() == pytest.approx(-10)
    ways = [("mean curve", method) for method in ("cubic", "pchip", "akima", "spline")]
    ways += [("per image", method) for method in ("cubic", "pchip")]
    assert list(zip(found.averaging, found.bd_method, strict=True)) == 2 * ways
    with_interval = found[found.bd_method.isin(["cubic", "pchip"])]
    assert with_interval[["ci_lo", "ci_hi"]].to_numpy() == pytest.approx(-10)
    assert found[found.bd_method.isin(["akima", "spline"])]["ci_lo"].isna().all()
    assert (found.n_images == IMAGES).all()


def test_an_anchor_against_itself_is_exactly_zero():
    """Identical curves give 0 %, 0 dB, full overlap."""
    frame = bd_rates(FRAME, load_published(keys=["vtm-12.1-tcm-figure"]), ["vtm", "vtm-12.1-tcm-figure"])
    same = frame[frame.series == frame.anchor]
    assert len(same) == 2 * 6 + 4
    assert (same[["bd_rate", "bd_distortion"]] == 0).all(axis=None)
    assert (same.overlap_share == 1).all()


def test_values_are_those_of_the_mean_curves():
    """Against a published anchor the measured mean curve is compared, with no interval: only one side has images."""
    curves = load_published(keys=["vtm-12.1-tcm-figure"])
    frame = bd_rates(FRAME, curves, ["vtm-12.1-tcm-figure"], methods=("pchip",))
    line = pick(frame, series="tcm-large", averaging="mean curve")
    group = FRAME[FRAME.method == "tcm-large"].groupby("point")[["bpp", "psnr"]].mean()
    own = RDCurve("tcm", "tcm", "kodak", "psnr", "measured", tuple(group.bpp), tuple(group.psnr))
    assert line.bd_rate == pytest.approx(bd_rate(curves[0], own))
    assert line.bd_distortion == pytest.approx(bd_psnr(curves[0], own))
    assert math.isnan(line.ci_lo)
    assert (line.anchor_kind, line.kind) == ("digitised", "measured")
    assert "vtm-12.1-tcm-figure is digitised, PSNR reference converted; other VTM curves on kodak" in line.notes
    assert "PSNR references differ: anchor converted, test rgb" in line.notes
    assert "digitisation checked" in line.notes
    assert set(frame.averaging) == {"mean curve"}


def test_a_pair_that_cannot_be_computed_is_a_line_with_its_reason():
    """No overlap, falling points and too few points each leave bd_rate empty and say why."""
    low, falling = rows_of("low"), rows_of("falling")
    for row in low:
        row["psnr"] -= 30
    for row in falling:
        row["psnr"] -= 20 * (row["point"] == 20)
    two = [row for row in rows_of("two") if row["point"] < 20]
    frame = bd_rates(frame_of(rows_of("vtm"), low, falling, two), (), ["vtm"], metrics=("psnr",))
    for series, reason in (("low", "do not overlap"), ("falling", "not monotonic"), ("two", "2 points and pchip")):
        line = pick(frame, series=series, averaging="mean curve", bd_method="pchip")
        assert math.isnan(line.bd_rate)
        assert reason in line.notes


def test_measured_series_are_compared_on_the_images_both_have():
    """When one method has coded part of the images the pair uses that part, and the counts and a note say so."""
    frame = bd_rates(frame_of(rows_of("vtm", images=4), rows_of("tcm-large", 0.9)), (), ["vtm"])
    line = pick(frame, series="tcm-large", metric="psnr", averaging="mean curve", bd_method="pchip")
    assert line.bd_rate == pytest.approx(-10)
    assert (line.n_images, line.images_total) == (4, 6)
    assert "on the 4 images both have" in line.notes
    assert "measured on 4 of 6 images" in line.notes


def test_a_partial_dataset_is_visible_against_a_published_anchor():
    """The published curve is a mean over all images, the measured one is not: the line says so."""
    curves = load_published(keys=["vtm-12.1-tcm-figure"])
    frame = bd_rates(frame_of(rows_of("m", total=24)), curves, ["vtm-12.1-tcm-figure"], metrics=("psnr",))
    line = pick(frame, series="m", bd_method="pchip")
    assert "measured on 6 of 24 images, the published curve on all" in line.notes
    assert (line.n_images, line.images_total) == (6, 24)


def test_images_that_lack_a_point_are_left_out_of_the_curve():
    """An image coded at some points only would bend the mean curve; it is left out, and a note says so."""
    rows = [row for row in rows_of("tcm-large", 0.9) if not (row["image"] == "img5" and row["point"] == 40)]
    line = pick(
        bd_rates(frame_of(rows_of("vtm"), rows), (), ["vtm"], metrics=("psnr",)),
        series="tcm-large",
        averaging="mean curve",
        bd_method="pchip",
    )
    assert line.bd_rate == pytest.approx(-10)
    assert line.n_images == 5
    assert "1 images lack a point and are left out" in line.notes


def test_lossless_points_leave_the_curve_with_a_note():
    """The infinite PSNR of a lossless point is not part of the PSNR curve; the MS-SSIM curve has the same note."""
    rows = rows_of("tcm-large", 0.9)
    for row in rows:
        if row["point"] == 40:
            row |= {"psnr": math.inf, "ms_ssim": 1.0}
    frame = bd_rates(frame_of(rows_of("vtm"), rows), (), ["vtm"])
    for metric in ("psnr", "ms-ssim"):
        line = pick(frame, series="tcm-large", metric=metric, averaging="mean curve", bd_method="pchip")
        assert line.bd_rate == pytest.approx(-10)
        assert "point 40 left out: 6 images are lossless" in line.notes


def test_an_image_without_a_curve_is_named_and_the_mean_is_over_the_others():
    """When one image has no BD-rate the mean is over the other five, says so, carries a mark and keeps its interval."""
    rows = rows_of("tcm-large", 0.9)
    for row in rows:
        if row["image"] == "img3" and row["point"] == 20:
            row["psnr"] -= 4
    frame = bd_rates(frame_of(rows_of("vtm"), rows), (), ["vtm"], metrics=("psnr",), methods=("pchip",))
    mean, image = (pick(frame, series="tcm-large", averaging=way) for way in ("mean curve", "per image"))
    assert mean.bd_rate < 0
    assert mean.n_images == 6
    assert [image.bd_rate, image.ci_lo, image.ci_hi] == pytest.approx([-10, -10, -10])
    assert (image.n_images, image.images_total) == (5, 6)
    assert "images" in image.marks.split()
    assert "on 5 of 6 images; no BD-rate on img3 (its points do not rise with the rate)" in image.notes


def test_marks_and_averages_are_columns():
    """A line says how its interval was made, how MS-SSIM was averaged, and which marks it carries."""
    rows = rows_of("tcm-large", 0.9)
    for row in rows:
        row["bpp"] *= 1.3 - 0.01 * row["point"]  # dearer below, cheaper above
    frame = bd_rates(frame_of(rows_of("vtm"), rows), (), ["vtm"], methods=("pchip", "akima"))
    line = pick(frame, series="tcm-large", metric="psnr", averaging="mean curve", bd_method="pchip")
    assert line.marks.split() == ["crossing"]
    assert "the curves cross at " in line.notes
    assert (line.ci_method, line.value_average) == ("jackknife, Student's t", "")
    ms_ssim = pick(frame, series="tcm-large", metric="ms-ssim", averaging="mean curve", bd_method="akima")
    assert (ms_ssim.ci_method, ms_ssim.value_average) == ("", "linear")


def test_bootstrap_is_the_named_alternative():
    """Asked for, intervals are by bootstrap and say so; values do not change."""
    how = intervals.How("bootstrap", 500)
    found = [bd_rates(FRAME, (), ["vtm"], methods=("pchip",), how=one) for one in (how, intervals.JACKKNIFE)]
    assert found[0]["bd_rate"].equals(found[1]["bd_rate"])
    assert set(found[0]["ci_method"]) == {"percentile bootstrap"}
    assert set(rd_points(FRAME, how=how)["ci_method"]) == {"percentile bootstrap"}


def test_an_unknown_anchor_is_an_error():
    """A misspelt anchor is named rather than giving an empty table."""
    with pytest.raises(UserError, match="anchor 'vmt' is neither"):
        bd_rates(FRAME, (), ["vtm", "vmt"])


def test_order_is_that_of_anchors_and_methods():
    """The first line shows the first anchor by the first method, so the caller decides what a report leads with."""
    frame = bd_rates(FRAME, (), ["tcm-large", "vtm"], methods=("pchip", "cubic"), metrics=("psnr",))
    assert list(frame.anchor.unique()) == ["tcm-large", "vtm"]
    assert list(frame.bd_method[:2]) == ["pchip", "cubic"]


def test_all_pairs_holds_every_two_series_once_and_the_runs_anchors_as_their_table_has_them():
    """By the mean curve and one method; no series against itself; a further anchor changes no number."""
    curves = load_published(keys=["vtm-12.1-tcm-figure", "tcm-small"])
    curves = [curve for curve in curves if curve.dataset == "kodak"]
    known = bd_rates(FRAME, curves, ["vtm"], how=intervals.How("bootstrap", 200))
    found = all_pairs(FRAME, curves, known, "pchip")
    assert tuple(found.columns) == columns(BDRow)
    assert not found.duplicated(list(PAIR_NAMES)).any()
    for (_, metric), group in found.groupby(["dataset", "metric"]):
        sides = {*zip(group.series, group.kind, strict=True)}
        assert len(group) == len(sides) * (len(sides) - 1), metric
    assert (found.series != found.anchor).all()
    assert set(found.averaging) == {"mean curve"}
    assert set(found.bd_method) == {"pchip"}
    of_vtm = known[(known.averaging == "mean curve") & (known.bd_method == "pchip") & (known.series != "vtm")]
    same = found[found.anchor == "vtm"].reset_index(drop=True)
    assert same.equals(of_vtm.reset_index(drop=True))
    others = [name for name in dict.fromkeys(found.anchor) if name != "vtm"]
    table = bd_rates(FRAME, curves, others, methods=("pchip",))
    table = table[(table.averaging == "mean curve") & (table.series != table.anchor)]
    rest = found[found.anchor != "vtm"].set_index(list(PAIR_NAMES)).sort_index()
    assert rest.equals(table.set_index(list(PAIR_NAMES)).sort_index())
    assert rest[rest.bd_rate.notna()].ci_method.isin(["", str(intervals.JACKKNIFE)]).all()


def test_all_pairs_keeps_what_cannot_be_computed_with_its_reason():
    """A method with too few points meets every other one in a line without a number."""
    few = FRAME[(FRAME.method != "tcm-large") | (FRAME.point == FRAME.point.min())]
    found = all_pairs(few, (), bd_rates(few, (), []), "pchip", metrics=("psnr",))
    lone = found[(found.series == "tcm-large") | (found.anchor == "tcm-large")]
    assert len(lone) > 0
    assert lone.bd_rate.isna().all()
    assert lone.notes.str.contains("point").all()
