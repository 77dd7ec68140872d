"""Single points and losses of a run: every pair, with numbers of the maths or the reason why there are none."""

import math

import pandas as pd
import pytest
from support.rows import EMPTY, FRAME, IMAGES, frame_of, pick, rows_of

from lic_tcm.rd.curves import RDCurve
from lic_tcm.rd.loss import loss_differences
from lic_tcm.rd.pair import Pair
from lic_tcm.rd.points import point_differences
from lic_tcm.tables.differences import loss_rows, point_rows
from lic_tcm.tables.schema import LossRow, PointRow, columns
from lic_tcm.tables.series import Naming, measured_curve


def one_point(method: str, saving: float = 0.9, point: float = 20.0) -> "pd.DataFrame":
    """The rows of a method at one of its points."""
    frame = frame_of(rows_of(method, saving))
    return frame[frame["point"] == point]


def published(name: str, *points: tuple[float, float]) -> RDCurve:
    """A curve somebody published on Kodak."""
    bpp, psnr = zip(*points, strict=True)
    return RDCurve(name, name.upper(), "kodak", "psnr", "published", bpp, psnr)


def test_a_constant_saving_is_found_at_every_point() -> None:
    """10 % less rate on every image is -10 % at each point, in both averages, with an interval of no width."""
    frame = point_rows(FRAME, (), ["vtm"])
    assert tuple(frame.columns) == columns(PointRow)
    assert set(frame["series"]) == {"tcm-large"}  # not the anchor against itself
    psnr = frame[frame["metric"] == "psnr"]
    assert psnr["point"].tolist() == ["0", "0", "10", "10", "20", "20", "30", "30", "40", "40"]
    assert psnr["averaging"].tolist() == ["mean curve", "per image"] * 5
    assert psnr[["rate_difference", "rate_lo", "rate_hi"]].to_numpy() == pytest.approx(-10)
    assert psnr["quality_difference"].iloc[-1] == pytest.approx(-3 * math.log2(0.9))
    assert (psnr["n_images"] == IMAGES).all()
    assert (psnr["images_total"] == IMAGES).all()


def test_the_numbers_are_those_of_the_maths() -> None:
    """One point against a measured method and against a published curve, each as `point_differences` has it."""
    rows = pd.concat([frame_of(rows_of("vtm")), one_point("mine")], ignore_index=True)
    curve = published("old", (0.1, 24.0), (0.3, 27.0), (0.9, 31.0), (2.0, 36.0))
    frame = point_rows(rows, [curve], ["vtm", "old"], metrics=["psnr"])
    sides = {name: measured_curve(group, "psnr") for name, group in rows.groupby("method")}
    for anchor, data in (("vtm", sides["vtm"]), ("old", curve)):
        for found in point_differences(Pair.of(data, sides["mine"])):
            line = pick(frame, anchor=anchor, series="mine", averaging=found.averaging)
            assert line.rate_difference == pytest.approx(found.rate_difference)
            assert line.quality_difference == pytest.approx(found.quality_difference)
            assert (line.bpp, line.distortion) == pytest.approx((found.bpp, found.distortion))
            assert line.point == "20"
    assert set(frame[(frame.anchor == "old") & (frame.series == "mine")]["averaging"]) == {"mean curve"}
    assert len(frame[(frame.anchor == "vtm") & (frame.series == "old")]) == 4


def test_a_pair_without_a_curve_is_a_line_with_its_reason() -> None:
    """An anchor of one point: no number, and the note says what would help."""
    rows = pd.concat([frame_of(rows_of("vtm")), one_point("mine")], ignore_index=True)
    line = pick(point_rows(rows, (), ["mine"], metrics=["psnr"]), series="vtm")
    assert math.isnan(line.bpp)
    assert "is the anchor and has 1 point" in line.notes
    assert "make the other method the anchor" in line.notes


def test_a_part_of_the_images_is_said() -> None:
    """On fewer images than the dataset has, every line says on how many."""
    rows = pd.concat([frame_of(rows_of("vtm")), frame_of(rows_of("mine", 0.9, images=5))], ignore_index=True)
    frame = point_rows(rows, (), ["vtm"], metrics=["psnr"])
    assert frame["notes"].str.contains("measured on 5 of 6 images").all()
    assert set(frame["n_images"]) == {5}


def test_losses_are_of_methods_whose_points_are_lambdas() -> None:
    """Rows of TCM, and methods that are said to have lambdas; each pair once, the run's anchor first."""
    rows = pd.concat([frame_of(rows_of("other")), frame_of(rows_of("a")), frame_of(rows_of("b", 0.9))])
    rows["point"] = rows["point"] / 100 + 0.001
    assert loss_rows(rows, ["b"]).empty
    frame = loss_rows(rows, ["b"], Naming(lambdas=frozenset({"a", "b"})))
    assert tuple(frame.columns) == columns(LossRow)
    assert set(zip(frame["anchor"], frame["series"], strict=True)) == {("b", "a")}
    assert frame["point"].tolist() == pytest.approx([0.001, 0.101, 0.201, 0.301, 0.401])
    naming = Naming(lambdas=frozenset({"a", "b"}))
    sides = [measured_curve(rows[rows["method"] == name], "psnr", naming) for name in ("b", "a")]
    expected = loss_differences(*sides)
    assert frame["difference"].tolist() == pytest.approx([one.difference for one in expected])
    assert frame["rate_part"].tolist() == pytest.approx([one.rate_part for one in expected])
    tcm = rows.assign(codec=rows["method"].map(lambda name: "webp" if name == "other" else "tcm"))
    assert loss_rows(tcm, ["b"]).equals(frame)


def test_methods_trained_for_another_loss_have_none() -> None:
    """MS-SSIM's lambda is another number, and so is one above 1."""
    rows = pd.concat([frame_of(rows_of("a")), frame_of(rows_of("b", 0.9))])
    rows["point"] = rows["point"] / 100 + 0.001
    naming = Naming(optimised_for={"b": "ms-ssim"}, lambdas=frozenset({"a", "b"}))
    assert loss_rows(rows, [], naming).empty
    large = rows.assign(point=rows["point"] + 3)
    assert loss_rows(large, [], Naming(lambdas=frozenset({"a", "b"}))).empty
    assert loss_rows(EMPTY, []).empty
