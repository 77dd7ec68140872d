"""The schema: one definition of a column for those who write tables and those who read them."""

import typing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from lic_tcm.bench.records import Row
from lic_tcm.errors import UserError
from lic_tcm.report.inputs import read_table, table_csv
from lic_tcm.tables import schema


@dataclass(frozen=True)
class Small:
    """A line of a table of this test."""

    name: str
    x: float | None
    n: int | None


def test_columns_are_the_fields_in_order() -> None:
    """A table's header is its dataclass, read from nowhere else."""
    assert schema.columns(Small) == ("name", "x", "n")
    assert schema.columns(schema.ImageRateRow)[-3:] == ("image", "bd_rate", "note")


def test_a_table_goes_to_disk_and_back(tmp_path: Path) -> None:
    """What a stage writes the report reads: numbers, unknown ones, whole ones beside unknown ones, and commas."""
    frame = schema.as_frame([{"name": "a, b", "x": 0.1, "n": 3}, {"name": "c"}], Small)
    schema.write_csv(frame, tmp_path / "small.csv")
    assert read_table(tmp_path / "small.csv", Small) == [Small("a, b", 0.1, 3), Small("c", None, None)]


def test_the_form_of_a_table_does_not_depend_on_its_content() -> None:
    """Numbers are float64 even where none is known, so that tables of two runs can be compared and joined."""
    empty, full = schema.as_frame([], Small), schema.as_frame([{"name": "a", "x": 1, "n": 2}], Small)
    assert list(empty.dtypes[["x", "n"]]) == list(full.dtypes[["x", "n"]]) == [np.dtype("float64")] * 2


def test_a_foreign_column_is_refused() -> None:
    """A misspelt column does not vanish in silence."""
    with pytest.raises(KeyError, match="Small has no y"):
        schema.as_frame([{"name": "a", "y": 1}], Small)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    """A table without a column of its form is refused by the column's name."""
    (tmp_path / "small.csv").write_text("name,x\na,1\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"lacks the column\(s\) n; make the tables again"):
        read_table(tmp_path / "small.csv", Small)


def test_what_is_read_is_written_alike(tmp_path: Path) -> None:
    """The report's own CSV files read back to the same lines, to the last digit."""
    rows = [Small('quoted "name"\nof two lines', 0.1 + 0.2, None)]
    (tmp_path / "small.csv").write_text(table_csv(rows, Small), encoding="utf-8", newline="")
    assert read_table(tmp_path / "small.csv", Small) == rows


def test_the_images_of_a_report_are_the_rows_of_score() -> None:
    """Every column of images.csv is one that `score` writes, and the label that `tables` adds."""
    assert set(schema.columns(schema.ImageRow)) <= {*typing.get_type_hints(Row), "label"}
