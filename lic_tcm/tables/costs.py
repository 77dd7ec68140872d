"""BD-rate against what a method costs: multiply-accumulates and decoding time, where they are known."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lic_tcm.metrics.wide import columns
from lic_tcm.tables.schema import CostRow, as_frame

if TYPE_CHECKING:
    import pandas as pd


def costs(
    bd: "pd.DataFrame",
    rows: "pd.DataFrame",
    models: Mapping[str, str],
    counts: Mapping[str, Mapping[str, float]],
) -> "pd.DataFrame":
    """BD-rate against the first anchor of each dataset and metric, with what the method costs (schema.CostRow).

    `models` names the network behind a series, `counts` is that of table1.read_counts: all MACs, for encoding
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
            lines.append({key: row[key] for key in columns(CostRow) if key in row} | {"kmacs_per_pixel": macs} | time)
    return as_frame(lines, CostRow)


def _decode_time(rows: "pd.DataFrame") -> dict[str, Any]:
    timed = rows.dropna(subset=["decode_s"])
    if timed.empty:
        return {}
    megapixels = (timed["height"] * timed["width"]).sum() / 1e6
    environments = ", ".join(sorted(set(timed["environment"])))
    return {"decode_s_per_megapixel": timed["decode_s"].sum() / megapixels, "environment": environments}
