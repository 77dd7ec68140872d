"""Tables: from rows to RD points, BD-rates and Table 2, with everything that is partial or impossible in sight."""

import math
import typing

import numpy as np
import pandas as pd
import pytest

from lic_tcm.bench.records import Row
from lic_tcm.errors import UserError
from lic_tcm.rd import intervals
from lic_tcm.rd.bdrate import bd_psnr, bd_rate
from lic_tcm.rd.curves import RDCurve, ms_ssim_db
from lic_tcm.rd.published import load_published
from lic_tcm.tables.bd_rate import bd_rates
from lic_tcm.tables.rd_points import rd_points
from lic_tcm.tables.rows import read_rows
from lic_tcm.tables.schema import BD_COLUMNS, RD_POINT_COLUMNS, TABLE2_COLUMNS, write_csv
from lic_tcm.tables.series import Naming
from lic_tcm.tables.table2 import table2

COLUMNS = list(typing.get_type_hints(Row))
IMAGES = 6
PSNR = (28.0, 31.0, 34.0, 37.0, 40.0)
DIFFICULTY = np.random.default_rng(3).uniform(0.5, 2, size=IMAGES)


def rows_of(method, saving=1.0, dataset="kodak", images=IMAGES, total=IMAGES, reference="rgb"):
    """Rows of a method that needs `saving` times the rate of the method with saving 1, on the first images."""
    return [
        {
            "dataset": dataset,
            "images_total": total,
            "method": method,
            "codec": "webp",
            "point": 10.0 * k,
            "image": f"img{i}",
            "height": 200,
            "width": 200,
            "num_bytes": 1000,
            "bpp": 0.1 * 2**k * DIFFICULTY[i] * saving,
            "psnr": psnr - i,
            "ms_ssim": 1 - 10 ** (-(psnr - 18 - i) / 10),
            "psnr_reference": reference,
            "encode_s": 1.5,
            "decode_s": math.nan,
            "codec_version": "1.0",
            "sha256_stream": "00",
            "environment": "env1",
        }
        for k, psnr in enumerate(PSNR)
        for i in range(images)
    ]


def frame_of(*parts):
    """One data frame of the rows of several methods."""
    return pd.DataFrame([row for part in parts for row in part], columns=COLUMNS)


FRAME = frame_of(rows_of("vtm"), rows_of("tcm-large", 0.9))
EMPTY = frame_of()


def _pick(frame, **values):
    for column, value in values.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1, frame
    return frame.iloc[0]


# --- rows ---


def _csv(tmp_path, frame, name="rows.csv"):
    path = tmp_path / name
    frame.to_csv(path, index=False)
    return path


def test_rows_are_read_back(tmp_path):
    """Rows written as CSV come back with their types, also image names that look like numbers."""
    frame = FRAME.assign(image=FRAME["image"].str.replace("img", "0"))
    read = read_rows([_csv(tmp_path, frame)])
    pd.testing.assert_frame_equal(read, frame, check_dtype=False)
    assert read["image"].iloc[1] == "01"
    assert read["decode_s"].isna().all()


@pytest.mark.parametrize(
    ("line", "column", "text", "message"),
    [
        (3, "psnr", "high", r"line 5, column psnr: 'high' is not a number"),
        (3, "psnr", "", r"line 5, column psnr: '' is not a number"),
        (3, "psnr", "nan", r"line 5, column psnr: 'nan' is not a number; leave"),
        (3, "bpp", "0", r"line 5, column bpp: 0 is not a positive rate"),
        (3, "ms_ssim", "15.2", r"line 5, column ms_ssim: 15.2 is not in 0..1"),
        (3, "height", "20.5", r"line 5, column height: '20.5' is not a whole number"),
        (3, "image", "img2", r"line 5, column image: kodak vtm 0.0 img2 is also in .*rows.csv, line 4"),
        (3, "images_total", "24", r"rows of kodak disagree on images_total: \[6, 24\]"),
        (3, "psnr_reference", "converted", r"rows of kodak vtm disagree on psnr_reference"),
    ],
)
def test_bad_rows_are_explained(tmp_path, line, column, text, message):
    """The error names file, line and column, or what rows disagree on."""
    frame = FRAME.astype(object)
    frame.loc[line, column] = text
    with pytest.raises(UserError, match=message):
        read_rows([_csv(tmp_path, frame)])


def test_a_missing_column_is_explained(tmp_path):
    """Rows without a column of Row are refused by name."""
    with pytest.raises(UserError, match=r"lacks the column\(s\) ms_ssim"):
        read_rows([_csv(tmp_path, FRAME.drop(columns="ms_ssim"))])


def test_the_same_rows_in_two_files_are_refused(tmp_path):
    """Rows given twice are an error, not a doubled weight."""
    with pytest.raises(UserError, match=r"is also in .*a\.csv, line 2"):
        read_rows([_csv(tmp_path, FRAME, "a.csv"), _csv(tmp_path, FRAME, "b.csv")])


def test_equal_tables_give_equal_bytes(tmp_path):
    """Numbers are written to 10 digits, empty where unknown, lines end in LF, and nothing else varies."""
    frame = pd.DataFrame({"a": [0.1 + 0.2, math.inf, math.nan], "n": [24.0, math.nan, 1.0], "t": ["x", None, "é,"]})
    write_csv(frame, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == 'a,n,t\n0.3,24,x\ninf,,\n,1,"é,"\n'.encode()
    for name in ("one", "two"):
        shuffled = FRAME if name == "one" else FRAME.copy()
        write_csv(bd_rates(shuffled, (), ["vtm"]), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


# --- RD points ---


def test_points_are_means_with_intervals():
    """A point has the mean rate and PSNR over its images, inside their intervals, and says where it is from."""
    naming = Naming({"vtm": "VTM-12.1"}, {"vtm": "ms-ssim"})
    points = rd_points(FRAME, naming=naming)
    assert list(points.columns) == list(RD_POINT_COLUMNS)
    assert len(points) == 2 * 2 * len(PSNR)
    line = _pick(points, series="vtm", metric="psnr", point=20)
    assert line.bpp == pytest.approx(0.4 * DIFFICULTY.mean())
    assert line.value == pytest.approx(34 - np.arange(IMAGES).mean())
    assert line.bpp_lo < line.bpp < line.bpp_hi
    assert line.value_lo < line.value < line.value_hi
    assert (line.label, line.kind, line.optimised_for) == ("VTM-12.1", "measured", "ms-ssim")
    assert (line.n_images, line.images_total) == (IMAGES, IMAGES)
    assert line.source == "codec webp, environment env1"


def test_ms_ssim_points_are_in_decibel_of_the_mean():
    """MS-SSIM is averaged first and then put on the dB axis; the mean of the images' dB is beside it."""
    line = _pick(rd_points(FRAME), series="vtm", metric="ms-ssim", point=0)
    ms_ssim = FRAME[(FRAME.method == "vtm") & (FRAME.point == 0)]["ms_ssim"].to_numpy()
    interval = intervals.quality_interval("ms-ssim", ms_ssim)
    assert line.value == pytest.approx(float(ms_ssim_db(ms_ssim.mean())))
    assert (line.value_lo, line.value_hi) == pytest.approx(interval.bounds)
    assert line.value_db_average == pytest.approx(ms_ssim_db(ms_ssim).mean())
    assert line.value_db_average > line.value
    assert (line.ms_ssim_average, line.ci_method) == ("linear", "jackknife, Student's t")


def test_published_points_have_no_interval():
    """Published points are listed with their kind and source, and nothing invented beside them."""
    points = rd_points(EMPTY, load_published(keys=["tcm-large", "vtm-12.1-tcm-figure"]))
    assert set(points["kind"]) == {"published", "digitised"}
    assert points["source"].str.startswith("github").all()
    unknown = ["point", "bpp_lo", "bpp_hi", "value_lo", "value_hi", "n_images", "images_total"]
    assert points[unknown].isna().all(axis=None)


def test_lossless_and_missing_points():
    """A lossless point is infinite without bounds; a point with a missing MS-SSIM has no MS-SSIM line."""
    frame = FRAME.copy()
    last = (frame.method == "vtm") & (frame.point == 40) & (frame.image == "img0")
    frame.loc[last, ["psnr", "ms_ssim"]] = [math.inf, math.nan]
    points = rd_points(frame)
    line = _pick(points, series="vtm", metric="psnr", point=40)
    assert line.value == math.inf
    assert math.isnan(line.value_lo)
    assert line.bpp_lo < line.bpp
    assert len(points[(points.series == "vtm") & (points.metric == "ms-ssim")]) == len(PSNR) - 1


def test_a_wholly_lossless_point_is_listed():
    """A point where every image is exact has infinite PSNR and MS-SSIM in dB, and no error."""
    frame = FRAME.copy()
    frame.loc[frame.point == 40, ["psnr", "ms_ssim"]] = [math.inf, 1.0]
    points = rd_points(frame)
    assert np.isinf(points[points.point == 40]["value"]).all()


# --- BD-rates ---


def test_a_constant_saving_is_found_by_every_method_and_average():
    """10 % less rate on every image is -10 %, with an interval of no width, however it is averaged."""
    frame = bd_rates(FRAME, (), ["vtm"])
    assert list(frame.columns) == list(BD_COLUMNS)
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
    line = _pick(frame, series="tcm-large", averaging="mean curve")
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
        line = _pick(frame, series=series, averaging="mean curve", bd_method="pchip")
        assert math.isnan(line.bd_rate)
        assert reason in line.notes


def test_measured_series_are_compared_on_the_images_both_have():
    """When one method has coded part of the images the pair uses that part, and the counts and a note say so."""
    frame = bd_rates(frame_of(rows_of("vtm", images=4), rows_of("tcm-large", 0.9)), (), ["vtm"])
    line = _pick(frame, series="tcm-large", metric="psnr", averaging="mean curve", bd_method="pchip")
    assert line.bd_rate == pytest.approx(-10)
    assert (line.n_images, line.images_total) == (4, 6)
    assert "on the 4 images both have" in line.notes
    assert "measured on 4 of 6 images" in line.notes


def test_a_partial_dataset_is_visible_against_a_published_anchor():
    """The published curve is a mean over all images, the measured one is not: the line says so."""
    curves = load_published(keys=["vtm-12.1-tcm-figure"])
    frame = bd_rates(frame_of(rows_of("m", total=24)), curves, ["vtm-12.1-tcm-figure"], metrics=("psnr",))
    line = _pick(frame, series="m", bd_method="pchip")
    assert "measured on 6 of 24 images, the published curve on all" in line.notes
    assert (line.n_images, line.images_total) == (6, 24)


def test_images_that_lack_a_point_are_left_out_of_the_curve():
    """An image coded at some points only would bend the mean curve; it is left out, and a note says so."""
    rows = [row for row in rows_of("tcm-large", 0.9) if not (row["image"] == "img5" and row["point"] == 40)]
    line = _pick(
        bd_rates(frame_of(rows_of("vtm"), rows), (), ["vtm"], metrics=("psnr",)),
        series="tcm-large",
        averaging="mean curve",
        bd_method="pchip",
    )
    assert line.bd_rate == pytest.approx(-10)
    assert line.n_images == 5
    assert "1 images lack a point and are left out" in line.notes


def test_lossless_points_leave_the_curve_with_a_note():
    """The infinite PSNR of a lossless point is not part of the PSNR curve; the MS-SSIM curve is told alike."""
    rows = rows_of("tcm-large", 0.9)
    for row in rows:
        if row["point"] == 40:
            row |= {"psnr": math.inf, "ms_ssim": 1.0}
    frame = bd_rates(frame_of(rows_of("vtm"), rows), (), ["vtm"])
    for metric in ("psnr", "ms-ssim"):
        line = _pick(frame, series="tcm-large", metric=metric, averaging="mean curve", bd_method="pchip")
        assert line.bd_rate == pytest.approx(-10)
        assert "point 40 left out: 6 images are lossless" in line.notes


def test_an_image_without_a_curve_is_named_and_the_mean_is_over_the_others():
    """When one image has no BD-rate the mean is over the other five, says so, carries a mark and keeps its interval."""
    rows = rows_of("tcm-large", 0.9)
    for row in rows:
        if row["image"] == "img3" and row["point"] == 20:
            row["psnr"] -= 4
    frame = bd_rates(frame_of(rows_of("vtm"), rows), (), ["vtm"], metrics=("psnr",), methods=("pchip",))
    mean, image = (_pick(frame, series="tcm-large", averaging=way) for way in ("mean curve", "per image"))
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
    line = _pick(frame, series="tcm-large", metric="psnr", averaging="mean curve", bd_method="pchip")
    assert line.marks.split() == ["crossing"]
    assert "the curves cross at " in line.notes
    assert (line.ci_method, line.ms_ssim_average) == ("jackknife, Student's t", "")
    ms_ssim = _pick(frame, series="tcm-large", metric="ms-ssim", averaging="mean curve", bd_method="akima")
    assert (ms_ssim.ci_method, ms_ssim.ms_ssim_average) == ("", "linear")


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


# --- Table 2 ---


def test_table2_recomputes_the_paper_and_measures_nothing_without_rows():
    """Every cell of the paper is there, recomputed where points are published; measured is empty without rows."""
    frame = table2(EMPTY)
    assert list(frame.columns) == list(TABLE2_COLUMNS)
    assert len(frame) == 20
    assert frame[["measured", "ci_lo", "ci_hi"]].isna().all(axis=None)
    line = _pick(frame, method="TCM large", dataset="kodak")
    assert (line.paper, line.bd_method, line.psnr_reference) == (-12.30, "cubic", "converted")
    assert line.recomputed == pytest.approx(-12.30, abs=0.005)
    tecnick = _pick(frame, method="Ballé 2018", dataset="tecnick")
    assert tecnick.recomputed == pytest.approx(31.07, abs=0.005)
    assert "vtm-12.1-oldbench-reconstructed is reconstructed, PSNR reference converted" in tecnick.note
    assert "vtm-18.0-duan (published, PSNR reference rgb)" in tecnick.note
    assert _pick(frame, method="Kim 2022", dataset="tecnick").note.startswith("no published points")
    assert set(frame[frame.recomputed.isna()].method) == {"Kim 2022", "Chen 2022"}


def test_table2_shows_what_was_measured():
    """With rows of the method and of the measured VTM the cell has its cubic BD-rate, interval and convention."""
    rows = frame_of(rows_of("vtm-paper", reference="converted", total=24), rows_of("tcm-large", 0.9, total=24))
    line = _pick(table2(rows), method="TCM large", dataset="kodak")
    assert [line.measured, line.ci_lo, line.ci_hi] == pytest.approx([-10, -10, -10])
    assert "measured against vtm-paper: " in line.note
    assert "measured on 6 of 24 images" in line.note
    assert table2(rows, measured_anchor="vtm")["measured"].isna().all()


def test_table2_says_when_points_are_not_given():
    """A cell whose published points are not among the curves is empty and says so."""
    frame = table2(EMPTY, load_published(keys=["vtm-12.1-tcm-figure"]))
    line = _pick(frame, method="TCM large", dataset="kodak")
    assert math.isnan(line.recomputed)
    assert "were not given" in line.note
