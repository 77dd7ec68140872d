"""Read the finished tables of a run: one frozen dataclass per kind of row, checked on the way in."""

import csv
import math
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lic_tcm.errors import UserError
from lic_tcm.files import csv_text, read_json
from lic_tcm.metrics import Values, in_order, known, names, of_column, use_classes
from lic_tcm.metrics.wide import cells, columns, used
from lic_tcm.tables.schema import (
    KINDS,
    BDRow,
    CostRow,
    ImageRateRow,
    ImageRow,
    LocalRateRow,
    LossRow,
    PointRow,
    RDPoint,
    SensitivityRow,
    Table1Row,
    Table2Row,
)


@dataclass(frozen=True)
class Tables:
    """Everything a report is made of. An absent or empty table is an empty tuple and `missing` says why."""

    folder: Path
    points: tuple[RDPoint, ...]
    bd: tuple[BDRow, ...]
    table2: tuple[Table2Row, ...]
    images: tuple[ImageRow, ...]
    run: Mapping[str, Any]
    environments: Mapping[str, Mapping[str, Any]]
    missing: Mapping[str, str]  # file name -> the reason its section is empty
    table1: tuple[Table1Row, ...] = ()
    sensitivity: tuple[SensitivityRow, ...] = ()
    image_rates: tuple[ImageRateRow, ...] = ()
    local_rates: tuple[LocalRateRow, ...] = ()
    costs: tuple[CostRow, ...] = ()
    pairs: tuple[BDRow, ...] = ()  # of every two series; `bd` has the run's anchors only
    point_differences: tuple[PointRow, ...] = ()
    loss_differences: tuple[LossRow, ...] = ()

    def datasets(self) -> list[str]:
        """Datasets in the run's order, then those only the tables know."""
        found = [*(p.dataset for p in self.points), *(row.dataset for row in self.bd)]
        return list(dict.fromkeys([*self.run.get("datasets", {}), *found]))

    def metrics(self) -> list[str]:
        """Metrics the run asked for, or else those the tables hold."""
        found = {p.metric for p in self.points} | {row.metric for row in self.bd} | set(self.run.get("metrics", ()))
        return in_order(found)

    def metrics_of(self, dataset: str) -> list[str]:
        """Metrics that a dataset has points in; all of them where it has none at all."""
        found = {point.metric for point in self.points if point.dataset == dataset}
        return [metric for metric in self.metrics() if metric in found] or self.metrics()

    def dataset_label(self, dataset: str) -> str:
        """The dataset's name for people."""
        return str(self.run.get("datasets", {}).get(dataset, {}).get("label") or dataset)

    def label(self, series: str) -> str:
        """The series' name for people, wherever one is given."""
        named = {row.series: row.label for row in self.bd} | {p.series: p.label for p in self.points}
        return str(self.run.get("methods", {}).get(series, {}).get("label") or named.get(series) or series)


R = TypeVar("R")
AGAIN = "make the tables again with `lic-tcm tables`"


def read_tables(folder: Path) -> Tables:
    """Read a folder `results/tables/<name>`.

    Raises UserError when the folder or its run.json is missing, or a file is not of the expected form.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder of tables; make it with `lic-tcm tables`")
    run = read_json(folder / "run.json", AGAIN)
    use_classes(run)
    missing: dict[str, str] = {}

    def table(name: str, form: type[R]) -> tuple[R, ...]:
        rows = read_table(folder / name, form)
        if not rows:
            missing[name] = f"{name} is missing" if rows is None else f"{name} has no rows"
        return tuple(rows or ())

    described = folder / "environments.json"
    environments = read_json(described, AGAIN) if described.is_file() else None
    if not environments:
        missing["environments.json"] = "environments.json is missing" if environments is None else "none is recorded"
    return Tables(
        folder=folder,
        points=table("rd_points.csv", RDPoint),
        bd=table("bd_rate.csv", BDRow),
        table2=table("table2.csv", Table2Row),
        images=table("images.csv", ImageRow),
        run=run,
        environments=environments or {},
        missing=missing,
        table1=table("table1.csv", Table1Row),
        sensitivity=table("sensitivity.csv", SensitivityRow),
        image_rates=table("image_rates.csv", ImageRateRow),
        local_rates=table("local_rates.csv", LocalRateRow),
        costs=table("costs.csv", CostRow),
        pairs=table("all_pairs.csv", BDRow),
        # No section is empty without these: there is none.
        point_differences=tuple(read_table(folder / "point_differences.csv", PointRow) or ()),
        loss_differences=tuple(read_table(folder / "loss_differences.csv", LossRow) or ()),
    )


def read_table(path: Path, form: type[R]) -> list[R] | None:
    """Read a CSV into dataclasses `form`, ignoring columns it has no field for; None when there is no such file.

    A column may be absent where its field has a default. Where the form has `Values`, all columns of metrics are read.
    Raises UserError naming the file, the line and the column for a missing column or a cell that does not fit.
    """
    if not path.is_file():
        return None
    hints = {name: hint for name, hint in typing.get_type_hints(form).items() if hint != Values}
    wide = [name for name, hint in typing.get_type_hints(form).items() if hint == Values]
    optional = {name for name in hints if hasattr(form, name)}  # a dataclass keeps its defaults as class attributes
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        found = reader.fieldnames or list(hints)
        absent = [name for name in hints if name not in found and name not in optional]
        if absent:
            raise UserError(f"{path} lacks the column(s) {', '.join(absent)}; make the tables again")
        present = {name: hint for name, hint in hints.items() if name in found}
        metrics = [metric for metric in map(of_column, found if wide else ()) if metric is not None]

        def fields(line: Mapping[str, str | None]) -> dict[str, Any]:
            where = f"{path} line {reader.line_num}"
            read = {name: _cell(line, name, hint, where) for name, hint in present.items()}
            values = {metric.name: _cell(line, metric.column, float | None, where) for metric in metrics}
            return read | dict.fromkeys(wide, values)

        return [form(**fields(line)) for line in reader]


def table_csv(rows: typing.Sequence[Any], form: type[Any]) -> str:
    """The CSV of such rows; numbers are written so that reading gives them back exactly."""
    values = Values in typing.get_type_hints(form).values()
    return csv_text(columns(form, used(rows) if values else ()), (cells(row) for row in rows))


def _cell(line: Mapping[str, str | None], name: str, hint: object, where: str) -> object:
    text = line[name]
    if text is None:
        raise UserError(f"{where} is shorter than the header; the file is torn, make the tables again")
    optional = type(None) in typing.get_args(hint)
    if text == "" and optional:
        return None
    try:
        value = _PARSERS[typing.get_args(hint)[0] if optional else hint](text)
    except ValueError as error:
        raise UserError(f"{where}: {name} is {text!r}, not a number; make the tables again") from error
    if isinstance(value, float) and math.isnan(value):
        raise UserError(f"{where}: {name} is not a number; leave unknown values empty")
    if name in ("kind", "anchor_kind") and value not in KINDS:
        raise UserError(f"{where}: {name} {text!r} is none of {', '.join(KINDS)}")
    if name == "metric" and not known(text):
        raise UserError(f"{where}: metric {text!r} is none of {', '.join(names())}")
    return value


def _integer(text: str) -> int:
    """An integer, also as pandas writes it beside empty cells: 24.0."""
    value = float(text)
    if not value.is_integer():
        raise ValueError(text)
    return int(value)


_PARSERS: Mapping[object, Callable[[str], object]] = {str: str, float: float, int: _integer}
