"""Two files of which one has a point or two: what is said instead of a BD-rate, and beside one."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.image_rd import ANCHOR as IMAGE_ANCHOR
from support.image_rd import TEST as IMAGE_TEST
from support.rd_curves import ANCHOR, TEST, curve

from lic_tcm.compare.bdrate import bdrate_report, compare
from lic_tcm.compare.bdrate_text import format_comparison
from lic_tcm.errors import UserError
from lic_tcm.rd.loss import loss_differences
from lic_tcm.rd.pair import Pair
from lic_tcm.rd.points import point_differences

ROWS = Path(__file__).resolve().parents[2] / "results" / "measured" / "kodak" / "rows"


@pytest.mark.parametrize("count", [1, 2])
def test_few_points_are_compared_one_by_one(count: int) -> None:
    """Below three points there is no BD-rate and no range, but each point's differences, those of the maths."""
    test = curve(TEST.bpp[1 : 1 + count], TEST.distortion[1 : 1 + count], "mine")
    found = compare(ANCHOR, test)
    assert set(found.bd_rate.values()) == set(found.bd_psnr.values()) == {None}
    assert (found.overlap, found.overlap_share, found.points) == (None, None, (5, count))
    assert list(found.at_points) == point_differences(Pair.of(ANCHOR, test))
    assert found.notes == (f"no BD-rate: mine has {count} point{'s' * (count > 1)}",)
    document = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert document["at_points"][0]["rate_difference"] == found.at_points[0].rate_difference
    assert "losses" not in document


def test_from_four_points_on_both_are_given() -> None:
    """A curve has its BD-rate and its points; the BD-rate is what it is without them."""
    found = compare(ANCHOR, TEST)
    assert found.bd_rate["pchip"] is not None
    assert [one.bpp for one in found.at_points] == list(TEST.bpp)


def test_the_text_calls_it_by_its_quality() -> None:
    """A line for a point: quality, rate, and both differences with signs; no word of BD but that it is none."""
    text = format_comparison(compare(ANCHOR, curve((0.36,), (34.1,), "mine")))
    assert text.splitlines()[0] == "mine against anchor (anchor)"
    line = next(line for line in text.splitlines() if line.startswith("34.10 dB"))
    assert re.fullmatch(r"34\.10 dB +0\.3600 bpp +mean curve +-10\.00 % +none +\+0\.\d\d dB +none", line)
    assert text.count("BD") == 2
    assert "which is no BD-rate" in text
    assert text.endswith("note: no BD-rate: mine has 1 point\n")


def test_a_point_beyond_the_anchor_is_said_to_be() -> None:
    """The text has the anchor's range instead of a number."""
    text = format_comparison(compare(ANCHOR, curve((0.36,), (41.0,), "mine")))
    assert "note: no rate difference: 41.00 dB is outside of anchor's 28.00 to 40.00 dB" in text


def test_a_file_of_one_point(tmp_path: Path) -> None:
    """CompressAI's JSON of one quality is enough, against a curve that ships with the suite."""
    document = {"name": "mine", "results": {"bpp": [0.3], "psnr-rgb": [32.4]}}
    (tmp_path / "q3.json").write_text(json.dumps(document), encoding="utf-8")
    found = bdrate_report("kodak/vtm-12.1-tcm-figure", tmp_path / "q3.json")
    assert [one.distortion for one in found.at_points] == [32.4]
    assert found.at_points[0].rate_difference is not None


def test_an_anchor_of_few_points_is_refused_with_a_remedy() -> None:
    """One point is no curve: the message says to exchange the two; three points keep their BD-rate and say why not."""
    with pytest.raises(UserError, match=r"'mine' is the anchor and has 1 point.*make the other method the anchor"):
        compare(curve((0.36,), (34.0,), "mine"), TEST)
    three = curve(ANCHOR.bpp[:3], ANCHOR.distortion[:3], "three")
    found = compare(three, TEST)
    assert found.bd_rate["pchip"] is not None
    assert found.at_points == ()
    assert any("'three' is the anchor and has 3 points" in note for note in found.notes)


def test_curves_without_a_common_range_stay_an_error() -> None:
    """Four points that all lie beyond the anchor are no comparison, as before."""
    with pytest.raises(UserError, match="do not overlap"):
        compare(ANCHOR, curve((0.01, 0.02, 0.03, 0.04), (15.0, 16.0, 17.0, 18.0)))


# --- one lambda ---------------------------------------------------------------------------------------------------


def one_point(data, k: int, lambda_: float, unit: str = "lambda"):
    """A method's images at one of its points, called by a lambda."""
    return replace(data, points=(lambda_,), bpp=data.bpp[[k]], value=data.value[[k]], unit=unit)


def test_two_networks_of_one_lambda_need_no_curve() -> None:
    """One point each, trained for one lambda: the losses are compared, the anchor's single point refuses nothing."""
    sides = one_point(IMAGE_ANCHOR, 4, 0.013), one_point(IMAGE_TEST, 4, 0.013)
    found = compare(*sides)
    assert list(found.losses) == loss_differences(*sides)
    assert (found.at_points, found.overlap) == ((), None)
    text = format_comparison(found)
    assert "R + lambda * 255^2 * MSE in bpp, test - anchor over the same images:" in text
    line = next(line for line in text.splitlines() if line.startswith("0.013"))
    numbers = [float(cell) for cell in re.findall(r"[+-]?\d+\.\d{4}", line)]
    loss = found.losses[0]
    expected = (loss.anchor_loss, loss.test_loss, loss.difference, loss.ci_lo, loss.ci_hi, loss.rate_part)
    assert numbers[:6] == pytest.approx(expected, abs=5e-5)
    assert found.to_json()["losses"][0]["lambda"] == 0.013


def test_the_lambda_may_be_said_where_files_do_not() -> None:
    """--lambda takes the only points of both; on points without images it is refused."""
    sides = one_point(IMAGE_ANCHOR, 4, 1.0, ""), one_point(IMAGE_TEST, 4, 2.0, "")
    assert compare(*sides, lambda_=0.013).losses[0].lambda_ == 0.013
    with pytest.raises(
        UserError, match=r"is the anchor and has 1 point.*if both were trained for one lambda, say which"
    ):
        compare(*sides)
    with pytest.raises(UserError, match="give rows per image on both sides"):
        compare(ANCHOR, TEST, lambda_=0.013)


def test_a_column_lambda_says_what_the_points_are(tmp_path: Path) -> None:
    """Files whose points are called lambda are compared by their losses, and rows of TCM are; others are not."""
    with (ROWS / "tcm-nano.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["image"] <= "kodim06"]
    paths = []
    for name, factor, column in (("a", 1.0, "lambda"), ("b", 0.9, "lambda"), ("c", 0.9, "point")):
        lines = [f"{row['image']},{row['point']},{factor * float(row['bpp'])},{row['psnr']}" for row in rows]
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_text("\n".join([f"image,{column},bpp,psnr", *lines]) + "\n", encoding="utf-8")
    losses = bdrate_report(paths[0], paths[1]).losses
    assert [one.lambda_ for one in losses] == sorted({float(row["point"]) for row in rows})
    for one in losses:
        bpp = np.mean([float(row["bpp"]) for row in rows if float(row["point"]) == one.lambda_])
        assert one.difference == pytest.approx(-0.1 * bpp, rel=1e-6)
        assert one.distortion_part == pytest.approx(0, abs=1e-9)
    assert bdrate_report(paths[0], paths[2]).losses == ()
    assert bdrate_report("measured:kodak/tcm-nano", paths[1]).losses[0].n_images == 6


def test_the_guide_shows_what_is_printed(tmp_path: Path) -> None:
    """docs/compare.md's example of one point is the program's text."""
    (tmp_path / "one.csv").write_text("bpp,psnr\n0.3,32.1\n", encoding="utf-8")
    text = format_comparison(bdrate_report("kodak/vtm", tmp_path / "one.csv"))
    assert text in (Path(__file__).resolve().parents[2] / "docs/compare.md").read_text(encoding="utf-8")
