"""What the page's script draws: RD curves and per-image rows, compact and without a NaN, each number once."""

import json
import math
from functools import partial
from typing import Any

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from lic_tcm.rd.curves import OWN
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


POINT_NUMBERS = ("bpp", "value", "bpp_lo", "bpp_hi", "value_lo", "value_hi", "bpp_estimated", "rate_gap")


def _point(p: RDPoint) -> dict[str, str | float | None]:
    """The point's name, and its numbers by their names in `rd_points.csv`."""
    return {"name": words.point(p.point)} | {key: _short(getattr(p, key)) for key in POINT_NUMBERS}


IMAGE_COLUMNS = (
    *("dataset", "method", "image", "point", "num_bytes", "bpp", "psnr", "ms_ssim", "encode_s", "decode_s"),
    *("environment", "command", "sha256_stream", "sha256_decoded"),
)


def image_data(sources: Sources) -> dict[str, Any]:
    """{"datasets", "methods", ...: names, "columns": IMAGE_COLUMNS, "rows": a list of cells each}, for the images.

    dataset, method, image, environment and command are indexes of those names. The command and the hash of the decoded
    picture's pixels are None where no coding record is there. The page makes objects of the rows: 33,000 rows are
    several times smaller without their keys.
    """
    tables = sources.tables
    groups = ("datasets", "methods", "images", "environments", "commands")
    names: dict[str, dict[str, int]] = {group: {} for group in groups}
    totals = {p.dataset: words.images(p.n_images, p.images_total) for p in tables.points if p.kind in OWN}
    labels = {r.method: r.label or tables.label(r.method) for r in tables.images}

    def index(group: str, name: str) -> int:
        return names[group].setdefault(name, len(names[group]))

    def row(r: ImageRow) -> list[str | float | None]:
        record = sources.records.get(r)
        cells: dict[str, str | float | None] = {
            "dataset": index("datasets", r.dataset),
            "method": index("methods", r.method),
            "image": index("images", r.image),
            "point": words.point(r.point),
            "environment": index("environments", r.environment),
            "command": index("commands", record.command) if record else None,
            "sha256_stream": r.sha256_stream,
            "sha256_decoded": record.sha256_decoded if record else None,
        }
        cells |= {key: _short(getattr(r, key)) for key in IMAGE_COLUMNS if key not in cells}
        return [cells[key] for key in IMAGE_COLUMNS]

    rows = [row(r) for r in tables.images]
    found = {group: list(indexed) for group, indexed in names.items()}
    return {
        **found,
        "columns": IMAGE_COLUMNS,
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
