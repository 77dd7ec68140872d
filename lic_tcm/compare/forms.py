"""A text as a table of cells: commas, tabs, semicolons with decimal commas, blanks, Markdown, with or without header.

What is not plain CSV is recognised with a note that says how it was read; what has two readings is refused with both.
"""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from lic_tcm.compare import roles
from lic_tcm.compare.problems import Problems, Table, is_number
from lic_tcm.errors import UserError

COMMA = re.compile(r"[+-]?\d+,\d+")
POINT = re.compile(r"[+-]?\d*\.\d+")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
NUMBERS = re.compile(r"[\d\s.,;+-]+")  # a first line that is no header: its commas may be decimal ones
RULE = re.compile(r"[\s|:-]*-[\s|:-]*")  # the line below the header of a Markdown table
NAMES = {  # what a note says of a separator
    "\t": "cells separated by tabs",
    ";": "cells separated by semicolons",
    "|": "a Markdown table",
    " ": "cells separated by blanks",
}
MOST_BPP, LEAST_PSNR, MOST_PSNR = 8.0, 15.0, 70.0  # what a column without a header is taken for bpp or PSNR up to


def read_table(path: Path, text: str, problems: Problems) -> Table:
    """The cells of a text; lines that do not fit its header are noted in `problems`.

    Blank lines and lines that start with # are no rows. Raises UserError for a text without any line.
    """
    numbered = list(enumerate(text.splitlines(), start=1))
    lines = [(number, line) for number, line in numbered if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise UserError(f"{path} is empty; give a header such as bpp,psnr and a line for each point")
    separator = _separator([line for _, line in lines])
    if separator == "|":
        lines = [(number, line) for number, line in lines if not RULE.fullmatch(line)]
    rows = [(f"{path}:{number}", _cells(line, separator)) for number, line in lines]
    if separator != ",":
        if any(len(cells) > 1 for _, cells in rows):
            problems.note(NAMES[separator])
        rows = with_points(rows, problems)
    above = [line.lstrip("# \t") for number, line in numbered if number < lines[0][0] and line.lstrip().startswith("#")]
    return table_of(rows, problems, [_cells(line, separator) for line in above[-1:]])


def table_of(rows: Sequence[tuple[str, list[str]]], problems: Problems, comments: Sequence[list[str]] = ()) -> Table:
    """Rows as a table: the first is the header; where it is of numbers, one is found by the numbers or the comment."""
    (where, header), body = rows[0], list(rows[1:])
    if header and all(is_number(cell) for cell in header):
        header, body = _without_header(rows, comments, problems), list(rows)
    elif not body:
        problems.add(where, "no line follows the header; give one for each point")
    kept = []
    for place, cells in body:
        if len(cells) == len(header):
            kept.append((place, cells))
        elif header:
            hint = "; write decimals with a point, not a comma" if len(cells) > len(header) else ""
            problems.add(place, f"{len(cells)} cells, but the header has {len(header)}{hint}")
    return Table(where, header, kept)


def _separator(lines: Sequence[str]) -> str:
    """What separates the cells; a blank where none of the marks is in the first line."""
    if lines[0].lstrip().startswith("|") or (len(lines) > 1 and "|" in lines[0] and RULE.fullmatch(lines[1])):
        return "|"
    first = re.sub(r",[ \t]+", ",", lines[0])
    marks = [
        mark for mark in "\t;" if mark in first and (NUMBERS.fullmatch(first) or first.count(mark) >= first.count(","))
    ]
    return marks[0] if marks else "," if "," in first else " "


def _cells(line: str, separator: str) -> list[str]:
    if separator == "|":
        return [cell.strip(" \t*`") for cell in line.strip().strip("|").split("|")]
    if separator == " ":
        wide = re.split(r"\s{2,}|\t", line.strip())  # a header may have blanks in its names
        return wide if len(wide) > 1 else line.split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]


def with_points(rows: list[tuple[str, list[str]]], problems: Problems) -> list[tuple[str, list[str]]]:
    """Rows whose numbers have decimal points; raises UserError where commas in a column may be something else.

    They may where the column has decimal points too, or where all of them may part thousands.
    """
    commas: dict[int, list[tuple[str, str]]] = {}
    for where, cells in rows:
        for k, cell in enumerate(cells):
            if COMMA.fullmatch(cell):
                commas.setdefault(k, []).append((where, cell))
    for k, found in commas.items():
        points = any(k < len(cells) and POINT.fullmatch(cells[k]) for _, cells in rows)
        if points or all(THOUSANDS.fullmatch(cell) for _, cell in found):
            where, cell = found[0]
            point, none = cell.replace(",", "."), cell.replace(",", "")
            problems.add(where, f"{cell} may be {point} or {none}; write decimals with a point, thousands with nothing")
    problems.stop()
    if not commas:
        return rows
    problems.note("decimal commas")
    return [
        (where, [cell.replace(",", ".") if COMMA.fullmatch(cell) else cell for cell in cells]) for where, cells in rows
    ]


def _without_header(
    rows: Sequence[tuple[str, list[str]]], comments: Sequence[list[str]], problems: Problems
) -> list[str]:
    """The columns of a table of numbers; none, with a problem noted, where they have no one reading."""
    where, first = rows[0]
    for names in comments:
        known = {found.role for found in map(roles.role_of, names) if found}
        if len(names) == len(first) and "bpp" in known and known & roles.distortions():
            problems.note(f"the comment above the numbers as header: {', '.join(names)}")
            return names
    full = [
        [float(cell) for cell in cells] for _, cells in rows if all(map(is_number, cells)) and len(cells) == len(first)
    ]
    columns = list(zip(*full, strict=True))
    put = "put a header such as bpp,psnr before the numbers"
    if len(first) not in (2, 3):
        problems.add(where, f"{len(first)} columns without a header; {put}")
        return []
    rates, second, third = columns[0], columns[1], columns[2] if len(first) > 2 else (0.5,)
    rate, psnr = all(0 < x <= MOST_BPP for x in rates), all(LEAST_PSNR <= x <= MOST_PSNR for x in second)
    if rate and all(x.is_integer() for x in rates):
        problems.add(where, f"no header, and the first column may count the lines or be a quality, or be bpp; {put}")
    elif rate and psnr and all(0 <= x <= 1 for x in third):
        names = ["bpp", "psnr", "ms_ssim"][: len(first)]
        problems.note(f"no header: {', '.join(names)} by the numbers")
        return names
    elif rate and psnr:
        problems.add(where, f"no header, and the third column may be MS-SSIM in dB or in %, or another metric; {put}")
    elif rate and all(0 <= x <= 1 for x in second):
        problems.add(where, f"no header, and the second column may be MS-SSIM or SSIM; {put}, with ms_ssim or ssim")
    else:
        problems.add(
            where,
            f"no header, and the numbers do not look like bpp up to {MOST_BPP:g} and PSNR of {LEAST_PSNR:g} to "
            f"{MOST_PSNR:g} dB; they may be in another order or of another metric: {put}",
        )
    return []
