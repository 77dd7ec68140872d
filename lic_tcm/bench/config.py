"""The configuration of a run: read, checked as a whole before any job starts, and frozen.

A key, dataset, method, codec, option, metric or point that is not known is a UserError that names it and what is
allowed. The structure is checked with workflow/config.schema.yaml, the meaning with the codecs and datasets themselves.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from lic_tcm import layout, resources
from lic_tcm.anchors import vtm, vtm_streams
from lic_tcm.anchors.hints import choose
from lic_tcm.anchors.options import frozen
from lic_tcm.anchors.pixels import CONVENTIONS
from lic_tcm.bench import against, codecs
from lic_tcm.bench.ablations import DEFAULT_BUDGET, expand
from lic_tcm.bench.budgets import labelled
from lic_tcm.datasets.fetch import dataset_names
from lic_tcm.errors import UserError
from lic_tcm.metrics import DEFAULT, GROUPS, get, in_order, names, use
from lic_tcm.rd.intervals import RESAMPLES, IntervalKind
from lic_tcm.rd.published import published_keys
from lic_tcm.training.settings import Training, training

# Where the workflow builds VTM when the config names no binaries.
VTM_BUILT = {option: str(path) for option, path in layout.vtm_files().items()}
CATALOGUE = resources.home() / "config/methods.yaml"  # every run is merged over it


@dataclass(frozen=True)
class MethodConfig:
    """A method: a named codec with options and points, and what one of its jobs needs."""

    name: str
    label: str
    codec: str
    points: tuple[float, ...]
    options: tuple[tuple[str, Any], ...]
    optimised_for: str  # "mse" or a metric: what its encoder or training minimises
    weights: str | None  # "trained": the workflow trains them first
    batches: int  # jobs per point, each coding every batches-th image: more for slow encoders
    threads: int
    mem_mb: int
    runtime: int  # minutes
    gpu: int
    given: tuple[tuple[str, tuple[float, ...]], ...] = ()  # datasets of which this suite has streams, and their points
    streams_of: str | None = None  # another method of the run, whose streams are taken where none are given

    def on(self, dataset: str) -> Self:
        """The method as it is on a dataset: where streams are there, they are taken, and only at their points."""
        points = dict(self.given).get(dataset)
        if points:
            options: dict[str, Any] = {"streams": vtm.OURS, "decoder": vtm.FFMPEG}
            kept = {key: value for key, value in self.options if key in ("convention", "timeout")}
        elif self.streams_of:
            options = {"streams": str(layout.coded(dataset, self.streams_of, "{point}", "{image}", ".bin"))}
            kept = dict(self.options)
        else:
            return self
        return replace(
            self,
            options=tuple(sorted({**kept, **options}.items())),
            points=points or self.points,
            batches=1,  # nothing is encoded
            streams_of=None if points else self.streams_of,
        )


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


def complete(raw: Mapping[str, Any], catalogue: Path) -> dict[str, Any]:
    """A configuration merged over the catalogue of methods: mappings key by key, anything else replaced."""
    import yaml

    return merged(yaml.safe_load(catalogue.read_text(encoding="utf-8")), raw)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two mappings as one, mappings inside them too; of anything else that both have, that of `above`.

    >>> merged({"webp": {"points": [1, 2], "label": "WebP"}}, {"webp": {"points": [3]}})
    {'webp': {'points': [3], 'label': 'WebP'}}
    """
    found = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping):
            found[key] = merged(below[key], above[key])
    return found


def parse(raw: Mapping[str, Any], schema: Path) -> Config:
    """Check a configuration as read from YAML; raises UserError naming the first key or value that is wrong."""
    raw = _with_numbers(raw)
    _check_structure(raw, schema)
    raw, trained = _expanded(raw)
    metrics, classes = _metrics(raw.get("metrics", DEFAULT))
    folders = dict(raw.get("folders", {}))
    known = [*dataset_names(), *folders]
    _check_known("datasets", raw["datasets"], known)
    _check_known("methods", raw["methods"], raw["definitions"])
    own = {key: value for key, value in raw.get("vtm", {}).items() if value}
    public = [name for name in raw["datasets"] if name not in folders]
    given_on = public if own.pop("streams", "coded" if own else vtm.OURS) == vtm.OURS else []
    methods = tuple(
        _method(name, raw["definitions"][name], {**VTM_BUILT, **own}, trained, given_on) for name in raw["methods"]
    )
    methods = tuple(_sharing(method, methods) for method in methods)
    curves = published_keys()
    _check_known("published_datasets", raw.get("published_datasets", []), dataset_names())
    shown = list(dict.fromkeys([*raw["datasets"], *raw.get("published_datasets", [])]))
    anchors, measured = _series("anchors", raw["anchors"], raw["methods"], shown)
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
        figures=_figures(raw.get("figures", {}), [*raw["methods"], *measured, *curves], raw["definitions"]),
        training=trained,
        ablations=tuple(raw.get("ablations", {}).get("figures", ())),
    )


def definition(path: Path, name: str) -> MethodConfig:
    """One method of a configuration file, over the catalogue of methods where there is one, checked as in a run.

    Raises UserError when the file cannot be read, has no such method, or the method is wrong.
    """
    found = _definitions(CATALOGUE)
    for known, method in _definitions(path).items():
        found[known] = {**found.get(known, {}), **method}
    _check_known("method", [name], found)
    lacking = [key for key in ("codec", "points") if not found[name].get(key)]
    if lacking:
        raise UserError(f"{path}: definitions.{name} has no {lacking[0]}; give one")
    raw = _with_numbers({"definitions": {name: found[name]}})
    return _method(name, raw["definitions"][name], VTM_BUILT, training({}), ())


def _definitions(path: Path) -> dict[str, Any]:
    """The methods that a configuration file defines."""
    import yaml

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; check the path") from error
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{path} is not valid YAML ({str(error).splitlines()[0]}); correct it") from error
    found = raw.get("definitions", {}) if isinstance(raw, Mapping) else None
    if not isinstance(found, Mapping) or not all(isinstance(method, Mapping) for method in found.values()):
        raise UserError(f"{path} has no table `definitions` of methods; see config/README.md")
    return {str(name): dict(method) for name, method in found.items()}


def _series(
    key: str, names: Sequence[str], own: Sequence[str], datasets: Sequence[str]
) -> tuple[list[str], against.Measured]:
    """The series that the names under a key of the configuration mean."""
    try:
        return against.series_named(names, own, datasets)
    except UserError as error:
        raise UserError(f"config: unknown {key} {error}") from error


def _expanded(raw: Mapping[str, Any]) -> tuple[Mapping[str, Any], Training]:
    """The configuration with its ablations as methods, and how weights are trained."""
    budgets = raw["ablations"]["budgets"] if "ablations" in raw else [DEFAULT_BUDGET]
    _check_known("budget", [raw.get("budget", DEFAULT_BUDGET)], budgets)
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


def _target(where: str, raw: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """What a method was optimised for: "mse", or a metric."""
    wanted = str(raw.get("optimised_for") or codecs.optimised_for(options))
    losses = list(dict.fromkeys(get(name).loss for name in names()))
    if wanted not in losses:
        raise UserError(unknown_message(f"{where}.optimised_for", wanted, losses))
    return wanted


def _figures(raw: Mapping[str, Any], series: Sequence[str], defined: Iterable[str]) -> dict[str, Any]:
    """The choices for figures, of methods and published series; what this run leaves out is left out of them, too."""
    known = sorted({*series, *defined})
    for pair in raw.get("pairs", []):
        _check_known("figures.pairs", pair, known)
    crops = dict(raw.get("crops", {}))
    for name, crop in crops.items():
        _check_known(f"figures.crops.{name}.methods", crop["methods"], known)
        crops[name] = crop | {"methods": [method for method in crop["methods"] if method in series]}
    pairs = [pair for pair in raw.get("pairs", []) if set(pair) <= set(series)]
    return dict(raw) | ({"pairs": pairs} if "pairs" in raw else {}) | ({"crops": crops} if crops else {})


def _method(
    name: str, raw: Mapping[str, Any], built: Mapping[str, str], trained: Training, given_on: Sequence[str]
) -> MethodConfig:
    where = f"config: definitions.{name}"
    _check_known(f"definitions.{name}.codec", [raw["codec"]], codecs.codec_names())
    options = dict(raw.get("options", {}))
    if raw["codec"] == vtm.Vtm.name:
        options = {**built, **options}
    if raw.get("weights") == "trained":
        if raw["codec"] != codecs.TCM or "model" not in options:
            raise UserError(f"{where}: weights: trained is for codec tcm with an option model; remove it")
        options["folder"] = trained.home
    try:
        codecs.check_points(codecs.create(raw["codec"], options), raw["points"])
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
    return MethodConfig(
        name=name,
        label=labelled(name, raw.get("label", name)),
        codec=raw["codec"],
        points=tuple(sorted(raw["points"])),
        options=tuple(sorted((key, frozen(value)) for key, value in options.items())),
        optimised_for=_target(f"definitions.{name}", raw, options),
        weights=raw.get("weights"),
        batches=raw.get("batches", 1),
        threads=raw.get("threads", 1),
        mem_mb=raw.get("mem_mb", 1000),
        runtime=raw.get("runtime", 30),
        gpu=raw.get("gpu", 0),
        given=_given(raw, options, given_on),
        streams_of=raw.get("streams_of"),
    )


def _given(
    raw: Mapping[str, Any], options: Mapping[str, Any], datasets: Sequence[str]
) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """The datasets of which this suite has a method's streams, with those of its points they are of."""
    if raw["codec"] != vtm.Vtm.name or options.get("streams"):
        return ()
    convention = CONVENTIONS[options.get("convention", vtm.Vtm.convention)]
    there = {name: set(vtm_streams.points(name, convention)) & set(raw["points"]) for name in datasets}
    return tuple((name, tuple(sorted(points))) for name, points in there.items() if points)


def _sharing(method: MethodConfig, methods: Iterable[MethodConfig]) -> MethodConfig:
    """The method, its `streams_of` checked; a method that this run leaves out cannot give its streams."""
    other = {one.name: one for one in methods}.get(method.streams_of or "")
    if other is None:
        return replace(method, streams_of=None)
    conventions = [
        CONVENTIONS[dict(one.options).get("convention", vtm.Vtm.convention)]
        for one in (method, other)
        if one.codec == vtm.Vtm.name
    ]
    if len({vtm_streams.conversion(convention) for convention in conventions}) != 1 or len(conventions) != 2:
        raise UserError(
            f"config: definitions.{method.name}: {other.name} codes other streams; streams_of is for two methods of "
            "codec vtm whose conventions convert RGB to YCbCr alike"
        )
    if lacking := sorted(set(method.points) - set(other.points)):
        raise UserError(
            f"config: definitions.{method.name}: {other.name}, whose streams it takes, has no point {lacking[0]:g}"
        )
    return method


def _with_numbers(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Points as numbers: snakemake hands numbers nested in a `--config` value over as text."""

    def number(value: Any) -> Any:
        try:
            return float(value) if isinstance(value, str) else value
        except ValueError:
            return value  # the schema will name it

    definitions = raw.get("definitions")
    if not isinstance(definitions, Mapping):
        return dict(raw)
    changed = {
        name: {**method, "points": [number(point) for point in method["points"]]}
        for name, method in definitions.items()
        if isinstance(method, Mapping) and isinstance(method.get("points"), list)
    }
    return {**raw, "definitions": {**definitions, **changed}}


def _check_structure(raw: Mapping[str, Any], schema: Path) -> None:
    import jsonschema
    import yaml

    rules = yaml.safe_load(schema.read_text(encoding="utf-8"))
    errors = sorted(jsonschema.Draft202012Validator(rules).iter_errors(raw), key=lambda error: list(error.path))
    if not errors:
        return
    error = errors[0]
    where = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        allowed = sorted(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(allowed))
        raise UserError(unknown_message(f"key in {where}" if where else "key", unknown[0], allowed))
    raise UserError(f"config: {where or 'the file'}: {error.message}")


def _check_known(key: str, values: Iterable[str], allowed: Iterable[str]) -> None:
    allowed = list(allowed)
    for value in values:
        if value not in allowed:
            raise UserError(unknown_message(key, value, allowed))


def unknown_message(key: str, value: str, allowed: Iterable[str]) -> str:
    """One sentence for a name that is not known, with the nearest known one and all that are allowed."""
    return f"config: unknown {key} {value!r}; {choose(value, map(str, allowed))}"
