"""The points of every series: measured ones as means over images with intervals, published ones as printed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lic_tcm.metrics import get
from lic_tcm.rd import intervals
from lic_tcm.rd.curves import METRICS, Metric, RDCurve
from lic_tcm.tables.series import NOT_DECODED, NUMBERS, PLAIN, Naming, kind_of

if TYPE_CHECKING:
    import pandas as pd
from lic_tcm.tables.schema import RDPoint, as_frame

# --- RD points ----------------------------------------------------------------------------------------------------


def rd_points(
    rows: "pd.DataFrame",
    published: Sequence[RDCurve] = (),
    naming: Naming = PLAIN,
    metrics: Sequence[Metric] = METRICS,
    how: intervals.How = intervals.JACKKNIFE,
) -> "pd.DataFrame":
    """The points of every series (schema.RDPoint), measured ones with 95 % intervals over images.

    `value` stands on the metric's axis and is infinite for a lossless point; a point where an image has no value has
    no line. Where the axis bends, `value` is that of the mean over images; `value_db_average` is the mean on the axis.
    """
    lines = []
    for _, group in rows.groupby(["dataset", "method", "point"], sort=True):
        rate = intervals.rate_interval(group["bpp"].to_numpy(), how)
        for metric in metrics:
            of = get(metric)
            values = group[of.column].to_numpy() if of.column in group else np.array([np.nan])
            if not np.isnan(values).any():
                value = intervals.quality_interval(metric, values, how=how)
                line = _measured_line(group, metric, naming) | _interval("bpp", rate) | _interval("value", value)
                if of.bends:
                    of_db = intervals.quality_interval(metric, values, "db", how).value
                    line |= {"value_average": "linear", "value_db_average": of_db}
                lines.append(line | {"ci_method": str(how) if rate.bounds or value.bounds else ""})
    lines += [line for curve in published if curve.metric in metrics for line in _published_lines(curve)]
    frame = as_frame(lines, RDPoint)
    return frame.sort_values(["dataset", "metric", "kind", "series", "bpp"], kind="stable", ignore_index=True)


def _interval(name: str, interval: intervals.Interval) -> dict[str, float | None]:
    return {name: interval.value, f"{name}_lo": interval.low, f"{name}_hi": interval.high}


def _measured_line(group: "pd.DataFrame", metric: Metric, naming: Naming) -> dict[str, Any]:
    first = group.iloc[0]
    environments = ", ".join(sorted(set(group["environment"])))
    made = f"codec {first['codec']}, environment {environments}"
    given = {**NOT_DECODED, NUMBERS: first["codec"]}  # which names the user's file
    return {
        "dataset": first["dataset"],
        "series": first["method"],
        "label": naming.label(first["method"]),
        "kind": kind_of(first["given"]),
        "metric": metric,
        "optimised_for": naming.target(first["method"]),
        "point": first["point"],
        "n_images": len(group),
        "images_total": first["images_total"],
        "psnr_reference": first["psnr_reference"],
        "source": given.get(first["given"], made),
        **_estimate(group),
    }


def _estimate(group: "pd.DataFrame") -> dict[str, float]:
    """The mean rate by the network's likelihoods, and by how many % the streams exceed it; NaN where not known."""
    estimated = float(group["bpp_estimated"].mean(skipna=False))
    return {"bpp_estimated": estimated, "rate_gap": 100 * (float(group["bpp"].mean()) / estimated - 1)}


def _published_lines(curve: RDCurve) -> list[dict[str, Any]]:
    common = {
        "dataset": curve.dataset,
        "series": curve.name,
        "label": curve.label,
        "kind": curve.kind,
        "metric": curve.metric,
        "optimised_for": curve.optimised_for,
        "psnr_reference": curve.psnr_reference,
        "value_average": curve.average if get(curve.metric).bends else "",
        "source": curve.source,
    }
    return [common | {"bpp": bpp, "value": value} for bpp, value in zip(curve.bpp, curve.distortion, strict=True)]
