"""One method in several files of a point each: joined where it is one, refused where that cannot be."""

import json
from pathlib import Path

import pytest

from lic_tcm.compare.joined import joined
from lic_tcm.compare.own_rows import source_of
from lic_tcm.compare.series import UserSeries, read_series
from lic_tcm.errors import UserError

POINTS = ((0.12, 29.1, 0.93), (0.2, 30.7, 0.95), (0.3, 32.4, 0.965), (0.44, 34.1, 0.977))


def files(folder: Path, points=POINTS, name: str = "hyperprior") -> list[UserSeries]:
    """A JSON of CompressAI's for each point."""
    found = []
    for k, (bpp, psnr, ms_ssim) in enumerate(points):
        path = folder / f"{name}-{k}.json"
        results = {"bpp": [bpp], "psnr-rgb": [psnr], "ms-ssim-rgb": [ms_ssim]}
        path.write_text(json.dumps({"name": name, "results": results}), encoding="utf-8")
        found += read_series(path, "kodak")
    return found


def test_files_of_one_name_and_a_point_each_are_one_curve(tmp_path: Path) -> None:
    """Whatever their order, the curve has all points in every metric, and its source names all files and hashes."""
    (whole,) = joined(files(tmp_path)[::-1])
    for metric, column in (("psnr", 1), ("ms-ssim", 2)):
        assert whole.data(metric).bpp == tuple(point[0] for point in POINTS)
        assert len(set(whole.data(metric).distortion)) == 4
        if column == 1:
            assert whole.data(metric).distortion == tuple(point[1] for point in POINTS)
    assert [f"hyperprior-{k}.json, sha256 " in source_of(whole) for k in range(4)] == [True] * 4


def test_others_stay_as_they_are(tmp_path: Path) -> None:
    """A method of its own name is not joined, nor are two of one name of which one has several points."""
    one, two = files(tmp_path, POINTS[:1], "a"), files(tmp_path, POINTS[:1], "b")
    assert joined([*one, *two]) == [*one, *two]
    (tmp_path / "a.csv").write_text("method,bpp,psnr\na,0.2,30\na,0.4,33\n", encoding="utf-8")
    several = [*one, *read_series(tmp_path / "a.csv", "kodak")]
    assert joined(several) == several


def test_points_that_are_no_curve_are_refused(tmp_path: Path) -> None:
    """Points that do not rise are two methods perhaps: the message names the files and how to tell them apart."""
    falling = ((0.2, 31.0, 0.95), (0.3, 30.0, 0.96))
    with pytest.raises(UserError, match=r"0\.json, .*1\.json are all 'hyperprior'.*not monotonic.*name each by"):
        joined(files(tmp_path, falling))


def test_images_are_joined_by_their_points(tmp_path: Path) -> None:
    """Rows of images at one point each are one method's; the same point twice is refused."""
    series = []
    for k, point in enumerate((0.0025, 0.0067, 0.013)):
        path = tmp_path / f"{k}.csv"
        lines = [f"mine,{image},{point},{0.2 * (k + 1)},{30 + 2 * k}" for image in ("kodim01", "kodim02")]
        path.write_text("\n".join(["method,image,lambda,bpp,psnr", *lines]) + "\n", encoding="utf-8")
        series += read_series(path, "kodak")
    (whole,) = joined(series)
    assert whole.data("psnr").points == (0.0025, 0.0067, 0.013)
    assert whole.data("psnr").unit == "lambda"
    with pytest.raises(UserError, match=r"point 0\.0025 comes twice; give each file its own"):
        joined([series[0], series[0]])


def test_what_is_not_alike_is_not_joined(tmp_path: Path) -> None:
    """Two PSNR references, or images beside points, are refused."""
    for name, reference in (("a", "rgb"), ("b", "converted")):
        text = f"method,bpp,psnr,psnr_reference\nmine,0.{len(name) + ord(name) % 3 + 1},3{ord(name) % 5},{reference}\n"
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    parts = [one for name in ("a", "b") for one in read_series(tmp_path / f"{name}.csv", "kodak")]
    with pytest.raises(UserError, match="differ in psnr_reference"):
        joined(parts)
    (tmp_path / "c.csv").write_text("method,image,point,bpp,psnr\nmine,kodim01,1,0.9,39\n", encoding="utf-8")
    with pytest.raises(UserError, match="some are rows of images and some are not"):
        joined([parts[0], *read_series(tmp_path / "c.csv", "kodak")])
