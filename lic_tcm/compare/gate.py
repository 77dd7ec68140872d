"""The BD-rate gate: does a fresh run still give what a committed baseline gave?

Both are tables of per-image rows, of this suite (`results/tables/<name>/images.csv`) or a user's own. A method fails
when its curve costs more rate
than it did, when one of its points got more expensive or worse (a shift along the curve leaves the BD-rate alone), or
when it has no longer the points of the baseline. Times are shown and never judged. Rows may be in any order; a missing
image or method is unusable input, a new method is information.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from lic_tcm.compare.own_rows import any_rows, is_ours
from lic_tcm.errors import UserError
from lic_tcm.files import read_json, unreadable, write_bytes, write_text
from lic_tcm.rd.pair import Pair
from lic_tcm.tables.schema import write_csv
from lic_tcm.tables.series import measured_curve

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Tolerance:
    """What may change without being a regression."""

    bd_rate: float = 0.1  # %, of the mean curve in PSNR, PCHIP
    bpp: float = 0.1  # %, of any point's mean rate
    psnr: float = 0.01  # dB, of any point's mean PSNR


@dataclass(frozen=True)
class PointChange:
    """The mean rate and PSNR at a point of the baseline, and at what stands for it now: the same one where it can."""

    point: float
    point_now: float
    bpp_then: float
    bpp_now: float
    psnr_then: float  # dB, infinite when lossless
    psnr_now: float

    @property
    def bpp_change(self) -> float:
        """Of the rate, in %."""
        return 100 * (self.bpp_now / self.bpp_then - 1)

    @property
    def psnr_change(self) -> float:
        """In dB; 0 where both are lossless."""
        return 0.0 if self.psnr_now == self.psnr_then else self.psnr_now - self.psnr_then


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
    points: tuple[PointChange, ...] = ()


def tolerance_of(fresh: Path, **given: float | None) -> Tolerance:
    """The tolerance of the configuration, in the run.json beside the fresh rows, where no other is given.

    Raises UserError when that file is not readable.
    """
    path = fresh.with_name("run.json")
    run = read_json(path, "make the tables again") if path.is_file() else {}
    said = {key: value for key, value in given.items() if value is not None}
    return Tolerance(**{**run.get("gate", {}), **said})


def check(baseline: Path, fresh: Path, tolerance: Tolerance = Tolerance()) -> list[Verdict]:
    """Compare a fresh run's per-image rows with the baseline's; verdicts by dataset and method.

    Raises UserError when a file is not usable, the fresh run lacks a method or image of the baseline, or PSNR is
    taken against something else.
    """
    if not baseline.is_file():
        raise unreadable(baseline, FileNotFoundError(), "give another baseline, or make it of these rows with --update")
    then, now = any_rows(baseline), any_rows(fresh)
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
    """Every method of the baseline must be there, with all its images at every point, and with PSNR of one kind."""
    remedy = "run the same methods and images, or renew the baseline with --update"
    series = _series(now)
    for (dataset, method), old in _series(then).items():
        new = series.get((dataset, method))
        if new is None:
            raise UserError(f"{fresh} lacks {method} ({dataset}) of {baseline}; {remedy}")
        images = set(old["image"])
        missing = [
            (point, sorted(images - set(rows["image"])))
            for point, rows in new.groupby("point")
            if images - set(rows["image"])
        ]
        if missing:
            count, (point, absent) = sum(len(absent) for _, absent in missing), missing[0]
            raise UserError(
                f"{fresh} lacks {count} rows of {method} ({dataset}), the first: {absent[0]} at {point:g}; {remedy}"
            )
        references = [rows["psnr_reference"].iloc[0] for rows in (old, new)]
        if references[0] != references[1]:
            raise UserError(
                f"PSNR of {method} ({dataset}) is against {references[1]} in {fresh}, {references[0]} in {baseline}; "
                f"{remedy}"
            )


def _stand_ins(then: "pd.DataFrame", now: "pd.DataFrame") -> dict[float, float]:
    """What stands now for each point of the baseline: itself, or that of its rank where as many are others."""
    old, new = sorted(set(then["point"])), sorted(set(now["point"]))
    shared = {point: point for point in old if point in new}
    if len(shared) == len(old) or (shared and len(old) != len(new)):
        return shared
    return dict(zip(old, new, strict=False))


def _judge(dataset: str, method: str, then: "pd.DataFrame", now: "pd.DataFrame", tolerance: Tolerance) -> Verdict:
    """Compare one method's rows, on the points and images of the baseline."""
    stand_ins = _stand_ins(then, now)
    back = {new: old for old, new in stand_ins.items()}
    now = now[now["point"].isin(back)].assign(point_now=lambda rows: rows["point"])
    now = now.assign(point=now["point"].map(back))
    both = then.merge(now, on=["point", "image"], suffixes=("_then", "_now"))
    points = _points(both)
    bpp, psnr = max(point.bpp_change for point in points), min(point.psnr_change for point in points)
    rate, low, high, notes = _bd_rate(then, now)
    reasons = [
        f"{what} {value:+.3f} {unit}"
        for what, value, unit, bad in (
            ("BD-rate", rate, "%", rate is not None and rate > tolerance.bd_rate),
            ("rate of a point", bpp, "%", bpp > tolerance.bpp),
            ("PSNR of a point", psnr, "dB", psnr < -tolerance.psnr),
        )
        if bad
    ]
    moved = [point for point in sorted(set(then["point"])) if stand_ins.get(point) != point]
    if moved:
        reasons.append(_moved(moved, stand_ins))
    better = rate is not None and rate < -tolerance.bd_rate
    status = "regression" if reasons else "better" if better else "same"
    times = _time_ratio(both)
    return Verdict(dataset, method, status, rate, low, high, bpp, psnr, times, (*reasons, *notes), points)


def _moved(points: Sequence[float], stand_ins: Mapping[float, float]) -> str:
    """Which points of the baseline are gone, and what was compared instead."""
    instead = ", ".join(f"{stand_ins[point]:g} for {point:g}" for point in points if point in stand_ins)
    gone = ", ".join(f"{point:g}" for point in points if point not in stand_ins)
    parts = [f"other points: {instead}" if instead else "", f"points gone: {gone}" if gone else ""]
    return "; ".join(filter(None, parts))


def _points(both: "pd.DataFrame") -> tuple[PointChange, ...]:
    columns = ["point_now", "bpp_then", "bpp_now", "psnr_then", "psnr_now"]
    means = both.groupby("point", as_index=False)[columns].mean()
    return tuple(PointChange(*(float(value) for value in line)) for line in means.itertuples(index=False))


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
    reasons = () if delta.bd_rate is not None else (f"no BD-rate: {delta.notes[0]}",)
    return delta.bd_rate, delta.ci_lo, delta.ci_hi, reasons


def _time_ratio(both: "pd.DataFrame") -> float | None:
    then, now = (both[f"encode_s_{when}"].sum() + both[f"decode_s_{when}"].sum() for when in ("then", "now"))
    return float(now / then) if then > 0 and now > 0 else None


def update(baseline: Path, fresh: Path) -> int:
    """Make the fresh run's rows the baseline; returns their number."""
    rows = any_rows(fresh)
    if is_ours(fresh):
        write_csv(rows.sort_values(["dataset", "method", "point", "image"]), baseline)
    else:
        write_bytes(baseline, fresh.read_bytes())  # it need not have the columns that ours have
    return len(rows)


def failed(verdicts: Sequence[Verdict]) -> bool:
    """Whether any method regressed."""
    return any(verdict.status == "regression" for verdict in verdicts)


def markdown(verdicts: Sequence[Verdict], everything: bool = False) -> str:
    """The verdicts as Markdown tables, for a terminal or a CI job's summary: methods, then points.

    Points are those of regressions, or with `everything` of all methods.
    """
    lines = [
        "| dataset | method | status | BD-rate [%] | 95 % interval | worst bpp [%] | worst PSNR [dB] | time | why |",
        "|---|---|---|---:|---|---:|---:|---:|---|",
    ]
    for v in verdicts:
        interval = "" if v.ci_lo is None or v.ci_hi is None else f"{v.ci_lo:+.3f} to {v.ci_hi:+.3f}"
        numbers = [_number(v.bd_rate), interval, _number(v.worst_bpp), _number(v.worst_psnr)]
        ratio = "" if v.time_ratio is None else f"{v.time_ratio:.2f}"
        lines.append("| " + " | ".join([v.dataset, v.method, v.status, *numbers, ratio, "; ".join(v.reasons)]) + " |")
    shown = [v for v in verdicts if v.points and (everything or v.status == "regression")]
    return "\n".join([*lines, *(line for v in shown for line in _point_lines(v))]) + "\n"


def _point_lines(v: Verdict) -> list[str]:
    lines = [
        "",
        f"{v.method} ({v.dataset}) by point:",
        "",
        "| point | now | bpp then | bpp now | change [%] | PSNR then [dB] | PSNR now [dB] | change [dB] |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for p in v.points:
        rates = f"{p.bpp_then:.4f} | {p.bpp_now:.4f} | {p.bpp_change:+.3f}"
        distortions = f"{p.psnr_then:.3f} | {p.psnr_now:.3f} | {p.psnr_change:+.3f}"
        lines.append(f"| {p.point:g} | {p.point_now:g} | {rates} | {distortions} |")
    return lines


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}"


def write_results(verdicts: Sequence[Verdict], out: Path) -> None:
    """Write check.md, check.json and check.xml (JUnit) into a folder."""
    write_text(out / "check.md", markdown(verdicts, everything=True))
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
