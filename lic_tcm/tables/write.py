"""The tables stage: rows and published curves of a run -> every table its report is drawn from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lic_tcm import resources
from lic_tcm.bench import against
from lic_tcm.bench.budgets import labelled
from lic_tcm.datasets.fetch import dataset_names, get_dataset
from lic_tcm.environment import command_line, environment
from lic_tcm.files import read_json, write_text
from lic_tcm.layout import environments as environments_beside
from lic_tcm.layout import metric_versions
from lic_tcm.metrics import use_classes
from lic_tcm.rd.curves import RDCurve
from lic_tcm.rd.intervals import How
from lic_tcm.rd.measured import described
from lic_tcm.rd.published import load_published, published_keys
from lic_tcm.tables.bd_rate import all_pairs, bd_rates
from lic_tcm.tables.costs import costs
from lic_tcm.tables.differences import loss_rows, point_rows
from lic_tcm.tables.measured import vtm_labels, with_vtm
from lic_tcm.tables.pairs import image_rates, local_rates
from lic_tcm.tables.paper import PAPER_ANCHORS
from lic_tcm.tables.rd_points import rd_points
from lic_tcm.tables.rows import read_rows
from lic_tcm.tables.schema import write_csv
from lic_tcm.tables.sensitivity import TCM, mean_curves, sensitivity
from lic_tcm.tables.series import LAMBDA, Naming
from lic_tcm.tables.table1 import read_counts, read_times, table1
from lic_tcm.tables.table2 import table2

if TYPE_CHECKING:
    import pandas as pd

AGAIN = "run the stage that writes it again"


def write_tables(rows: Sequence[Path], settings: Path, out: Path, counts: Path | None = None) -> None:
    """Write the run's tables (CSV), environments.json and run.json into the folder `out`.

    The tables are rd_points, bd_rate, all_pairs, point_differences, loss_differences, table1, table2, sensitivity,
    images, and what stands behind the figures of pairs: image_rates, local_rates, costs. `counts` is the CSV of
    `lic-tcm models --out`; without it nothing is counted. Raises UserError when rows, machine descriptions or settings
    are missing or do not fit together.
    """
    run = read_json(settings, AGAIN)
    use_classes(run)
    measured = _measured(run)
    files = [*rows, *measured]
    run = {**run, "methods": {**run["methods"], **_methods(measured)}, "metric_versions": _metric_versions(rows)}
    machines = {key: value for path in measured for key, value in against.environments(path).items()}
    write_run(read_rows(files), _published(run), run, machines | _environments(rows), out, counts)


def write_run(
    measured: "pd.DataFrame",
    curves: Sequence[RDCurve],
    run: Mapping[str, Any],
    environments: Mapping[str, Any],
    out: Path,
    counts: Path | None = None,
) -> None:
    """As `write_tables`, from rows and curves in memory; `environments` describes the machines the rows name."""
    naming = Naming(
        labels={name: method["label"] for name, method in run["methods"].items()},
        optimised_for={name: method.get("optimised_for", "mse") for name, method in run["methods"].items()},
        lambdas=frozenset(name for name, method in run["methods"].items() if method.get("unit") == LAMBDA),
    )
    known = {*measured["method"], *(curve.name for curve in curves)}
    anchors = [anchor for anchor in run["anchors"] if anchor in known]
    common = {
        "naming": naming,
        "metrics": run["metrics"],
        "how": How(run.get("intervals", "jackknife"), run["resamples"]),
    }
    found = {
        "rd_points": rd_points(measured, curves, **common),
        "bd_rate": bd_rates(measured, curves, anchors, methods=run["bd_methods"], **common),
        "point_differences": point_rows(measured, curves, anchors, **common),
        "loss_differences": loss_rows(measured, anchors, naming, common["how"]),
        "images": measured.assign(label=measured["method"].map(naming.label)),
    }
    series = {"naming": naming, "metrics": run["metrics"]}
    found["all_pairs"] = all_pairs(measured, curves, found["bd_rate"], run["bd_methods"][0], **series)
    found |= _papers(measured, curves, run, naming, counts)
    found |= _pairs(measured, curves, found["bd_rate"], run, naming, counts)
    for name, frame in found.items():
        write_csv(frame, out / f"{name}.csv")
    _write_json(out / "environments.json", environments)
    _write_json(out / "run.json", _description(run, measured))


def _measured(run: Mapping[str, Any]) -> list[Path]:
    """The rows of the methods that a run compares with and did not code itself."""
    found = [(name, dataset) for name, datasets in run.get("measured", {}).items() for dataset in datasets]
    return [against.measured_rows(dataset)[name] for name, dataset in found]


def _methods(measured: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """What a run says of its methods, of those whose rows were there before."""
    return {
        path.stem: {"codec": path.stem, "options": {}, "points": sorted(set(read_rows([path])["point"]))}
        | described(path)
        for path in measured
    }


def _papers(
    rows: "pd.DataFrame",
    curves: Sequence[RDCurve],
    run: Mapping[str, Any],
    naming: Naming,
    counts: Path | None,
) -> "dict[str, pd.DataFrame]":
    """Tables 1 and 2 and the anchor-sensitivity table, on all datasets of the paper, whatever the run's; of a
    comparison what the anchor does to the user's methods, and nothing else.

    Table 1's times are those the run names, else those of a session on a GPU, where the package has one.
    """
    published = load_published()
    own = [curve for curve in curves if curve.name in run.get("own", ())]
    own += mean_curves(rows[rows["method"].isin(run.get("own", ()))], naming)
    anchors = sensitivity(with_vtm(rows), published, list(PAPER_ANCHORS), _with_vtm_labels(naming), own)
    if run.get("comparison"):
        own_lines = anchors["series"].isin(run["own"]) & anchors["dataset"].isin(run["datasets"])
        return {"sensitivity": anchors[own_lines & anchors["bd_rate"].notna()]}
    times = run.get("figures", {}).get("times") or resources.gpu_times()
    second = table2(with_vtm(rows))
    first = table1(second, read_counts(counts), read_times(Path(times) if times else None))
    return {"table1": first, "table2": second, "sensitivity": anchors}


def _with_vtm_labels(naming: Naming) -> Naming:
    """Also the labels of the VTM methods that ship with the suite; the run's own come first."""
    return replace(naming, labels={**vtm_labels(), **naming.labels})


def _pairs(
    rows: "pd.DataFrame",
    given: Sequence[RDCurve],
    bd: "pd.DataFrame",
    run: Mapping[str, Any],
    naming: Naming,
    counts: Path | None,
) -> "dict[str, pd.DataFrame]":
    """What stands behind the figures of the pairs the settings ask for, and of cost."""
    pairs = [(anchor, test) for anchor, test in run.get("figures", {}).get("pairs", [])]
    known = {*run["methods"], *(curve.name for curve in given)}
    named = {name for pair in pairs for name in pair} & set(published_keys()) - known
    published = [c for c in load_published(keys=named) if c.dataset in run["datasets"]] if named else []
    models = {name: str(method["options"].get("model", "")) for name, method in run["methods"].items()}
    networks = {series: series.removeprefix("tcm-") for series in TCM} | models
    return {
        "image_rates": image_rates(rows, pairs, run["metrics"], naming),
        "local_rates": local_rates(rows, [*given, *published], pairs, run["metrics"], naming),
        "costs": costs(bd, rows, networks, read_counts(counts)),
    }


def _published(run: Mapping[str, Any]) -> list[RDCurve]:
    """The published curves the settings name, on the datasets shown, with anchors that are published curves."""
    wanted = {*run["published"], *run["anchors"]} - set(run["methods"])
    curves = load_published(keys=wanted) if wanted else []
    return [curve for curve in curves if curve.dataset in _shown(run) and curve.metric in run["metrics"]]


def _shown(run: Mapping[str, Any]) -> list[str]:
    """The run's datasets, and those of which it shows published curves only."""
    return list(dict.fromkeys([*run["datasets"], *run.get("published_datasets", [])]))


def _description(run: Mapping[str, Any], rows: "pd.DataFrame") -> dict[str, Any]:
    """What the report says of the run as a whole."""
    times = (rows["encode_s"] + rows["decode_s"]).groupby(rows["method"]).sum(min_count=1).dropna()
    versions = rows.groupby("method")["codec_version"].unique()
    return {
        **run,
        "methods": {
            name: {**method, "label": labelled(name, method["label"]), "codec_version": ", ".join(versions[name])}
            for name, method in run["methods"].items()
        },
        "datasets": {name: _dataset(name, rows[rows["dataset"] == name]) for name in _shown(run)},
        "commit": environment().commit,
        "command": command_line(),
        "seconds": {str(name): round(float(value), 2) for name, value in times.items()},
    }


def _dataset(name: str, rows: "pd.DataFrame") -> dict[str, Any]:
    known = get_dataset(name) if name in dataset_names() else None
    return {
        "label": known.label if known else name,
        "n_images": int(rows["image"].nunique()) or None,  # None: the run has published curves only
        "images_total": None if rows.empty else int(rows["images_total"].max()),
        "notes": known.notes if known else "",
        "licence": known.licence if known else "",  # of a user's own images nothing is known
    }


def _environments(rows: Sequence[Path]) -> dict[str, Any]:
    """All machine descriptions that lie beside the rows."""
    merged: dict[str, Any] = {}
    for path in rows:
        merged |= read_json(environments_beside(path), AGAIN)
    return merged


def _metric_versions(rows: Sequence[Path]) -> dict[str, str]:
    """What made the values of each metric, as far as that lies beside the rows."""
    merged: dict[str, dict[str, None]] = {}
    for path in map(metric_versions, rows):
        for name, version in (read_json(path, AGAIN) if path.is_file() else {}).items():
            merged.setdefault(name, {})[version] = None
    return {name: "; ".join(versions) for name, versions in merged.items()}


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(data, indent=1, sort_keys=True) + "\n")
