"""The gate: green on an unchanged run, red with name and size on a regression, exit 2 on unusable input."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from support.command import run
from support.gate_files import gate_files

from lic_tcm.compare import gate, gate_text
from lic_tcm.errors import UserError

REMEDY = "run the same methods and images, or renew the baseline with --update"
ROWS = Path(__file__).resolve().parents[2] / "results/measured/kodak/rows"


def test_an_unchanged_run_is_green_in_any_order(tmp_path: Path, rows: pd.DataFrame) -> None:
    """Shuffled rows and other times change nothing."""
    slower = rows.assign(encode_s=rows["encode_s"] * 3)
    now = slower.sample(frac=1, random_state=1)
    verdicts = gate.check(*gate_files(tmp_path, rows, now))
    assert [(v.method, v.status, v.bd_rate) for v in verdicts] == [("vvenc", "same", 0), ("webp", "same", 0)]


def test_streams_one_percent_larger_are_red(tmp_path: Path, rows: pd.DataFrame) -> None:
    """The method and the size are named; the other method stays green."""
    now = rows.assign(bpp=np.where(rows["method"] == "vvenc", rows["bpp"] * 1.01, rows["bpp"]))
    vvenc, webp = gate.check(*gate_files(tmp_path, rows, now))
    assert vvenc.status == "regression"
    assert vvenc.bd_rate == pytest.approx(1.0, abs=1e-6)
    assert (vvenc.ci_lo, vvenc.ci_hi) == pytest.approx((1.0, 1.0), abs=1e-6)
    assert "BD-rate +1.000 %" in vvenc.reasons
    assert webp.status == "same"


@pytest.mark.parametrize("step", [1, -1])
def test_qualities_shifted_by_one_step_are_red(tmp_path: Path, rows: pd.DataFrame, step: int) -> None:
    """A shift along the curve has no BD-rate, but every point moved."""
    webp = rows[rows["method"] == "webp"]
    points = sorted(webp["point"].unique())
    moved = dict(zip(points[max(0, step) :], points[max(0, -step) :], strict=False))
    now = webp[webp["point"].isin(moved)].assign(point=lambda frame: frame["point"].map(moved))
    then = webp[webp["point"].isin(set(now["point"]))]
    (verdict,) = gate.check(*gate_files(tmp_path, then, now))
    assert verdict.status == "regression"
    assert verdict.bd_rate is not None
    assert abs(verdict.bd_rate) < 0.5
    what = r"rate of a point \+\d+\.\d{3} %" if step > 0 else r"PSNR of a point -\d+\.\d{3} dB"
    assert any(re.fullmatch(what, reason) for reason in verdict.reasons)


@pytest.mark.parametrize("step", [5, -5, 3])
def test_other_points_than_the_baselines_are_red(tmp_path: Path, rows: pd.DataFrame, step: int) -> None:
    """Qualities that were shifted in the configuration: named with what stands for them, and by how much."""
    webp = rows[rows["method"] == "webp"]
    points = sorted(webp["point"].unique())
    then = webp[webp["point"].isin(points[2:6])]
    now = webp[webp["point"].isin([p + (5 if step == 3 else step) for p in points[2:6]])]
    if step == 3:  # not one point is shared
        now = now.assign(point=now["point"] - 2)
    (verdict,) = gate.check(*gate_files(tmp_path, then, now))
    assert verdict.status == "regression"
    assert f"other points: {15 + step} for 15, {20 + step} for 20" in verdict.reasons[-1]
    assert verdict.worst_bpp is not None
    assert verdict.worst_value is not None
    assert (verdict.worst_bpp > 5) if step > 0 else (verdict.worst_value < -0.2)


def test_fewer_points_are_red_and_more_are_not(tmp_path: Path, rows: pd.DataFrame) -> None:
    """A point that is gone is a regression; one that is new does not change the verdict of the others."""
    webp = rows[rows["method"] == "webp"]
    fewer = webp[webp["point"] < 40]
    (verdict,) = gate.check(*gate_files(tmp_path, webp, fewer))
    assert (verdict.status, verdict.reasons) == ("regression", ("points gone: 40, 45, 50",))
    (verdict,) = gate.check(*gate_files(tmp_path, fewer, webp))
    assert (verdict.status, verdict.bd_rate, len(verdict.points)) == ("same", 0, 7)


def test_a_point_gone_from_the_middle_leaves_the_others_with_themselves(tmp_path: Path, rows: pd.DataFrame) -> None:
    """Points are compared with themselves wherever they are still there, not with what has their rank now."""
    webp = rows[rows["method"] == "webp"]
    (verdict,) = gate.check(*gate_files(tmp_path, webp, webp[webp["point"] != 20]))
    assert (verdict.status, verdict.reasons) == ("regression", ("points gone: 20",))
    assert [(p.point, p.point_now) for p in verdict.points] == [(q, q) for q in (5, 10, 15, 25, 30, 35, 40, 45, 50)]
    assert {(p.bpp_change, p.value_change) for p in verdict.points} == {(0, 0)}
    assert verdict.bd_rate == pytest.approx(0, abs=0.2)  # of curves with and without the point


def test_a_point_gone_and_a_new_one_elsewhere_are_told_apart(tmp_path: Path, rows: pd.DataFrame) -> None:
    """As many points as before, one of them another: by rank that stands for the one that is gone."""
    webp = rows[rows["method"] == "webp"]
    then, now = webp[webp["point"].isin([10, 20, 30, 40])], webp[webp["point"].isin([10, 25, 30, 40])]
    (verdict,) = gate.check(*gate_files(tmp_path, then, now))
    assert [(p.point, p.point_now) for p in verdict.points] == [(10, 10), (20, 25), (30, 30), (40, 40)]
    assert verdict.reasons[-1] == "other points: 25 for 20"
    fewer = webp[webp["point"].isin([15, 35])]
    (verdict,) = gate.check(*gate_files(tmp_path, then, fewer))
    assert "other points: 15 for 10, 35 for 20; points gone: 30, 40" in verdict.reasons


def test_times_are_a_ratio_of_now_to_then_and_never_judged(tmp_path: Path, rows: pd.DataFrame) -> None:
    """Encoding and decoding together, over all rows both have; nothing where a time was not taken."""
    webp = rows[rows["method"] == "webp"].assign(encode_s=3.0, decode_s=1.0)
    (verdict,) = gate.check(*gate_files(tmp_path, webp, webp.assign(encode_s=1.0)))
    assert (verdict.time_ratio, verdict.status) == (0.5, "same")
    (verdict,) = gate.check(*gate_files(tmp_path, webp, webp.assign(encode_s=np.nan, decode_s=np.nan)))
    assert verdict.time_ratio is None
    (verdict,) = gate.check(*gate_files(tmp_path, webp.assign(encode_s=0.0, decode_s=0.0), webp))
    assert verdict.time_ratio is None


def test_a_method_without_a_curve_is_judged_by_its_points(tmp_path: Path, rows: pd.DataFrame) -> None:
    """Two points have no BD-rate, one lossless point no curve at all: the reason is said, the points decide."""
    webp = rows[rows["method"] == "webp"]
    two = webp[webp["point"] <= 10]
    (verdict,) = gate.check(*gate_files(tmp_path, two, two.assign(bpp=two["bpp"] * 1.0005)))
    assert (verdict.status, verdict.bd_rate, verdict.ci_lo, verdict.ci_hi) == ("same", None, None, None)
    needs = "no BD-rate: bd_rate pchip: RD curve 'webp' (kodak) has 2 points and pchip needs 3; code more points"
    assert verdict.reasons == (needs,)
    (verdict,) = gate.check(*gate_files(tmp_path, two, two.assign(bpp=two["bpp"] * 1.002)))
    assert (verdict.status, verdict.reasons[0]) == ("regression", "rate of a point +0.200 %")
    lossless = webp[webp["point"] == 5].assign(psnr=np.inf)
    (verdict,) = gate.check(*gate_files(tmp_path, lossless, lossless))
    assert (verdict.status, verdict.worst_value) == ("same", 0)
    assert verdict.reasons[1].startswith("no BD-rate: ")
    (verdict,) = gate.check(*gate_files(tmp_path, lossless, webp[webp["point"] == 5]))
    assert (verdict.status, verdict.worst_value) == ("regression", -np.inf)


def test_a_renewed_baseline_is_the_runs_rows_in_order(tmp_path: Path, rows: pd.DataFrame) -> None:
    """By dataset, method, point and image, whatever their order in the run; the fresh run then passes against it."""
    then, now = gate_files(tmp_path, rows[rows["method"] == "webp"], rows.sample(frac=1, random_state=2))
    assert gate.update(then, now) == len(rows)
    keys = ["dataset", "method", "point", "image"]
    assert pd.read_csv(then)[keys].to_numpy().tolist() == rows.sort_values(keys)[keys].to_numpy().tolist()
    assert {v.status for v in gate.check(then, now)} == {"same"}


def test_a_baseline_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With its path and how to make one."""
    with pytest.raises(UserError) as refusal:
        gate.check(tmp_path / "none.csv", tmp_path / "now.csv")
    path = tmp_path / "none.csv"
    assert str(refusal.value) == f"{path} does not exist; give another baseline, or make it of these rows with --update"


def test_rates_and_psnr_are_told_by_point(tmp_path: Path, rows: pd.DataFrame) -> None:
    """Means over images, then and now; the Markdown shows those of a regression."""
    webp = rows[rows["method"] == "webp"]
    now = webp.assign(bpp=np.where(webp["point"] == 5, webp["bpp"] * 1.5, webp["bpp"]))
    (verdict,) = gate.check(*gate_files(tmp_path, webp, now))
    first = verdict.points[0]
    assert first.bpp_then == pytest.approx(webp[webp["point"] == 5]["bpp"].mean())
    assert first.bpp_change == pytest.approx(50)
    assert first.value_change == 0
    assert [point.bpp_change for point in verdict.points[1:]] == [0] * 9
    assert f"| 5 | 5 | {first.bpp_then:.4f} | {first.bpp_now:.4f} | +50.000 |" in gate_text.markdown([verdict])


def test_another_reference_of_the_psnr_cannot_be_compared(tmp_path: Path, rows: pd.DataFrame) -> None:
    """A PSNR against the converted original is not that against RGB."""
    then, now = gate_files(tmp_path, rows, rows.assign(psnr_reference="converted"))
    with pytest.raises(UserError) as refusal:
        gate.check(then, now)
    said = f"PSNR of vvenc (kodak) is against converted in {now}, rgb in {then}; {REMEDY}"
    assert str(refusal.value) == said


def test_one_row_is_enough(tmp_path: Path, rows: pd.DataFrame) -> None:
    """A method of one image at one point is judged; its times may be fractions of a second."""
    one = rows[rows["method"] == "webp"].iloc[:1].assign(encode_s=0.2, decode_s=0.1)
    (verdict,) = gate.check(*gate_files(tmp_path, one, one.assign(encode_s=0.05)))
    assert (verdict.status, len(verdict.points), verdict.time_ratio) == ("same", 1, pytest.approx(0.5))
    (verdict,) = gate.check(*gate_files(tmp_path, one, one.assign(psnr_reference="rgb", bpp=one["bpp"] * 2)))
    assert (verdict.status, verdict.worst_bpp) == ("regression", pytest.approx(100))


def test_an_improvement_is_said_and_green(tmp_path: Path, rows: pd.DataFrame) -> None:
    """Fewer bits at the same images are "better"."""
    verdicts = gate.check(*gate_files(tmp_path, rows, rows.assign(bpp=rows["bpp"] * 0.98)))
    assert {v.status for v in verdicts} == {"better"}
    assert not gate.failed(verdicts)


def test_an_extra_method_is_information_and_a_missing_row_an_error(tmp_path: Path, rows: pd.DataFrame) -> None:
    """New methods do not fail the gate; a lost image does not pass it."""
    webp = rows[rows["method"] == "webp"]
    verdicts = gate.check(*gate_files(tmp_path, webp, rows))
    assert {v.method: v.status for v in verdicts} == {"webp": "same", "vvenc": "new"}
    assert verdicts[0] == gate.Verdict("kodak", "vvenc", "new", reasons=("not in the baseline",))
    then, now = gate_files(tmp_path, webp, webp[webp["image"] != "kodim07"])
    with pytest.raises(UserError) as refusal:
        gate.check(then, now)
    assert str(refusal.value) == f"{now} lacks 10 rows of webp (kodak), the first: kodim07 at 5; {REMEDY}"
    two = (webp["image"].isin(["kodim09", "kodim03"])) & (webp["point"] == 20)
    then, now = gate_files(tmp_path, webp, webp[~two])
    with pytest.raises(UserError) as refusal:
        gate.check(then, now)
    assert str(refusal.value) == f"{now} lacks 2 rows of webp (kodak), the first: kodim03 at 20; {REMEDY}"
    then, now = gate_files(tmp_path, rows, webp)
    with pytest.raises(UserError) as refusal:
        gate.check(then, now)
    assert str(refusal.value) == f"{now} lacks vvenc (kodak) of {then}; {REMEDY}"
    more = webp.assign(image=webp["image"] + "b")
    (verdict,) = gate.check(*gate_files(tmp_path, webp, pd.concat([webp, more])))
    assert (verdict.status, verdict.worst_bpp) == ("same", 0)


@pytest.mark.slow
def test_the_command_exits_0_1_2_and_writes_its_files(tmp_path: Path, rows: pd.DataFrame) -> None:
    """0 unchanged, 1 regression with JUnit, Markdown and JSON, 2 unusable input; --update renews the baseline."""
    then, now = gate_files(tmp_path, rows, rows.assign(psnr=rows["psnr"] - 0.2))

    def lic_tcm(*arguments: str) -> int:
        return run("check", now, "--baseline", then, *arguments).returncode

    assert lic_tcm("--out", str(tmp_path / "out")) == 1
    suite = ElementTree.parse(tmp_path / "out/check.xml").getroot()
    assert suite.attrib == {"name": "bd-rate", "tests": "4", "failures": "2"}
    assert json.loads((tmp_path / "out/check.json").read_text(encoding="utf-8"))["failed"] is True
    assert "| kodak | webp | PSNR | regression |" in (tmp_path / "out/check.md").read_text(encoding="utf-8")
    assert lic_tcm("--update") == 0
    assert lic_tcm() == 0
    now.write_text("bpp\n1\n", encoding="utf-8")
    assert lic_tcm() == 2


def test_a_metric_the_baseline_lacks_is_new_and_one_the_run_lacks_is_said(tmp_path: Path, rows: pd.DataFrame) -> None:
    """The first is information until the baseline is renewed; the second cannot be judged."""
    webp = rows[rows["method"] == "webp"]
    scored = webp.assign(vmaf=90.0)
    (verdict,) = gate.check(*gate_files(tmp_path, webp, scored), gate.Tolerance(metrics=("vmaf",)))
    assert (verdict.status, verdict.metric, verdict.reasons) == ("new", "vmaf", ("not in the baseline",))
    with pytest.raises(UserError, match=r"lacks vmaf of webp \(kodak\), first of image kodim01, which .*measure it"):
        gate.check(*gate_files(tmp_path, scored, webp), gate.Tolerance(metrics=("vmaf",)))
    lost = scored.assign(vmaf=np.where(scored["point"] == 5, np.nan, 90.0))
    with pytest.raises(UserError, match="lacks vmaf of webp"):
        gate.check(*gate_files(tmp_path, scored, lost), gate.Tolerance(metrics=("vmaf",)))
