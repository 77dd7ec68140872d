"""What a line of each table is: one frozen dataclass per kind of row, whose fields are the columns of its CSV file.

The stages write and the report reads by them, so a column has one name, one place and one type.
"""

import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lic_tcm.files import write_text
from lic_tcm.metrics.wide import Values, columns

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("measured", "given", "published", "digitised", "reconstructed")  # in the order they are shown


@dataclass(frozen=True)
class RDPoint:
    """A point of an RD curve: a line of `rd_points.csv`."""

    dataset: str
    series: str
    label: str
    kind: str
    metric: str  # a name of lic_tcm.metrics
    optimised_for: str
    point: str  # the codec's own unit, as written; "" when not known
    bpp: float
    value: float  # on the metric's axis; infinite when lossless
    bpp_lo: float | None
    bpp_hi: float | None
    value_lo: float | None
    value_hi: float | None
    ci_method: str  # how the intervals were made
    n_images: int | None
    images_total: int | None
    psnr_reference: str
    value_average: str  # "linear", "db" or "unstated"; "" where the axis does not bend
    value_db_average: float | None  # where it does: the mean of the images on the axis
    source: str
    bpp_estimated: float | None  # rate by the network's likelihoods, where the codec has some
    rate_gap: float | None  # %, by which the streams exceed it


@dataclass(frozen=True)
class BDRow:
    """A method against an anchor, in % and on the axis: a line of `bd_rate.csv`, or of all pairs in `all_pairs.csv`."""

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
    value_average: str  # "linear", "db", "unstated" or "mixed"; "" where the axis does not bend
    marks: str  # words of lic_tcm.rd.pair.Mark with spaces between; "" where the number may be quoted alone
    notes: str


@dataclass(frozen=True)
class PointRow:
    """A point against an anchor's curve (rd.points), or why there is none: a line of `point_differences.csv`."""

    dataset: str
    metric: str
    anchor: str
    anchor_kind: str
    series: str
    label: str
    kind: str
    averaging: str  # "mean curve" or "per image"
    point: str  # the method's own unit, as written; "" when not known
    bpp: float | None
    distortion: float | None  # on the metric's axis
    rate_difference: float | None  # % more than the anchor at this distortion
    rate_lo: float | None
    rate_hi: float | None
    quality_difference: float | None  # more than the anchor at this rate, on the axis
    quality_lo: float | None
    quality_hi: float | None
    ci_method: str
    anchor_lo: float | None  # the anchor's range of distortion, then of rate
    anchor_hi: float | None
    anchor_bpp_lo: float | None
    anchor_bpp_hi: float | None
    n_images: int | None
    images_total: int | None
    value_average: str  # as in BDRow
    marks: str
    notes: str


@dataclass(frozen=True)
class LossRow:
    """R + lambda * 255^2 * MSE of two methods at one lambda, in bpp (rd.loss): a line of `loss_differences.csv`."""

    dataset: str
    anchor: str
    anchor_label: str
    anchor_kind: str
    series: str
    label: str
    kind: str
    point: float  # the lambda
    anchor_loss: float
    test_loss: float
    difference: float  # test - anchor, over the same images
    ci_lo: float | None
    ci_hi: float | None
    ci_method: str
    rate_part: float  # of the difference
    distortion_part: float
    n_images: int
    images_total: int | None
    notes: str


@dataclass(frozen=True)
class Table2Row:
    """A cell of the paper's Table 2, as printed, recomputed and measured: a line of `table2.csv`."""

    method: str
    dataset: str
    paper: float | None
    recomputed: float | None
    against_paper: float | None  # as recomputed, against the measured VTM under the paper's convention
    against_rgb: float | None  # likewise, against the measured VTM of 10 bits and the RGB original
    measured: float | None
    ci_lo: float | None
    ci_hi: float | None
    anchor: str
    bd_method: str
    psnr_reference: str
    note: str


@dataclass(frozen=True)
class Table1Row:
    """A quantity of a model in the paper's Table 1, printed, recomputed, obtained here: a line of `table1.csv`."""

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
    """A method against one VTM curve by one BD method: a line of `sensitivity.csv`. In PSNR, %."""

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
    """Rate difference in % of a pair at one distortion: a line of `local_rates.csv`."""

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
class AblationRow:
    """A point of an ablation, means over images: a line of `results/ablations/<budget>/<figure>.csv`."""

    figure: str
    variant: str
    budget: str
    seed: int | None  # of the training; None: the budget has no seeds
    dataset: str
    point: float  # lambda
    images: int
    bpp: float
    values: Values = field(hash=False)


@dataclass(frozen=True)
class VariantRow:
    """A variant of an ablation beside its figure's reference: a line of `<figure>_variants.csv`.

    The cost of an image is bpp + lambda * MSE, of 8-bit values. Values of an image are means over seeds; differences
    are the variant's less the reference's, means over images.
    """

    figure: str
    variant: str
    budget: str
    dataset: str
    point: float  # lambda
    reference: str
    images: int
    seeds: int
    bpp: float
    psnr: float
    difference: float | None  # of the cost, % of the reference's mean bpp; None for the reference
    ci_lo: float | None  # its 95 % t interval over images
    ci_hi: float | None
    seed_lo: float | None  # the least and the greatest of the same over pairs of seeds, one of the variant's each
    seed_hi: float | None
    difference_bpp: float | None  # of the rate alone, % of the reference's mean bpp
    difference_psnr: float | None  # dB
    verdict: str  # a word of lic_tcm.tables.variants.VERDICTS
    parameters: float | None  # of the whole network
    kmacs_per_pixel: float | None  # of the whole network, encoding and decoding
    encode_s: float | None  # median over images and seeds, on the machine of the rows
    decode_s: float | None


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
    values: Values = field(hash=False)
    psnr_reference: str
    encode_s: float | None
    decode_s: float | None
    environment: str
    images_total: int | None
    codec: str = ""
    codec_version: str = ""
    sha256_stream: str = ""


def as_frame(lines: Sequence[Mapping[str, Any]], form: type[Any], metrics: Iterable[str] = ()) -> "pd.DataFrame":
    """Lines as a table of `form`, with a column for each of the metrics where it has `Values`; numbers are
    float64 whatever is unknown, so its form does not depend on its content.

    Raises KeyError for a line that has a column the form has not.
    """
    import pandas as pd

    names = columns(form, metrics)
    foreign = {name for line in lines for name in line} - set(names)
    if foreign:
        raise KeyError(f"{form.__name__} has no {', '.join(sorted(foreign))}")
    text = {name for name, hint in typing.get_type_hints(form).items() if hint is str}
    frame = pd.DataFrame(lines, columns=list(names))
    return frame.astype({name: "float64" for name in names if name not in text})


def write_csv(frame: "pd.DataFrame", path: Path) -> None:
    """Write a table atomically; numbers to 10 digits and LF line ends, so equal tables give equal bytes."""
    write_text(path, frame.to_csv(index=False, float_format="%.10g", lineterminator="\n"))
