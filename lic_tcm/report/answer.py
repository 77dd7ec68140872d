"""What a report answers first: a sentence per dataset and metric on the methods it is about, from `all_pairs.csv`."""

from collections.abc import Sequence
from dataclasses import dataclass

from lic_tcm.metrics import get
from lic_tcm.rd.curves import OWN
from lic_tcm.report import words
from lic_tcm.report.inputs import Tables
from lic_tcm.tables.schema import BDRow, PointRow


@dataclass(frozen=True)
class Answer:
    """A sentence on one method, and the lines of the table that it is made of, the anchor's first."""

    dataset: str
    metric: str
    text: str
    rows: tuple[BDRow | PointRow, ...]


def answers(tables: Tables) -> list[Answer]:
    """The sentences of a report, by dataset and metric; none where no two curves can be compared.

    They speak of the methods of `subjects`; of a run that neither asks about methods of its own nor has a learned one,
    of the method with the lowest BD-rate. A sentence names the anchor, every other method scored here, and anchors of
    other kinds. A method without any BD-rate has a sentence for each of its points instead, where it can be compared.
    The words follow the numbers: "not separable" where the 95 % interval contains 0, the interval otherwise, "without
    an interval" where there is none.
    """
    found = []
    for dataset in tables.datasets():
        for metric in tables.metrics():
            rows = pairs(tables, dataset, metric)
            about = [_against(tables, rows, series) for series in subjects(tables)]
            said = [lines for lines in about if lines]
            if said and not _asked(tables):
                said = [min(said, key=_rate_of_first)]
            where = tables.dataset_label(dataset)
            for lines in said:
                points = [] if any(row.bd_rate is not None for row in lines) else _points(tables, lines[0])
                found += [_answer(tables, some, where) for some in points]
                found += [] if points else [_answer(tables, lines, where)]
    return found


def _answer(tables: Tables, rows: Sequence[BDRow] | Sequence[PointRow], where: str) -> Answer:
    return Answer(rows[0].dataset, rows[0].metric, sentence(tables, rows, where), tuple(rows))


def _points(tables: Tables, of: BDRow) -> list[list[PointRow]]:
    """The points of a line's method against the run's anchors, of the mean curves: a list for each, by rate."""
    method = (of.dataset, of.metric, of.series, of.kind, "mean curve")
    groups: dict[float, list[PointRow]] = {}
    for row in tables.point_differences:
        if (row.dataset, row.metric, row.series, row.kind, row.averaging) == method and row.bpp is not None:
            groups.setdefault(row.bpp, []).append(row)
    return [groups[bpp] for bpp in sorted(groups)]


def subjects(tables: Tables) -> list[str]:
    """The methods a report is about: those a user asks about, else the learned ones measured, else all measured."""
    return _asked(tables) or list(dict.fromkeys(row.series for row in (*tables.pairs, *tables.bd) if row.kind in OWN))


def _asked(tables: Tables) -> list[str]:
    methods = tables.run.get("methods", {})
    learned = [name for name, method in methods.items() if (method.get("options") or {}).get("model")]
    return list(tables.run.get("own") or learned)


def pairs(tables: Tables, dataset: str, metric: str) -> list[BDRow]:
    """Every method against every other one of a dataset; of tables without `all_pairs.csv`, against their anchors."""
    if tables.pairs:
        return [row for row in tables.pairs if (row.dataset, row.metric) == (dataset, metric)]
    rows = [row for row in tables.bd if (row.dataset, row.metric, row.averaging) == (dataset, metric, "mean curve")]
    return [row for row in rows if row.bd_method == rows[0].bd_method and not is_anchor(row)]


def is_anchor(row: BDRow) -> bool:
    """Whether a line compares an anchor with itself."""
    return (row.series, row.kind) == (row.anchor, row.anchor_kind)


def main_anchor(tables: Tables, dataset: str, metric: str) -> tuple[str, str] | None:
    """Name and kind of the anchor to show first: that of the run's table; None where nothing can be compared."""
    rows = [row for row in tables.bd if (row.dataset, row.metric) == (dataset, metric)]
    rows = rows or pairs(tables, dataset, metric)
    return (rows[0].anchor, rows[0].anchor_kind) if rows else None


Ends = tuple[float | None, float | None]


def rate_of(row: BDRow | PointRow) -> float | None:
    """How many % more bits a line's method needs: over the common range, or at one quality."""
    return row.bd_rate if isinstance(row, BDRow) else row.rate_difference


def ends_of(row: BDRow | PointRow) -> Ends:
    """The 95 % interval of that."""
    return (row.ci_lo, row.ci_hi) if isinstance(row, BDRow) else (row.rate_lo, row.rate_hi)


def separable(row: BDRow | PointRow) -> bool | None:
    """Whether a line's interval leaves out 0; None where it has no interval."""
    low, high = ends_of(row)
    return None if low is None or high is None else not low <= 0 <= high


def no_interval(row: BDRow | PointRow) -> str:
    """Why a line has no interval: there is no rate either, too few images, or no images at all."""
    if rate_of(row) is None:
        return row.notes
    said = [note for note in row.notes.split("; ") if note.startswith("no interval")]
    return said[0] if said else "no interval: rows per image are needed on both sides"


def _against(tables: Tables, rows: Sequence[BDRow], series: str) -> list[BDRow]:
    """The lines that a sentence on a series is made of: the anchor's, then by BD-rate; [] where it has none."""
    mine = [row for row in rows if row.series == series and row.kind in OWN]
    if not mine:
        return []
    asked = tables.run.get("anchors", ())
    named = [row for row in mine if row.anchor_kind in OWN or row.anchor in asked]
    first = main_anchor(tables, mine[0].dataset, mine[0].metric)
    return sorted(named or mine, key=lambda row: ((row.anchor, row.anchor_kind) != first, *_order(row)))


def _order(row: BDRow) -> tuple[bool, float]:
    return (row.bd_rate is None, row.bd_rate or 0.0)


def _rate_of_first(rows: Sequence[BDRow]) -> tuple[bool, float]:
    return _order(rows[0])


def sentence(tables: Tables, rows: Sequence[BDRow] | Sequence[PointRow], where: str) -> str:
    """Lines of one method against others as a sentence; of points, those of one.

    A number has as many digits as its interval supports; the dagger says that it must not be quoted alone.
    """
    counts = {words.images(row.n_images, row.images_total) for row in rows} - {""}
    count = counts.pop() if len(counts) == 1 else ""
    some = words.partial(rows[0].n_images, rows[0].images_total) and count
    place = f"{count} of {where}" if some else where

    def other(row: BDRow | PointRow) -> str:
        kind = "" if row.anchor_kind == "measured" else row.anchor_kind
        part = (
            ""
            if count or not words.partial(row.n_images, row.images_total)
            else words.images(row.n_images, row.images_total)
        )
        said = ", ".join(filter(None, [kind, part]))
        return tables.label(row.anchor) + (f" ({said})" if said else "")

    rated = [row for row in rows if rate_of(row) is not None]
    sure, alike, bare = ([row for row in rated if separable(row) is fits] for fits in (True, False, None))
    none = [row for row in rows if rate_of(row) is None]
    without = "has no BD-rate against" if isinstance(rows[0], BDRow) else "lies outside of the range of"
    parts = [
        "needs " + words.listed([_rate(row, other(row), first=i == 0) for i, row in enumerate(sure)]) if sure else "",
        "is not separable from " + words.listed([words.marked(other(row), row.marks) for row in alike])
        if alike
        else "",
        "needs, without an interval, "
        + words.listed([_rate(row, other(row), first=i == 0) for i, row in enumerate(bare)])
        if bare
        else "",
        f"{without} {words.listed([other(row) for row in none])}" if none else "",
    ]
    name = rows[0].label if rows[0].kind == "measured" else f"{rows[0].label} ({rows[0].kind})"
    return f"On {place} {_at(rows[0])}, {name} {'; it '.join(filter(None, parts))}."


def _at(row: BDRow | PointRow) -> str:
    """In which metric a sentence is, and at which quality where it is of a point."""
    metric = get(row.metric)
    if isinstance(row, BDRow) or row.distortion is None:
        return f"in {metric.label}"
    return f"at {words.number(row.distortion, metric.decimals)}{metric.per_unit} ({metric.label})"


def _rate(row: BDRow | PointRow, other: str, first: bool) -> str:
    """How many bits a line's method needs, next to another one."""
    (low, high), value = ends_of(row), rate_of(row)
    assert value is not None
    digits = words.decimals(low, high)
    text = bits(value, digits, " bits" if first else "")
    ends = "" if low is None or high is None else f" [{words.number(low, digits)}, {words.number(high, digits)}]"
    size, percent, more = text.partition(" %")
    if not percent:
        return f"{words.marked(f'{text} as', row.marks)} {other}{ends}"
    return f"{words.marked(f'{size} %', row.marks)}{more} than {other}{ends}"


def bits(value: float, digits: int = 2, unit: str = " bits") -> str:
    """A difference of rates in words.

    >>> bits(-8.42, 1), bits(3.0), bits(-0.001)
    ('8.4 % fewer bits', '3.00 % more bits', 'as many bits')
    """
    size = words.number(abs(value), digits)
    if float(size) == 0:
        return f"as many{unit}"
    return f"{size} % {'fewer' if value < 0 else 'more'}{unit}"


def footnotes(found: Sequence[Answer]) -> list[str]:
    """What the sentences' numbers are and what their signs mean."""
    rows = [row for one in found for row in one.rows]
    if not rows:
        return []
    marks = " ".join(dict.fromkeys(mark for row in rows for mark in row.marks.split()))
    ways = " and ".join(dict.fromkeys(row.bd_method for row in rows if isinstance(row, BDRow)))
    points = any(isinstance(row, PointRow) for row in rows)
    alike = any(separable(row) is False for row in rows)
    bare = [row for row in rows if rate_of(row) is not None and separable(row) is None]
    return [
        note
        for note in (
            f"BD-rates of the mean curves, by {ways}" if ways else "",
            "At one quality: the mean rate against the anchor's curve there, which is no BD-rate" if points else "",
            words.intervals(row.ci_method for row in rows),
            "Not separable: the interval contains 0" if alike else "",
            *dict.fromkeys(no_interval(row).replace("no interval", "Without an interval", 1) for row in bare),
            f"{words.DAGGER} not to be quoted alone: {words.mark_reasons(marks)}" if marks else "",
        )
        if note
    ]
