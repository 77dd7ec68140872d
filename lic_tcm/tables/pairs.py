"""What stands behind the figures of pairs: BD-rates image by image, rate differences along the curve.

A pair is (anchor, test), both names of measured methods or published curves. What a pair has no numbers for is no line.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lic_tcm.errors import UserError
from lic_tcm.rd.bdrate import DEFAULT_INTERPOLATION, overlap, rate_difference
from lic_tcm.rd.curves import Metric, RDCurve
from lic_tcm.rd.intervals import image_bd_rates, image_failures
from lic_tcm.rd.pair import Pair
from lic_tcm.tables.schema import ImageRateRow, LocalRateRow, as_frame
from lic_tcm.tables.series import PLAIN, Naming, Series, series_data, series_groups

if TYPE_CHECKING:
    import pandas as pd


POSITIONS = 41  # along the common range of a pair


Names = Sequence[tuple[str, str]]


def image_rates(
    rows: "pd.DataFrame", pairs: Names, metrics: Sequence[Metric], naming: Naming = PLAIN
) -> "pd.DataFrame":
    """BD-rate in % of each image (schema.ImageRateRow) for pairs of measured methods, by the default method.

    An image whose curves have no BD-rate has an empty cell, and the reason as its note.
    """
    lines = []
    for common, anchor, test in _pairs(rows, (), pairs, metrics, naming):
        pair = _pair(anchor, test)
        if pair and pair.images:
            failed = image_failures(*pair.images, DEFAULT_INTERPOLATION)
            values = image_bd_rates(*pair.images, DEFAULT_INTERPOLATION)
            lines += [
                common | {"image": image, "bd_rate": float(value), "note": failed.get(image, "")}
                for image, value in zip(pair.images[1].images, values, strict=True)
            ]
    return as_frame(lines, ImageRateRow)


def local_rates(
    rows: "pd.DataFrame",
    published: Sequence[RDCurve],
    pairs: Names,
    metrics: Sequence[Metric],
    naming: Naming = PLAIN,
) -> "pd.DataFrame":
    """Rate of test against anchor in % at equal distortion in dB (schema.LocalRateRow), along their common range."""
    lines = []
    for common, anchor, test in _pairs(rows, published, pairs, metrics, naming):
        pair = _pair(anchor, test)
        lines += [common | line for line in _differences(pair)] if pair else []
    return as_frame(lines, LocalRateRow)


def _pairs(
    rows: "pd.DataFrame", published: Sequence[RDCurve], pairs: Names, metrics: Sequence[Metric], naming: Naming
) -> Iterator[tuple[dict[str, Any], Series, Series]]:
    """What names a pair, and its series, for each dataset and metric that has both."""
    for (dataset, metric), group in series_groups(rows, published, naming, metrics).items():
        for names in pairs:
            found = [[one for one in group if one.name == name] for name in names]
            for anchor, test in ((a, t) for a in found[0] for t in found[1]):
                common = {
                    "dataset": dataset,
                    "metric": metric,
                    "anchor": anchor.name,
                    "anchor_label": anchor.label,
                    "anchor_kind": anchor.kind,
                    "series": test.name,
                    "label": test.label,
                    "kind": test.kind,
                    "bd_method": DEFAULT_INTERPOLATION,
                }
                yield common, anchor, test


def _pair(anchor: Series, test: Series) -> Pair | None:
    """The pair, None where it cannot be compared; the BD-rate table says why."""
    try:
        return Pair.of(series_data(anchor), series_data(test))
    except UserError:
        return None


def _differences(pair: Pair) -> list[dict[str, float]]:
    try:
        low, high = overlap(pair.anchor, pair.test)
        positions = np.linspace(low, high, POSITIONS)
        values = rate_difference(pair.anchor, pair.test, DEFAULT_INTERPOLATION, positions)
    except UserError:
        return []
    return [
        {"distortion": float(position), "difference": float(value)}
        for position, value in zip(positions, values, strict=True)
    ]
