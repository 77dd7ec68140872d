"""Read the finished tables of a run: one frozen dataclass per kind of row, checked on the way in."""

import csv
import dataclasses
import json
import math
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lic_tcm.errors import UserError

KINDS = ("measured", "published", "digitised", "reconstructed")  # in the order they are shown
METRICS = {"psnr": "PSNR", "ms-ssim": "MS-SSIM"}


@dataclass(frozen=True)
class RDPoint:
    """A point of an RD curve: a line of `rd_points.csv`."""

    dataset: str
    series: str
    label: str
    kind: str
    metric: str  # "psnr" or "ms-ssim"; both in dB
    optimised_for: str
    point: str  # the codec's own unit, as written; "" when not known
    bpp: float
    value: float  # dB; infinite when lossless
    bpp_lo: float | None
    bpp_hi: float | None
    value_lo: float | None
    value_hi: float | None
    n_images: int | None
    images_total: int | None
    psnr_reference: str
    source: str
    ci_method: str = ""  # how the intervals were made
    ms_ssim_average: str = ""  # "linear", "db" or "unstated"; "" in PSNR
    value_db_average: float | None = None  # dB, the mean of the images' MS-SSIM in dB


@dataclass(frozen=True)
class BDRow:
    """A method against an anchor: a line of `bd_rate.csv`. Rates are in %, distortions in dB."""

    dataset: str
    metric: str
    anchor: str
    anchor_kind: str
    series: str
    label: str
    kind: str
    averaging: str  # "mean curve" or "per image"
    bd_method: str
    bd_rate: float | None  # None when it cannot be computed; `notes` says why
    ci_lo: float | None
    ci_hi: float | None
    ci_method: str
    bd_distortion: float | None
    overlap_lo: float | None
    overlap_hi: float | None
    overlap_share: float | None  # 0..1, of the test curve's own range
    n_images: int | None
    images_total: int | None
    ms_ssim_average: str  # "linear", "db", "unstated" or "mixed"; "" in PSNR
    marks: str  # words of lic_tcm.bench.pairs.Mark with spaces between; "" where the number may be quoted alone
    notes: str


@dataclass(frozen=True)
class Table2Row:
    """A cell of the paper's Table 2, as printed, recomputed and measured: a line of `table2.csv`."""

    method: str
    dataset: str
    paper: float | None
    recomputed: float | None
    measured: float | None
    ci_lo: float | None
    ci_hi: float | None
    anchor: str
    bd_method: str
    psnr_reference: str
    note: str


@dataclass(frozen=True)
class Table1Row:
    """A quantity of a model in the paper's Table 1, as printed, recomputed and had here: a line of `table1.csv`."""

    model: str
    label: str
    quantity: str
    unit: str
    paper: float | None
    recomputed: float | None  # from published points: BD-rates only
    measured: float | None  # here; sizes and work are counted
    ci_lo: float | None
    ci_hi: float | None
    device: str
    note: str  # also why a cell is empty


@dataclass(frozen=True)
class SensitivityRow:
    """TCM against one VTM curve by one BD method: a line of `sensitivity.csv`. In PSNR, %."""

    dataset: str
    series: str
    label: str
    kind: str
    anchor: str
    anchor_label: str
    anchor_kind: str
    psnr_reference: str  # of the anchor
    bd_method: str
    bd_rate: float | None
    overlap_share: float | None  # 0..1, of the test curve's own range
    anchor_points: int | None
    note: str


@dataclass(frozen=True)
class PairRow:
    """What names a pair, an anchor and a method compared with it, in the tables of pairs."""

    dataset: str
    metric: str
    anchor: str
    anchor_label: str
    anchor_kind: str
    series: str
    label: str
    kind: str
    bd_method: str


@dataclass(frozen=True)
class ImageRateRow(PairRow):
    """BD-rate in % of one image of a pair: a line of `image_rates.csv`."""

    image: str
    bd_rate: float | None  # None: the image's curves have none; `note` says why
    note: str = ""


@dataclass(frozen=True)
class LocalRateRow(PairRow):
    """Rate difference in % of a pair at one distortion in dB: a line of `local_rates.csv`."""

    distortion: float
    difference: float


@dataclass(frozen=True)
class CostRow:
    """BD-rate of a method in %, and what it costs where that is known: a line of `costs.csv`."""

    dataset: str
    metric: str
    anchor: str
    series: str
    label: str
    kind: str
    bd_method: str
    bd_rate: float
    ci_lo: float | None
    ci_hi: float | None
    kmacs_per_pixel: float | None  # all MACs of encoding and decoding
    decode_s_per_megapixel: float | None
    environment: str


@dataclass(frozen=True)
class ImageRow:
    """One scored image x method x point: what the report shows of a line of `images.csv`."""

    dataset: str
    method: str
    label: str
    point: str
    image: str
    height: int | None  # None: a user's own row that does not say
    width: int | None
    num_bytes: int | None
    bpp: float
    psnr: float
    ms_ssim: float | None  # 0..1
    psnr_reference: str
    encode_s: float | None
    decode_s: float | None
    environment: str
    images_total: int | None
    codec: str = ""
    codec_version: str = ""
    sha256_stream: str = ""


@dataclass(frozen=True)
class Tables:
    """Everything a report is made of. An absent or empty table is an empty tuple and `missing` says why."""

    folder: Path
    points: tuple[RDPoint, ...]
    bd: tuple[BDRow, ...]
    table2: tuple[Table2Row, ...]
    images: tuple[ImageRow, ...]
    run: Mapping[str, Any]
    environments: Mapping[str, Mapping[str, Any]]
    missing: Mapping[str, str]  # file name -> the reason its section is empty
    table1: tuple[Table1Row, ...] = ()
    sensitivity: tuple[SensitivityRow, ...] = ()
    image_rates: tuple[ImageRateRow, ...] = ()
    local_rates: tuple[LocalRateRow, ...] = ()
    costs: tuple[CostRow, ...] = ()

    def datasets(self) -> list[str]:
        """Datasets in the run's order, then those only the tables know."""
        found = [*(p.dataset for p in self.points), *(row.dataset for row in self.bd)]
        return list(dict.fromkeys([*self.run.get("datasets", {}), *found]))

    def metrics(self) -> list[str]:
        """Metrics the run asked for, or else those the tables hold."""
        found = {p.metric for p in self.points} | {row.metric for row in self.bd} | set(self.run.get("metrics", ()))
        return [metric for metric in METRICS if metric in found]

    def metrics_of(self, dataset: str) -> list[str]:
        """Metrics that a dataset has points in; all of them where it has none at all."""
        found = {point.metric for point in self.points if point.dataset == dataset}
        return [metric for metric in self.metrics() if metric in found] or self.metrics()

    def dataset_label(self, dataset: str) -> str:
        """The dataset's name for people."""
        return str(self.run.get("datasets", {}).get(dataset, {}).get("label") or dataset)

    def label(self, series: str) -> str:
        """The series' name for people, wherever one is given."""
        named = {row.series: row.label for row in self.bd} | {p.series: p.label for p in self.points}
        return str(self.run.get("methods", {}).get(series, {}).get("label") or named.get(series) or series)


R = TypeVar("R")


def read_tables(folder: Path) -> Tables:
    """Read a folder `results/tables/<name>`.

    Raises UserError when the folder or its run.json is missing, or a file is not of the expected form.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder of tables; make it with `lic-tcm tables`")
    run = _read_json(folder / "run.json")
    if run is None:
        raise UserError(f"{folder}/run.json is missing; make the tables again with `lic-tcm tables`")
    missing: dict[str, str] = {}

    def table(name: str, form: type[R]) -> tuple[R, ...]:
        rows = read_rows(folder / name, form)
        if not rows:
            missing[name] = f"{name} is missing" if rows is None else f"{name} has no rows"
        return tuple(rows or ())

    environments = _read_json(folder / "environments.json")
    if not environments:
        missing["environments.json"] = "environments.json is missing" if environments is None else "none is recorded"
    return Tables(
        folder=folder,
        points=table("rd_points.csv", RDPoint),
        bd=table("bd_rate.csv", BDRow),
        table2=table("table2.csv", Table2Row),
        images=table("images.csv", ImageRow),
        run=run,
        environments=environments or {},
        missing=missing,
        table1=table("table1.csv", Table1Row),
        sensitivity=table("sensitivity.csv", SensitivityRow),
        image_rates=table("image_rates.csv", ImageRateRow),
        local_rates=table("local_rates.csv", LocalRateRow),
        costs=table("costs.csv", CostRow),
    )


def read_rows(path: Path, form: type[R]) -> list[R] | None:
    """Read a CSV into dataclasses `form`, ignoring columns it has no field for; None when there is no such file.

    A column may be absent where its field has a default.
    Raises UserError naming the file, the line and the column for a missing column or a cell that does not fit.
    """
    if not path.is_file():
        return None
    hints = typing.get_type_hints(form)
    optional = {name for name in hints if hasattr(form, name)}  # a dataclass keeps its defaults as class attributes
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        found = reader.fieldnames or list(hints)
        absent = [name for name in hints if name not in found and name not in optional]
        if absent:
            raise UserError(f"{path} lacks the column(s) {', '.join(absent)}; make the tables again")
        present = {name: hint for name, hint in hints.items() if name in found}
        return [
            form(**{name: _cell(line, name, hint, f"{path} line {reader.line_num}") for name, hint in present.items()})
            for line in reader
        ]


def write_rows(rows: typing.Sequence[Any], form: type[Any]) -> str:
    """The CSV of such rows; numbers are written so that reading gives them back exactly."""
    names = [field.name for field in dataclasses.fields(form)]
    lines = [names, *([_text(getattr(row, name)) for name in names] for row in rows)]
    return "".join(",".join(_quoted(cell) for cell in line) + "\n" for line in lines)


def _text(value: object) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ',"\r\n') else cell


def _cell(line: Mapping[str, str | None], name: str, hint: object, where: str) -> object:
    text = line[name]
    if text is None:
        raise UserError(f"{where} is shorter than the header; the file is torn, make the tables again")
    optional = type(None) in typing.get_args(hint)
    if text == "" and optional:
        return None
    try:
        value = _PARSERS[typing.get_args(hint)[0] if optional else hint](text)
    except ValueError as error:
        raise UserError(f"{where}: {name} is {text!r}, not a number; make the tables again") from error
    if isinstance(value, float) and math.isnan(value):
        raise UserError(f"{where}: {name} is not a number; leave unknown values empty")
    if name in ("kind", "anchor_kind") and value not in KINDS:
        raise UserError(f"{where}: {name} {text!r} is none of {', '.join(KINDS)}")
    if name == "metric" and value not in METRICS:
        raise UserError(f"{where}: metric {text!r} is none of {', '.join(METRICS)}")
    return value


def _integer(text: str) -> int:
    """An integer, also as pandas writes it beside empty cells: 24.0."""
    value = float(text)
    if not value.is_integer():
        raise ValueError(text)
    return int(value)


_PARSERS: Mapping[object, Callable[[str], object]] = {str: str, float: float, int: _integer}


def _read_json(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path} is not valid JSON ({error}); make the tables again") from error
    if not isinstance(data, dict):
        raise UserError(f"{path} does not hold a JSON object; make the tables again")
    return data
