"""What the gate prints and writes: Markdown for a terminal or a CI job's summary, JSON, JUnit."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from lic_tcm.compare.gate import Verdict, failed
from lic_tcm.files import write_bytes, write_text
from lic_tcm.metrics import DEFAULT, get


def markdown(verdicts: Sequence[Verdict], everything: bool = False) -> str:
    """The verdicts as Markdown tables, for a terminal or a CI job's summary: methods, then points.

    Points are those of regressions, or with `everything` of all methods.
    """
    among = list(dict.fromkeys(v.metric for v in verdicts)) or [DEFAULT[0]]
    several = len(among) > 1  # then a column names the metric, and cells have its unit
    worst = "worst fall" if several else f"worst {get(among[0]).axis_title}"
    head = ["dataset", "method", *(["metric"] if several else []), "status", "BD-rate [%]", "95 % interval"]
    lines = [
        "| " + " | ".join([*head, "worst bpp [%]", worst, "time", "why"]) + " |",
        "|---|---|" + "---|" * several + "---|---:|---|---:|---:|---:|---|",
    ]
    for v in verdicts:
        metric = get(v.metric)
        fall = _number(v.worst_value) + (metric.per_unit if several and v.worst_value is not None else "")
        interval = "" if v.ci_lo is None or v.ci_hi is None else f"{v.ci_lo:+.3f} to {v.ci_hi:+.3f}"
        numbers = [_number(v.bd_rate), interval, _number(v.worst_bpp), fall]
        ratio = "" if v.time_ratio is None else f"{v.time_ratio:.2f}"
        names = [v.dataset, v.method, *([metric.label] if several else []), v.status]
        lines.append("| " + " | ".join([*names, *numbers, ratio, "; ".join(v.reasons)]) + " |")
    shown = [v for v in verdicts if v.points and (everything or v.status == "regression")]
    return "\n".join([*lines, *(line for v in shown for line in _point_lines(v, several))]) + "\n"


def _point_lines(v: Verdict, several: bool) -> list[str]:
    metric = get(v.metric)
    unit = f" [{metric.unit}]" if metric.unit else ""
    values = f"{metric.axis_name} then{unit} | {metric.axis_name} now{unit} | change{unit}"
    lines = [
        "",
        f"{v.method} ({v.dataset}) by point" + (f" in {metric.label}:" if several else ":"),
        "",
        f"| point | now | bpp then | bpp now | change [%] | {values} |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for p in v.points:
        rates = f"{p.bpp_then:.4f} | {p.bpp_now:.4f} | {p.bpp_change:+.3f}"
        distortions = f"{p.value_then:.3f} | {p.value_now:.3f} | {p.value_change:+.3f}"
        lines.append(f"| {p.point:g} | {p.point_now:g} | {rates} | {distortions} |")
    return lines


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:+z.3f}"


def write_results(verdicts: Sequence[Verdict], out: Path) -> None:
    """Write check.md, check.json and check.xml (JUnit) into a folder."""
    write_text(out / "check.md", markdown(verdicts, everything=True))
    document: dict[str, Any] = {"failed": failed(verdicts), "methods": [asdict(verdict) for verdict in verdicts]}
    write_text(out / "check.json", json.dumps(document, indent=1) + "\n")
    write_bytes(out / "check.xml", _junit(verdicts))


def _junit(verdicts: Sequence[Verdict]) -> bytes:
    failures = sum(verdict.status == "regression" for verdict in verdicts)
    suite = ElementTree.Element("testsuite", name="bd-rate", tests=str(len(verdicts)), failures=str(failures))
    several = len({verdict.metric for verdict in verdicts}) > 1
    for verdict in verdicts:
        name = f"{verdict.method} in {get(verdict.metric).label}" if several else verdict.method
        case = ElementTree.SubElement(suite, "testcase", classname=verdict.dataset, name=name)
        if verdict.status == "regression":
            ElementTree.SubElement(case, "failure", message="; ".join(verdict.reasons))
    xml: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return xml
