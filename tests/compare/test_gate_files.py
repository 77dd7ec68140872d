"""What the gate prints and writes, number by number."""

import json
from pathlib import Path

from lic_tcm.compare import gate, gate_text

VERDICTS = [
    gate.Verdict(
        "kodak",
        "webp",
        "regression",
        bd_rate=1.23456,
        ci_lo=-0.5,
        ci_hi=2.98765,
        worst_bpp=3.5,
        worst_value=-0.25,
        time_ratio=1.256,
        reasons=("BD-rate +1.235 %", "points gone: 30"),
        points=(gate.PointChange(10, 12.5, 0.5, 0.5175, 30.12345, 29.87345),),
    ),
    gate.Verdict(
        "tiny", "jpeg", "same", worst_bpp=0, worst_value=0, points=(gate.PointChange(5, 5, 0.2, 0.2, 28, 28),)
    ),
    gate.Verdict("tiny", "jpegxl", "new", reasons=("not in the baseline",)),
]
METHODS = """\
| dataset | method | status | BD-rate [%] | 95 % interval | worst bpp [%] | worst PSNR [dB] | time | why |
|---|---|---|---:|---|---:|---:|---:|---|
| kodak | webp | regression | +1.235 | -0.500 to +2.988 | +3.500 | -0.250 | 1.26 | BD-rate +1.235 %; points gone: 30 |
| tiny | jpeg | same |  |  | +0.000 | +0.000 |  |  |
| tiny | jpegxl | new |  |  |  |  |  | not in the baseline |
"""
HEAD = """
| point | now | bpp then | bpp now | change [%] | PSNR then [dB] | PSNR now [dB] | change [dB] |
|---:|---:|---:|---:|---:|---:|---:|---:|
"""
WEBP = f"""
webp (kodak) by point:
{HEAD}| 10 | 12.5 | 0.5000 | 0.5175 | +3.500 | 30.123 | 29.873 | -0.250 |
"""
JPEG = f"""
jpeg (tiny) by point:
{HEAD}| 5 | 5 | 0.2000 | 0.2000 | +0.000 | 28.000 | 28.000 | +0.000 |
"""


def test_the_tables_print_every_number() -> None:
    """With sign, unit and digits; what does not exist is an empty cell. Points of regressions, or of everything."""
    assert gate_text.markdown(VERDICTS) == METHODS + WEBP
    assert gate_text.markdown(VERDICTS, everything=True) == METHODS + WEBP + JPEG
    half = [gate.Verdict("tiny", "jpeg", "same", bd_rate=0.0, ci_lo=-1.0)]
    assert "| tiny | jpeg | same | +0.000 |  |  |  |  |  |" in gate_text.markdown(half)


def test_the_files_hold_every_verdict(tmp_path: Path) -> None:
    """Markdown with all points, JSON with all numbers, JUnit with a failure for each regression."""
    gate_text.write_results(VERDICTS, tmp_path / "new/out")
    assert (tmp_path / "new/out/check.md").read_text(encoding="utf-8") == METHODS + WEBP + JPEG
    text = (tmp_path / "new/out/check.json").read_text(encoding="utf-8")
    assert text.startswith('{\n "failed": true,\n "methods": [\n  {\n   "dataset": "kodak",')
    assert text.endswith("}\n")
    first, second, third = json.loads(text)["methods"]
    assert (first["bd_rate"], first["reasons"], first["points"][0]["bpp_now"]) == (
        1.23456,
        ["BD-rate +1.235 %", "points gone: 30"],
        0.5175,
    )
    assert (second["status"], second["ci_lo"], third["points"]) == ("same", None, [])
    assert (tmp_path / "new/out/check.xml").read_text(encoding="utf-8") == (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<testsuite name="bd-rate" tests="3" failures="1">'
        '<testcase classname="kodak" name="webp"><failure message="BD-rate +1.235 %; points gone: 30" /></testcase>'
        '<testcase classname="tiny" name="jpeg" /><testcase classname="tiny" name="jpegxl" /></testsuite>'
    )
    gate_text.write_results(VERDICTS[1:], tmp_path)
    assert json.loads((tmp_path / "check.json").read_text(encoding="utf-8"))["failed"] is False
