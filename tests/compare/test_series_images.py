"""A user's rows per image: what they keep, how they are averaged, and which are refused."""

import math
from pathlib import Path

import pytest
from support.user_series import IMAGE_ROWS, one_of, read_text

from lic_tcm.compare.series import read_series
from lic_tcm.errors import UserError
from lic_tcm.rd.curves import Metric


def test_images_keep_what_the_file_says_and_invent_nothing(tmp_path: Path) -> None:
    """A file name ends in its stem, a lossless PSNR is infinite, dB goes back to MS-SSIM, unknown is None."""
    text = "image,point,bpp,psnr,ms_ssim_db\nkodim01.png,1,0.3,inf,20\nkodim02,1,0.4,30,\n"
    (series,) = read_text(tmp_path, text)
    first, second = series.images
    assert (first.image, first.values) == ("kodim01", {"psnr": math.inf, "ms-ssim": pytest.approx(0.99)})
    assert (second.values["ms-ssim"], second.height, second.num_bytes, second.decode_s) == (None, None, None, None)
    assert not series.curves


def test_reads_per_image_rows(tmp_path: Path) -> None:
    """Rows per image give per-point means of the images' values, and keep what the columns say of them."""
    data = one_of(tmp_path, IMAGE_ROWS)
    assert data.images == ("a", "b")
    curve = data.mean_curve()
    assert curve.bpp == pytest.approx((0.2, 0.5))
    assert curve.distortion == pytest.approx((29, 35))
    assert (curve.name, curve.dataset, curve.points, curve.psnr_reference) == ("m", "d", (1, 2), "converted")
    assert data.image_curve("b").distortion == (30, 36)
    assert data.select(["b"]).mean_curve().distortion == (30, 36)


def test_ms_ssim_is_averaged_before_it_is_put_in_decibel(tmp_path: Path) -> None:
    """The mean MS-SSIM goes on the dB axis; the mean of dB values would be another number."""
    rows = IMAGE_ROWS.replace("36,,", "36,0.97,")
    curve = one_of(tmp_path, rows, "ms-ssim").mean_curve()
    assert curve.distortion == pytest.approx((-10 * math.log10(1 - 0.85), -10 * math.log10(1 - 0.98)))


def test_points_without_a_value_for_some_image_are_left_out_with_a_note(tmp_path: Path) -> None:
    """Where MS-SSIM is missing for an image the point is left out of that curve, and the curve says so."""
    data = one_of(tmp_path, IMAGE_ROWS, "ms-ssim")
    assert data.points == (1,)
    assert data.mean_curve().notes == ("point 2 left out: 1 images have no ms-ssim",)


def test_lossless_points_are_left_out_with_a_note(tmp_path: Path) -> None:
    """An infinite PSNR of one image makes the mean infinite: that point is left out and said."""
    data = one_of(tmp_path, IMAGE_ROWS.replace("36,,", "inf,1,"))
    assert data.points == (1,)
    assert "1 images are lossless" in data.notes[0]


@pytest.mark.parametrize(
    ("old", "new", "metric", "message"),
    [
        ("0.6,36", "0,36", "psnr", "rows.csv:5: bpp 0 is not a positive rate"),
        ("0.6,36", "x,36", "psnr", "rows.csv:5: bpp 'x' is not a number"),
        (",0.99,", ",20,", "ms-ssim", "rows.csv:4: ms-ssim 20 is not in 0..1"),
        ("d,m,2,b", "d,m,2,a", "psnr", "image 'a' at point 2 is already at"),
        ("d,m,2,b,0.6,36,,converted\n", "", "psnr", "point 2 of m lacks 1 images .* such as 'b'"),
    ],
)
def test_bad_images_are_refused(tmp_path: Path, old: str, new: str, metric: Metric, message: str) -> None:
    """Rates, units, doubled and missing images, in files of images."""
    assert old in IMAGE_ROWS
    with pytest.raises(UserError, match=message):
        one_of(tmp_path, IMAGE_ROWS.replace(old, new), metric)


def test_images_may_be_given_in_another_metric_alone(tmp_path: Path) -> None:
    """PSNR is not asked for where the file has none; what is there must be there on every line, and be possible."""
    path = tmp_path / "mine.csv"
    path.write_text("image,point,bpp,vmaf\na,1,0.1,60\na,2,0.2,80\n", encoding="utf-8")
    (series,) = read_series(path, None)
    assert series.metrics() == ["vmaf"]
    assert [row.values for row in series.images] == [{"vmaf": 60}, {"vmaf": 80}]
    path.write_text("image,point,bpp,vmaf\na,1,0.1,\na,2,0.2,180\n", encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        read_series(path, None)
    assert "mine.csv:2: vmaf is empty; give it or remove the line" in str(refusal.value)
    assert "mine.csv:3: vmaf 180 is not in 0..100" in str(refusal.value)
