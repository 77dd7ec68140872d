"""What a line of each table is, and how tables are written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lic_tcm.files import write_text

if TYPE_CHECKING:
    import pandas as pd
from dataclasses import dataclass

RD_POINT_COLUMNS = (
    *("dataset", "series", "label", "kind", "metric", "optimised_for", "point", "bpp", "value"),
    *("bpp_lo", "bpp_hi", "value_lo", "value_hi", "ci_method", "n_images", "images_total", "psnr_reference"),
    *("ms_ssim_average", "value_db_average", "source", "bpp_estimated", "rate_gap"),
)


BD_COLUMNS = (
    *("dataset", "metric", "anchor", "anchor_kind", "series", "label", "kind", "averaging", "bd_method", "bd_rate"),
    *("ci_lo", "ci_hi", "ci_method", "bd_distortion", "overlap_lo", "overlap_hi", "overlap_share"),
    *("n_images", "images_total", "ms_ssim_average", "marks", "notes"),
)


_TEXT = {
    *("dataset", "series", "label", "kind", "metric", "optimised_for", "psnr_reference", "source", "anchor"),
    *("anchor_kind", "averaging", "bd_method", "ci_method", "ms_ssim_average", "marks", "notes", "method", "note"),
}


TABLE2_COLUMNS = (
    *("method", "dataset", "paper", "recomputed", "measured", "ci_lo", "ci_hi", "anchor", "bd_method"),
    *("psnr_reference", "note"),
)


def as_frame(lines: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> "pd.DataFrame":
    """Lines as a table; numbers are float64 whatever is unknown, so a table's form does not depend on its content."""
    import pandas as pd

    frame = pd.DataFrame(lines, columns=list(columns))
    return frame.astype({column: "float64" for column in columns if column not in _TEXT})


def write_csv(frame: "pd.DataFrame", path: Path) -> None:
    """Write a table atomically; numbers to 10 digits and LF line ends, so equal tables give equal bytes."""
    write_text(path, frame.to_csv(index=False, float_format="%.10g", lineterminator="\n"))


KINDS = ("measured", "published", "digitised", "reconstructed")  # in the order they are shown


METRIC_NAMES = {"psnr": "PSNR", "ms-ssim": "MS-SSIM"}


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
    marks: str  # words of lic_tcm.rd.pair.Mark with spaces between; "" where the number may be quoted alone
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
