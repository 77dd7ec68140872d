"""What the page's script draws: RD curves and per-image rows, compact and without a NaN, each number once."""

import json
import math
from functools import partial
from typing import Any

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from lic_tcm.report import words
from lic_tcm.report.inputs import Tables
from lic_tcm.report.looks import Curve, curves, rate_limit
from lic_tcm.report.provenance import Sources, original_data
from lic_tcm.tables.schema import METRIC_NAMES, ImageRow, RDPoint

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
                for metric in METRIC_NAMES
                if (found := curves(tables.points, dataset, metric))
            },
        }
        for dataset in tables.datasets()
    }


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "key": curve.key,
        "series": curve.series,
        "source": "; ".join(dict.fromkeys(p.source for p in curve.points if p.source)),
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


def image_data(sources: Sources) -> dict[str, Any]:
    """{"datasets", "methods", ...: names, "rows": [[indexes..., numbers..., command, hashes], ...]}, for the images.

    A row is dataset, method, image, point, bytes, bpp, PSNR, MS-SSIM, seconds to encode and decode, environment,
    command (None when not known), hash of the stream, hash of the decoded picture's pixels (None when not known).
    """
    tables = sources.tables
    groups = ("datasets", "methods", "images", "environments", "commands")
    names: dict[str, dict[str, int]] = {group: {} for group in groups}
    totals = {p.dataset: words.images(p.n_images, p.images_total) for p in tables.points if p.kind == "measured"}
    labels = {r.method: r.label or tables.label(r.method) for r in tables.images}

    def index(group: str, name: str) -> int:
        return names[group].setdefault(name, len(names[group]))

    def row(r: ImageRow) -> list[str | float | None]:
        keys = [index("datasets", r.dataset), index("methods", r.method), index("images", r.image)]
        numbers = [r.num_bytes, r.bpp, r.psnr, r.ms_ssim, r.encode_s, r.decode_s]
        record = sources.records.get(r)
        command = index("commands", record.command) if record else None
        made = [command, r.sha256_stream, record.sha256_decoded if record else None]
        machine = index("environments", r.environment)
        return [*keys, words.point(r.point), *(_short(number) for number in numbers), machine, *made]

    rows = [row(r) for r in tables.images]
    found = {group: list(indexed) for group, indexed in names.items()}
    return {
        **found,
        "rows": rows,
        "series": found["methods"],
        "methods": [labels[name] for name in found["methods"]],
        "dataset_keys": found["datasets"],
        "datasets": [", ".join(filter(None, [tables.dataset_label(d), totals.get(d)])) for d in found["datasets"]],
        "originals": original_data(sources),
    }


def _short(value: float | None) -> float | str | None:
    """Six decimals, more than is shown; infinity, which JSON lacks, as a word."""
    if value is None or math.isfinite(value):
        return None if value is None else round(value, 6)
    return "Infinity"
