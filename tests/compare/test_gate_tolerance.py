"""What the gate tolerates: exactly the limit passes, and each metric has its own."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from support.gate_files import gate_files

from lic_tcm.compare import gate, gate_text
from lic_tcm.compare.gate_points import Change
from lic_tcm.errors import UserError


def test_every_limit_is_passed_only_beyond_it(tmp_path: Path, rows: pd.DataFrame) -> None:
    """A tolerance is what may change: a rate a little within it is the same, a little beyond it a regression."""
    webp = rows[rows["method"] == "webp"]
    for factor, fall, limits, status in (
        (1.009, 0, gate.Tolerance(bd_rate=1, bpp=1), "same"),
        (1.011, 0, gate.Tolerance(bd_rate=2, bpp=1), "regression"),
        (1.011, 0, gate.Tolerance(bd_rate=1, bpp=2), "regression"),
        (0.989, 0, gate.Tolerance(bd_rate=1, bpp=1), "better"),
        (0.991, 0, gate.Tolerance(bd_rate=1, bpp=1), "same"),
        (1, 0.09, gate.Tolerance(bd_rate=9, values={"psnr": 0.1}), "same"),
        (1, 0.11, gate.Tolerance(bd_rate=9, values={"psnr": 0.1}), "regression"),
    ):
        now = webp.assign(bpp=webp["bpp"] * factor, psnr=webp["psnr"] - fall)
        (verdict,) = gate.check(*gate_files(tmp_path, webp, now), limits)
        assert verdict.status == status, (factor, fall)


def test_the_tolerance_is_that_of_the_configuration_unless_given(tmp_path: Path) -> None:
    """run.json beside the rows holds it; an option wins; nothing said means the defaults."""
    fresh = tmp_path / "images.csv"
    assert gate.tolerance_of(fresh) == gate.Tolerance(bd_rate=0.1, bpp=0.1, metrics=())
    (tmp_path / "run.json").write_text('{"gate": {"bd_rate": 2, "psnr": 0.5}}', encoding="utf-8")
    assert gate.tolerance_of(fresh, psnr=0.1, bpp=None) == gate.Tolerance(2, 0.1, {"psnr": 0.1}, ())
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match=r"run\.json is not valid JSON \(.*\); make the tables again$"):
        gate.tolerance_of(fresh)


def test_a_limit_itself_is_not_beyond_it() -> None:
    """Exactly the tolerance passes in rate, PSNR and BD-rate, and is not yet better."""
    frame = pd.DataFrame(
        {"point": [1.0], "image": ["a"], "bpp": [1.0], "psnr": [30.0], "encode_s": 0.0, "decode_s": 0.0}
    )
    frame = frame.assign(dataset="d", method="m", psnr_reference="rgb", given="")
    now = frame.assign(bpp=1.25, psnr=29.75)
    verdict = gate._judge("d", "m", frame, now, gate.Tolerance(bpp=25, values={"psnr": 0.25}))
    assert (verdict.status, verdict.worst_bpp, verdict.worst_value) == ("same", 25, -0.25)


@pytest.mark.parametrize(("rate", "status"), [(0.5, "same"), (0.6, "regression"), (-0.5, "same"), (-0.6, "better")])
def test_a_bd_rate_at_the_limit_is_the_same(
    tmp_path: Path, rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, rate: float, status: str
) -> None:
    """Beyond it in either direction it is not."""
    monkeypatch.setattr(gate, "bd_rate_of", lambda *_: Change(rate))
    webp = rows[rows["method"] == "webp"]
    (verdict,) = gate.check(*gate_files(tmp_path, webp, webp), gate.Tolerance(bd_rate=0.5))
    assert verdict.status == status


def test_every_metric_of_the_run_is_judged_by_its_own_tolerance(tmp_path: Path, rows: pd.DataFrame) -> None:
    """PSNR unchanged and VMAF down by half a point is red in VMAF alone; a distance that grows is a fall, too."""
    then = rows.assign(vmaf=rows["psnr"] + 40, nlpd=1 / rows["psnr"])
    now = then.assign(vmaf=then["vmaf"] - np.where(then["method"] == "webp", 0.5, 0), nlpd=then["nlpd"] + 0.0005)
    (tmp_path / "run.json").write_text(
        '{"metrics": ["psnr", "vmaf", "nlpd"], "gate": {"bd_rate": 1000}}', encoding="utf-8"
    )
    files = gate_files(tmp_path, then, now)
    verdicts = gate.check(*files, gate.tolerance_of(files[1]))
    found = {(verdict.method, verdict.metric): verdict for verdict in verdicts}
    assert [key for key, verdict in found.items() if verdict.status == "regression"] == [("webp", "vmaf")]
    assert found["webp", "vmaf"].worst_value == pytest.approx(-0.5)
    assert "VMAF of a point -0.500" in found["webp", "vmaf"].reasons
    assert found["webp", "nlpd"].worst_value == pytest.approx(-0.0005)
    assert found["webp", "nlpd"].bd_rate is not None
    strict = gate.check(*files, gate.tolerance_of(files[1], nlpd=0.0001, vmaf=1.0))
    assert {v.metric for v in strict if v.status == "regression"} == {"nlpd"}
    text = gate_text.markdown(verdicts)
    assert "| dataset | method | metric | status |" in text
    assert "| kodak | webp | VMAF | regression |" in text
    assert "webp (kodak) by point in VMAF:" in text
    assert "| VMAF then | VMAF now | change |" in text
    gate_text.write_results(verdicts, tmp_path)
    cases = ElementTree.parse(tmp_path / "check.xml").getroot()
    assert [case.get("name") for case in cases if len(case)] == ["webp in VMAF"]


def test_a_tolerance_of_no_metric_is_refused(tmp_path: Path) -> None:
    """With the nearest name."""
    with pytest.raises(UserError, match="there is no metric 'vmfa'; did you mean 'vmaf'"):
        gate.tolerance_of(tmp_path / "images.csv", vmfa=1.0)
