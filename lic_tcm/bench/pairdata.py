"""What stands behind the figures of pairs: BD-rates image by image, rate differences along the curve, costs.

A pair is (anchor, test), both names of measured methods or published curves. What a pair has no numbers for is no line.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lic_tcm.bench.series import PLAIN, Naming, Series, series_data, series_groups
from lic_tcm.errors import UserError
from lic_tcm.rd.bdrate import DEFAULT_METHOD, overlap, rate_difference
from lic_tcm.rd.curves import Metric, RDCurve
from lic_tcm.rd.intervals import image_bd_rates, image_failures
from lic_tcm.rd.pair import Pair

if TYPE_CHECKING:
    import pandas as pd

COMMON = ("dataset", "metric", "anchor", "anchor_label", "anchor_kind", "series", "label", "kind", "bd_method")
IMAGE_RATE_COLUMNS = (*COMMON, "image", "bd_rate", "note")
LOCAL_RATE_COLUMNS = (*COMMON, "distortion", "difference")
COST_COLUMNS = (
    *("dataset", "metric", "anchor", "series", "label", "kind", "bd_method", "bd_rate", "ci_lo", "ci_hi"),
    *("kmacs_per_pixel", "decode_s_per_megapixel", "environment"),
)
POSITIONS = 41  # along the common range of a pair
Names = Sequence[tuple[str, str]]


def image_rates(
    rows: "pd.DataFrame", pairs: Names, metrics: Sequence[Metric], naming: Naming = PLAIN
) -> "pd.DataFrame":
    """BD-rate in % of each image (IMAGE_RATE_COLUMNS) for pairs of measured methods, by the default method.

    An image whose curves have no BD-rate has an empty cell, and the reason as its note.
    """
    lines = []
    for common, anchor, test in _pairs(rows, (), pairs, metrics, naming):
        pair = _pair(anchor, test)
        if pair and pair.images:
            failed = image_failures(*pair.images, DEFAULT_METHOD)
            values = image_bd_rates(*pair.images, DEFAULT_METHOD)
            lines += [
                common | {"image": image, "bd_rate": float(value), "note": failed.get(image, "")}
                for image, value in zip(pair.images[1].images, values, strict=True)
            ]
    return _frame(lines, IMAGE_RATE_COLUMNS)


def local_rates(
    rows: "pd.DataFrame",
    published: Sequence[RDCurve],
    pairs: Names,
    metrics: Sequence[Metric],
    naming: Naming = PLAIN,
) -> "pd.DataFrame":
    """Rate of test against anchor in % at equal distortion in dB (LOCAL_RATE_COLUMNS), along their common range."""
    lines = []
    for common, anchor, test in _pairs(rows, published, pairs, metrics, naming):
        pair = _pair(anchor, test)
        lines += [common | line for line in _differences(pair)] if pair else []
    return _frame(lines, LOCAL_RATE_COLUMNS)


def costs(
    bd: "pd.DataFrame",
    rows: "pd.DataFrame",
    models: Mapping[str, str],
    counts: Mapping[str, Mapping[str, float]],
) -> "pd.DataFrame":
    """BD-rate against the first anchor of each dataset and metric, with what the method costs (COST_COLUMNS).

    `models` names the network behind a series, `counts` is that of papertables.read_counts: all MACs, for encoding
    and decoding together. Times are means of measured decoding; both are empty where not known.
    """
    lines = []
    for (dataset, _metric), group in bd.groupby(["dataset", "metric"], sort=False):
        ways = ["anchor", "averaging", "bd_method"]
        first = group[(group[ways] == group[ways].iloc[0]).all(axis=1)].dropna(subset=["bd_rate"])
        for row in first.to_dict("records"):
            of = rows[(rows["dataset"] == dataset) & (rows["method"] == row["series"])]
            time = _decode_time(of) if row["kind"] == "measured" else {}
            count = counts.get(models.get(str(row["series"]), ""))
            macs = count["macs_all"] / count["pixels"] / 1e3 if count else None
            lines.append({key: row[key] for key in COST_COLUMNS if key in row} | {"kmacs_per_pixel": macs} | time)
    return _frame(lines, COST_COLUMNS)


def _decode_time(rows: "pd.DataFrame") -> dict[str, Any]:
    timed = rows.dropna(subset=["decode_s"])
    if timed.empty:
        return {}
    megapixels = (timed["height"] * timed["width"]).sum() / 1e6
    environments = ", ".join(sorted(set(timed["environment"])))
    return {"decode_s_per_megapixel": timed["decode_s"].sum() / megapixels, "environment": environments}


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
                    "bd_method": DEFAULT_METHOD,
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
        values = rate_difference(pair.anchor, pair.test, DEFAULT_METHOD, positions)
    except UserError:
        return []
    return [
        {"distortion": float(position), "difference": float(value)}
        for position, value in zip(positions, values, strict=True)
    ]


def _frame(lines: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> "pd.DataFrame":
    import pandas as pd

    numbers = {"bd_rate", "ci_lo", "ci_hi", "distortion", "difference", "kmacs_per_pixel", "decode_s_per_megapixel"}
    return pd.DataFrame(lines, columns=list(columns)).astype({name: "float64" for name in columns if name in numbers})
