"""A user's own results on a dataset, from records of `userfiles`: RD curves, or images that curves are means of."""

import itertools
import logging
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast, get_args

from lic_tcm import metrics
from lic_tcm.anchors.hints import did_you_mean
from lic_tcm.compare.cells import (
    finite_problem,
    negative_problem,
    number_of,
    place_of,
    rate_of,
    said_of,
    usable,
    value_of,
)
from lic_tcm.compare.files import POINT_UNIT, read_records
from lic_tcm.compare.problems import Problems, Record
from lic_tcm.compare.roles import SUFFIXES
from lic_tcm.errors import UserError
from lic_tcm.metrics import Values
from lic_tcm.rd.curves import Average, ImageRD, Metric, RDCurve
from lic_tcm.rd.published import PSNR_REFERENCES
from lic_tcm.tables.series import NOT_DECODED, PLAIN, given_notes, kind_of

RATE_TOLERANCE = 0.01  # share by which a stated bpp may differ from bytes and size, for rates written to few digits


SHOWN = 3  # metrics that a message lists
SIZES, TIMES = ("height", "width", "num_bytes"), ("encode_s", "decode_s")


@dataclass(frozen=True)
class ImagePoint:
    """One image at one operating point, as a user gives it; None for what the file does not say."""

    image: str
    point: float
    bpp: float
    values: Values  # by metric, of those the file has
    height: int | None
    width: int | None
    num_bytes: int | None
    encode_s: float | None
    decode_s: float | None


@dataclass(frozen=True)
class UserSeries:
    """A method of a user's file: its curves, one per metric, or the images they would be means of."""

    name: str
    source: str
    curves: tuple[RDCurve, ...] = ()
    images: tuple[ImagePoint, ...] = ()
    psnr_reference: str = "rgb"
    dataset: str = ""
    given: str = ""  # of rows of this suite: what somebody else made, records.Row.given
    unit: str = ""  # of the points, as ImageRD's
    more: tuple[str, ...] = ()  # further files that it is from

    def metrics(self) -> list[Metric]:
        """The metrics it has."""
        if self.curves:
            return [curve.metric for curve in self.curves]
        return metrics.in_order(n for row in self.images for n, value in row.values.items() if value is not None)

    def data(self, metric: Metric) -> RDCurve | ImageRD:
        """Its curve, or its images; raises UserError where it has none in this metric."""
        if self.images:
            samples = {(row.point, row.image): (row.bpp, _value(row, metric)) for row in self.images}
            found = ImageRD.from_samples(self.name, self.dataset, metric, samples)
            notes = (*found.notes, *given_notes(self.name, self.given))
            found = replace(found, notes=notes, kind=kind_of(self.given))
            return replace(found, source=self.source, psnr_reference=self.psnr_reference, unit=self.unit)
        for curve in self.curves:
            if curve.metric == metric:
                return curve
        raise UserError(f"{self.source} has no {metric}; add a column for it or choose another --metric")


def _value(row: ImagePoint, metric: Metric) -> float:
    """A metric's value; NaN where the file does not say it."""
    value = row.values.get(metric)
    return math.nan if value is None else value


def read_one(path: Path, metric: Metric) -> RDCurve | ImageRD:
    """The one method of a user's file in one metric, as `read_series` reads it; raises UserError for several."""
    series = read_series(path, None, only=(metric,))
    if len(series) > 1:
        raise UserError(f"{path} has several methods ({', '.join(one.name for one in series)}); give one per file")
    return series[0].data(metric)


def read_series(
    path: Path,
    dataset: str | None,
    known_images: Collection[str] = (),
    only: Sequence[Metric] = (),
    text: str | None = None,
) -> list[UserSeries]:
    """The methods of a user's file on a dataset (None: the file's own); `known_images` are the dataset's, if known.

    The forms are those of `lic-tcm compare --help`; of RD points the metrics `only` are read, without it all; `text`
    stands for what the file would hold. Raises UserError that lists every bad line as "file:line: what is wrong; what
    would be right".
    """
    problems = Problems(path)
    stem, records = read_records(path, problems, text, dataset, known_images)
    groups: dict[str, list[Record]] = {}
    wanted, of = (records[0].text("dataset"), records[0].where) if dataset is None else (dataset, "--dataset")
    for record in records:
        named = record.text("dataset", wanted)
        if named != wanted:
            problems.add(record.where, f"dataset {named!r} is not the {wanted!r} of {of}; give one file for each")
        groups.setdefault(record.text("method", stem), []).append(record)
    by_image = "image" in records[0].cells
    found = [
        _images(name, group, problems, known_images, only or metrics.names())
        if by_image
        else _points(name, group, problems, wanted, only or metrics.names())
        for name, group in groups.items()
    ]
    problems.stop()
    if problems.notes:
        logging.info("%s: %s", path, "; ".join(problems.notes))
    return [replace(one, dataset=wanted) for one in found]


# --- RD points ----------------------------------------------------------------------------------------------------


def _points(
    name: str, records: Sequence[Record], problems: Problems, dataset: str, only: Sequence[Metric]
) -> UserSeries:
    """A method given by its RD points."""
    rates = [rate_of(record, problems) for record in records]
    given = usable(records, problems, only)
    places = {metric: [place_of(metrics.get(metric), record, problems) for record in records] for metric in given}
    reference = said_of("psnr_reference", "rgb", PSNR_REFERENCES, name, records, problems)
    averages = {metric: _average(metrics.get(metric), name, records, problems) for metric in given}
    curves = []
    for metric in (metric for metric in given if metric in only):
        values = places[metric]
        triples = zip(records, rates, values, strict=True)
        samples = [(r, rate, value) for r, rate, value in triples if rate is not None and value is not None]
        samples.sort(key=lambda sample: sample[1])
        if samples and _is_rising(metric, samples, problems):
            curves.append((metric, tuple(s[1] for s in samples), tuple(s[2] for s in samples)))
    if not (curves or problems.found):
        problems.add(
            records[0].where,
            f"no point of {name} has a {' or '.join(only if len(only) < SHOWN else metrics.DEFAULT)}; give one",
        )
    source = str(problems.path)
    made: list[RDCurve] = []
    for metric, bpp, decibel in curves if not problems.found else ():
        try:
            made.append(
                RDCurve(
                    name,
                    name,
                    dataset,
                    metric,
                    "measured",
                    bpp,
                    decibel,
                    source,
                    psnr_reference=reference,
                    average=averages[metric],
                )
            )
        except UserError as error:
            problems.add(source, str(error))
    return UserSeries(name, source, curves=tuple(made), psnr_reference=reference)


def _average(metric: metrics.Metric, name: str, records: Sequence[Record], problems: Problems) -> Average:
    """What a file says of how it was averaged; values are averaged before they are put on the axis here, of places on
    the axis nobody can tell.
    """
    if not metric.bends:
        return "linear"
    usual = "unstated" if any(record.text(metric.axis_key) for record in records) else "linear"
    return cast(Average, said_of(metric.average_column, usual, get_args(Average), name, records, problems))


def _is_rising(metric: Metric, samples: Sequence[tuple[Record, float, float]], problems: Problems) -> bool:
    """Whether no two points have one rate and the distortion rises with it; a problem for each that does not."""
    before, unit = len(problems.found), metrics.get(metric).per_unit
    for (at, rate, value), (next_at, next_rate, next_value) in itertools.pairwise(samples):
        if next_rate == rate:
            problems.add(next_at.where, f"{rate:g} bpp is already at {at.where}; keep one of the points")
        elif next_value <= value:
            problems.add(
                next_at.where,
                f"{metric} {next_value:g}{unit} at {next_rate:g} bpp does not exceed the {value:g}{unit} at {rate:g} "
                f"bpp ({at.where}); remove or measure again one of them",
            )
    return len(problems.found) == before


# --- images -------------------------------------------------------------------------------------------------------


def _images(
    name: str, records: Sequence[Record], problems: Problems, known: Collection[str], only: Sequence[Metric]
) -> UserSeries:
    """A method given image by image."""
    given = usable(records, problems, only)
    seen: dict[tuple[float, str], str] = {}
    found = []
    for record in records:
        row = _image(record, problems, known, given)
        if row is None:
            continue
        key = row.point, row.image
        if key in seen:
            problems.add(
                record.where, f"image {row.image!r} at point {row.point:g} is already at {seen[key]}; keep one"
            )
        seen.setdefault(key, record.where)
        found.append(row)
    images = {image for _, image in seen}
    for point in sorted({point for point, _ in seen}):
        absent = sorted(image for image in images if (point, image) not in seen)
        if absent and not problems.found:
            problems.add(
                str(problems.path),
                f"point {point:g} of {name} lacks {len(absent)} images that other points have, such as {absent[0]!r}; "
                "give every point the same images",
            )
    reference = said_of("psnr_reference", "rgb", PSNR_REFERENCES, name, records, problems)
    made = said_of("given", "", ("", "stream", *NOT_DECODED), name, records, problems)
    unit = records[0].text(POINT_UNIT) or PLAIN.unit(name, records[0].text("codec"))
    return UserSeries(name, str(problems.path), images=tuple(found), psnr_reference=reference, given=made, unit=unit)


def _image(record: Record, problems: Problems, known: Collection[str], given: Sequence[Metric]) -> ImagePoint | None:
    """A line as a row; None, with its problems noted, where it is not one."""
    before = len(problems.found)
    first = metrics.get(given[0])
    key = first.axis_key if first.name not in record.cells else first.name
    for column in ("image", "point", key):
        if not record.text(column):
            problems.add(record.where, f"{column} is empty; give it or remove the line")
    image = record.text("image")
    image = Path(image).stem if image.lower().endswith(SUFFIXES) else image
    if known and image and image not in known:
        hint = did_you_mean(image, known) or f"they are named like {sorted(known)[0]!r}"
        problems.add(record.where, f"image {image!r} is not of the dataset; {hint}")
    point, rate = number_of(record, "point", problems, finite_problem), rate_of(record, problems)
    values = {name: value_of(metrics.get(name), record, problems) for name in given}
    height, width, num_bytes = sizes = [_size(record, column, problems) for column in SIZES]
    times = [number_of(record, column, problems, negative_problem) for column in TIMES]
    _check_rate(record, rate, sizes, problems)
    if times != [None, None] and not (height and width):
        problems.add(record.where, "a time needs the image's height and width; give them or leave the time empty")
    if len(problems.found) > before or rate is None or point is None:
        return None
    return ImagePoint(image, point, rate, values, height, width, num_bytes, *times)


def _check_rate(record: Record, rate: float | None, sizes: Sequence[int | None], problems: Problems) -> None:
    """A rate that bytes and size do not give is refused: one of them is not of this image."""
    height, width, num_bytes = sizes
    if rate and height and width and num_bytes:
        expected = 8 * num_bytes / (height * width)
        if abs(rate - expected) > RATE_TOLERANCE * expected:
            problems.add(record.where, f"bpp {rate:g} is not 8 num_bytes / (width height) = {expected:.4f}; fix one")


def _size(record: Record, column: str, problems: Problems) -> int | None:
    def check(value: float) -> str:
        return "" if value.is_integer() and value > 0 else "is not a positive whole number"

    value = number_of(record, column, problems, check)
    return None if value is None else int(value)
