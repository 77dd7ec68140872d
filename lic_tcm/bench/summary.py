"""The tables stage: rows and published curves of a run -> every table its report is drawn from."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lic_tcm.bench import tables
from lic_tcm.bench.curves import RDCurve
from lic_tcm.bench.datasets import dataset_names, get_dataset
from lic_tcm.bench.environment import command_line, environment
from lic_tcm.bench.published import load_published
from lic_tcm.errors import UserError
from lic_tcm.files import write_text

if TYPE_CHECKING:
    import pandas as pd


def write_tables(rows: Sequence[Path], settings: Path, out: Path) -> None:
    """Write rd_points, bd_rate, table2 and images (CSV), environments.json and run.json into the folder `out`.

    Raises UserError when rows, machine descriptions or settings are missing or do not fit together.
    """
    run = _read_json(settings)
    measured = tables.read_rows(rows)
    curves = _published(run)
    naming = tables.Naming(labels={name: method["label"] for name, method in run["methods"].items()})
    known = {*measured["method"], *(curve.name for curve in curves)}
    anchors = [anchor for anchor in run["anchors"] if anchor in known]
    common = {"naming": naming, "metrics": run["metrics"], "resamples": run["resamples"]}
    found = {
        "rd_points": tables.rd_points(measured, curves, **common),
        "bd_rate": tables.bd_rates(measured, curves, anchors, methods=run["bd_methods"], **common),
        "table2": tables.table2(measured),
        "images": measured.assign(label=measured["method"].map(naming.label)),
    }
    for name, frame in found.items():
        tables.write_csv(frame, out / f"{name}.csv")
    environments = _environments(rows)
    _write_json(out / "environments.json", environments)
    _write_json(out / "run.json", _description(run, measured))


def _published(run: Mapping[str, Any]) -> list[RDCurve]:
    """The published curves the settings name, on the run's datasets, with anchors that are published curves."""
    wanted = {*run["published"], *run["anchors"]} - set(run["methods"])
    curves = load_published(keys=wanted) if wanted else []
    return [curve for curve in curves if curve.dataset in run["datasets"] and curve.metric in run["metrics"]]


def _description(run: Mapping[str, Any], rows: "pd.DataFrame") -> dict[str, Any]:
    """What the report says of the run as a whole."""
    times = (rows["encode_s"] + rows["decode_s"]).groupby(rows["method"]).sum(min_count=1).dropna()
    versions = rows.groupby("method")["codec_version"].unique()
    return {
        **run,
        "methods": {
            name: {**method, "codec_version": ", ".join(versions[name])} for name, method in run["methods"].items()
        },
        "datasets": {name: _dataset(name, rows[rows["dataset"] == name]) for name in run["datasets"]},
        "commit": environment().commit,
        "command": command_line(),
        "seconds": {str(name): round(float(value), 2) for name, value in times.items()},
    }


def _dataset(name: str, rows: "pd.DataFrame") -> dict[str, Any]:
    known = get_dataset(name) if name in dataset_names() else None
    return {
        "label": known.label if known else name,
        "n_images": int(rows["image"].nunique()),
        "images_total": int(rows["images_total"].max()),
        "notes": known.notes if known else "",
    }


def _environments(rows: Sequence[Path]) -> dict[str, Any]:
    """All machine descriptions that lie beside the rows."""
    merged: dict[str, Any] = {}
    for path in rows:
        merged |= _read_json(path.with_name(path.name.removesuffix(".csv") + ".environments.json"))
    return merged


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path} ({error}); run the stage that writes it again") from error
    return data


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(data, indent=1, sort_keys=True) + "\n")
