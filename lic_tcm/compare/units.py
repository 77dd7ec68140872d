"""Cells in the units of this suite: shares for per cent, bits per pixel for bytes or kbit/s with a picture's size."""

from collections.abc import Collection, Sequence
from decimal import Decimal, InvalidOperation

from lic_tcm import metrics
from lic_tcm.compare import roles
from lic_tcm.compare.problems import Problems, Record, Table, is_number

MOST_DB = 60.0  # of a metric of 0 to 1: its last digits are rounding beyond that


def without_means(records: Sequence[Record], problems: Problems) -> list[Record]:
    """The lines without those that are means of others, by what stands where others name an image or a point."""
    columns = [column for column in records[0].cells if column not in {"bpp", *roles.distortions()}]
    called = [[record.text(column) for column in columns] for record in records]
    mixed = [k for k in range(len(columns)) if not all(roles.is_mean(cells[k]) for cells in called)]
    if "image" in columns:
        mixed = [columns.index("image")]
    means = [next((cells[k] for k in mixed if roles.is_mean(cells[k])), "") for cells in called]
    kept = [record for record, mean in zip(records, means, strict=True) if not mean]
    if len(kept) < len(records):
        count, found = len(records) - len(kept), dict.fromkeys(filter(None, means))
        problems.note(f"{count} line{'s' * (count > 1)} called {', '.join(found)} left out")
    return kept


def shares(records: Sequence[Record], percent: Collection[str], problems: Problems) -> list[Record]:
    """Records whose metrics of 0 to 1 are shares; `percent` are those that a header says are in per cent.

    Without that they are in per cent where a cell says so, or where all lie between the most dB there are and 100.
    """
    changed = list(records)
    for metric in map(metrics.get, metrics.names()):
        cells = [record.text(metric.name) for record in records]
        if (metric.floor, metric.ceiling) != (0, 1) or not any(cells):
            continue
        marked = any(cell.endswith("%") for cell in cells)
        numbers = [float(cell) for cell in cells if cell and is_number(cell)]
        large = bool(numbers) and len(numbers) == sum(map(bool, cells)) and all(MOST_DB < x <= 100 for x in numbers)
        if metric.name in percent or marked or large:
            problems.note(f"{metric.column} in per cent")
            changed = [_with(record, metric.name, _hundredth(record.text(metric.name))) for record in changed]
    return changed


def _hundredth(text: str) -> str:
    try:
        return str(Decimal(text.removesuffix("%").strip()) / 100)
    except InvalidOperation:
        return text  # no number, which is said later


def _with(record: Record, column: str, text: str) -> Record:
    return Record(record.where, {**record.cells, column: text})


def rates(table: Table, names: Sequence[str], records: Sequence[Record], problems: Problems) -> list[Record]:
    """Records with a rate in bpp: their own, else of bytes or kbit/s; a problem where a rate's unit is not known."""
    if "bpp" in names:
        return list(records)
    if {"num_bytes", "height", "width"} <= {*names}:
        problems.note("bpp from bytes, height and width")
        return [_with(record, "bpp", _quotient(record, "num_bytes", 8)) for record in records]
    if {"kbps", "fps", "height", "width"} <= {*names}:
        problems.note("bpp from kbit/s, frames per second, height and width")
        return [_with(record, "bpp", _quotient(record, "kbps", 1000, "fps")) for record in records]
    for wanted, role in (("height and width", "num_bytes"), ("fps, height and width", "kbps")):
        if role in names:
            column = table.columns[list(names).index(role)]
            problems.add(table.where, f"{column!r} gives no bpp without {wanted}; add them, or a column bpp")
            return list(records)
    for column in table.columns:
        if roles.plain(column) in roles.NO_UNIT:
            problems.add(
                table.where,
                f"{column!r} has no unit: call it bpp where it is bits per pixel; where it is kbit/s, kbps, and add "
                "fps, height and width; where it is bytes, num_bytes, and add height and width",
            )
            return list(records)
    return list(records)


def _quotient(record: Record, column: str, factor: float, *below: str) -> str:
    """factor * column / (height * width * below) as text; "" where one of them is no positive number."""
    try:
        above = factor * float(record.text(column))
        for name in ("height", "width", *below):
            above /= float(record.text(name))
    except (ValueError, ZeroDivisionError):
        return ""
    return repr(above)
