"""Files of trained weights in the forms people have them, read without running code that lies in them.

A network is a table of tensors by name. It may be the file itself or lie in it under any key, beside optimisers,
arguments and counters; its names may have the prefixes of wrappers. torch is imported with the first file.
"""

import argparse
import collections
import contextlib
import importlib
import pathlib
import re
import shlex
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lic_tcm.anchors.codec import CodecError

if TYPE_CHECKING:
    from torch import Tensor

PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.", "state_dict.")  # of DataParallel, compile, Lightning
COUNTERS = {"total_ops", "total_params", "n_averaged"}  # of profilers and of averaging: no weights
PRIOR = re.compile(r"(^|\.)_(matrices|biases|factors)\.(\d+)$")  # CompressAI before 1.0
DEPTH = 3  # tables in tables that are searched for a network
SLACK, LEAST = 8, 10**7  # times a file's numbers that a network may make on its way; parameters that are never too many
CODER_SYMBOLS = 2**16  # a table of the coder has 16 bits
LFS, HTML = b"version https://git-lfs", re.compile(rb"^\s*<(!doctype|html|head|\?xml)", re.IGNORECASE)
Network = dict[str, "Tensor"]


def read(path: Path, key: str = "", remedy: str = "say which with the option key") -> Network:
    """The network in a file: its tensors by their names there, of the file's own precision, without counters.

    `key` says where it lies, parts joined by dots; it is needed only where the file holds several, of which `remedy`
    speaks then. Raises CodecError when the file holds none, is no such file, or holds what only code could load.
    """
    found = dict(_networks(content(path), "", DEPTH))
    if key:
        if key not in found:
            raise CodecError(f"{path} has no network under {key!r}: it has {_listed(found)}")
        return _plain(found[key])
    if not found:
        raise CodecError(f"{path} holds no table of tensors: give a file that a network's state_dict was saved to")
    if len(found) > 1:
        raise CodecError(f"{path} holds several networks, under {_listed(found)}: {remedy}")
    return _plain(next(iter(found.values())))


def strippings(network: Network) -> list[Network]:
    """A network as its file names it, then without one after another of the prefixes that all its names share."""
    found = [network]
    while prefix := next((prefix for prefix in PREFIXES if all(name.startswith(prefix) for name in found[-1])), ""):
        found.append({name.removeprefix(prefix): tensor for name, tensor in found[-1].items()})
    if any("_orig_mod." in name for name in found[-1]):  # parts of it were compiled
        found.append({name.replace("_orig_mod.", ""): tensor for name, tensor in found[-1].items()})
    return found


@contextlib.contextmanager
def bounded(network: Network) -> Iterator[None]:
    """Let no network be made that has far more parameters than these tensors have numbers on disk.

    A file of a few bytes can ask for a network of 360 GB. The first parameter too many raises CodecError before it is
    filled with numbers, which is when it would take memory.
    """
    from torch import nn

    held = sum(min(t.numel(), t.untyped_storage().nbytes() // t.element_size()) for t in network.values())
    most = max(SLACK * held, LEAST)
    made = 0

    def count(_module: nn.Module, _name: str, parameter: nn.Parameter | None) -> None:
        nonlocal made
        made += parameter.numel() if parameter is not None else 0
        if made > most:
            raise CodecError(f"it would have {made} parameters or more, and the file holds {held} numbers")

    hook = nn.modules.module.register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()


def check_quantiles(quantiles: "Tensor") -> None:
    """Raise CodecError for quantiles of a factorised prior (C, 1, 3) too far apart for the coder's tables.

    A table has an entry for each symbol between them: those of hostile weights would take all memory.
    """
    spans = (quantiles[:, 0, 2] - quantiles[:, 0, 0]).detach().abs()
    if not bool((spans < CODER_SYMBOLS).all()):
        raise CodecError(
            f"the quantiles span up to {float(spans.max()):g} symbols, which those of no trained network do: "
            "get an intact copy of the weights"
        )


def content(path: Path) -> Any:
    """Everything in a file, as `torch.load` gives it; errors as `read`."""
    import torch

    if not path.is_file():
        raise CodecError(f"there is no checkpoint {path}: correct the path")
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        raise CodecError(f"{path} is empty: download or save it again")
    if head.startswith(LFS):
        raise CodecError(f"{path} is a pointer of git-LFS, not the file it stands for: run `git lfs pull` there")
    if HTML.match(head):
        raise CodecError(
            f"{path} is a web page, no checkpoint: open the link in a browser and download the file itself"
        )
    if path.suffix == ".safetensors" or head[8:9] == b"{":
        return _safetensors(path)
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_harmless()):
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch and pickle raise many kinds
        raise _refusal(path, error) from error


def _safetensors(path: Path) -> Any:
    import safetensors
    import safetensors.torch

    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        raise CodecError(f"{path} is no safetensors file ({error}): download or save it again") from error


def _harmless() -> list[Any]:
    """What training scripts put beside tensors, and torch does not load by itself; none of it runs code."""
    import numpy as np

    packages = ("core", "_core")  # of numpy 1, and of numpy 2, where `core` warns
    core = importlib.import_module(f"numpy.{packages[int(np.__version__.split('.')[0]) >= 2]}.multiarray")
    numbers = [type(np.dtype(kind)) for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u4", "u8", "?")]
    named = [
        (getattr(core, function), f"numpy.{package}.multiarray.{function}")
        for function in ("scalar", "_reconstruct")
        for package in packages
    ]
    paths = [(pathlib.PurePosixPath, f"pathlib{local}.{kind}") for local in ("", "._local") for kind in ("PosixPath",)]
    return [argparse.Namespace, collections.defaultdict, dict, np.ndarray, np.dtype, *numbers, *named, *paths]


def _refusal(path: Path, error: Exception) -> CodecError:
    """What is wrong with a file that torch does not load, and what to do."""
    import torch

    try:
        with torch.serialization.safe_globals(_harmless()):
            objects = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except Exception:  # it is no zip, as old or damaged files are not
        objects = re.findall(r"GLOBAL (\S+) was not", str(error))
    if objects:
        more = f" and {len(objects) - 3} more" if len(objects) > 3 else ""
        target = shlex.quote(f"{path.stem}.tensors.pth")
        return CodecError(
            f"{path} holds more than tensors ({', '.join(sorted(objects)[:3])}{more}), and loading that runs its code: "
            "if you trust the file, keep its tensors alone by "
            f"`python -m lic_tcm.anchors.strip_checkpoint {shlex.quote(str(path))} {target}`"
        )
    reason = (re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines() or [type(error).__name__])[0]
    return CodecError(f"{path} is damaged, or no checkpoint of torch ({reason[:160]}): download or save it again")


def _networks(held: Any, where: str, depth: int) -> Iterator[tuple[str, Network]]:
    """The networks in what a file holds, each with the keys that lead to it."""
    if not isinstance(held, Mapping):
        return
    if _is_network(held):
        yield where, dict(held)
    elif depth:
        for key, inner in held.items():
            yield from _networks(inner, f"{where}.{key}" if where else str(key), depth - 1)


def _is_network(held: Mapping[Any, Any]) -> bool:
    """Whether a table has tensors under names with dots; a table of losses has none, an optimiser's has numbers."""
    import torch

    if not all(isinstance(key, str) for key in held) or any(isinstance(value, Mapping) for value in held.values()):
        return False
    return any("." in key and isinstance(value, torch.Tensor) for key, value in held.items())


def _plain(network: Mapping[str, Any]) -> Network:
    """A network's tensors alone, the oldest names of the factorised prior in today's spelling."""
    import torch

    tensors = {name: value for name, value in network.items() if isinstance(value, torch.Tensor)}
    kept = {name: tensor for name, tensor in tensors.items() if name.rpartition(".")[2] not in COUNTERS}
    return {PRIOR.sub(r"\1\2.\3", name): tensor for name, tensor in kept.items()}


def _listed(found: Mapping[str, Network]) -> str:
    return ", ".join(repr(key) if key else "the file itself" for key in found) or "none"
