"""Single points against the anchors' curves, and the losses of networks of one lambda: what needs no BD-rate."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lic_tcm.errors import UserError
from lic_tcm.rd.curves import METRICS, ImageRD, Metric, RDCurve
from lic_tcm.rd.intervals import JACKKNIFE, How
from lic_tcm.rd.loss import METRIC, common_lambdas, loss_differences
from lic_tcm.rd.pair import Pair
from lic_tcm.rd.points import PointDifference, point_differences
from lic_tcm.tables.bd_rate import partial_note
from lic_tcm.tables.schema import LossRow, PointRow, as_frame
from lic_tcm.tables.series import PLAIN, Naming, Series, series_data, series_groups

if TYPE_CHECKING:
    import pandas as pd


def point_rows(
    rows: "pd.DataFrame",
    published: Sequence[RDCurve],
    anchors: Sequence[str],
    naming: Naming = PLAIN,
    metrics: Sequence[Metric] = METRICS,
    how: How = JACKKNIFE,
) -> "pd.DataFrame":
    """Every point of every series against every anchor of its dataset (schema.PointRow), anchors in the order given.

    Points come by rate, in both averages where both sides have images. A pair that cannot be compared is one line with
    the reason in notes; an anchor is not compared with itself.
    """
    lines: list[dict[str, Any]] = []
    for (dataset, metric), group in series_groups(rows, published, naming, metrics).items():
        pairs = [(anchor, test) for name in anchors for anchor in group if anchor.name == name for test in group]
        for anchor, test in pairs:
            if anchor is not test:
                names = {"dataset": dataset, "metric": metric, **_names(anchor, test)}
                lines += [names | line for line in _points(anchor, test, how)]
    return as_frame(lines, PointRow)


def _names(anchor: Series, test: Series) -> dict[str, Any]:
    return {
        "anchor": anchor.name,
        "anchor_kind": anchor.kind,
        "series": test.name,
        "label": test.label,
        "kind": test.kind,
        "images_total": test.images_total or anchor.images_total,
    }


def _points(anchor: Series, test: Series, how: How) -> list[dict[str, Any]]:
    """The lines of one pair, without what names it."""
    try:
        pair = Pair.of(series_data(anchor), series_data(test))
        partial = partial_note(pair, test.images_total or anchor.images_total)
        return [_line(found, partial) for found in point_differences(pair, how)]
    except UserError as error:
        return [{"averaging": "mean curve", "notes": str(error)}]


def _line(found: PointDifference, partial: Sequence[str]) -> dict[str, Any]:
    return asdict(found) | {
        "point": "" if found.point is None else f"{found.point:g}",
        "marks": " ".join(found.marks),
        "notes": "; ".join((*found.notes, *partial)),
    }


def loss_rows(
    rows: "pd.DataFrame", anchors: Sequence[str], naming: Naming = PLAIN, how: How = JACKKNIFE
) -> "pd.DataFrame":
    """R + lambda * 255^2 * MSE of every two methods with images and a lambda in common (schema.LossRow).

    Of two the one that `anchors` has first is the anchor, else the one whose rows come first.
    """
    lines = []
    for (dataset, _), group in series_groups(rows, (), naming, [METRIC]).items():
        known = [one for one in group if isinstance(one.data, ImageRD)]
        known.sort(key=lambda one: anchors.index(one.name) if one.name in anchors else len(anchors))
        for k, anchor in enumerate(known):
            for test in known[k + 1 :]:
                names = {"dataset": dataset, "anchor_label": anchor.label, **_names(anchor, test)}
                lines += [names | line for line in _losses(anchor, test, how)]
    return as_frame(lines, LossRow)


def _losses(anchor: Series, test: Series, how: How) -> list[dict[str, Any]]:
    """The lines of one pair, without what names it; none where the two were not trained for one loss."""
    assert isinstance(anchor.data, ImageRD)
    assert isinstance(test.data, ImageRD)
    if not common_lambdas(anchor.data, test.data):
        return []
    try:
        found = [asdict(one) for one in loss_differences(anchor.data, test.data, how=how)]
    except UserError:  # trained for another loss, or on no common image
        return []
    return [line | {"point": line.pop("lambda_"), "notes": "; ".join(line["notes"])} for line in found]
