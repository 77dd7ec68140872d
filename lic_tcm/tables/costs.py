"""BD-rate against what a method costs: multiply-accumulates and decoding time, where they are known."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
from lic_tcm.tables.pairs import number_frame

COST_COLUMNS = (
    *("dataset", "metric", "anchor", "series", "label", "kind", "bd_method", "bd_rate", "ci_lo", "ci_hi"),
    *("kmacs_per_pixel", "decode_s_per_megapixel", "environment"),
)


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
    return number_frame(lines, COST_COLUMNS)


def _decode_time(rows: "pd.DataFrame") -> dict[str, Any]:
    timed = rows.dropna(subset=["decode_s"])
    if timed.empty:
        return {}
    megapixels = (timed["height"] * timed["width"]).sum() / 1e6
    environments = ", ".join(sorted(set(timed["environment"])))
    return {"decode_s_per_megapixel": timed["decode_s"].sum() / megapixels, "environment": environments}
