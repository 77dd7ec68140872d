"""The series of a run by dataset and metric: measured methods image by image, and published curves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lic_tcm import metrics
from lic_tcm.bench.budgets import labelled
from lic_tcm.errors import UserError
from lic_tcm.rd.curves import ImageRD, Kind, Metric, Optimised, RDCurve

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = "numbers"
LAMBDA = "lambda"
LAMBDA_CODECS = frozenset({"tcm"})  # codecs whose points are the lambdas their weights were trained for
# Of rows that this suite did not decode, by what was given (records.Row.given): what every number of them says.
NOT_DECODED: Mapping[str, str] = {
    "decoded": "given: this suite scored the images and counted the streams, it decoded none of them",
    "size": "given: this suite scored the images, it saw no stream and decoded none",
    NUMBERS: "given: its numbers are the user's, this suite saw neither streams nor images",
}


@dataclass(frozen=True)
class Naming:
    """How measured methods are shown: labels and training targets by method; else its name, and "mse"."""

    labels: Mapping[str, str] = field(default_factory=dict)
    optimised_for: Mapping[str, Optimised] = field(default_factory=dict)
    lambdas: frozenset[str] = frozenset()  # methods whose points are known to be lambdas

    def label(self, method: str) -> str:
        """What legends and tables call a method."""
        return labelled(method, self.labels.get(method, method))

    def target(self, method: str) -> Optimised:
        """The loss a method was trained with."""
        return self.optimised_for.get(method, "mse")

    def unit(self, method: str, codec: str) -> str:
        """What the points of a method are: "lambda", or "" where it is another number or not known."""
        return LAMBDA if method in self.lambdas or codec in LAMBDA_CODECS else ""


PLAIN = Naming()


@dataclass(frozen=True)
class Series:
    """A series of one dataset and metric: measured image by image, or a published curve, or why there is neither."""

    name: str
    label: str
    kind: Kind
    data: ImageRD | RDCurve | str
    images_total: int | None = None


def series_groups(
    rows: "pd.DataFrame", published: Sequence[RDCurve], naming: Naming, wanted: Sequence[Metric]
) -> dict[tuple[str, Metric], list[Series]]:
    """All series by dataset (in the rows' order, then the curves') and metric; measured ones first."""
    datasets = list(dict.fromkeys([*rows["dataset"], *(curve.dataset for curve in published)]))
    groups: dict[tuple[str, Metric], list[Series]] = {(d, m): [] for d in datasets for m in wanted}
    for _, group in rows.groupby(["dataset", "method"], sort=False):
        dataset, method, total = group["dataset"].iloc[0], group["method"].iloc[0], int(group["images_total"].iloc[0])
        for metric in wanted:
            data, kind = measured_curve(group, metric, naming), kind_of(group["given"].iloc[0])
            groups[dataset, metric].append(Series(method, naming.label(method), kind, data, total))
    for curve in published:
        if curve.metric in wanted:
            groups[curve.dataset, curve.metric].append(Series(curve.name, curve.label, curve.kind, curve))
    return {key: group for key, group in groups.items() if group}


def kind_of(given: str) -> Kind:
    """Whether rows are "measured", or "given" because somebody else decoded; `given` is that of records.Row."""
    return "given" if given in NOT_DECODED else "measured"


def given_notes(method: str, given: str) -> tuple[str, ...]:
    """What every number of such rows of a method says; nothing where this suite decoded."""
    return (f"{method} is {NOT_DECODED[given]}",) if given in NOT_DECODED else ()


def measured_curve(group: "pd.DataFrame", metric: Metric, naming: Naming = PLAIN) -> ImageRD | str:
    """A method's images that have every point; the reason where there is no curve."""
    method, dataset, reference = (group[column].iloc[0] for column in ("method", "dataset", "psnr_reference"))
    column = metrics.get(metric).column
    if column not in group:
        return f"the rows of {method} ({dataset}) have no {metric}; score them with it"
    counts = group.groupby("image")["point"].count()
    complete = set(counts.index[counts == group["point"].nunique()])
    samples = {
        (point, image): (bpp, value)
        for point, image, bpp, value in zip(
            *(group[column] for column in ("point", "image", "bpp", column)), strict=True
        )
        if image in complete
    }
    if not samples:
        return f"no image of {method} ({dataset}) has been coded at every point"
    try:
        data = ImageRD.from_samples(method, dataset, metric, samples)
    except UserError as error:
        return str(error)
    partial = len(counts) - len(complete)
    notes = (*data.notes, f"{partial} images lack a point and are left out") if partial else data.notes
    given = group["given"].iloc[0]
    return replace(
        data,
        label=naming.label(method),
        optimised_for=naming.target(method),
        psnr_reference=reference,
        notes=(*notes, *given_notes(method, given)),
        kind=kind_of(given),
        unit=naming.unit(method, group["codec"].iloc[0] if "codec" in group else ""),
    )


def series_data(series: Series) -> ImageRD | RDCurve:
    """The data of a series; raises UserError with the reason where there is none."""
    if isinstance(series.data, str):
        raise UserError(series.data)
    return series.data
