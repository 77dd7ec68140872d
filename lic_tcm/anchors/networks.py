"""Networks with CompressAI's interface, loaded from trained weights: any architecture, any file (checkpoint_files.py).

The networks run in float32 and decide which integer CDF codes a symbol, so encoder and decoder must run the same
arithmetic: the same kind of machine, library versions and number of threads.
"""

import functools
import importlib
import inspect
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from lic_tcm.anchors import checkpoint_files, files, sources
from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.hints import choose
from lic_tcm.anchors.options import Table

NO_IMAGES = ("compressai.models.video", "compressai.models.pointcloud")
INFERRED = {"vr_entbttlnck": "gayn2zqstep.0.weight"}  # arguments of classes, true where the weights have such a name
TABLES = ("_offset", "_quantized_cdf", "_cdf_length")  # of an entropy model, made by update()


class Source(NamedTuple):
    """What a network is made of beside its weights."""

    name: str  # of the codec, for messages
    architecture: str = ""  # of CompressAI's registry, or
    class_: str = ""  # a class as sources.load takes it
    path: str = ""
    arguments: Table = Table()
    key: str = ""  # where the weights lie in the file
    update: bool = False  # make the tables anew, even if the file has some
    point_as: str = ""  # the keyword argument that takes the point: the networks of one file, at another rate each

    def title(self) -> str:
        """How messages call the network."""
        return self.architecture or self.class_


def compressai(module: str) -> Any:
    """Import a module of CompressAI, without the deprecation warnings of what it imports in turn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(f"compressai.{module}")


def architectures() -> dict[str, type[Any]]:
    """CompressAI's image models by name."""
    compressai("zoo")
    known = compressai("registry").MODELS
    return {name: class_ for name, class_ in known.items() if not class_.__module__.startswith(NO_IMAGES)}


def class_of(source: Source) -> type[Any]:
    """The class of a network; raises CodecError for an unknown one, or one without CompressAI's interface."""
    if source.architecture:
        known = architectures()
        if source.architecture not in known:
            raise CodecError(
                f"{source.name}: CompressAI has no image model {source.architecture!r}; "
                f"{choose(source.architecture, sorted(known))}; your own go under the option class"
            )
        return known[source.architecture]
    class_ = sources.load(source.name, source.class_, source.path)
    missing = [work for work in ("compress", "decompress", "load_state_dict") if not hasattr(class_, work)]
    if missing:
        raise CodecError(
            f"{source.name}: {source.class_} has no {missing[0]}: give a model with CompressAI's interface"
        )
    return class_


def load(source: Source, path: Path, point: float | None = None) -> Any:
    """The network with the weights of a file, ready to code; raises CodecError naming the file and what it lacks.

    `point` is for networks that code one file at several rates.
    """
    return _load(source, path, files.state(path), point)


@functools.lru_cache(maxsize=1)
def _load(source: Source, path: Path, _state: files.State, point: float | None) -> Any:
    """A network, loaded once for each state of its file."""
    try:
        network = checkpoint_files.read(path, source.key)
    except CodecError as error:
        raise CodecError(f"{source.name}: {error}") from error
    class_ = class_of(source)
    problem = ""
    for candidate in checkpoint_files.strippings(network):
        try:
            with warnings.catch_warnings(), checkpoint_files.bounded(candidate):
                warnings.simplefilter("ignore")
                model = _filled(source, class_, {name: _single(tensor) for name, tensor in candidate.items()})
        except Exception as error:  # classes raise what they like of weights that are not theirs
            problem = _problem(error)
            continue
        _check_numbers(source, path, model, candidate)
        _make_tables(source, path, model, point)
        return model.eval()
    more = "" if source.arguments else ", or give the option arguments" if source.class_ else ""
    raise CodecError(
        f"{source.name}: {path} holds no such network as {source.title()} ({problem}): "
        f"give the checkpoint of that model{more}"
    )


def _filled(source: Source, class_: type[Any], network: dict[str, Any]) -> Any:
    """A model of the class with a network's tensors in it."""
    import torch

    arguments = dict(source.arguments)
    make = getattr(class_, "from_state_dict", None)
    if make:
        accepted = inspect.signature(make).parameters
        arguments |= {
            argument: True
            for argument, name in INFERRED.items()
            if argument in accepted and name in network and argument not in arguments
        }
    if make is None or any(argument not in accepted for argument in arguments):

        def make(state: Mapping[str, Any], **arguments: Any) -> Any:
            model = class_(**arguments)
            model.load_state_dict(state)
            return model

    for _ in range(len(network) + 1):
        try:
            return make(dict(network), **arguments)
        except KeyError as error:  # tables that were not saved; update() makes them
            absent = str(error.args[0])
            if absent.rpartition(".")[2] not in TABLES or absent in network:
                raise
            network[absent] = torch.IntTensor()
    raise AssertionError("each round adds a name")


def _single(tensor: Any) -> Any:
    """A tensor in single precision, if it holds such numbers at all."""
    return tensor.float() if tensor.is_floating_point() else tensor


def _problem(error: Exception) -> str:
    """What does not fit, in one line, from the error of a class."""
    if isinstance(error, KeyError):
        return f"it lacks {error.args[0]}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].startswith("Error(s) in loading"):
        lines = lines[1:]
    short = [re.sub(r"((?:\"[^\"]+\", ){3}).*", r"\1...", line)[:200] for line in lines[:2]]
    return "; ".join(short) or type(error).__name__


def _check_numbers(source: Source, path: Path, model: Any, network: Mapping[str, Any]) -> None:
    """Raise CodecError for parameters that were whole numbers or truth values in the file, or are not finite."""
    for name, parameter in model.named_parameters():
        if name in network and not network[name].is_floating_point():
            kind = str(network[name].dtype).removeprefix("torch.")
            raise CodecError(f"{source.name}: {path} holds {name} as {kind}: save the network's own numbers")
        if not bool(parameter.isfinite().all()):
            raise CodecError(
                f"{source.name}: {path} holds numbers that are not finite, in {name}: the training diverged; "
                "give an earlier checkpoint"
            )


def _make_tables(source: Source, path: Path, model: Any, point: float | None) -> None:
    """Have the tables of the entropy models made, where they are missing or the source wants them anew."""
    parts = [part for part in model.modules() if hasattr(part, "_quantized_cdf")]
    missing = [part for part in parts if part._quantized_cdf.numel() == 0]
    if not (missing or source.update or source.point_as):
        return
    if not hasattr(model, "update"):
        raise CodecError(f"{source.name}: {source.title()} has no update(), which makes the tables that {path} lacks")
    settings: dict[str, Any] = {}
    if source.point_as and "scale" in inspect.signature(model.update).parameters:
        settings["scale"] = _scale(source, model, point)
    try:
        for part in parts:
            if hasattr(part, "quantiles"):
                checkpoint_files.check_quantiles(part.quantiles)
        model.update(force=bool(source.update or source.point_as), **settings)
    except Exception as error:  # of a user's class
        raise CodecError(f"{source.name}: update() of {source.title()} failed ({sources.reason(error)})") from error
    if any(part._quantized_cdf.numel() == 0 for part in parts):
        raise CodecError(
            f"{source.name}: {path} holds no CDFs, and update() of {source.title()} makes none: correct it"
        )


def _scale(source: Source, model: Any, point: float | None) -> Any:
    """The step that CompressAI's models of variable rate make their tables for."""
    import torch

    if source.point_as == "s":
        return model.Gain[int(point or 0)].detach().abs()
    return torch.tensor([float(point or 0)])


def keywords(source: Source, point: float) -> dict[str, Any]:
    """The keyword arguments of `compress`, `decompress` and `forward` that the point is given as."""
    import torch

    if not source.point_as:
        return {}
    if source.point_as == "inputscale":
        return {"inputscale": torch.tensor([point])}
    return {source.point_as: int(point) if float(point).is_integer() else point}


@contextmanager
def inference(threads: int) -> Iterator[None]:
    """Run torch without gradients on a set number of threads: another number may round otherwise."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries that a user's model imports when it runs
            yield
    finally:
        torch.set_num_threads(before)
