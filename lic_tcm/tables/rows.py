"""Per-image rows read from CSV files, checked on the way in."""

import math
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lic_tcm.bench.records import Row
from lic_tcm.errors import UserError
from lic_tcm.metrics import DEFAULT, Metric, Values, get, of_column
from lic_tcm.metrics.wide import columns
from lic_tcm.tables.cells import Cell, read_cells

if TYPE_CHECKING:
    import pandas as pd


LATER: Mapping[str, Any] = {"bpp_estimated": math.nan, "given": ""}  # columns that older rows lack, and what they mean
AGAIN = "delete the rows and run again"


# --- rows in, CSV out ---------------------------------------------------------------------------------------------


def read_rows(paths: Iterable[Path]) -> "pd.DataFrame":
    """All rows of some CSV files, with the columns of `records.Row` and of every metric that one of them has.

    A missing value, time or estimate is NaN; the default metrics must have a column.

    Raises UserError naming file, line and column of a cell that is wrong, a column that is missing, an image that
    a method has twice at a point, or rows that disagree on what a method's PSNR is taken against.
    """
    import pandas as pd

    hints = {name: hint for name, hint in typing.get_type_hints(Row).items() if hint != Values}
    always = [get(name).column for name in DEFAULT]
    measured: set[str] = set()
    records: list[dict[str, Any]] = []
    seen: dict[tuple[Any, ...], str] = {}
    for path in paths:
        for cells in read_cells(path):
            absent = [name for name in (*hints, *always) if name not in cells and name not in LATER]
            if absent:
                raise UserError(f"{path} lacks the column(s) {', '.join(absent)}; {AGAIN}")
            record = {name: _typed(cells[name], hint) if name in cells else LATER[name] for name, hint in hints.items()}
            record |= {one.column: _value(cells[one.column], one) for one in metrics_in(cells)}
            measured |= {one.name for one in metrics_in(cells)}
            if not 0 < cells["bpp"].number() < math.inf:
                raise UserError(f"{cells['bpp']}: {record['bpp']:g} is not a positive rate; {AGAIN}")
            key = tuple(record[name] for name in ("dataset", "method", "point", "image"))
            if key in seen:
                raise UserError(f"{cells['image']}: {' '.join(map(str, key))} is also in {seen[key]}; keep one")
            seen[key] = f"{path}, line {cells['image'].line}"
            records.append(record)
    frame = pd.DataFrame(records, columns=list(columns(Row, [*DEFAULT, *measured])))
    _check_constant(frame, ["dataset"], "images_total")
    _check_constant(frame, ["dataset", "method"], "psnr_reference")
    _check_constant(frame, ["dataset", "method"], "given")
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


def metrics_in(found: Iterable[str]) -> list[Metric]:
    """The metrics whose values stand in some of these columns."""
    return [metric for metric in map(of_column, found) if metric is not None]


def _value(cell: Cell, metric: Metric) -> float:
    always = metric.name in DEFAULT and metric.least_side == 1
    value = float(_typed(cell, float if always else float | None))
    problem = "" if math.isnan(value) else metric.problem(value)
    if problem:
        raise UserError(f"{cell}: {value:g} {problem}; {AGAIN}")
    return value


def _check_constant(frame: "pd.DataFrame", keys: Sequence[str], column: str) -> None:
    for key, group in frame.groupby(list(keys), sort=True):
        values = sorted(set(group[column]))
        if len(values) > 1:
            raise UserError(f"rows of {' '.join(map(str, key))} disagree on {column}: {values}; score them again alike")
