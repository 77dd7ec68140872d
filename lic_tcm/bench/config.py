"""The configuration of a run: read, checked as a whole before any job starts, and frozen.

A key, dataset, method, codec, option, metric or point that is not known is a UserError that names it and what is
allowed. The structure is checked with workflow/config.schema.yaml, the meaning with the codecs and datasets themselves.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lic_tcm.anchors import vtm
from lic_tcm.bench import against
from lic_tcm.bench.ablations import DEFAULT_BUDGET, expand
from lic_tcm.bench.config_checks import at_home, check_known, check_names, check_structure, with_numbers
from lic_tcm.bench.figure_choices import choices, with_fine_points
from lic_tcm.bench.methods import VTM_BUILT, MethodConfig, make_method, sharing
from lic_tcm.datasets.fetch import dataset_names
from lic_tcm.errors import UserError
from lic_tcm.metrics import DEFAULT, GROUPS, get, in_order, use
from lic_tcm.rd.intervals import RESAMPLES, IntervalKind
from lic_tcm.rd.published import published_keys
from lic_tcm.training.settings import Training, training

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Config:
    """A checked configuration; see config/README.md for every key."""

    name: str
    title: str
    datasets: tuple[str, ...]
    folders: tuple[tuple[str, str], ...]
    data_dir: str | None
    allow_partial: bool
    methods: tuple[MethodConfig, ...]
    anchors: tuple[str, ...]
    measured: against.Measured  # methods among the anchors that the run does not code itself
    published: tuple[str, ...]
    published_datasets: tuple[str, ...]  # shown besides `datasets`, with published curves only
    metrics: tuple[str, ...]  # names of lic_tcm.metrics
    metric_classes: tuple[str, ...]  # "package.module:Class" of those that are not the suite's
    bd_methods: tuple[str, ...]
    intervals: IntervalKind
    resamples: int  # of intervals by bootstrap
    figures: Mapping[str, Any]  # what the figures that need a choice are drawn from
    gate: Mapping[str, float]  # fields of lic_tcm.compare.gate.Tolerance
    training: Training  # of methods with `weights: trained`
    ablations: tuple[str, ...]  # figures of lic_tcm.bench.ablations

    @property
    def metric_references(self) -> tuple[str, ...]:
        """What `lic_tcm.metrics.use` takes in another process: names, and classes for what is known by class only."""
        classes = {use(path).name: path for path in self.metric_classes}
        return tuple(classes.get(name, name) for name in self.metrics)

    def method(self, name: str) -> MethodConfig:
        """The method of that name; KeyError when the run has none."""
        return {method.name: method for method in self.methods}[name]

    def measured_rows(self) -> list[Path]:
        """The files of rows of the methods that the run does not code itself, where they lie on this machine."""
        found = [(name, dataset) for name, datasets in self.measured.items() for dataset in datasets]
        return [against.measured_rows(dataset)[name].absolute() for name, dataset in found]

    def to_json(self) -> str:
        """Everything the tables depend on, as one line of JSON; what only schedules jobs is left out."""
        methods = {
            method.name: {
                "label": method.label,
                "codec": method.codec,
                "options": dict(method.options),
                "points": method.points,
                "optimised_for": method.optimised_for,
                **({"given": {name: list(points) for name, points in method.given}} if method.given else {}),
                **({"streams_of": method.streams_of} if method.streams_of else {}),
            }
            for method in self.methods
        }
        shown = ("name", "title", "datasets", "anchors", "measured", "published", "published_datasets")
        compared = ("metrics", "metric_classes", "bd_methods", "intervals", "resamples", "figures", "gate")
        return json.dumps(
            {**{key: getattr(self, key) for key in (*shown, *compared)}, "methods": methods}, sort_keys=True
        )


def parse(raw: Mapping[str, Any], schema: Path) -> Config:
    """Check a configuration as read from YAML; raises UserError naming the first key or value that is wrong."""
    raw = at_home(with_numbers(raw))
    check_structure(raw, schema)
    raw, trained = _expanded(raw)
    raw = with_fine_points(raw)
    metrics, classes = _metrics(raw.get("metrics", DEFAULT))
    folders = dict(raw.get("folders", {}))
    known = [*dataset_names(), *folders]
    check_known("datasets", raw["datasets"], known)
    check_known("methods", raw["methods"], raw["definitions"])
    check_names("methods", raw["methods"])
    check_names("folders", folders)
    own = {key: value for key, value in raw.get("vtm", {}).items() if value}
    public = [name for name in raw["datasets"] if name not in folders]
    given_on = public if own.pop("streams", "coded" if own else vtm.OURS) == vtm.OURS else []
    methods = tuple(
        make_method(name, raw["definitions"][name], {**VTM_BUILT, **own}, trained, given_on) for name in raw["methods"]
    )
    methods = tuple(sharing(method, methods) for method in methods)
    curves = published_keys()
    check_known("published_datasets", raw.get("published_datasets", []), dataset_names())
    shown = list(dict.fromkeys([*raw["datasets"], *raw.get("published_datasets", [])]))
    anchors, measured = _series("anchors", raw["anchors"], raw["methods"], shown)
    _check_anchors(anchors, raw["methods"], measured, raw["datasets"])
    published, _ = _series("published", raw.get("published", []), (), shown)
    return Config(
        name=raw["name"],
        title=raw.get("title", raw["name"]),
        datasets=tuple(raw["datasets"]),
        folders=tuple(folders.items()),
        data_dir=raw.get("data_dir"),
        allow_partial=raw.get("allow_partial", False),
        methods=methods,
        anchors=tuple(anchors),
        measured=measured,
        published=tuple(published),
        published_datasets=tuple(raw.get("published_datasets", ())),
        metrics=metrics,
        metric_classes=classes,
        bd_methods=tuple(raw.get("bd_methods", ("pchip",))),
        intervals=raw.get("intervals", "jackknife"),
        resamples=raw.get("resamples", RESAMPLES),
        gate=_gate(raw.get("gate", {})),
        figures=choices(raw.get("figures", {}), [*raw["methods"], *measured, *curves], raw["definitions"]),
        training=trained,
        ablations=tuple(raw.get("ablations", {}).get("figures", ())),
    )


def _series(
    key: str, names: Sequence[str], own: Sequence[str], datasets: Sequence[str]
) -> tuple[list[str], against.Measured]:
    """The series that the names under a key of the configuration mean."""
    try:
        return against.series_named(names, own, datasets)
    except UserError as error:
        raise UserError(f"config: unknown {key} {error}") from error


def _check_anchors(
    anchors: Sequence[str], own: Sequence[str], measured: against.Measured, datasets: Sequence[str]
) -> None:
    """Raise UserError for a dataset on which no anchor has points: its table of BD-rates would be empty."""
    for dataset in datasets:
        there = {
            *own,
            *against.published_names(dataset),
            *(name for name, found in measured.items() if dataset in found),
        }
        lacking = [name for name in anchors if name not in there]
        if len(lacking) == len(anchors):
            raise UserError(
                f"config: anchors: none of {', '.join(anchors)} has points on {dataset}; add a method of the run"
            )
        if lacking:
            log.warning("config: %s: no points, so no BD-rates, against %s", dataset, ", ".join(lacking))


def _expanded(raw: Mapping[str, Any]) -> tuple[Mapping[str, Any], Training]:
    """The configuration with its ablations as methods, and how weights are trained."""
    budgets = raw["ablations"]["budgets"] if "ablations" in raw else [DEFAULT_BUDGET]
    check_known("budget", [raw.get("budget", DEFAULT_BUDGET)], budgets)
    return expand(raw) if "ablations" in raw else (raw, training(raw.get("training", {})))


def _metrics(entries: Iterable[str | Mapping[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the run's metrics, and the classes some are given by; one this machine cannot compute is refused."""
    references: list[str] = []
    for entry in entries:
        reference = entry if isinstance(entry, str) else entry["class"]
        references += GROUPS.get(reference.lower(), (reference,))
    found = []
    for reference in references:
        try:
            found.append(use(reference))
        except UserError as error:
            raise UserError(f"config: metrics: {error}") from error
        if reason := found[-1].missing():
            raise UserError(f"config: metrics: {found[-1].name}: {reason}, or leave it out")
    classes = tuple(dict.fromkeys(reference for reference in references if ":" in reference))
    return tuple(in_order(metric.name for metric in found)), classes


def _gate(raw: Mapping[str, float]) -> dict[str, float]:
    """The gate's tolerances, those of metrics under their names."""
    return {key if key in ("bd_rate", "bpp") else _tolerated(key): value for key, value in raw.items()}


def _tolerated(key: str) -> str:
    try:
        return get(key).name
    except UserError as error:
        raise UserError(f"config: gate.{key} is neither bd_rate nor bpp, and {error}") from error
