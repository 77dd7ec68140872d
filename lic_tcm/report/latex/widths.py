"""How wide a table is when set, about: by which it goes into one column or over both, or is split."""

import re
from collections.abc import Sequence

SIZE = 8 / 72  # inches of an em of \footnotesize in a paper of 10 pt
SEP = 4 / 72  # inches of \tabcolsep, on each side of a column
# Shares of an em, of Computer Modern, which is wider than Times.
DIGIT, CAPITAL, LETTER, MINUS, NARROW = 0.53, 0.75, 0.53, 0.83, 0.31
SCRIPT = 0.85  # of the size: an interval in \scriptsize, a superscript
CITE = 1.6  # ems of a citation in numbers


def width(cell: str) -> float:
    r"""Width in inches of a cell, without its commands.

    >>> round(width("$-12.30$"), 2), round(width(r"TCM-L~\cite{liu2023tcm}"), 2)
    (0.36, 0.6)
    """
    ems = CITE * len(re.findall(r"\\cite{", cell))
    script = SCRIPT if r"\scriptsize" in cell else 1.0
    text = re.sub(r"~?\\cite{[^}]*}", "", cell)
    text = re.sub(r"\\licunicode{([^}]*)}{[^}]*}", r"\1", text)
    text = re.sub(r"\\[a-zA-Z]+|[{}$^\\]", "", text)
    return SIZE * script * (ems + sum(map(_em, text)))


def _em(character: str) -> float:
    if character.isdigit():
        return DIGIT
    if character == "-":
        return MINUS
    if character in ".,:;'|![]() ~ilt":
        return NARROW
    return CAPITAL if character.isupper() or ord(character) > 0x2E80 else LETTER


def table_width(columns: Sequence[Sequence[str]], sep: float = SEP) -> float:
    """Width in inches of columns of cells, each with space on both sides."""
    return sum(max(map(width, cells), default=0.0) + 2 * sep for cells in columns)
