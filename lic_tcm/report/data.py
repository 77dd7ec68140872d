"""What the page's script draws: RD curves and per-image rows, compact and without a NaN, each number once."""

import json
import math
from functools import partial
from typing import Any

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from lic_tcm.report import words
from lic_tcm.report.curves import Curve, curves, rate_limit
from lic_tcm.report.inputs import METRICS, ImageRow, RDPoint, Tables

_dumps = partial(json.dumps, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def to_json(value: object) -> Markup:
    """JSON that may stand inside a <script>, whatever its strings hold."""
    return htmlsafe_json_dumps(value, dumps=_dumps)


def plot_data(tables: Tables) -> dict[str, Any]:
    """{dataset: {"label", "metrics": {metric: {"limit", "curves"}}}}."""
    return {
        dataset: {
            "label": tables.dataset_label(dataset),
            "metrics": {
                metric: {"limit": rate_limit(found), "curves": [_curve(curve) for curve in found]}
                for metric in METRICS
                if (found := curves(tables.points, dataset, metric))
            },
        }
        for dataset in tables.datasets()
    }


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "key": curve.key,
        "label": curve.name,
        "kind": curve.kind,
        "images": curve.images,
        "colour": curve.colour,
        "symbol": curve.marker.plotly,
        "dash": curve.dash.plotly,
        "points": [_point(p) for p in curve.points if math.isfinite(p.value)],
    }


def _point(p: RDPoint) -> list[str | float | None]:
    """Point, bpp, dB, ends of the rate's interval, ends of the distortion's."""
    numbers = (p.bpp, p.value, p.bpp_lo, p.bpp_hi, p.value_lo, p.value_hi)
    return [words.point(p.point), *(_short(number) for number in numbers)]


def image_data(tables: Tables) -> dict[str, Any]:
    """{"datasets", "methods", "images": names, "rows": [[indexes..., numbers...], ...]}, for the per-image table."""
    names: dict[str, dict[str, int]] = {"datasets": {}, "methods": {}, "images": {}, "environments": {}}
    totals = {p.dataset: words.images(p.n_images, p.images_total) for p in tables.points if p.kind == "measured"}

    def index(group: str, name: str) -> int:
        return names[group].setdefault(name, len(names[group]))

    def row(r: ImageRow) -> list[str | float | None]:
        dataset = index("datasets", r.dataset)
        keys = [dataset, index("methods", r.label or tables.label(r.method)), index("images", r.image)]
        numbers = [r.num_bytes, r.bpp, r.psnr, r.ms_ssim, r.encode_s, r.decode_s]
        return [*keys, words.point(r.point), *(_short(n) for n in numbers), index("environments", r.environment)]

    rows = [row(r) for r in tables.images]
    labels = [", ".join(filter(None, [tables.dataset_label(d), totals.get(d, "")])) for d in names["datasets"]]
    return {**{group: list(found) for group, found in names.items()}, "datasets": labels, "rows": rows}


def _short(value: float | None) -> float | str | None:
    """Six decimals, more than is shown; infinity, which JSON lacks, as a word."""
    if value is None or math.isfinite(value):
        return None if value is None else round(value, 6)
    return "Infinity"
