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

from lic_tcm.compare.own_rows import any_rows, is_ours
from lic_tcm.errors import UserError
from lic_tcm.files import read_json, unreadable, write_bytes
from lic_tcm.metrics import DEFAULT, Metric, get, use_classes
from lic_tcm.rd.pair import Pair
from lic_tcm.tables.schema import write_csv
from lic_tcm.tables.series import measured_curve

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Tolerance:
    """What may change without being a regression."""

    bd_rate: float = 0.1  # %, of the mean curve, PCHIP
    bpp: float = 0.1  # %, of any point's mean rate
    values: Mapping[str, float] = field(default_factory=dict)  # on a metric's axis, of any point's mean; else its own
    metrics: tuple[str, ...] = DEFAULT[:1]  # that are judged

    def of(self, metric: Metric) -> float:
        """How far a point may fall on the axis of a metric."""
        return self.values.get(metric.name, metric.tolerance)


@dataclass(frozen=True)
class PointChange:
    """The mean rate and value at a point of the baseline, and at what stands for it now: the same one where it can."""

    point: float
    point_now: float
    bpp_then: float
    bpp_now: float
    value_then: float  # on the metric's axis, infinite when lossless, NaN where no image has a value
    value_now: float

    @property
    def bpp_change(self) -> float:
        """Of the rate, in %."""
        return 100 * (self.bpp_now / self.bpp_then - 1)

    @property
    def value_change(self) -> float:
        """On the axis; 0 where both are lossless or none is there, minus infinity where there is none any more."""
        if self.value_now == self.value_then or math.isnan(self.value_then):
            return 0.0
        return -math.inf if math.isnan(self.value_now) else self.value_now - self.value_then


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

    `given` are `bd_rate`, `bpp` and names of metrics. Raises UserError when that file is not readable or a name is no
    metric's.
    """
    path = fresh.with_name("run.json")
    run = read_json(path, "make the tables again") if path.is_file() else {}
    use_classes(run)
    said = {**run.get("gate", {}), **{key: value for key, value in given.items() if value is not None}}
    shares = {key: said.pop(key) for key in ("bd_rate", "bpp") if key in said}
    values = {get(name).name: value for name, value in said.items()}
    return Tolerance(**shares, values=values, metrics=tuple(run.get("metrics", DEFAULT[:1])))


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
        for metric in map(get, tolerance.metrics)
    ]


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
    points = _points(both, metric)
    bpp, fall = max(point.bpp_change for point in points), min(point.value_change for point in points)
    rate, low, high, notes = _bd_rate(then, now, metric)
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
    better = rate is not None and rate < -tolerance.bd_rate
    status = "regression" if reasons else "better" if better else "same"
    times = _time_ratio(both)
    return Verdict(dataset, method, status, rate, low, high, bpp, fall, times, (*reasons, *notes), points, metric.name)


def _moved(points: Sequence[float], stand_ins: Mapping[float, float]) -> str:
    """Which points of the baseline are gone, and what was compared instead."""
    instead = ", ".join(f"{stand_ins[point]:g} for {point:g}" for point in points if point in stand_ins)
    gone = ", ".join(f"{point:g}" for point in points if point not in stand_ins)
    parts = [f"other points: {instead}" if instead else "", f"points gone: {gone}" if gone else ""]
    return "; ".join(filter(None, parts))


def _points(both: "pd.DataFrame", metric: Metric) -> tuple[PointChange, ...]:
    values = [f"{metric.column}_then", f"{metric.column}_now"]
    means = both.groupby("point", as_index=False)[["point_now", "bpp_then", "bpp_now", *values]].mean()
    for column in values:
        means[column] = metric.axis(means[column].to_numpy())
    return tuple(PointChange(*(float(value) for value in line)) for line in means.itertuples(index=False))


def _bd_rate(
    then: "pd.DataFrame", now: "pd.DataFrame", metric: Metric
) -> tuple[float | None, float | None, float | None, tuple[str, ...]]:
    """BD-rate of the rows now against then, with its interval; None and the reason where there is no curve."""
    curves = [measured_curve(rows, metric.name) for rows in (then, now)]
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
