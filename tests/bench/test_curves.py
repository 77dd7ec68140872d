"""Curves: what is valid, what is refused with which words, and the readers of users' files."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lic_tcm.bench.curves import ImageRD, RDCurve, ms_ssim_db, read_curve
from lic_tcm.errors import UserError

GOOD = RDCurve("a", "A", "kodak", "psnr", "measured", (0.1, 0.2, 0.4, 0.8), (28.0, 31.0, 34.0, 37.0))
GOOD_CSV = "bpp,psnr\n0.1,28\n0.2,31\n0.4,34\n0.8,37\n"


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
    ((0.1, 0.2, math.nan), (28, 31, 34), r"rate nan bpp is not a positive"),
    ((0.0, 0.2, 0.4), (28, 31, 34), r"rate 0.0 bpp is not a positive"),
    ((-0.1, 0.2, 0.4), (28, 31, 34), r"rate -0.1 bpp is not a positive"),
    ((0.1, 0.2, math.inf), (28, 31, 34), r"rate inf bpp is not a positive"),
    ((0.1, 0.2, 0.4), (28, math.nan, 34), r"psnr nan at 0.2 bpp is not a number"),
    ((0.1, 0.2, 0.4), (28, 31, math.inf), r"at 0.4 bpp is infinite \(lossless\)"),
    ((0.1, 0.2, 0.2), (28, 31, 31), r"two points at 0.2 bpp; keep one"),
    ((0.1, 0.2, 0.4), (28, 31, 31), r"not monotonic: psnr goes from 31 dB at 0.2 bpp to 31 dB at 0.4 bpp"),
    ((0.1, 0.2, 0.4), (28, 31, 30.5), r"not monotonic"),
    ((28, 31, 34), (0.1, 0.2, 0.4), r"look swapped"),
    ((0.1, 0.2, 0.4), (0.8, 0.9, 0.95), r"not in dB; convert it \(ms_ssim_db\)"),
    ((0.1, 0.2), (28, 31, 34), r"2 bpp, 3 distortion; give as many of each"),
    ((), (), r"0 bpp, 0 distortion"),
]


@pytest.mark.parametrize(("bpp", "distortion", "message"), BAD)
def test_refuses_points_that_are_not_a_curve(bpp, distortion, message):
    """Every kind of bad point raises an error that names the curve, the value and what to do."""
    with pytest.raises(UserError, match=rf"^RD curve 'a' \(kodak\).*{message}"):
        replace(GOOD, bpp=bpp, distortion=distortion)


@pytest.mark.parametrize("field", ["metric", "kind", "optimised_for"])
def test_refuses_unknown_words(field):
    """A metric, kind or target that does not exist is named, with those that do."""
    with pytest.raises(UserError, match=rf"{field} 'vmaf' is none of"):
        replace(GOOD, **{field: "vmaf"})


def test_ms_ssim_in_decibel():
    """0.9 is 10 dB, 0.99 is 20 dB, 1 is infinite; a value in dB is not taken for MS-SSIM."""
    assert ms_ssim_db([0, 0.9, 0.99, 1]).tolist() == pytest.approx([0, 10, 20, math.inf])
    with pytest.raises(UserError, match=r"12\.5 is not in 0\.\.1"):
        ms_ssim_db([0.9, 12.5])


def _write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("metric", "header", "values"),
    [
        ("psnr", "bpp,psnr", "28 31 34 37"),
        ("psnr", "BPP, PSNR_RGB", "28 31 34 37"),
        ("psnr", "bits per pixel,psnr-db", "28 31 34 37"),
        ("ms-ssim", "bpp,ms_ssim", "0.9 0.95 0.98 0.99"),
        ("ms-ssim", "bpp,MS-SSIM-RGB", "0.9 0.95 0.98 0.99"),
        ("ms-ssim", "bpp,ms_ssim_db", "10 13.0103 16.9897 20"),
    ],
)
def test_reads_points_from_csv(tmp_path, metric, header, values):
    """All documented spellings are read, and MS-SSIM lands on the dB axis whichever way it is given."""
    lines = [f"{rate},{value}" for rate, value in zip((0.1, 0.2, 0.4, 0.8), values.split(), strict=True)]
    curve = read_curve(_write(tmp_path / "mine.csv", "\n".join([header, *lines])), metric)
    assert curve.bpp == GOOD.bpp
    expected = (28, 31, 34, 37) if metric == "psnr" else (10, 13.0103, 16.9897, 20)
    assert curve.distortion == pytest.approx(expected, abs=1e-4)
    assert (curve.name, curve.metric, curve.kind) == ("mine", metric, "measured")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bpp,psnr\n0.1,28\n0.2,31;5\n", r"line 3, column psnr: '31;5' is not a number"),
        ("bpp,psnr\n0.1,\n", r"line 2, column psnr: '' is not a number"),
        ("bpp,psnr\n0.1,28,9\n", r"line 2: 3 cells, but the header has 2"),
        ("bpp,psnr\n0.1,28\n0.2,inf\n", r"line 3, column psnr: inf is not a finite distortion"),
        ("bpp,ssim\n0.1,28\n", r"no column for psnr, only bpp, ssim; name it psnr or"),
        ("bpp,psnr,psnr-rgb\n0.1,28,28\n", r"several columns for psnr: psnr, psnr-rgb; keep one"),
        ("bpp,psnr,psnr\n0.1,28,28\n", r"line 1: columns .* not unique"),
        ("bpp,psnr\n", r"no data line"),
        ("", r"line 1: columns \[\] are empty"),
        ("bpp,psnr\n0.2,28\n0.1,31\n", r"mine.csv: RD curve 'mine' is not monotonic"),
    ],
)
def test_explains_a_bad_csv(tmp_path, text, message):
    """The error names the file, and line and column where they are known."""
    path = _write(tmp_path / "mine.csv", text)
    with pytest.raises(UserError, match=message) as raised:
        read_curve(path)
    assert str(path) in str(raised.value)


def test_explains_ms_ssim_given_in_decibel(tmp_path):
    """A column ms_ssim with values above 1 is not guessed to be dB."""
    path = _write(tmp_path / "mine.csv", "bpp,ms_ssim\n0.1,12.5\n")
    with pytest.raises(UserError, match=r"line 2, column ms_ssim: MS-SSIM 12.5 is not in 0..1; .* ms_ssim_db"):
        read_curve(path, "ms-ssim")


def test_explains_a_missing_or_binary_file(tmp_path):
    """A file that is absent or no text is an error that names it."""
    with pytest.raises(UserError, match=r"cannot read .*absent\.csv"):
        read_curve(tmp_path / "absent.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"cannot read .*binary\.csv"):
        read_curve(tmp_path / "binary.csv")


@pytest.mark.parametrize("keys", [("psnr-rgb", "ms-ssim-rgb"), ("psnr_rgb", "ms_ssim_rgb"), ("psnr", "ms-ssim")])
def test_reads_compressai_json(tmp_path, keys):
    """CompressAI's result files are read in their hyphen, underscore and short spellings."""
    results = {"bpp": [0.2, 0.1], keys[0]: [31, 28], keys[1]: [0.99, 0.9], "encoding_time": [1, 2]}
    path = _write(tmp_path / "mine.json", json.dumps({"name": "My codec", "results": results}))
    psnr, ms_ssim = read_curve(path, "psnr"), read_curve(path, "ms-ssim")
    assert (psnr.name, psnr.bpp, psnr.distortion) == ("My codec", (0.1, 0.2), (28, 31))
    assert ms_ssim.distortion == pytest.approx((10, 20))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"results": {"bpp": [0.1, 0.2], "psnr": [28,', r"cannot read .* as JSON"),
        ("[1]", r'no "results" object'),
        ('{"results": {"bpp": [0.1], "psnr": ["28"]}}', r"results.psnr\[0\]: '28' is not a number"),
        ('{"results": {"bpp": 0.1, "psnr": [28]}}', r"results.bpp is not a list"),
        ('{"results": {"bpp": [0.1, 0.2], "psnr": [28]}}', r"2 bpp, 1 distortion"),
        ('{"results": {"bpp": [0.1]}}', r"no column for psnr"),
        ('{"results": {"bpp": [0.1], "psnr": [NaN]}}', r"results.psnr\[0\]: nan is not a finite"),
    ],
)
def test_explains_a_bad_json(tmp_path, text, message):
    """The error names the file and the key and index of the value."""
    path = _write(tmp_path / "mine.json", text)
    with pytest.raises(UserError, match=message) as raised:
        read_curve(path)
    assert str(path) in str(raised.value)


IMAGE_ROWS = (
    "dataset,method,point,image,bpp,psnr,ms_ssim,psnr_reference\n"
    "d,m,1,a,0.1,28,0.9,converted\nd,m,1,b,0.3,30,0.8,converted\n"
    "d,m,2,a,0.4,34,0.99,converted\nd,m,2,b,0.6,36,,converted\n"
)


def test_reads_per_image_rows(tmp_path):
    """Rows per image give per-point means of the images' values, and keep what the columns say of them."""
    data = read_curve(_write(tmp_path / "rows.csv", IMAGE_ROWS))
    assert isinstance(data, ImageRD)
    assert data.images == ("a", "b")
    curve = data.mean_curve()
    assert curve.bpp == pytest.approx((0.2, 0.5))
    assert curve.distortion == pytest.approx((29, 35))
    assert (curve.name, curve.dataset, curve.points, curve.psnr_reference) == ("m", "d", (1, 2), "converted")
    assert data.image_curve("b").distortion == (30, 36)
    assert data.select(["b"]).mean_curve().distortion == (30, 36)


def test_ms_ssim_is_averaged_before_it_is_put_in_decibel(tmp_path):
    """The mean MS-SSIM goes on the dB axis; the mean of dB values would be another number."""
    rows = IMAGE_ROWS.replace("36,,", "36,0.97,")
    curve = read_curve(_write(tmp_path / "rows.csv", rows), "ms-ssim").mean_curve()
    assert curve.distortion == pytest.approx((-10 * math.log10(1 - 0.85), -10 * math.log10(1 - 0.98)))


def test_points_without_a_value_for_some_image_are_left_out_with_a_note(tmp_path):
    """Where MS-SSIM is missing for an image the point is left out of that curve, and the curve says so."""
    data = read_curve(_write(tmp_path / "rows.csv", IMAGE_ROWS), "ms-ssim")
    assert data.points == (1,)
    assert data.mean_curve().notes == ("point 2 left out: 1 images have no ms-ssim",)


def test_lossless_points_are_left_out_with_a_note(tmp_path):
    """An infinite PSNR of one image makes the mean infinite: that point is left out and said."""
    data = read_curve(_write(tmp_path / "rows.csv", IMAGE_ROWS.replace("36,,", "inf,1,")))
    assert data.points == (1,)
    assert "1 images are lossless" in data.notes[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("d,m,2,b,", "d,m,2,a,", r"line 5, column image: image 'a' at point 2 comes twice"),
        ("d,m,2,b,0.6,36,,converted\n", "", r"point 2 lacks image 'b'"),
        ("d,m,2,b", "d,n,2,b", r"mixes several values of method \(m, n\)"),
        ("d,m,2,b", "e,m,2,b", r"mixes several values of dataset \(d, e\)"),
        ("0.6,36", "0,36", r"a rate in bpp is not a positive number"),
        ("0.6,36", "x,36", r"line 5, column bpp: 'x' is not a number"),
    ],
)
def test_explains_bad_image_rows(tmp_path, old, new, message):
    """Doubled, missing and mixed rows are errors that name what is wrong."""
    path = _write(tmp_path / "rows.csv", IMAGE_ROWS.replace(old, new))
    with pytest.raises(UserError, match=message):
        read_curve(path)


def test_image_rows_in_decibel_are_refused(tmp_path):
    """Per-image MS-SSIM must be MS-SSIM itself, since that is what is averaged."""
    path = _write(tmp_path / "rows.csv", IMAGE_ROWS.replace("0.99", "20"))
    with pytest.raises(UserError, match=r"line 4, column ms_ssim: 20 is not in 0..1"):
        read_curve(path, "ms-ssim")


def test_mean_curve_refuses_falling_means():
    """Points whose means do not rise with the rate are an error, as for any curve."""
    samples = {(1.0, "a"): (0.1, 30.0), (2.0, "a"): (0.2, 29.0)}
    with pytest.raises(UserError, match="not monotonic"):
        ImageRD.from_samples("m", "d", "psnr", samples).mean_curve()
    assert np.array_equal(ImageRD.from_samples("m", "d", "psnr", samples).bpp, [[0.1], [0.2]])
