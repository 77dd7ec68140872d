"""Two files compared: the report's numbers, notes, marks and text."""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.image_rd import ANCHOR as IMAGE_ANCHOR
from support.image_rd import TEST as IMAGE_TEST
from support.rd_curves import ANCHOR, TEST

from lic_tcm.compare import bdrate as bdreport
from lic_tcm.compare.bdrate_text import format_comparison
from lic_tcm.rd import bdrate
from lic_tcm.rd.intervals import How

ROWS = Path(__file__).resolve().parents[2] / "results" / "measured"


def test_comparison_is_the_promised_json():
    """`to_json` has exactly the promised keys, every method's numbers, and is valid JSON."""
    result = bdreport.compare(ANCHOR, TEST).to_json()
    keys = ["metric", "bd_rate", "bd_psnr", "overlap", "overlap_share", "points", "marks", "notes", "at_points"]
    assert list(result) == keys
    assert list(result["bd_rate"]) == list(result["bd_psnr"]) == ["cubic", "pchip", "akima", "spline"]
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["bd_rate"]["akima"] == bdrate.bd_rate(ANCHOR, TEST, "akima")
    assert result["overlap"] == [28.2, 40.0]
    assert result["overlap_share"] == pytest.approx(11.8 / 11.9)
    assert result["points"] == [5, 5]
    assert result["notes"] == []


def _write(path: Path, header: str, lines) -> Path:
    path.write_text("\n".join([header, *(",".join(map(str, line)) for line in lines)]) + "\n", encoding="utf-8")
    return path


def test_report_of_two_point_files(tmp_path):
    """Two CSV files of points give the comparison of their curves; no interval is claimed for them."""
    paths = [
        _write(tmp_path / f"{one.name}.csv", "bpp,psnr", zip(one.bpp, one.distortion, strict=True))
        for one in (ANCHOR, TEST)
    ]
    report = bdreport.bdrate_report(*paths)
    assert report.bd_rate == bdreport.compare(ANCHOR, TEST).bd_rate
    assert "ci95" not in report.to_json()
    text = format_comparison(report)
    assert f"pchip{report.bd_rate['pchip']:>13.2f} %" in text
    assert "28.20 to 40.00 dB, 99 % of the test curve's" in text


def test_report_of_per_image_files_has_intervals(tmp_path):
    """Per-image rows of both codecs add a 95 % interval for each average, around its value."""
    rng = np.random.default_rng(0)
    scale = rng.uniform(0.5, 2, size=12)
    gain = rng.normal(0.9, 0.02, size=12)
    paths = []
    for name, factor in (("anchor", np.ones(12)), ("test", gain)):
        lines = [
            (name, point, f"img{i:02d}", rate * scale[i] * factor[i], value)
            for point, (rate, value) in enumerate(zip(ANCHOR.bpp, ANCHOR.distortion, strict=True))
            for i in range(12)
        ]
        paths.append(_write(tmp_path / f"{name}.csv", "method,point,image,bpp,psnr", lines))
    report = bdreport.bdrate_report(*paths)
    intervals = report.to_json()["ci95"]
    assert list(intervals) == ["mean_curve", "per_image"]
    expected = 100 * (math.fsum(scale * gain) / math.fsum(scale) - 1)
    assert report.bd_rate["pchip"] == pytest.approx(expected, abs=1e-9)
    low, high = intervals["mean_curve"]
    assert low < expected < high
    assert high - low < 5
    assert report.per_image == pytest.approx(100 * (gain.mean() - 1))
    text = format_comparison(report)
    assert f"per image, pchip: {report.per_image:.2f} %, 95 % interval " in text
    assert "95 % intervals: pchip, jackknife, Student's t, over 12 images" in report.notes


def rows_of(tmp_path: Path, rows: Path, method: str, images: int = 24) -> Path:
    """Committed rows of one method, on the first images, as a user's file."""
    with rows.open(encoding="utf-8", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["method"] == method]
    kept = sorted({line["image"] for line in lines})[:images]
    path = tmp_path / f"{method}.csv"
    cells = [[line[name] for name in ("image", "point", "bpp", "psnr")] for line in lines if line["image"] in kept]
    return _write(path, "image,point,bpp,psnr", cells)


def test_golden_webp_against_jpeg_on_kodak(tmp_path):
    """The committed rows of Kodak give WebP against JPEG -37.8 % with the interval [-41.41, -33.88]."""
    paths = [rows_of(tmp_path, ROWS / "kodak" / "rows" / f"{name}.csv", name) for name in ("jpeg", "webp")]
    report = bdreport.bdrate_report(*paths)
    assert report.ci95["mean_curve"] == pytest.approx((-41.41, -33.88), abs=0.005)
    assert (report.marks, report.n_images) == ((), 24)
    assert "mean curve, pchip: -37.76 %, 95 % interval -41.41 to -33.88 %" in format_comparison(report)


def test_golden_nano_against_webp_is_marked(tmp_path):
    """nano against WebP: the mean curve says fewer bits, the images say more: marks, and a note with both numbers."""
    paths = [rows_of(tmp_path, ROWS / "kodak" / "rows" / f"{name}.csv", name) for name in ("webp", "tcm-nano")]
    report = bdreport.bdrate_report(*paths)
    assert report.ci95["mean_curve"] == pytest.approx((-11.74, -3.76), abs=0.05)
    assert report.per_image > 0 > report.bd_rate["pchip"]
    assert set(report.marks) == {"crossing", "signs"}
    assert any("of opposite sign, so quote both" in note for note in report.notes)
    assert any(note.startswith("the curves cross at 30.5 dB") for note in report.notes)


def test_two_images_give_no_interval_and_the_reason(tmp_path):
    """Below five images the text has the values, and instead of an interval the reason why there is none."""
    paths = [rows_of(tmp_path, ROWS / "kodak" / "rows" / f"{name}.csv", name, 2) for name in ("jpeg", "webp")]
    report = bdreport.bdrate_report(*paths)
    assert report.ci95 == {"mean_curve": None, "per_image": None}
    text = format_comparison(report)
    assert "no 95 % interval" in text
    assert "note: no interval: 2 images, and it needs 5" in text


def test_images_against_points_has_no_interval(tmp_path):
    """A file of images against a file of points is compared by mean curves, without an interval."""
    images = rows_of(tmp_path, ROWS / "kodak" / "rows" / "webp.csv", "webp")
    points = _write(tmp_path / "points.csv", "bpp,psnr", [(0.1, 26.0), (0.3, 29.0), (0.6, 32.0), (1.2, 35.0)])
    report = bdreport.bdrate_report(points, images)
    assert report.ci95 is None
    assert report.bd_rate["pchip"] is not None
    assert report.n_images is None
    assert report.points == (4, 10)
    assert "ci95" not in report.to_json()
    assert bdreport.bdrate_report(images, points).bd_rate["pchip"] > 0 > report.bd_rate["pchip"]


# --- what is said, word by word -----------------------------------------------------------------------------------


FULL = bdreport.Comparison(
    anchor="JPEG",
    test="mine",
    metric="psnr",
    bd_rate={"cubic": None, "pchip": -12.3456, "akima": 0.0, "spline": 1234.5},
    bd_psnr={"cubic": 0.98765, "pchip": None, "akima": -0.0004, "spline": 3.0},
    overlap=(28.256, 40.0),
    overlap_share=0.7449,
    points=(5, 8),
    marks=("overlap", "images"),
    notes=("the first note", "the second"),
    per_image=-10.005,
    ci95={"mean_curve": None, "per_image": (-15.0, -5.126)},
    n_images=23,
)


def test_the_text_prints_every_number_and_note():
    """Two decimals of a rate, three of a gain, a dash for what has no value, and the unit of the metric."""
    assert format_comparison(FULL) == (
        "mine against JPEG (anchor)\n"
        "method       BD-rate       BD-PSNR\n"
        "cubic              -      0.988 dB\n"
        "pchip       -12.35 %             -\n"
        "akima         0.00 %     -0.000 dB\n"
        "spline     1234.50 %      3.000 dB\n"
        "common range 28.26 to 40.00 dB, 74 % of the test curve's\n"
        "points 5 (anchor), 8 (test)\n"
        "mean curve, pchip: -12.35 %, no 95 % interval\n"
        "per image, pchip: -10.01 %, 95 % interval -15.00 to -5.13 %\n"
        "note: the first note\n"
        "note: the second\n"
    )
    points = replace(FULL, metric="ms-ssim", ci95=None, notes=())
    text = format_comparison(points)
    assert text.splitlines()[1] == "method       BD-rate    BD-MS-SSIM"
    assert text.endswith("\npoints 5 (anchor), 8 (test)\n")


def test_the_json_holds_every_number():
    """An interval without bounds is null; what concerns images is there only where both files hold them."""
    assert FULL.to_json() == {
        "metric": "psnr",
        "bd_rate": {"cubic": None, "pchip": -12.3456, "akima": 0.0, "spline": 1234.5},
        "bd_psnr": {"cubic": 0.98765, "pchip": None, "akima": -0.0004, "spline": 3.0},
        "overlap": [28.256, 40.0],
        "overlap_share": 0.7449,
        "points": [5, 8],
        "marks": ["overlap", "images"],
        "notes": ["the first note", "the second"],
        "at_points": [],
        "bd_rate_per_image": -10.005,
        "n_images": 23,
        "ci95": {"mean_curve": None, "per_image": [-15.0, -5.126]},
    }


def test_a_comparison_says_what_it_compares():
    """Labels, metric, and every number is that of the one method on its own."""
    result = bdreport.compare(replace(ANCHOR, label="The anchor"), replace(TEST, label="The test"))
    assert (result.anchor, result.test, result.metric, result.marks) == ("The anchor", "The test", "psnr", ())
    assert (result.per_image, result.ci95, result.n_images) == (None, None, None)
    for method in bdrate.INTERPOLATIONS:
        assert result.bd_rate[method] == bdrate.bd_rate(ANCHOR, TEST, method)
        assert result.bd_psnr[method] == bdrate.bd_psnr(ANCHOR, TEST, method)


def test_an_interval_with_one_end_is_none(monkeypatch):
    """Where the bootstrap has no lower or no upper end there are no bounds, and none of its method is claimed."""
    pair = bdreport.Pair.of(IMAGE_ANCHOR, IMAGE_TEST)
    deltas = list(pair.deltas(bdrate.INTERPOLATIONS))
    for ends in ({"ci_lo": None}, {"ci_hi": None}):
        monkeypatch.setattr(bdreport.Pair, "deltas", lambda *_, ends=ends: [replace(one, **ends) for one in deltas])
        result = bdreport.compare(IMAGE_ANCHOR, IMAGE_TEST)
        assert result.ci95 == {"mean_curve": None, "per_image": None}
        assert not any(note.startswith("95 % intervals") for note in result.notes)


def test_the_kind_of_interval_is_the_one_asked_for(tmp_path):
    """The bootstrap's interval is another than the jackknife's, and the note names it and its images."""
    paths = [rows_of(tmp_path, ROWS / "kodak" / "rows" / f"{name}.csv", name) for name in ("jpeg", "webp")]
    how = How("bootstrap", 500)
    found = bdreport.bdrate_report(*paths, how=how)
    assert "95 % intervals: pchip, percentile bootstrap, over 24 images" in found.notes
    assert found.ci95 != bdreport.bdrate_report(*paths).ci95
    assert found == bdreport.compare(*(bdreport.read_named(path, "psnr") for path in paths), how)


def test_the_metric_is_the_one_asked_for(tmp_path):
    """A file with both is compared in MS-SSIM when that is wanted."""
    lines = [(0.1, 28, 10), (0.2, 31, 13), (0.4, 34, 16), (0.8, 37, 19)]
    anchor = _write(tmp_path / "a.csv", "bpp,psnr,ms_ssim_db", lines)
    test = _write(tmp_path / "t.csv", "bpp,psnr,ms_ssim_db", [(0.9 * rate, p, m + 1) for rate, p, m in lines])
    assert bdreport.bdrate_report(anchor, test).bd_rate["pchip"] == pytest.approx(-10)
    report = bdreport.bdrate_report(anchor, test, "ms-ssim")
    assert report.metric == "ms-ssim"
    assert report.bd_rate["pchip"] == pytest.approx(100 * (0.9 * 2 ** (-1 / 3) - 1))


def test_notes_of_images_are_given_once_and_as_theirs(tmp_path):
    """What concerns the images alone begins with "per image", what concerns both stands once."""
    paths = [rows_of(tmp_path, ROWS / "kodak" / "rows" / f"{name}.csv", name) for name in ("webp", "tcm-nano")]
    notes = bdreport.bdrate_report(*paths).notes
    assert len(set(notes)) == len(notes)
    shared = [note for note in notes if note.startswith("the curves cross")]
    assert len(shared) == 1
    assert any(note.startswith("per image: on ") for note in notes)
    assert not any(note.startswith("per image: the curves cross") for note in notes)
