"""Two files compared: the report's numbers, notes, marks and text."""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.rd_curves import ANCHOR, TEST, curve

from lic_tcm.compare import bdrate as bdreport
from lic_tcm.errors import UserError
from lic_tcm.rd import bdrate

ROWS = Path(__file__).resolve().parents[2] / "results" / "measured"


def test_comparison_is_the_promised_json():
    """`to_json` has exactly the promised keys, every method's numbers, and is valid JSON."""
    result = bdreport.compare(ANCHOR, TEST).to_json()
    assert list(result) == ["bd_rate", "bd_psnr", "overlap", "overlap_share", "points", "marks", "notes"]
    assert list(result["bd_rate"]) == list(result["bd_psnr"]) == ["cubic", "pchip", "akima", "spline"]
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["bd_rate"]["akima"] == bdrate.bd_rate(ANCHOR, TEST, "akima")
    assert result["overlap"] == [28.2, 40.0]
    assert result["overlap_share"] == pytest.approx(11.8 / 11.9)
    assert result["points"] == [5, 5]
    assert result["notes"] == []


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


def test_comparison_without_any_method_is_an_error():
    """Two points are not a curve to compare: that is an error, not a table of blanks."""
    with pytest.raises(UserError, match="no BD-rate of"):
        bdreport.compare(ANCHOR, curve(TEST.bpp[:2], TEST.distortion[:2]))


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
    text = bdreport.format_comparison(report)
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
    text = bdreport.format_comparison(report)
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
    assert report.marks == ()
    assert "mean curve, pchip: -37.76 %, 95 % interval -41.41 to -33.88 %" in bdreport.format_comparison(report)


def test_golden_nano_against_webp_is_marked(tmp_path):
    """nano against WebP: the mean curve says fewer bits, the images say more: marks, and a note with both numbers."""
    paths = [rows_of(tmp_path, ROWS / "kodak-nano" / "images.csv", name) for name in ("webp", "tcm-nano")]
    report = bdreport.bdrate_report(*paths)
    assert report.ci95["mean_curve"] == pytest.approx((-10.10, -2.16), abs=0.05)
    assert report.per_image > 0 > report.bd_rate["pchip"]
    assert set(report.marks) == {"overlap", "crossing", "signs"}
    assert any("of opposite sign, so quote both" in note for note in report.notes)
    assert any(note.startswith("the curves cross at 30.2 dB") for note in report.notes)


def test_two_images_give_no_interval_and_the_reason(tmp_path):
    """Below five images the text has the values, and instead of an interval the reason why there is none."""
    paths = [rows_of(tmp_path, ROWS / "kodak" / "rows" / f"{name}.csv", name, 2) for name in ("jpeg", "webp")]
    report = bdreport.bdrate_report(*paths)
    assert report.ci95 == {"mean_curve": None, "per_image": None}
    text = bdreport.format_comparison(report)
    assert "no 95 % interval" in text
    assert "note: no interval: 2 images, and it needs 5" in text


def test_images_against_points_has_no_interval(tmp_path):
    """A file of images against a file of points is compared by mean curves, without an interval."""
    images = rows_of(tmp_path, ROWS / "kodak" / "rows" / "webp.csv", "webp")
    points = _write(tmp_path / "points.csv", "bpp,psnr", [(0.1, 26.0), (0.3, 29.0), (0.6, 32.0), (1.2, 35.0)])
    report = bdreport.bdrate_report(points, images)
    assert report.ci95 is None
    assert report.bd_rate["pchip"] is not None
