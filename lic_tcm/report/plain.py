"""Table 2 of the paper as plain text for a terminal, with its notes by letters below."""

import textwrap
from collections.abc import Mapping, Sequence
from string import ascii_lowercase

from lic_tcm.report import words
from lic_tcm.tables.schema import Table2Row

COLUMNS = {  # field of Table2Row -> its head, in two lines
    "paper": ("", "paper"),
    "recomputed": ("", "recomputed"),
    "against_paper": ("VTM, paper's", "convention"),
    "against_rgb": ("VTM, 10 bits,", "against RGB"),
    "measured": ("", "measured"),
}
PAGE = 110  # characters
LEGEND = (
    "paper: as printed. recomputed: from published points, against the curve that stands for the paper's VTM.",
    "VTM, ...: the same points against the VTM-12.1 that this suite measured. measured: both sides by this suite.",
)


def table2_text(rows: Sequence[Table2Row], labels: Mapping[str, str]) -> str:
    """The BD-rates in %, a line for each method of a dataset; a note of several cells is given once.

    `labels` are the datasets' names for people. Columns without any value are left out.

    >>> row = Table2Row("TCM large", "kodak", -12.3, -12.2997, None, None, None, None, None, "vtm", "cubic", "rgb", "")
    >>> print(table2_text([row], {"kodak": "Kodak"}).partition(LEGEND[0])[0].rstrip())
    BD-rate in %, PSNR, classic cubic
    <BLANKLINE>
    Kodak, against vtm          paper  recomputed
      TCM large                −12.30      −12.30
    """
    columns = [field for field in COLUMNS if any(getattr(row, field) is not None for row in rows)]
    groups: dict[tuple[str, str], list[Table2Row]] = {}
    for row in rows:
        groups.setdefault((row.dataset, row.anchor), []).append(row)
    letters, notes = lettered(groups)
    titles = {key: f"{labels.get(key[0], key[0])}, against {key[1]}{_marks(letters.get(key, ''))}" for key in groups}
    wide = max(26, *map(len, titles.values()))
    heads = [" " * wide + "".join(f"{COLUMNS[field][k]:>{_width(field)}}" for field in columns) for k in (0, 1)]
    lines = ["BD-rate in %, PSNR, classic cubic", *([heads[0].rstrip()] if heads[0].strip() else [""])]
    for k, (key, group) in enumerate(groups.items()):
        lines.append(titles[key].ljust(wide) + (heads[1][wide:] if k == 0 else ""))
        lines[-1] = lines[-1].rstrip()
        lines += [_line(row, columns, wide, letters.get((row.dataset, row.method), "")) for row in group]
    below = [
        textwrap.fill(f"{letter}  {note}", PAGE, subsequent_indent="   ", break_on_hyphens=False)
        for letter, note in notes
    ]
    return "\n".join([*lines, "", *below, *([""] if below else []), *LEGEND])


def _width(field: str) -> int:
    return max(map(len, COLUMNS[field])) + 2 if field != "paper" else 7


def _line(row: Table2Row, columns: Sequence[str], wide: int, marks: str) -> str:
    cells = [words.number(getattr(row, field)) or "–" for field in columns]
    text = f"  {row.method}".ljust(wide) + "".join(
        f"{cell:>{_width(field)}}" for field, cell in zip(columns, cells, strict=True)
    )
    interval = words.interval(row.ci_lo, row.ci_hi)
    return text + (f" [{interval}]" if interval else "") + _marks(marks)


def _marks(letters: str) -> str:
    return f" {letters}" if letters else ""


def lettered(
    groups: Mapping[tuple[str, str], Sequence[Table2Row]],
) -> tuple[dict[tuple[str, str], str], list[tuple[str, str]]]:
    """Letters by (dataset, anchor) and by (dataset, method), and the notes they stand for.

    What is said of all recomputed cells of a dataset stands at the dataset; notes of the same cells share a letter.
    """
    places: dict[str, list[tuple[str, str]]] = {}
    for key, group in groups.items():
        said = [(row, dict.fromkeys(map(_named, filter(None, row.note.split("; "))))) for row in group]
        recomputed = [notes for row, notes in said if row.recomputed is not None]
        for note in dict.fromkeys(note for _, notes in said for note in notes):
            if len(recomputed) > 1 and all(note in notes for notes in recomputed):
                places.setdefault(note, []).append(key)
            else:
                cells = [(row.dataset, row.method) for row, notes in said if note in notes]
                places.setdefault(note, []).extend(cells)
    shared: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for note, cells in places.items():
        shared.setdefault(tuple(cells), []).append(note)
    letters: dict[tuple[str, str], str] = {}
    notes: list[tuple[str, str]] = []
    for k, (where, texts) in enumerate(shared.items()):
        letter = ascii_lowercase[k % 26] * (1 + k // 26)
        notes.append((letter, "; ".join(texts)))
        for place in where:
            letters[place] = f"{letters[place]},{letter}" if place in letters else letter
    return letters, notes


def _named(note: str) -> str:
    """A note of one column, with the column's head in the place of its field."""
    field, colon, rest = note.partition(": ")
    return f"{' '.join(COLUMNS[field]).strip()}: {rest}" if colon and field in COLUMNS else note
