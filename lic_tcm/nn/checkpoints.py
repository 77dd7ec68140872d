"""Weights on disk: the authors' checkpoints, and our own format (safetensors with the config and training record).

Only parameters are stored and loaded, and the tables of z's prior, as whole numbers among the metadata of our format.
Buffers are constants of the layers or CDF tables; those found in an authors' checkpoint may be empty or stale, so they
are ignored here, and tables are made of the parameters (lic_tcm.nn.tables).
"""

import contextlib
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from lic_tcm.anchors import checkpoint_files
from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.hints import choose
from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes
from lic_tcm.nn.model import Config, Model
from lic_tcm.nn.tables import Tables, factorised
from lic_tcm.nn.zoo import our_key

OURS = "lic-tcm"
FORMAT = f"{OURS} weights 1"
DTYPES = {"float32": torch.float32, "float16": torch.float16}
READ_DTYPES = (*DTYPES.values(), torch.bfloat16, torch.float64)  # of an authors' checkpoint
_DAMAGED = "get an intact copy of the file, or save the weights again"
_BUFFERS = (
    "_offset",
    "_quantized_cdf",
    "_cdf_length",
    "target",
    "bound",
    "pedestal",
    "scale_table",
    "scale_bound",
    "mask",
)


class Loaded(NamedTuple):
    """A model, ready for evaluation, and what its file says of its training."""

    model: Model
    record: dict[str, Any]
    tables: Tables | None  # of z's prior, where the file has them


def save(model: Model, path: Path, record: Mapping[str, Any], dtype: str = "float32") -> None:
    """Write the parameters, the tables made of them, the config and the training record (JSON values) atomically.

    `dtype` is "float32" (exact) or "float16" (half the size). Raises UserError for another one, or when writing fails.
    """
    if dtype not in DTYPES:
        raise UserError(f"weights cannot be stored as {dtype!r}; {choose(dtype, DTYPES)}")
    tensors = {key: p.detach().to("cpu", DTYPES[dtype]).contiguous() for key, p in model.named_parameters()}
    metadata = {
        "format": FORMAT,
        "config": json.dumps(dataclasses.asdict(model.config), sort_keys=True),
        "record": json.dumps(dict(record), sort_keys=True),
    }
    with contextlib.suppress(UserError):  # broken weights are written as they are; coding with them says what is wrong
        metadata["tables"] = factorised(tensors).to_json()
    write_bytes(path, safetensors.torch.save(tensors, metadata))


class Content(NamedTuple):
    """What a file of weights holds."""

    config: Config
    parameters: dict[str, Tensor]  # by our names, in the file's own precision
    record: dict[str, Any]  # of the training; empty for an authors' checkpoint
    tables: Tables | None = None  # of z's prior, where the file has them


def load(path: Path) -> Loaded:
    """Read a file written by `save`, or an authors' checkpoint, whichever it is; the model is in evaluation mode.

    Raises UserError when the file is missing, is neither, does not fit its own config, or holds a number that is not
    finite.
    """
    content = read(path)
    model = _model(content, path)
    _check_fit(model, content.parameters, path)
    _fill(model, content.parameters, path)
    return Loaded(model.eval(), content.record, content.tables)


def read(path: Path) -> Content:
    """Read a file as `load` does, without making a model; raises UserError when it is missing or of neither kind."""
    if not path.is_file():
        raise UserError(f"there is no checkpoint {path}; check the name or fetch it first")
    if path.suffix != ".safetensors" or path.stat().st_size == 0:
        return _of_authors(path)
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            ours = str(metadata.get("format")).startswith(OURS)
            tensors = {key: file.get_tensor(key) for key in file.keys()} if ours else {}  # noqa: SIM118
    except (safetensors.SafetensorError, OSError) as error:
        raise UserError(f"{path} is not a safetensors file ({error}); fetch it again") from error
    if not ours:
        return _of_authors(path)
    config, record = _parse(path, metadata)
    _check_types(tensors, tuple(DTYPES.values()), path)
    try:
        tables = Tables.from_json(metadata["tables"], config.hyper) if "tables" in metadata else None
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    return Content(config, tensors, record, tables)


def _of_authors(path: Path) -> Content:
    """What a file of the authors' form, in whatever wrapping, says."""
    state_dict = read_authors(path)
    parameters = _our_parameters(state_dict)
    _check_types(parameters, READ_DTYPES, path)
    return Content(config_of(state_dict), parameters, {})


def read_authors(path: Path) -> dict[str, Tensor]:
    """Read the state dict of an authors' checkpoint in any form that people have it, without running code in it.

    Raises UserError when the file holds no such table of tensors; lic_tcm.anchors.checkpoint_files says which it reads.
    """
    try:
        network = checkpoint_files.read(path, remedy="save the one you mean alone, by torch.save of its state_dict")
    except CodecError as error:
        raise UserError(str(error)) from error
    return checkpoint_files.strippings(network)[-1]


def config_of(state_dict: Mapping[str, Tensor]) -> Config:
    """Infer the config of a TCM network from the shapes of its authors' state dict.

    Raises UserError naming the first key that is missing.
    """
    shapes = {our_key(key): tuple(t.shape) for key, t in state_dict.items()}
    try:
        latent = shapes["g_a.9.weight"][0]
        slices = sum(key.startswith("context.cc_mean_transforms.") and key.endswith(".0.weight") for key in shapes)
        depth, second = shapes["context.cc_mean_transforms.0.4.weight"][:2]
        support = shapes[f"context.cc_mean_transforms.{slices - 1}.0.weight"][1] - latent
        squeeze = shapes.get("context.atten_mean.0.in_conv.weight")
        return Config(
            channels=shapes["g_a.0.conv1.weight"][0],
            latent=latent,
            hyper=shapes["h_a.3.weight"][0],
            slices=slices,
            max_support=support // depth if support < latent - depth else max(5, slices - 1),
            attention="swatten" if any(key.startswith("context.atten_mean.") for key in shapes) else "none",
            squeeze=squeeze[0] if squeeze else None,
            context_widths=(shapes["context.cc_mean_transforms.0.0.weight"][0], second),
        )
    except KeyError as error:
        raise UserError(f"the checkpoint has no key {error}; choose one of a TCM network") from error
    except (IndexError, ValueError) as error:
        raise UserError(f"the checkpoint has shapes of no TCM network ({error}); choose another") from error


def _our_parameters(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The authors' tensors by our names, without the buffers."""
    return {our_key(key): t for key, t in state_dict.items() if key.rpartition(".")[2] not in _BUFFERS}


def _check_types(tensors: Mapping[str, Tensor], known: tuple[torch.dtype, ...], path: Path) -> None:
    """Raise UserError for a tensor that holds no such numbers as weights are stored in."""
    for key, tensor in tensors.items():
        if tensor.dtype not in known or tensor.layout != torch.strided:
            kind = str(tensor.dtype if tensor.layout == torch.strided else tensor.layout).removeprefix("torch.")
            names = ", ".join(str(dtype).removeprefix("torch.") for dtype in known)
            raise UserError(f"{path} has {key} as {kind}; save the weights as one of {names}")


def _model(content: Content, path: Path) -> Model:
    """A fresh model of a file's config; raises UserError for one of far more parameters than the file has numbers."""
    problem = f"{path} states a larger network than its numbers fill"
    if content.config.slices > len(content.parameters):
        raise UserError(f"{problem}: {content.config.slices} slices; {_DAMAGED}")
    try:
        with checkpoint_files.bounded(content.parameters):
            return Model(content.config)
    except (CodecError, RuntimeError) as error:  # torch's, where even an untouched tensor of that size is too much
        raise UserError(f"{problem}: {content.config}; {_DAMAGED}") from error


def _check_fit(model: Model, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Raise UserError unless the tensors are those of the model's parameters, by name and shape."""
    parameters = dict(model.named_parameters())
    problems = [f"lacks {key}" for key in parameters if key not in tensors]
    problems += [f"has {key}, unknown to the model" for key in tensors if key not in parameters]
    problems += [
        f"has {key} of shape {tuple(tensors[key].shape)} where the model has {tuple(p.shape)}"
        for key, p in parameters.items()
        if key in tensors and tensors[key].shape != p.shape
    ]
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise UserError(f"{path} {', '.join(problems[:3])}{more}; choose the model it was made with")


def _fill(model: Model, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Copy tensors into the parameters of the same names; raises UserError for numbers that are not finite."""
    with torch.no_grad():
        for key, p in model.named_parameters():
            p.copy_(tensors[key])
            if not bool(p.isfinite().all()):
                raise UserError(
                    f"{path} has numbers that are not finite in {key}: its training diverged; take other weights"
                )


def _parse(path: Path, metadata: Mapping[str, str]) -> tuple[Config, dict[str, Any]]:
    """Config and training record from the metadata of our format."""
    if metadata.get("format") != FORMAT:
        raise UserError(f"{path} is of format {metadata.get('format')!r}, not {FORMAT!r}; choose weights of this suite")
    try:
        fields = json.loads(metadata["config"])
        record = json.loads(metadata["record"])
        config = Config(**fields | {"context_widths": tuple(fields["context_widths"])})
    except (KeyError, ValueError, TypeError, RecursionError, UserError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else error
        raise UserError(f"{path} has no config or record this version reads ({reason}); {_DAMAGED}") from error
    if not isinstance(record, dict) or not isinstance(record.get("budget", ""), str | None):
        raise UserError(f"{path} has a training record that is none ({str(record)[:60]}); {_DAMAGED}")
    return config, record
