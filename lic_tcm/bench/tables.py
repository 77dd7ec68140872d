"""From per-image rows and published curves to RD points, BD-rates and the paper's Table 2, as data frames.

Nothing is left out silently: a BD-rate that cannot be computed is a line with its reason, a partial dataset shows
in n_images against images_total, and every line says what kind of numbers it compares.
"""

import math
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lic_tcm.bench.cells import Cell, read_cells
from lic_tcm.bench.records import Row
from lic_tcm.bench.series import PLAIN, VALUE_COLUMNS, Naming, Series, series_data, series_groups
from lic_tcm.errors import UserError
from lic_tcm.files import write_text
from lic_tcm.rd import intervals
from lic_tcm.rd.alternatives import anchor_notes
from lic_tcm.rd.bdrate import METHODS, Method, bd_rate, limits, value_or_note
from lic_tcm.rd.curves import METRICS, Metric, RDCurve
from lic_tcm.rd.pair import Pair
from lic_tcm.rd.published import load_published
from lic_tcm.tables.paper import PAPER_ANCHORS, TABLE2, PaperCell

if TYPE_CHECKING:
    import pandas as pd

RD_POINT_COLUMNS = (
    *("dataset", "series", "label", "kind", "metric", "optimised_for", "point", "bpp", "value"),
    *("bpp_lo", "bpp_hi", "value_lo", "value_hi", "ci_method", "n_images", "images_total", "psnr_reference"),
    *("ms_ssim_average", "value_db_average", "source", "bpp_estimated", "rate_gap"),
)
BD_COLUMNS = (
    *("dataset", "metric", "anchor", "anchor_kind", "series", "label", "kind", "averaging", "bd_method", "bd_rate"),
    *("ci_lo", "ci_hi", "ci_method", "bd_distortion", "overlap_lo", "overlap_hi", "overlap_share"),
    *("n_images", "images_total", "ms_ssim_average", "marks", "notes"),
)
_TEXT = {
    *("dataset", "series", "label", "kind", "metric", "optimised_for", "psnr_reference", "source", "anchor"),
    *("anchor_kind", "averaging", "bd_method", "ci_method", "ms_ssim_average", "marks", "notes", "method", "note"),
}
TABLE2_COLUMNS = (
    *("method", "dataset", "paper", "recomputed", "measured", "ci_lo", "ci_hi", "anchor", "bd_method"),
    *("psnr_reference", "note"),
)


# --- rows in, CSV out ---------------------------------------------------------------------------------------------


def read_rows(paths: Iterable[Path]) -> "pd.DataFrame":
    """All rows of some CSV files, with the columns of `rows.Row`; a missing MS-SSIM, time or estimate is NaN.

    Raises UserError naming file, line and column of a cell that is wrong, a column that is missing, an image that
    a method has twice at a point, or rows that disagree on what a method's PSNR is taken against.
    """
    import pandas as pd

    hints = typing.get_type_hints(Row)
    records: list[dict[str, Any]] = []
    seen: dict[tuple[Any, ...], str] = {}
    for path in paths:
        for cells in read_cells(path):
            absent = [name for name in hints if name not in cells and name != "bpp_estimated"]  # older rows lack it
            if absent:
                raise UserError(f"{path} lacks the column(s) {', '.join(absent)}; delete the rows and run again")
            record = {name: _typed(cells[name], hint) if name in cells else math.nan for name, hint in hints.items()}
            _check_row(record, cells)
            key = tuple(record[name] for name in ("dataset", "method", "point", "image"))
            if key in seen:
                raise UserError(f"{cells['image']}: {' '.join(map(str, key))} is also in {seen[key]}; keep one")
            seen[key] = f"{path}, line {cells['image'].line}"
            records.append(record)
    frame = pd.DataFrame(records, columns=list(hints))
    _check_constant(frame, ["dataset"], "images_total")
    _check_constant(frame, ["dataset", "method"], "psnr_reference")
    return frame


def _typed(cell: Cell, hint: Any) -> str | int | float:
    if hint is str:
        return cell.text
    value = cell.number(empty=None if hint in (int, float) else math.nan)
    if math.isnan(value) and cell.text:
        raise UserError(f"{cell}: {cell.text!r} is not a number; leave unknown values empty")
    if hint is int and not value.is_integer():
        raise UserError(f"{cell}: {cell.text!r} is not a whole number; delete the rows and run again")
    return int(value) if hint is int else value


def _check_row(record: Mapping[str, Any], cells: Mapping[str, Cell]) -> None:
    if not 0 < record["bpp"] < math.inf:
        raise UserError(f"{cells['bpp']}: {record['bpp']:g} is not a positive rate; delete the rows and run again")
    if not (math.isnan(record["ms_ssim"]) or 0 <= record["ms_ssim"] <= 1):
        raise UserError(f"{cells['ms_ssim']}: {record['ms_ssim']:g} is not in 0..1; delete the rows and run again")


def _check_constant(frame: "pd.DataFrame", keys: Sequence[str], column: str) -> None:
    for key, group in frame.groupby(list(keys), sort=True):
        values = sorted(set(group[column]))
        if len(values) > 1:
            raise UserError(f"rows of {' '.join(map(str, key))} disagree on {column}: {values}; score them again alike")


def _frame(lines: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> "pd.DataFrame":
    """Lines as a table; numbers are float64 whatever is unknown, so a table's form does not depend on its content."""
    import pandas as pd

    frame = pd.DataFrame(lines, columns=list(columns))
    return frame.astype({column: "float64" for column in columns if column not in _TEXT})


def write_csv(frame: "pd.DataFrame", path: Path) -> None:
    """Write a table atomically; numbers to 10 digits and LF line ends, so equal tables give equal bytes."""
    write_text(path, frame.to_csv(index=False, float_format="%.10g", lineterminator="\n"))


# --- RD points ----------------------------------------------------------------------------------------------------


def rd_points(
    rows: "pd.DataFrame",
    published: Sequence[RDCurve] = (),
    naming: Naming = PLAIN,
    metrics: Sequence[Metric] = METRICS,
    how: intervals.How = intervals.JACKKNIFE,
) -> "pd.DataFrame":
    """The points of every series (RD_POINT_COLUMNS), measured ones with 95 % intervals over images.

    `value` is in dB and infinite for a lossless point; a point where an image has no MS-SSIM has no MS-SSIM line.
    Measured MS-SSIM is the dB of the mean over images; `value_db_average` is the mean of the images' dB.
    """
    lines = []
    for _, group in rows.groupby(["dataset", "method", "point"], sort=True):
        rate = intervals.rate_interval(group["bpp"].to_numpy(), how)
        for metric in metrics:
            values = group[VALUE_COLUMNS[metric]].to_numpy()
            if not np.isnan(values).any():
                value = intervals.quality_interval(metric, values, how=how)
                line = _measured_line(group, metric, naming) | _interval("bpp", rate) | _interval("value", value)
                if metric == "ms-ssim":
                    of_db = intervals.quality_interval(metric, values, "db", how).value
                    line |= {"ms_ssim_average": "linear", "value_db_average": of_db}
                lines.append(line | {"ci_method": str(how) if rate.bounds or value.bounds else ""})
    lines += [line for curve in published if curve.metric in metrics for line in _published_lines(curve)]
    frame = _frame(lines, RD_POINT_COLUMNS)
    return frame.sort_values(["dataset", "metric", "kind", "series", "bpp"], kind="stable", ignore_index=True)


def _interval(name: str, interval: intervals.Interval) -> dict[str, float | None]:
    return {name: interval.value, f"{name}_lo": interval.low, f"{name}_hi": interval.high}


def _measured_line(group: "pd.DataFrame", metric: Metric, naming: Naming) -> dict[str, Any]:
    first = group.iloc[0]
    environments = ", ".join(sorted(set(group["environment"])))
    return {
        "dataset": first["dataset"],
        "series": first["method"],
        "label": naming.label(first["method"]),
        "kind": "measured",
        "metric": metric,
        "optimised_for": naming.target(first["method"]),
        "point": first["point"],
        "n_images": len(group),
        "images_total": first["images_total"],
        "psnr_reference": first["psnr_reference"],
        "source": f"codec {first['codec']}, environment {environments}",
        **_estimate(group),
    }


def _estimate(group: "pd.DataFrame") -> dict[str, float]:
    """The mean rate by the network's likelihoods, and by how many % the streams exceed it; NaN where not known."""
    estimated = float(group["bpp_estimated"].mean(skipna=False))
    return {"bpp_estimated": estimated, "rate_gap": 100 * (float(group["bpp"].mean()) / estimated - 1)}


def _published_lines(curve: RDCurve) -> list[dict[str, Any]]:
    common = {
        "dataset": curve.dataset,
        "series": curve.name,
        "label": curve.label,
        "kind": curve.kind,
        "metric": curve.metric,
        "optimised_for": curve.optimised_for,
        "psnr_reference": curve.psnr_reference,
        "ms_ssim_average": curve.ms_ssim_average if curve.metric == "ms-ssim" else "",
        "source": curve.source,
    }
    return [common | {"bpp": bpp, "value": value} for bpp, value in zip(curve.bpp, curve.distortion, strict=True)]


# --- BD-rates -----------------------------------------------------------------------------------------------------


def bd_rates(
    rows: "pd.DataFrame",
    published: Sequence[RDCurve],
    anchors: Sequence[str],
    naming: Naming = PLAIN,
    metrics: Sequence[Metric] = METRICS,
    methods: Sequence[Method] = METHODS,
    how: intervals.How = intervals.JACKKNIFE,
) -> "pd.DataFrame":
    """Every series against every anchor of its dataset (BD_COLUMNS), anchors and methods in the order given.

    Two averages: "mean curve" for every pair, "per image" (by cubic and pchip only) where both are measured. Two
    measured series are compared on the images they share; intervals (cubic and pchip) exist for such pairs only.
    `marks` says why a number must not be quoted alone (see pairs.Mark), `notes` says it in words.
    A pair that cannot be computed has no bd_rate, and the reason in notes. Raises UserError for an anchor that no
    dataset has.
    """
    groups = series_groups(rows, published, naming, metrics)
    unknown = [name for name in anchors if all(name != one.name for group in groups.values() for one in group)]
    if unknown:
        raise UserError(f"anchor {unknown[0]!r} is neither a measured method nor a published curve given here")
    lines = []
    for (dataset, metric), group in groups.items():
        pairs = [(anchor, test) for name in anchors for anchor in group if anchor.name == name for test in group]
        for anchor, test in pairs:
            common = {
                "dataset": dataset,
                "metric": metric,
                "anchor": anchor.name,
                "anchor_kind": anchor.kind,
                "series": test.name,
                "label": test.label,
                "kind": test.kind,
            }
            lines += [common | line for line in _pair_lines(anchor, test, methods, how)]
    return _frame(lines, BD_COLUMNS)


def _pair_lines(anchor: Series, test: Series, methods: Sequence[Method], how: intervals.How) -> list[dict[str, Any]]:
    """The lines of one pair, without what names it."""
    total = test.images_total or anchor.images_total
    try:
        pair = Pair.of(series_data(anchor), series_data(test))
        more = (*_partial_note(pair, total), *anchor_notes(pair.anchor))
        return [
            asdict(delta)
            | {"images_total": total, "marks": " ".join(delta.marks), "notes": "; ".join((*delta.notes, *more))}
            for delta in pair.deltas(methods, how)
        ]
    except UserError as error:
        common = {"averaging": "mean curve", "images_total": total, "notes": str(error)}
        return [common | {"bd_method": method} for method in methods]


def _partial_note(pair: Pair, total: int | None) -> tuple[str, ...]:
    if pair.n_images is None or total is None or pair.n_images == total:
        return ()
    whole = ", the published curve on all" if pair.images is None else ""
    return (f"measured on {pair.n_images} of {total} images{whole}",)


# --- the paper's Table 2 ------------------------------------------------------------------------------------------


def table2(
    rows: "pd.DataFrame", published: Sequence[RDCurve] | None = None, measured_anchor: str = "vtm-paper"
) -> "pd.DataFrame":
    """The paper's Table 2 (TABLE2_COLUMNS): BD-rates in % by the classic cubic against VTM-12.1.

    `recomputed` is from published points against the published curve that stands for the paper's VTM; `measured`
    with its 95 % interval is from rows of the method against rows of `measured_anchor`, empty until both exist.
    `published` are the curves to recompute from, by default all that are committed.
    """
    published = load_published() if published is None else published
    curves = {(curve.dataset, curve.name): curve for curve in published if curve.metric == "psnr"}
    groups = series_groups(rows, (), PLAIN, ("psnr",))
    measured = {(dataset, one.name): one for (dataset, _), group in groups.items() for one in group}
    lines = [_cell_line(cell, curves, measured, measured_anchor) for cell in TABLE2]
    return _frame(lines, TABLE2_COLUMNS)


def _cell_line(
    cell: PaperCell,
    curves: Mapping[tuple[str, str], RDCurve],
    measured: Mapping[tuple[str, str], Series],
    measured_anchor: str,
) -> dict[str, Any]:
    name = PAPER_ANCHORS[cell.dataset]
    anchor = curves.get((cell.dataset, name))
    line: dict[str, Any] = {"method": cell.method, "dataset": cell.dataset, "paper": cell.bd_rate, "anchor": name}
    line |= {"bd_method": "cubic", "psnr_reference": anchor.psnr_reference if anchor else None}
    notes = [cell.note] if cell.note else []
    if anchor and anchor.kind != "published":
        notes += [*anchor_notes(anchor), *anchor.notes]
    test = curves.get((cell.dataset, cell.series or ""))
    if anchor and test:
        line["recomputed"] = value_or_note(bd_rate, anchor, test, "cubic", notes)
        notes += limits(anchor, test)
    elif cell.series:
        notes.append("the points to recompute from were not given")
    pair = measured.get((cell.dataset, measured_anchor)), measured.get((cell.dataset, cell.measured or ""))
    if pair[0] and pair[1]:
        found = _pair_lines(pair[0], pair[1], ("cubic",), intervals.JACKKNIFE)[0]
        line |= {"measured": found.get("bd_rate"), "ci_lo": found.get("ci_lo"), "ci_hi": found.get("ci_hi")}
        notes.append(f"measured against {measured_anchor}" + (f": {found['notes']}" if found["notes"] else ""))
    return line | {"note": "; ".join(notes)}
