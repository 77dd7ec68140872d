"""Cells of a user's record as numbers and words; what is wrong is noted, with what would be right."""

import math
from collections.abc import Callable, Sequence

from lic_tcm.compare.problems import Problems, Record, is_number
from lic_tcm.compare.units import MOST_DB
from lic_tcm.metrics import Metric, get, in_order, names

RAW_BPP = 24.0  # of an uncompressed 8-bit RGB image


# --- cells --------------------------------------------------------------------------------------------------------


def number_of(record: Record, column: str, problems: Problems, check: Callable[[float], str]) -> float | None:
    """A cell as a number; None for an empty one, and, with a problem noted, where `check` gives a reason."""
    text = record.text(column)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        problems.add(record.where, f"{column} {text!r} is not a number; write it like 0.25")
        return None
    reason = "is not a number; leave unknown values empty" if math.isnan(value) else check(value)
    if reason:
        problems.add(record.where, f"{column} {text} {reason}")
    return None if reason else value


def rate_of(record: Record, problems: Problems) -> float | None:
    """The rate in bpp; None, with a problem noted, where it is empty or no possible rate."""

    def check(value: float) -> str:
        if not 0 < value < math.inf:
            return "is not a positive rate; give bits per pixel"
        return f"exceeds {RAW_BPP:g}, the raw image; give bits per pixel" if value > RAW_BPP else ""

    if not record.text("bpp"):
        problems.add(record.where, "bpp is empty; give bits per pixel or remove the line")
    return number_of(record, "bpp", problems, check)


def finite_problem(value: float) -> str:
    """What is wrong with a number that must be finite; "" for nothing."""
    return "" if math.isfinite(value) else "is not finite; leave that point out"


def negative_problem(value: float) -> str:
    """What is wrong with a number that must not be negative; "" for nothing."""
    return "" if 0 <= value < math.inf else "is negative or infinite; leave it empty when unknown"


def value_of(metric: Metric, record: Record, problems: Problems) -> float | None:
    """A metric's value, from the column on its axis where there is one: values are what is averaged over images."""
    if metric.bends and record.text(metric.axis_key):
        place = number_of(record, metric.axis_key, problems, lambda x: negative_problem(x) or _place_problem(metric, x))
        return None if place is None else metric.value_of(place)
    return number_of(record, metric.name, problems, lambda value: _problem(metric, value))


def place_of(metric: Metric, record: Record, problems: Problems) -> float | None:
    """A metric's place on its axis, which must be finite, from the column on the axis where there is one."""
    if metric.bends and record.text(metric.axis_key):
        return number_of(record, metric.axis_key, problems, lambda x: finite_problem(x) or _place_problem(metric, x))
    value = number_of(record, metric.name, problems, lambda value: _problem(metric, value) or finite_problem(value))
    place = None if value is None else float(metric.axis(value))
    if value is not None and place == math.inf:
        problems.add(record.where, f"{metric.name} {value:g} is infinite in {metric.unit}; leave that point out")
        return None
    return place


def _problem(metric: Metric, value: float) -> str:
    found = metric.problem(value)
    if not (found and metric.bends):
        return found
    per_cent = f", in % {metric.column}_percent" if metric.ceiling == 1 else ""
    return f"{found}; a column in {metric.unit} is called {metric.column}_db{per_cent}"


def _place_problem(metric: Metric, place: float) -> str:
    """What is wrong with a place on an axis that bends; "" for nothing."""
    if metric.ceiling != 1 or place <= MOST_DB:
        return ""
    return f"exceeds {MOST_DB:g} dB; values in % go under {metric.column}_percent, of 0 to 1 under {metric.column}"


def check_decibel(metric: Metric, records: Sequence[Record], problems: Problems) -> None:
    """A problem for a column in dB whose values are all of 0 to 1, as shares are."""
    found = [(record.where, record.text(metric.axis_key)) for record in records if record.text(metric.axis_key)]
    if metric.bends and metric.ceiling == 1 and found and all(is_number(x) and 0 <= float(x) <= 1 for _, x in found):
        where, text = found[0]
        problems.add(
            where, f"{metric.axis_key} {text}, and no line above 1: shares, not dB; call the column {metric.column}"
        )


def usable(records: Sequence[Record], problems: Problems, only: Sequence[str]) -> list[str]:
    """The metrics of some records, without those but the first whose columns cannot be used, which are noted.

    Of metrics that are asked for none is left out: what is wrong with them is a problem.
    """
    given = in_order(metric for record in records for metric in metrics_of(record))
    kept: list[str] = []
    for name in given:
        apart = Problems(problems.path)
        check_decibel(get(name), records, apart)
        for record in records:
            value_of(get(name), record, apart)
        if not apart.found:
            kept.append(name)
        elif not kept or [*only] == [name]:
            kept.append(name)
            check_decibel(get(name), records, problems)
        else:
            problems.note(f"{name} is left out, {apart.found[0][0]}: {apart.found[0][1]}")
    return kept


def metrics_of(record: Record) -> list[str]:
    """The metrics that a record has a column for, of values or on the axis."""
    known = map(get, names())
    return [one.name for one in known if one.name in record.cells or (one.bends and one.axis_key in record.cells)]


def said_of(
    column: str, usual: str, allowed: Sequence[str], name: str, records: Sequence[Record], problems: Problems
) -> str:
    """What a column says of a whole method, such as what its PSNR is taken against; `usual` where it is not there."""
    found = {record.text(column, usual): record.where for record in records}
    for value, where in found.items():
        if value not in allowed:
            problems.add(where, f"{column} {value!r} is none of {', '.join(allowed)}")
    if len(found) > 1:
        problems.add(str(problems.path), f"{name} has more than one {column} ({', '.join(found)}); give one")
    return next(iter(found))
