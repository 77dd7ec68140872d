"""What is wrong with a user's file, collected; what was understood of it; and one of its records."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lic_tcm.errors import UserError

SHOWN = 50  # bad lines a message lists


@dataclass
class Problems:
    """What is wrong with a file, collected until `stop`, and notes of how it was read."""

    path: Path
    found: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, where: str, text: str) -> None:
        """Note what is wrong at a place such as "mine.csv:3", and what would be right."""
        self.found.append((where, text))

    def note(self, text: str) -> None:
        """Note how something was understood that could have been meant otherwise, once."""
        if text not in self.notes:
            self.notes.append(text)

    def stop(self) -> None:
        """Raise UserError with one line per problem, if there are any."""
        if self.found:
            count = f"{len(self.found)} problem" + "s" * (len(self.found) > 1)
            rest = [f"and {len(self.found) - SHOWN} more"] if len(self.found) > SHOWN else []
            lines = [f"{where}: {text}" for where, text in sorted(self.found, key=_place)]
            raise UserError("\n  ".join([f"{self.path} cannot be used, {count}:", *lines[:SHOWN], *rest]))


def _place(problem: tuple[str, str]) -> list[int]:
    """Sorts the places of one file by their line."""
    return [int(number) for number in re.findall(r"\d+", problem[0])]


@dataclass(frozen=True)
class Record:
    """A line of a table or a point of a JSON file: its place, and its cells by role, quantity or column."""

    where: str
    cells: Mapping[str, str]

    def text(self, column: str, default: str = "") -> str:
        """The cell, or `default` where the file has no such column or the cell is empty."""
        return self.cells.get(column, "").strip() or default


@dataclass(frozen=True)
class Table:
    """A file's cells as text, columns as they are written there."""

    where: str  # the place of the columns' names
    columns: list[str]
    rows: list[tuple[str, list[str]]]  # place, cells
    name: str = ""  # of the method, where the file says it
    said: Mapping[str, str] = field(default_factory=dict)  # of all rows


def is_number(text: str) -> bool:
    """Whether a cell is a number as Python writes it."""
    try:
        float(text)
    except ValueError:
        return False
    return True
