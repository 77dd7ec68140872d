"""Columns are known by the names people give them; what has two readings is refused with both."""

import json
import logging
from pathlib import Path

import pytest
from support.user_files import curve, read, refusal

from lic_tcm.compare.series import read_series
from lic_tcm.errors import UserError


@pytest.mark.parametrize("image", ["img_name", "ImageName", "Image", "filename", "seq_name", "image_path", "name"])
@pytest.mark.parametrize("point", ["quality", "QP", "lambda", "rd_lambda", "q"])
def test_images_are_known_by_the_names_of_their_columns(tmp_path: Path, image: str, point: str) -> None:
    """Never taken for RD points; a path counts as the picture's name."""
    text = f"{image},{point},rate_bpp,psnr_db\nout/kodim01.png,1,0.7,32\nkodim02.png,1,0.3,34\nkodim01,4,0.3,28\n"
    (one,) = read(tmp_path, text + "kodim02,4,0.1,31\n")
    assert {(row.image, row.point) for row in one.images} == {(f"kodim0{k}", p) for k in (1, 2) for p in (1.0, 4.0)}
    assert not one.curves


def test_images_are_known_by_what_they_are_called(tmp_path: Path) -> None:
    """A column of any name whose cells are pictures; without a point it is asked for."""
    text = "bild,bpp,psnr\nkodim01.png,0.21,28.1\nkodim02.png,0.26,31\nkodim03.png,0.33,33.3\n"
    assert "no column 'point', which rows of images need" in refusal(tmp_path, text)
    assert "no column 'point'" in refusal(tmp_path, text.replace("bild", "img_name"))
    (tmp_path / "mine.csv").write_text(text.replace(".png", ""), encoding="utf-8")
    with pytest.raises(UserError, match="no column 'point'"):
        read_series(tmp_path / "mine.csv", "kodak", {"kodim01", "kodim02", "kodim03"})


@pytest.mark.parametrize("column", ["model", "codec", "Method", "name", "architecture"])
def test_methods_are_known_by_the_names_of_their_columns(tmp_path: Path, column: str) -> None:
    """Two curves, not one of twice the points."""
    found = read(tmp_path, f"{column},bpp,psnr\na,0.1,28\na,0.2,31\nb,0.15,28\nb,0.25,31\n")
    assert [(one.name, one.curves[0].bpp) for one in found] == [("a", (0.1, 0.2)), ("b", (0.15, 0.25))]


def test_a_name_on_each_line_has_two_readings(tmp_path: Path) -> None:
    """Methods of one point each, or images."""
    said = refusal(tmp_path, "name,bpp,psnr\na,0.1,28\nb,0.2,31\n")
    assert "column 'name' may name images or methods, one on each line; call it image, with a column point" in said


def test_text_that_would_split_the_lines_is_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where it groups lines of one curve; remarks are noted, columns of numbers are not."""
    caplog.set_level(logging.INFO)
    split = refusal(tmp_path, "variant,bpp,psnr\na,0.1,28\na,0.2,31\nb,0.3,32\nb,0.4,33\n")
    assert "column 'variant' is not read, but has lines of 'a' and 'b'; call it method (a curve for each)" in split
    assert read(tmp_path, "bpp,psnr,remark,epochs\n0.1,28,first try,1\n0.2,31,,2\n")
    assert caplog.messages[-1].endswith(": not read: 'remark'")


def test_two_candidates_for_a_role_are_refused_where_they_differ(tmp_path: Path) -> None:
    """The role's own name comes first, a constant counts for nothing, and equal groups are one."""
    text = "model,codec,bpp,psnr\na,x,0.1,28\na,y,0.2,31\nb,x,0.1,29\nb,y,0.2,32\n"
    assert "'model' or 'codec' may be the method, and they differ" in refusal(tmp_path, text)
    assert [one.name for one in read(tmp_path, text.replace("y", "x"))] == ["a", "b"]
    rows = "image,quality,lambda,bpp,psnr\nkodim01,1,0.01,0.1,28\nkodim01,2,0.02,0.2,31\n"
    assert [row.point for row in read(tmp_path, rows)[0].images] == [1, 2]


@pytest.mark.parametrize("keys", [("psnr", "psnr-rgb"), ("psnr-rgb", "psnr")])
@pytest.mark.parametrize("form", ["csv", "json"])
def test_one_role_twice_is_refused_in_every_form(tmp_path: Path, keys: tuple[str, str], form: str) -> None:
    """In either order: the last of them must not win."""
    psnr = (28.5, 31.9, 33.6, 35.5)
    results = {"bpp": (0.21, 0.41, 0.62, 0.95), keys[0]: psnr, keys[1]: psnr}
    rows = "\n".join(",".join(map(str, row)) for row in zip(*results.values(), strict=True))
    text = json.dumps({"results": results}) if form == "json" else f"{','.join(results)}\n{rows}\n"
    said = refusal(tmp_path, text, f"m.{form}")
    assert f"'{keys[0]}' and '{keys[1]}' are both psnr; keep one" in said


def test_a_name_beside_an_image_is_a_method_where_it_tells_lines_apart(tmp_path: Path) -> None:
    """Else it is but another name of the image."""
    text = "name,image,qp,bpp,psnr\nx,kodim01,1,0.1,28\n{},kodim01,{},0.2,30\n"
    assert [one.name for one in read(tmp_path, text.format("y", 1))] == ["x", "y"]
    assert [one.name for one in read(tmp_path, text.format("y", 2))] == ["mine"]


@pytest.mark.parametrize("column", ["quality", "", "setting", "method"])
def test_points_that_are_means_of_others_are_left_out(tmp_path: Path, column: str) -> None:
    """By what stands where others have a point, a number of the line, or a text."""
    assert curve(read(tmp_path, f"{column},bpp,psnr\n1,0.1,28\n1,0.2,31\nMean,0.15,29.5\n")).bpp == (0.1, 0.2)
    assert curve(read(tmp_path, "subset,bpp,psnr\nall,0.1,28\nall,0.2,31\n")).bpp == (0.1, 0.2)


def test_lines_of_means_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With a note; a mean that counts as an image would weigh twice."""
    caplog.set_level(logging.INFO)
    text = "image,point,bpp,psnr\nkodim01,1,0.1,28\nkodim02,1,0.3,30\nAVERAGE,1,0.2,29\n"
    (one,) = read(tmp_path, text)
    assert {row.image for row in one.images} == {"kodim01", "kodim02"}
    assert "1 line called AVERAGE left out" in caplog.text
    assert "no line but means" in refusal(tmp_path, "image,point,bpp,psnr\nmean,1,0.1,28\n")
