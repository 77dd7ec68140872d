"""Rate-distortion curves: what a valid one is, and how to read one from a user's file.

A curve that exists is valid: finite, positive rates, no two points alike, distortion rising strictly with the
rate, MS-SSIM on a dB axis. Everything else is refused here, so the maths of `bdrate` never meets bad data.
"""

import csv
import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple, Self, get_args

import numpy as np
import numpy.typing as npt

from lic_tcm.errors import UserError

Metric = Literal["psnr", "ms-ssim"]
Kind = Literal["measured", "published", "digitised", "reconstructed"]
Optimised = Literal["mse", "ms-ssim"]
FloatArray = npt.NDArray[np.float64]

# Header cells and JSON keys a user may write, after lower-casing and turning " " and "_" into "-".
SPELLINGS: Mapping[str, frozenset[str]] = {
    "bpp": frozenset({"bpp", "rate-bpp", "bits-per-pixel"}),
    "psnr": frozenset({"psnr", "psnr-db", "psnr-rgb"}),
    "ms-ssim": frozenset({"ms-ssim", "msssim", "ms-ssim-rgb", "msssim-rgb"}),  # 0..1
    "ms-ssim-db": frozenset({"ms-ssim-db", "msssim-db", "ms-ssim-rgb-db"}),
}


@dataclass(frozen=True)
class RDCurve:
    """The rate-distortion points of one method on one dataset, sorted by rate.

    `distortion` is in dB: RGB PSNR, or MS-SSIM x as -10 log10(1 - x). `points` are the operating points (QP,
    quality, lambda) beside the rates, where known. `notes` say what a reader must know, such as points left out.
    Raises UserError for points that are not a rising curve (see the module's first lines).
    """

    name: str
    label: str
    dataset: str  # "" when unknown: a user's own file
    metric: Metric
    kind: Kind
    bpp: tuple[float, ...]
    distortion: tuple[float, ...]
    source: str = ""
    optimised_for: Optimised = "mse"
    points: tuple[float, ...] | None = None
    psnr_reference: str = "rgb"  # "rgb", "converted" (anchors.pixels) or "unstated"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field, allowed in (("metric", Metric), ("kind", Kind), ("optimised_for", Optimised)):
            if getattr(self, field) not in get_args(allowed):
                raise UserError(f"{self}: {field} {getattr(self, field)!r} is none of {', '.join(get_args(allowed))}")
        columns = {"bpp": self.bpp, "distortion": self.distortion}
        if self.points is not None:
            columns["points"] = self.points
        if not len(self.bpp) or len({len(column) for column in columns.values()}) != 1:
            counts = ", ".join(f"{len(column)} {name}" for name, column in columns.items())
            raise UserError(f"{self} has {counts}; give as many of each, at least one")
        order = np.argsort(np.asarray(self.bpp, dtype=float), kind="stable")
        for name, column in columns.items():
            object.__setattr__(self, name, tuple(float(column[i]) for i in order))
        self._check_values()
        self._check_rising()

    def __str__(self) -> str:
        return f"RD curve {self.name!r}" + (f" ({self.dataset})" if self.dataset else "")

    @property
    def log_rate(self) -> FloatArray:
        """log10 of the rate in bits per pixel, (points,)."""
        return np.asarray(np.log10(self.bpp))

    @property
    def quality(self) -> FloatArray:
        """The distortion in dB as an array, (points,)."""
        return np.asarray(self.distortion)

    def _check_values(self) -> None:
        for rate, value in zip(self.bpp, self.distortion, strict=True):
            if not (math.isfinite(rate) and rate > 0):
                raise UserError(f"{self}: rate {rate} bpp is not a positive number; remove or mend that point")
            if math.isinf(value) and value > 0:
                raise UserError(f"{self}: {self.metric} at {rate} bpp is infinite (lossless); leave that point out")
            if not math.isfinite(value):
                raise UserError(f"{self}: {self.metric} {value} at {rate} bpp is not a number; remove or mend it")
        if all(rate >= value for rate, value in zip(self.bpp, self.distortion, strict=True)):
            raise UserError(f"{self}: every rate exceeds its distortion in dB; rate and distortion look swapped")
        if max(self.distortion) <= 1:
            raise UserError(f"{self}: {self.metric} never exceeds 1, so it is not in dB; convert it (ms_ssim_db)")

    def _check_rising(self) -> None:
        pairs = zip(self.bpp, self.distortion, strict=True)
        for (rate, value), (next_rate, next_value) in itertools.pairwise(pairs):
            if next_rate == rate:
                raise UserError(f"{self} has two points at {rate} bpp; keep one")
            if next_value <= value:
                raise UserError(
                    f"{self} is not monotonic: {self.metric} goes from {value:g} dB at {rate:g} bpp"
                    f" to {next_value:g} dB at {next_rate:g} bpp; remove or measure again one of them"
                )


@dataclass(frozen=True, eq=False)
class ImageRD:
    """The points of one method on one dataset, image by image; what intervals are computed from.

    `bpp` and `value` are (points, images); `value` is PSNR in dB or MS-SSIM in 0..1, since it is MS-SSIM itself
    that is averaged over images, before it is put on a dB axis.
    """

    name: str
    label: str
    dataset: str
    metric: Metric
    points: tuple[float, ...]
    images: tuple[str, ...]
    bpp: FloatArray
    value: FloatArray
    optimised_for: Optimised = "mse"
    psnr_reference: str = "rgb"
    source: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def from_samples(
        cls, name: str, dataset: str, metric: Metric, samples: Mapping[tuple[float, str], tuple[float, float]]
    ) -> Self:
        """Arrange {(point, image): (bpp, value)}; NaN values mean "not measured".

        Points with a lossless image (an infinite mean) or an image without a value are left out, with a note.
        Raises UserError when the points do not share one set of images, or none remains.
        """
        points = sorted({point for point, _ in samples})
        images = sorted({image for _, image in samples})
        for point in points:
            absent = [image for image in images if (point, image) not in samples]
            if absent:
                raise UserError(
                    f"{name} ({dataset}): point {point:g} lacks image {absent[0]!r}; every point needs the same images"
                )
        bpp, value = np.moveaxis(np.array([[samples[p, i] for i in images] for p in points], dtype=float), -1, 0)
        if not (np.isfinite(bpp) & (bpp > 0)).all():
            raise UserError(f"{name} ({dataset}): a rate in bpp is not a positive number; code those images again")
        kept, notes = _usable_points(points, to_db(metric, value), metric)
        if not kept:
            raise UserError(f"{name} ({dataset}) has no usable point for {metric}: {'; '.join(notes)}")
        return cls(
            name=name,
            label=name,
            dataset=dataset,
            metric=metric,
            points=tuple(points[k] for k in kept),
            images=tuple(images),
            bpp=bpp[kept],
            value=value[kept],
            notes=tuple(notes),
        )

    def mean_curve(self) -> RDCurve:
        """The curve of mean bpp and mean value over images; raises UserError when it is not a rising curve."""
        return self._curve(self.name, self.bpp.mean(axis=1), self.value.mean(axis=1))

    def image_curve(self, image: str) -> RDCurve:
        """The curve of one image; raises UserError when it is not a rising curve."""
        column = self.images.index(image)
        return self._curve(f"{self.name}, {image}", self.bpp[:, column], self.value[:, column])

    def select(self, images: Sequence[str]) -> Self:
        """The same points on some of the images, in the given order."""
        columns = [self.images.index(image) for image in images]
        return replace(self, images=tuple(images), bpp=self.bpp[:, columns], value=self.value[:, columns])

    def _curve(self, name: str, bpp: FloatArray, value: FloatArray) -> RDCurve:
        return RDCurve(
            name=name,
            label=self.label,
            dataset=self.dataset,
            metric=self.metric,
            kind="measured",
            bpp=tuple(bpp),
            distortion=tuple(to_db(self.metric, value)),
            source=self.source,
            optimised_for=self.optimised_for,
            points=self.points,
            psnr_reference=self.psnr_reference,
            notes=self.notes,
        )


def _usable_points(points: Sequence[float], decibel: FloatArray, metric: Metric) -> tuple[list[int], list[str]]:
    """Indexes of the points every image has a finite value at, and a note for each of the others."""
    kept, notes = [], []
    for k, point in enumerate(points):
        missing, infinite = int(np.isnan(decibel[k]).sum()), int(np.isinf(decibel[k]).sum())
        if missing:
            notes.append(f"point {point:g} left out: {missing} images have no {metric}")
        elif infinite:
            notes.append(f"point {point:g} left out: {infinite} images are lossless, {metric} is infinite")
        else:
            kept.append(k)
    return kept, notes


def ms_ssim_db(ms_ssim: npt.ArrayLike) -> FloatArray:
    """MS-SSIM x in 0..1 on a dB axis, -10 log10(1 - x); 1 gives infinity, NaN stays.

    >>> ms_ssim_db([0.9, 0.99]).round(6).tolist()
    [10.0, 20.0]
    """
    x = np.asarray(ms_ssim, dtype=float)
    if np.any(x < 0) or np.any(x > 1):
        raise UserError(f"MS-SSIM {x[(x < 0) | (x > 1)].ravel()[0]:g} is not in 0..1; values in dB go under ms-ssim-db")
    with np.errstate(divide="ignore"):
        return np.asarray(-10 * np.log10(1 - x))


def to_db(metric: Metric, value: FloatArray) -> FloatArray:
    """PSNR as it is, MS-SSIM on its dB axis."""
    return value if metric == "psnr" else ms_ssim_db(value)


# --- the user's own files ---------------------------------------------------------------------------------------


class Cell(NamedTuple):
    """A value of a CSV file and where it stands, for messages."""

    path: Path
    line: int
    column: str
    text: str

    def number(self, empty: float | None = None) -> float:
        """The value; `empty` stands for an empty cell. Raises UserError naming file, line and column."""
        if not self.text and empty is not None:
            return empty
        try:
            return float(self.text)
        except ValueError:
            raise UserError(f"{self}: {self.text!r} is not a number; mend it or remove the line") from None

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}, column {self.column}"


def read_cells(path: Path) -> list[dict[str, Cell]]:
    """The lines of a CSV file with a header, each {column: Cell}; raises UserError naming file and line."""
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"cannot read {path} as CSV ({error}); give a UTF-8 file with commas") from error
    header = [name.strip() for name in lines[0]] if lines else []
    if len(set(header)) != len(header) or not header:
        raise UserError(f"{path}, line 1: columns {header} are empty or not unique; give each its own name")
    records = []
    for number, values in enumerate(lines[1:], start=2):
        if values and len(values) != len(header):
            raise UserError(f"{path}, line {number}: {len(values)} cells, but the header has {len(header)}")
        if values:
            cells = zip(header, values, strict=True)
            records.append({name: Cell(path, number, name, text.strip()) for name, text in cells})
    if not records:
        raise UserError(f"{path} has no data line below its header; give at least one point")
    return records


def read_curve(path: Path, metric: Metric = "psnr") -> RDCurve | ImageRD:
    """Read a user's file: CSV of RD points, CSV of per-image rows (gives ImageRD), or CompressAI JSON.

    RD points: a column for the rate and one for the metric, spelled as in SPELLINGS (case, " ", "_" and "-" do not
    matter). Per-image rows: the columns point, image, bpp and psnr or ms_ssim (0..1) of `rows.Row`, one method
    and one dataset per file. JSON: {"name": ..., "results": {"bpp": [...], "psnr-rgb": [...]}}, same spellings.
    Raises UserError naming file, line and column (or JSON key) of what is wrong.
    """
    if path.suffix.lower() == ".json":
        return _read_json(path, metric)
    records = read_cells(path)
    if {"image", "point"} <= records[0].keys():
        return _read_image_rows(path, records, metric)
    rate, (column, linear) = _column(path, records[0], "bpp"), _distortion_column(path, records[0], metric)
    values = [_decibel(str(record[column]), record[column].number(), linear) for record in records]
    return _user_curve(path, path.stem, metric, [record[rate].number() for record in records], values)


def _read_image_rows(path: Path, records: Sequence[Mapping[str, Cell]], metric: Metric) -> ImageRD:
    name, dataset, reference = (
        _constant(path, records, *pair) for pair in (("method", path.stem), ("dataset", ""), ("psnr_reference", "rgb"))
    )
    rate, column = _column(path, records[0], "bpp"), _column(path, records[0], metric)
    samples: dict[tuple[float, str], tuple[float, float]] = {}
    for record in records:
        key = record["point"].number(), record["image"].text
        if key in samples:
            raise UserError(f"{record['image']}: image {key[1]!r} at point {key[0]:g} comes twice; keep one")
        value = record[column].number(empty=math.nan)
        if metric == "ms-ssim" and not math.isnan(value) and not 0 <= value <= 1:
            raise UserError(f"{record[column]}: {value:g} is not in 0..1; give MS-SSIM itself, not dB, per image")
        samples[key] = record[rate].number(), value
    result = ImageRD.from_samples(name, dataset, metric, samples)
    return replace(result, source=str(path), psnr_reference=reference)


def _constant(path: Path, records: Sequence[Mapping[str, Cell]], column: str, default: str) -> str:
    """The one value of a column; `default` where the file has no such column."""
    values = sorted({record[column].text for record in records if column in record})
    if len(values) > 1:
        raise UserError(f"{path} mixes several values of {column} ({', '.join(values)}); give one per file")
    return values[0] if values else default


def _read_json(path: Path, metric: Metric) -> RDCurve:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path} as JSON ({error}); give a CompressAI result file") from error
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, dict):
        raise UserError(f'{path} has no "results" object; give {{"name": ..., "results": {{"bpp": [...], ...}}}}')
    rate, (column, linear) = _column(path, results, "bpp"), _distortion_column(path, results, metric)
    raw = _json_numbers(path, results, column)
    values = [_decibel(f"{path}, results.{column}[{k}]", value, linear) for k, value in enumerate(raw)]
    name = str(document.get("name") or path.stem)
    return _user_curve(path, name, metric, _json_numbers(path, results, rate), values)


def _json_numbers(path: Path, results: Mapping[str, object], key: str) -> list[float]:
    values = results[key]
    if not isinstance(values, list):
        raise UserError(f"{path}, results.{key} is not a list; give one number per point")
    for k, value in enumerate(values):
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise UserError(f"{path}, results.{key}[{k}]: {value!r} is not a number; mend it")
    return [float(value) for value in values]


def _decibel(where: str, value: float, linear: bool) -> float:
    """A finite distortion in dB; raises UserError naming the place of one that is not."""
    if linear and not 0 <= value <= 1:
        raise UserError(f"{where}: MS-SSIM {value:g} is not in 0..1; name a column in dB ms_ssim_db")
    decibel = float(ms_ssim_db(value)) if linear else value
    if not math.isfinite(decibel):
        raise UserError(f"{where}: {value:g} is not a finite distortion in dB; leave that point out")
    return decibel


def _user_curve(path: Path, name: str, metric: Metric, bpp: Sequence[float], values: Sequence[float]) -> RDCurve:
    try:
        return RDCurve(name, name, "", metric, "measured", tuple(bpp), tuple(values), str(path))
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def _distortion_column(path: Path, columns: Iterable[str], metric: Metric) -> tuple[str, bool]:
    """The column of a metric, and whether it is linear (MS-SSIM in 0..1); one in dB is preferred."""
    if metric == "ms-ssim" and _spelled(columns, "ms-ssim-db"):
        return _column(path, columns, "ms-ssim-db"), False
    return _column(path, columns, metric), metric == "ms-ssim"


def _column(path: Path, columns: Iterable[str], quantity: str) -> str:
    """The column that holds a quantity; raises UserError when there is none or more than one."""
    found = _spelled(columns, quantity)
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"{path} has several columns for {quantity}: {', '.join(found)}; keep one")
    names = " or ".join(sorted(SPELLINGS[quantity]))
    raise UserError(f"{path} has no column for {quantity}, only {', '.join(columns)}; name it {names}")


def _spelled(columns: Iterable[str], quantity: str) -> list[str]:
    return [name for name in columns if name.strip().lower().replace("_", "-").replace(" ", "-") in SPELLINGS[quantity]]
