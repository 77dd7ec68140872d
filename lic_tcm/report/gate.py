"""The BD-rate gate: does a fresh run still give what a committed baseline gave?

Both are tables of per-image rows (`results/tables/<name>/images.csv`). A method fails when its curve costs more rate
than it did, or when one of its points got more expensive or worse: a shift along the curve leaves the BD-rate alone.
Times are shown and never judged. Rows may be in any order; a missing image, point or method is unusable input.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from lic_tcm.bench import tables
from lic_tcm.bench.pairs import Pair
from lic_tcm.bench.series import measured_curve
from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes, write_text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Tolerance:
    """What may change without being a regression."""

    bd_rate: float = 0.1  # %, of the mean curve in PSNR, PCHIP
    bpp: float = 0.1  # %, of any point's mean rate
    psnr: float = 0.01  # dB, of any point's mean PSNR


@dataclass(frozen=True)
class Verdict:
    """A method on a dataset, now against then."""

    dataset: str
    method: str
    status: str  # "same" | "better" | "regression" | "new"
    bd_rate: float | None = None  # %, None where no curve can be made of the points
    ci_lo: float | None = None
    ci_hi: float | None = None
    worst_bpp: float | None = None  # %, largest rise of a point's rate
    worst_psnr: float | None = None  # dB, largest fall of a point's PSNR, negative
    time_ratio: float | None = None  # encode + decode now / then; information only
    reasons: tuple[str, ...] = ()


def check(baseline: Path, fresh: Path, tolerance: Tolerance = Tolerance()) -> list[Verdict]:
    """Compare a fresh run's per-image rows with the baseline's; verdicts by dataset and method.

    Raises UserError when a file is not usable, or the fresh run lacks a method, point or image of the baseline.
    """
    then, now = tables.read_rows([baseline]), tables.read_rows([fresh])
    _check_complete(then, now, baseline, fresh)
    old = _series(then)
    return [
        _judge(dataset, method, old[dataset, method], rows, tolerance)
        if (dataset, method) in old
        else Verdict(dataset, method, "new", reasons=("not in the baseline",))
        for (dataset, method), rows in _series(now).items()
    ]


def _series(rows: "pd.DataFrame") -> dict[tuple[str, str], "pd.DataFrame"]:
    return {(str(d), str(m)): group for (d, m), group in rows.groupby(["dataset", "method"])}


def _check_complete(then: "pd.DataFrame", now: "pd.DataFrame", baseline: Path, fresh: Path) -> None:
    key = ["dataset", "method", "point", "image"]
    missing = sorted(set(map(tuple, then[key].to_numpy())) - set(map(tuple, now[key].to_numpy())))
    if missing:
        dataset, method, point, image = missing[0]
        raise UserError(
            f"{fresh} lacks {len(missing)} rows of {baseline}, the first: {dataset} {method} at {point:g}, {image}; "
            "run the same methods, points and images, or renew the baseline with --update"
        )


def _judge(dataset: str, method: str, then: "pd.DataFrame", now: "pd.DataFrame", tolerance: Tolerance) -> Verdict:
    """Compare one method's rows, on the points and images of the baseline."""
    both = then.merge(now, on=["point", "image"], suffixes=("_then", "_now"))
    means = both.groupby("point")[["bpp_then", "bpp_now", "psnr_then", "psnr_now"]].mean()
    bpp = float((100 * (means["bpp_now"] / means["bpp_then"] - 1)).max())
    psnr = float((means["psnr_now"] - means["psnr_then"]).fillna(0).min())  # both lossless: no change
    rate, low, high, notes = _bd_rate(then, now[now["point"].isin(set(then["point"]))])
    reasons = [
        f"{what} {value:+.3f} {unit}"
        for what, value, unit, bad in (
            ("BD-rate", rate, "%", rate is not None and rate > tolerance.bd_rate),
            ("rate of a point", bpp, "%", bpp > tolerance.bpp),
            ("PSNR of a point", psnr, "dB", psnr < -tolerance.psnr),
        )
        if bad
    ]
    better = rate is not None and rate < -tolerance.bd_rate
    status = "regression" if reasons else "better" if better else "same"
    return Verdict(dataset, method, status, rate, low, high, bpp, psnr, _time_ratio(both), (*reasons, *notes))


def _bd_rate(
    then: "pd.DataFrame", now: "pd.DataFrame"
) -> tuple[float | None, float | None, float | None, tuple[str, ...]]:
    """BD-rate of the rows now against then, with its interval; None and the reason where there is no curve."""
    curves = [measured_curve(rows, "psnr") for rows in (then, now)]
    for curve in curves:
        if isinstance(curve, str):
            return None, None, None, (f"no BD-rate: {curve}",)
    try:
        delta = next(Pair.of(*(c for c in curves if not isinstance(c, str))).deltas(("pchip",)))
    except UserError as error:
        return None, None, None, (f"no BD-rate: {error}",)
    return delta.bd_rate, delta.ci_lo, delta.ci_hi, ()


def _time_ratio(both: "pd.DataFrame") -> float | None:
    then, now = (both[f"encode_s_{when}"].sum() + both[f"decode_s_{when}"].sum() for when in ("then", "now"))
    return float(now / then) if then > 0 and now > 0 else None


def update(baseline: Path, fresh: Path) -> int:
    """Make the fresh run's rows the baseline; returns their number."""
    rows = tables.read_rows([fresh])
    tables.write_csv(rows.sort_values(["dataset", "method", "point", "image"]), baseline)
    return len(rows)


def failed(verdicts: Sequence[Verdict]) -> bool:
    """Whether any method regressed."""
    return any(verdict.status == "regression" for verdict in verdicts)


def markdown(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as a Markdown table, for a terminal or a CI job's summary."""
    lines = [
        "| dataset | method | status | BD-rate [%] | 95 % interval | worst bpp [%] | worst PSNR [dB] | time | why |",
        "|---|---|---|---:|---|---:|---:|---:|---|",
    ]
    for v in verdicts:
        interval = "" if v.ci_lo is None or v.ci_hi is None else f"{v.ci_lo:+.3f} to {v.ci_hi:+.3f}"
        numbers = [_number(v.bd_rate), interval, _number(v.worst_bpp), _number(v.worst_psnr)]
        ratio = "" if v.time_ratio is None else f"{v.time_ratio:.2f}"
        lines.append("| " + " | ".join([v.dataset, v.method, v.status, *numbers, ratio, "; ".join(v.reasons)]) + " |")
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}"


def write_results(verdicts: Sequence[Verdict], out: Path) -> None:
    """Write check.md, check.json and check.xml (JUnit) into a folder."""
    write_text(out / "check.md", markdown(verdicts))
    document: dict[str, Any] = {"failed": failed(verdicts), "methods": [asdict(verdict) for verdict in verdicts]}
    write_text(out / "check.json", json.dumps(document, indent=1) + "\n")
    write_bytes(out / "check.xml", _junit(verdicts))


def _junit(verdicts: Sequence[Verdict]) -> bytes:
    failures = sum(verdict.status == "regression" for verdict in verdicts)
    suite = ElementTree.Element("testsuite", name="bd-rate", tests=str(len(verdicts)), failures=str(failures))
    for verdict in verdicts:
        case = ElementTree.SubElement(suite, "testcase", classname=verdict.dataset, name=verdict.method)
        if verdict.status == "regression":
            ElementTree.SubElement(case, "failure", message="; ".join(verdict.reasons))
    xml: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return xml
