"""The BD-rate gate: does a fresh run still give what a committed baseline gave?

Both are tables of per-image rows, of this suite (`results/tables/<name>/images.csv`) or a user's own. A method is
judged in each metric of the run. It fails when its curve costs more rate than it did, when one of its points got more
expensive or worse (a shift along the curve leaves the BD-rate alone), or when it has no longer the points of the
baseline. Times are shown and never judged. Rows may be in any order; a missing image or method is unusable input, a
new method is information.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lic_tcm.compare.gate_points import PointChange, bd_rate_of, points_of, time_ratio
from lic_tcm.compare.own_rows import any_rows, is_ours
from lic_tcm.errors import UserError
from lic_tcm.files import read_json, unreadable, write_bytes
from lic_tcm.metrics import DEFAULT, Metric, get, in_order, names, use_classes
from lic_tcm.tables.schema import write_csv

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Tolerance:
    """What may change without being a regression."""

    bd_rate: float = 0.1  # %, of the mean curve, PCHIP
    bpp: float = 0.1  # %, of any point's mean rate
    values: Mapping[str, float] = field(default_factory=dict)  # on a metric's axis, of any point's mean; else its own
    metrics: tuple[str, ...] = DEFAULT[:1]  # that are judged; (): all that the baseline has values in

    def of(self, metric: Metric) -> float:
        """How far a point may fall on the axis of a metric."""
        return self.values.get(metric.name, metric.tolerance)


@dataclass(frozen=True)
class Verdict:
    """A method on a dataset in one metric, now against then."""

    dataset: str
    method: str
    status: str  # "same" | "better" | "regression" | "new"
    bd_rate: float | None = None  # %, None where no curve can be made of the points
    ci_lo: float | None = None
    ci_hi: float | None = None
    worst_bpp: float | None = None  # %, largest rise of a point's rate
    worst_value: float | None = None  # on the metric's axis, largest fall of a point, negative
    time_ratio: float | None = None  # encode + decode now / then; information only
    reasons: tuple[str, ...] = ()
    points: tuple[PointChange, ...] = ()
    metric: str = DEFAULT[0]


def tolerance_of(fresh: Path, **given: float | None) -> Tolerance:
    """What is judged, and the configuration's tolerance, in the run.json beside the fresh rows, where none is given.

    Without that file, all metrics that the baseline has are judged. `given` are `bd_rate`, `bpp` and names of metrics.
    Raises UserError when the file is not readable or a name is no metric's.
    """
    path = fresh.parent / "run.json"
    run = read_json(path, "make the tables again") if path.is_file() else {}
    use_classes(run)
    said = {**run.get("gate", {}), **{key: value for key, value in given.items() if value is not None}}
    shares = {key: said.pop(key) for key in ("bd_rate", "bpp") if key in said}
    values = {get(name).name: value for name, value in said.items()}
    return Tolerance(**shares, values=values, metrics=tuple(run.get("metrics", ())))


def check(baseline: Path, fresh: Path, tolerance: Tolerance = Tolerance()) -> list[Verdict]:
    """Compare a fresh run's per-image rows with the baseline's; verdicts by dataset, method and metric.

    Raises UserError when a file is not usable, the fresh run lacks a method or image of the baseline, or PSNR is
    taken against something else.
    """
    if not baseline.is_file():
        raise unreadable(baseline, FileNotFoundError(), "give another baseline, or make it of these rows with --update")
    then, now = any_rows(baseline), any_rows(fresh)
    _check_complete(then, now, baseline, fresh)
    old = _series(then)
    return [
        _judge(dataset, method, old[dataset, method], rows, tolerance, metric)
        if _has(old.get((dataset, method)), metric)
        else Verdict(dataset, method, "new", reasons=("not in the baseline",), metric=metric.name)
        for (dataset, method), rows in _series(now).items()
        for metric in _judged(tolerance, old.get((dataset, method)), rows)
    ]


def _judged(tolerance: Tolerance, then: "pd.DataFrame | None", now: "pd.DataFrame") -> list[Metric]:
    """The metrics a method is judged in: those asked for, or all its baseline has, or for a new one all it has."""
    there = [name for name in names() if _has(now if then is None else then, get(name))]
    return [get(name) for name in in_order([*(tolerance.metrics or there), *tolerance.values])]


def _has(rows: "pd.DataFrame | None", metric: Metric) -> bool:
    """Whether some image has a value in a metric."""
    return rows is not None and metric.column in rows and bool(rows[metric.column].notna().any())


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
        _check_values(old, new, f"{method} ({dataset})", baseline, fresh)
        references = [rows["psnr_reference"].iloc[0] for rows in (old, new)]
        if references[0] != references[1]:
            raise UserError(
                f"PSNR of {method} ({dataset}) is against {references[1]} in {fresh}, {references[0]} in {baseline}; "
                f"{remedy}"
            )


def _check_values(then: "pd.DataFrame", now: "pd.DataFrame", method: str, baseline: Path, fresh: Path) -> None:
    """A metric that the baseline has for an image must be there, so that nothing passes for want of a number."""
    for metric in (get(name) for name in names()):
        if not _has(then, metric):
            continue
        had = set(then["image"][then[metric.column].notna()])
        values = now[metric.column] if metric.column in now else now["bpp"] * math.nan
        lacking = sorted(had & set(now["image"][values.isna()]))
        if lacking:
            raise UserError(
                f"{fresh} lacks {metric.name} of {method}, first of image {lacking[0]}, which {baseline} has; measure "
                "it, or renew the baseline with --update"
            )


def _stand_ins(then: "pd.DataFrame", now: "pd.DataFrame") -> dict[float, float]:
    """What stands now for each point of the baseline: itself, or that of its rank where as many are others."""
    old, new = sorted(set(then["point"])), sorted(set(now["point"]))
    shared = {point: point for point in old if point in new}
    if len(shared) == len(old) or (shared and len(old) != len(new)):
        return shared
    return dict(zip(old, new, strict=False))


def _judge(
    dataset: str,
    method: str,
    then: "pd.DataFrame",
    now: "pd.DataFrame",
    tolerance: Tolerance,
    metric: Metric = get(DEFAULT[0]),  # noqa: B008 - it has no state
) -> Verdict:
    """Compare one method's rows in a metric, on the points and images of the baseline."""
    if metric.column not in now:
        raise UserError(f"the fresh rows of {method} ({dataset}) have no {metric.name}; score them with it")
    stand_ins = _stand_ins(then, now)
    back = {new: old for old, new in stand_ins.items()}
    now = now[now["point"].isin(back)].assign(point_now=lambda rows: rows["point"])
    now = now.assign(point=now["point"].map(back))
    both = then.merge(now, on=["point", "image"], suffixes=("_then", "_now"))
    points = points_of(both, metric)
    bpp, fall = max(point.bpp_change for point in points), min(point.value_change for point in points)
    change = bd_rate_of(then, now[now["image"].isin(set(then["image"]))], metric)
    rate = change.rate
    reasons = [
        f"{what} {value:+.3f} {unit}".rstrip()
        for what, value, unit, bad in (
            ("BD-rate", rate, "%", rate is not None and rate > tolerance.bd_rate),
            ("rate of a point", bpp, "%", bpp > tolerance.bpp),
            (f"{metric.axis_name} of a point", fall, metric.unit, fall < -tolerance.of(metric)),
        )
        if bad
    ]
    moved = [point for point in sorted(set(then["point"])) if stand_ins.get(point) != point]
    if moved:
        reasons.append(_moved(moved, stand_ins))
    reasons += change.broken
    better = rate is not None and rate < -tolerance.bd_rate
    status = "regression" if reasons else "better" if better else "same"
    notes = (*reasons, *change.notes, *_not_judged(then, now))
    times = time_ratio(both)
    return Verdict(dataset, method, status, rate, change.low, change.high, bpp, fall, times, notes, points, metric.name)


def _not_judged(then: "pd.DataFrame", now: "pd.DataFrame") -> list[str]:
    """A note for images that the baseline does not have."""
    more = sorted(set(now["image"]) - set(then["image"]))
    few = f"{', '.join(more[:3])}{', ...' if len(more) > 3 else ''}"
    return [f"not judged, since the baseline lacks them: {few}"] if more else []


def _moved(points: Sequence[float], stand_ins: Mapping[float, float]) -> str:
    """Which points of the baseline are gone, and what was compared instead."""
    instead = ", ".join(f"{stand_ins[point]:g} for {point:g}" for point in points if point in stand_ins)
    gone = ", ".join(f"{point:g}" for point in points if point not in stand_ins)
    parts = [f"other points: {instead}" if instead else "", f"points gone: {gone}" if gone else ""]
    return "; ".join(filter(None, parts))


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
