"""A user's file as records: CSV of RD points or of images, or CompressAI's JSON; every bad line is explained at once.

A file is read to its end before it is refused, so one look at the message is enough to fix all of it.
"""

import csv
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lic_tcm import metrics
from lic_tcm.anchors.hints import nearest
from lic_tcm.errors import UserError
from lic_tcm.files import unreadable

STDIN = Path("-")  # where a file is expected: standard input
SHOWN = 50  # bad lines a message lists
# Header cells and JSON keys a user may write for the rate, after lower-casing and turning " " and "_" into "-".
RATE = frozenset({"bpp", "rate-bpp", "bits-per-pixel"})


@dataclass
class Problems:
    """What is wrong with a file, collected until `stop`."""

    path: Path
    found: list[tuple[str, str]] = field(default_factory=list)

    def add(self, where: str, text: str) -> None:
        """Note what is wrong at a place such as "mine.csv:3", and what would be right."""
        self.found.append((where, text))

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
    """A line of a CSV file or a point of a JSON file: its place, and its cells by quantity or column."""

    where: str
    cells: Mapping[str, str]

    def text(self, column: str, default: str = "") -> str:
        """The cell, or `default` where the file has no such column or the cell is empty."""
        return self.cells.get(column, "").strip() or default


def read_records(path: Path, problems: Problems, text: str | None = None) -> tuple[str, list[Record]]:
    """The method's name and the records of a user's file, in a form of `lic-tcm compare --help`.

    `-` is standard input; `text` stands for what the file would hold. Lines that are no records are noted in
    `problems`. Raises UserError for a file without any record.
    """
    name = "stdin" if path == STDIN else path.stem if text is None else str(path)
    text = _text(path) if text is None else text
    is_json = path.suffix.lower() == ".json" or (path == STDIN and text.lstrip().startswith("{"))
    name, records = _json_records(path, text, name, problems) if is_json else (name, _csv_records(path, text, problems))
    if not records:
        problems.stop()
    return name, records


def _text(path: Path) -> str:
    """A file's text; raises UserError for one that is absent, or is no text."""
    if path == STDIN:
        return sys.stdin.read().removeprefix("\ufeff")
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error, "give a UTF-8 text file of results") from error


def _csv_records(path: Path, text: str, problems: Problems) -> list[Record]:
    """The lines below the header, each with as many cells as that; blank lines and lines that start with # are none."""
    numbered = enumerate(text.splitlines(), start=1)
    lines = [(number, line) for number, line in numbered if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise UserError(f"{path} is empty; give a header such as bpp,psnr and a line for each point")
    (first, *numbers), rows = [number for number, _ in lines], [next(csv.reader([line])) for _, line in lines]
    header = _header(path, rows[0], first, problems)
    problems.stop()
    records = []
    for number, row in zip(numbers, rows[1:], strict=True):
        if len(row) == len(header):
            records.append(Record(f"{path}:{number}", dict(zip(header, row, strict=True))))
        else:
            hint = "; write decimals with a point, not a comma" if len(row) > len(header) else ""
            problems.add(f"{path}:{number}", f"{len(row)} cells, but the header has {len(header)}{hint}")
    if not numbers:
        problems.add(f"{path}:{first}", "no line follows the header; give one for each point")
    return records


def _header(path: Path, cells: Sequence[str], line: int, problems: Problems) -> list[str]:
    """The columns, those of SPELLINGS under their quantity's name; problems for what is missing or comes twice."""
    names = [_quantity(cell.strip()) for cell in cells]
    where = f"{path}:{line}"
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        problems.add(where, f"column {name!r} comes twice; keep one")
    if len(cells) == 1 and any(mark in cells[0] for mark in ";\t"):
        problems.add(where, f"one cell, {cells[0]!r}; separate cells by commas")
        return names
    if all(_is_number(cell) for cell in cells):
        problems.add(where, "numbers where the header should be; put a line such as bpp,psnr before them")
        return names
    _check_quantities(where, names, problems)
    if "image" in names and "point" not in names:
        problems.add(where, "no column 'point', which rows of images need")
    return names


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _json_records(path: Path, text: str, stem: str, problems: Problems) -> tuple[str, list[Record]]:
    """Name and points of a result file of CompressAI: {"name": ..., "results": {"bpp": [...], "psnr-rgb": [...]}}."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{path}:{error.lineno}: not JSON ({error.msg}); fix it there") from error
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, dict):
        raise UserError(f'{path} has no object "results"; give {{"name": ..., "results": {{"bpp": [...], ...}}}}')
    known = spellings()
    lists = {_quantity(key): (key, values) for key, values in results.items() if _quantity(key) in known}
    _check_quantities(f"{path}: results", lists, problems)
    for key, values in lists.values():
        if not (isinstance(values, list) and values):
            problems.add(f"{path}: results.{key}", "not a list of numbers; give one number for each point")
    problems.stop()
    lengths = {key: len(values) for key, values in lists.values()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{count} in {key}" for key, count in lengths.items())
        problems.add(f"{path}: results", f"lists of different lengths, {counts}; give one number for each point")
        problems.stop()
    points = range(next(iter(lengths.values())))
    averages = [metrics.get(name).average_column for name in metrics.names() if metrics.get(name).bends]
    said = {key: str(document[key]) for key in ("psnr_reference", *averages) if document.get(key)}
    cells = [{name: _json_text(values[k]) for name, (_, values) in lists.items()} | said for k in points]
    records = [Record(f"{path}: point {k + 1} of results", cells[k]) for k in points]
    return str(document.get("name") or stem), records


def _json_text(value: object) -> str:
    """A number as text; anything else, null and true too, is refused as text later."""
    return repr(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else json.dumps(value)


def spellings() -> Mapping[str, frozenset[str]]:
    """How a user may write a quantity, the rate first: each metric's values by its name, its axis by `axis_key`."""
    found = {"bpp": RATE}
    for metric in map(metrics.get, metrics.names()):
        found |= {metric.name: metric.spellings()} | (
            {metric.axis_key: metric.axis_spellings()} if metric.bends else {}
        )
    return found


def _quantity(column: str) -> str:
    """The quantity a column is a spelling of; else the column itself."""
    plain = column.lower().replace("_", "-").replace(" ", "-")
    return next((quantity for quantity, names in spellings().items() if plain in names), column)


def _check_quantities(where: str, names: Iterable[str], problems: Problems) -> None:
    """There must be a rate and a distortion; the nearest name that is there is pointed at."""
    names, quantities = list(names), list(spellings())
    usual = [name for name in quantities if name.removesuffix("-db") in metrics.DEFAULT]
    for wanted, among in ((["bpp"], ["bpp"]), (usual, quantities[1:])):
        if not set(among) & set(names):
            near = [name for name in names if nearest(name, wanted, cutoff=0.5)]
            hint = f"; is {near[0]!r} meant?" if near else f", only {', '.join(names) or 'none'}; add one"
            problems.add(where, f"no {' or '.join(wanted)} among the columns{hint}")
