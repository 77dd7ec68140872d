"""CSV files of the suite's own forms, cell by cell, so that a message says where a bad one stands."""

import csv
from pathlib import Path
from typing import NamedTuple

from lic_tcm.errors import UserError
from lic_tcm.files import unreadable


class Cell(NamedTuple):
    """A value of a CSV file and where it stands, for messages."""

    path: Path
    line: int
    column: str
    text: str

    def number(self, empty: float | None = None) -> float:
        """The value; `empty` stands for an empty cell. Raises UserError naming file, line and column."""
        if not self.text and empty is not None:
            return empty
        try:
            return float(self.text)
        except ValueError:
            raise UserError(f"{self}: {self.text!r} is not a number; fix it or remove the line") from None

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}, column {self.column}"


def read_cells(path: Path) -> list[dict[str, Cell]]:
    """The lines of a CSV file with a header, each {column: Cell}; raises UserError naming file and line."""
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise unreadable(path, error, "give a UTF-8 CSV file with commas") from error
    header = [name.strip() for name in lines[0]] if lines else []
    if len(set(header)) != len(header) or not header:
        raise UserError(f"{path}, line 1: columns {header} are empty or not unique; give each its own name")
    records = []
    for number, values in enumerate(lines[1:], start=2):
        if values and len(values) != len(header):
            raise UserError(f"{path}, line {number}: {len(values)} cells, but the header has {len(header)}")
        if values:
            cells = zip(header, values, strict=True)
            records.append({name: Cell(path, number, name, text.strip()) for name, text in cells})
    if not records:
        raise UserError(f"{path} has no data line below its header; give at least one point")
    return records
