"""What the page's script draws: RD curves and per-image rows, compact and without a NaN, each number once."""

import json
import math
from functools import partial
from typing import Any

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from lic_tcm.metrics import get, in_order
from lic_tcm.metrics.wide import used
from lic_tcm.rd.curves import OWN
from lic_tcm.report import words
from lic_tcm.report.inputs import Tables
from lic_tcm.report.looks import Curve, curves, rate_limit
from lic_tcm.report.provenance import Sources, original_data
from lic_tcm.tables.schema import ImageRow, RDPoint

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
                for metric in tables.metrics()
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


def metric_data(tables: Tables) -> dict[str, dict[str, Any]]:
    """{metric: how it is named and written}, of all metrics that the page shows."""
    shown = in_order([*tables.metrics(), *scored(tables)])
    return {
        of.name: {
            "label": of.label,
            "name": of.axis_name,
            "axis": of.axis_title,
            "unit": of.per_unit,
            "decimals": of.decimals,
            "column": of.column,
            "value_unit": f" {of.value_unit}" if of.value_unit else "",
            "value_decimals": of.value_decimals,
        }
        for of in map(get, shown)
    }


def scored(tables: Tables) -> list[str]:
    """The metrics that images have values of, in the order they are shown."""
    return used(tables.images)


def image_columns(tables: Tables) -> tuple[str, ...]:
    """What the page knows of each image."""
    return (
        *("dataset", "method", "image", "point", "num_bytes", "bpp", *(get(name).column for name in scored(tables))),
        *("encode_s", "decode_s", "environment", "command", "sha256_stream", "sha256_decoded"),
    )


def image_data(sources: Sources) -> dict[str, Any]:
    """{"datasets", "methods", ...: names, "metrics", "columns", "rows": a list of cells each}, for the images.

    dataset, method, image, environment and command are indexes of those names. The command and the hash of the decoded
    picture's pixels are None where no coding record is there. The page makes objects of the rows: 33,000 rows are
    several times smaller without their keys.
    """
    tables = sources.tables
    columns = image_columns(tables)
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
        cells |= {get(name).column: _short(value) for name, value in r.values.items()}
        cells |= {key: _short(getattr(r, key)) for key in columns if key not in cells}
        return [cells[key] for key in columns]

    rows = [row(r) for r in tables.images]
    found = {group: list(indexed) for group, indexed in names.items()}
    return {
        **found,
        "metrics": scored(tables),
        "columns": columns,
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
