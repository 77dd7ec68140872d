"""The methods of a configuration: a codec with options and points, checked by making the codec."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from lic_tcm import layout, resources
from lic_tcm.anchors import vtm, vtm_streams
from lic_tcm.anchors.options import frozen
from lic_tcm.anchors.pixels import CONVENTIONS
from lic_tcm.bench import codecs
from lic_tcm.bench.budgets import labelled
from lic_tcm.bench.config_checks import at_home, check_known, read, unknown_message, with_numbers
from lic_tcm.errors import UserError
from lic_tcm.metrics import get, names
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
    together: bool  # whether a job codes all points: for cheap codecs, whose work is less than starting their jobs
    threads: int
    mem_mb: int
    runtime: int  # minutes
    gpu: int
    given: tuple[tuple[str, tuple[float, ...]], ...] = ()  # datasets of which this suite has streams, and their points
    streams_of: str | None = None  # another method of the run, whose streams are taken where none are given

    @property
    def one_job(self) -> bool:
        """Whether each of its jobs codes several points."""
        return self.together and len(self.points) > 1

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
            together=self.together or bool(points),
            streams_of=None if points else self.streams_of,
        )


def definition(path: Path, name: str) -> MethodConfig:
    """One method of a configuration file, over the catalogue of methods where there is one, checked as in a run.

    Raises UserError when the file cannot be read, has no such method, or the method is wrong.
    """
    found = _definitions(CATALOGUE)
    for known, method in _definitions(path).items():
        found[known] = {**found.get(known, {}), **method}
    check_known("method", [name], found)
    lacking = [key for key in ("codec", "points") if not found[name].get(key)]
    if lacking:
        raise UserError(f"{path}: definitions.{name} has no {lacking[0]}; give one")
    raw = at_home(with_numbers({"definitions": {name: found[name]}}))
    return make_method(name, raw["definitions"][name], VTM_BUILT, training({}), ())


def _definitions(path: Path) -> dict[str, Any]:
    """The methods that a configuration file defines."""
    found = read(path).get("definitions", {})
    if not isinstance(found, Mapping) or not all(isinstance(method, Mapping) for method in found.values()):
        raise UserError(f"{path} has no table `definitions` of methods; see config/README.md")
    return {str(name): dict(method) for name, method in found.items()}


def _target(where: str, raw: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """What a method was optimised for: "mse", or a metric."""
    wanted = str(raw.get("optimised_for") or codecs.optimised_for(options))
    losses = list(dict.fromkeys(get(name).loss for name in names()))
    if wanted not in losses:
        raise UserError(unknown_message(f"{where}.optimised_for", wanted, losses))
    return wanted


def make_method(
    name: str, raw: Mapping[str, Any], built: Mapping[str, str], trained: Training, given_on: Sequence[str]
) -> MethodConfig:
    """A method as its definition says, its codec made once; raises UserError for what does not fit.

    `built` are the options of a VTM that the workflow builds, `given_on` the datasets that may take shipped streams.
    """
    where = f"config: definitions.{name}"
    check_known(f"definitions.{name}.codec", [raw["codec"]], codecs.codec_names())
    options = dict(raw.get("options", {}))
    _check_spelling(where, raw["points"])
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
        together=raw.get("together", False),
        threads=raw.get("threads", 1),
        mem_mb=raw.get("mem_mb", 1000),
        runtime=raw.get("runtime", 30),
        gpu=raw.get("gpu", int(raw["codec"] == codecs.TCM)),
        given=_given(raw, options, given_on),
        streams_of=raw.get("streams_of"),
    )


def _check_spelling(where: str, points: Iterable[float]) -> None:
    """Raise UserError for a point whose folder would be another's: paths and jobs spell points with six digits."""
    for point in points:
        if isinstance(point, int | float) and float(layout.point(point)) != point:
            raise UserError(f"{where}: point {point!r} is {layout.point(point)} in six digits; give it with so many")


def _given(
    raw: Mapping[str, Any], options: Mapping[str, Any], datasets: Sequence[str]
) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """The datasets of which this suite has a method's streams, with those of its points they are of."""
    if raw["codec"] != vtm.Vtm.name or options.get("streams"):
        return ()
    convention = CONVENTIONS[options.get("convention", vtm.Vtm.convention)]
    there = {name: set(vtm_streams.points(name, convention)) & set(raw["points"]) for name in datasets}
    return tuple((name, tuple(sorted(points))) for name, points in there.items() if points)


def sharing(method: MethodConfig, methods: Iterable[MethodConfig]) -> MethodConfig:
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
