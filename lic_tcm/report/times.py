"""How long encoding and decoding took, for people: medians, with a note where one point is an outlier."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from lic_tcm.report import words
from lic_tcm.report.inputs import Tables
from lic_tcm.tables.schema import ImageRow

OUTLIER = 2.0  # times the slower of its neighbours: other points differ smoothly, another load of the machine does not
LEAST = 0.02  # seconds: below, a clock's and a process's start decide
FIELDS = {"encode_s": "encode", "decode_s": "decode"}


@dataclass(frozen=True)
class Times:
    """A method on a dataset: the medians over its images and points in words, and notes of points that stand out."""

    dataset: str
    label: str
    text: str
    notes: tuple[str, ...]


def times(tables: Tables) -> list[Times]:
    """The times of every method that was timed, by dataset and method as the images come."""
    groups: dict[tuple[str, str], list[ImageRow]] = {}
    for row in tables.images:
        groups.setdefault((row.dataset, row.method), []).append(row)
    found = (_of_method(tables, rows) for rows in groups.values())
    return [one for one in found if one.text]


def _of_method(tables: Tables, rows: list[ImageRow]) -> Times:
    texts, notes = [], []
    for field, verb in FIELDS.items():
        values = [value for row in rows if (value := getattr(row, field)) is not None]
        if values:
            texts.append(f"{verb} {words.seconds(median(values))}")
            notes += [f"{verb} at point {note}" for note in outliers(_by_point(rows, field))]
    label = rows[0].label or tables.label(rows[0].method)
    return Times(rows[0].dataset, label, ", ".join(texts), tuple(notes))


def _by_point(rows: list[ImageRow], field: str) -> dict[float, float]:
    """The median over images of each point, points rising."""
    values: dict[float, list[float]] = {}
    for row in rows:
        if getattr(row, field) is not None:
            values.setdefault(float(row.point), []).append(getattr(row, field))
    return {point: median(values[point]) for point in sorted(values)}


def outliers(medians: Mapping[float, float]) -> Iterator[str]:
    """The points whose median exceeds OUTLIER times that of either neighbour, in words.

    >>> list(outliers({1: 1.0, 2: 1.2, 3: 5.0, 4: 1.5}))
    ['3: 5.0 s, 3.3 times the neighbours']
    """
    points = list(medians)
    for k, point in enumerate(points):
        near = [medians[points[i]] for i in (k - 1, k + 1) if 0 <= i < len(points)]
        if near and medians[point] >= LEAST and medians[point] > OUTLIER * max(near):
            ratio = medians[point] / max(near)
            yield f"{words.point(str(point))}: {words.seconds(medians[point])}, {ratio:.1f} times the neighbours"
