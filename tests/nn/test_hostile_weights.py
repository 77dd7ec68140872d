"""Files of weights made to do harm, or harmed: each is refused in one line, at once, and takes no memory."""

import dataclasses
import json
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor

from lic_tcm.coding import network
from lic_tcm.coding.codec import TCMCodec
from lic_tcm.errors import UserError
from lic_tcm.nn import checkpoints, zoo
from lic_tcm.nn.model import Model

CONFIG = zoo.config("nano", latent=32, hyper=16, slices=4, squeeze=16, context_widths=(16, 16))
DEEP = "[" * 100_000 + "]" * 100_000
TENSORS = {key: p.detach().clone() for key, p in Model(CONFIG).named_parameters()}
SYNTHESIS = next(key for key in TENSORS if key.startswith("g_s.") and key.endswith("weight"))
QUANTILES = "entropy_bottleneck.quantiles"


def ours(path: Path, tensors: dict[str, Tensor] | None = None, record: str = "{}", **config: Any) -> Path:
    """A file of our format, its config or tensors as no training leaves them."""
    fields = {**dataclasses.asdict(CONFIG), **config.pop("fields", {})}
    metadata = {"format": checkpoints.FORMAT, "config": json.dumps(fields), "record": record, **config}
    path.write_bytes(safetensors.torch.save({**TENSORS, **(tensors or {})}, metadata))
    return path


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"channels": [32]}, r"channels = \[32\] does not fit"),
        ({"latent": "32"}, "latent = '32' does not fit"),
        ({"slices": True}, "slices = True does not fit"),
        ({"hyper": 16.0}, "hyper = 16.0 does not fit"),
        ({"squeeze": "16"}, "squeeze = '16' does not fit"),
        ({"main_path": ["tcm"]}, "main_path"),
        ({"context_widths": [16]}, r"context_widths = \(16,\) does not fit; give two whole numbers"),
        ({"context_widths": ["16", "16"]}, "context_widths = '16' does not fit"),
        ({"context_widths": [-16, 16]}, "context_widths = -16 does not fit"),
        ({"context_widths": 16}, "not iterable"),
        ({"colour": 1}, "unexpected keyword argument 'colour'"),
    ],
)
def test_a_config_of_other_types_is_named(fields: dict[str, Any], message: str, tmp_path: Path) -> None:
    """A list, text or fraction where a whole number belongs, in any field, is said with the file and the field."""
    with pytest.raises(UserError, match=rf"w\.safetensors has no config or record this version reads \(.*{message}"):
        checkpoints.load(ours(tmp_path / "w.safetensors", fields=fields))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"config": DEEP}, "nested too deep"),
        ({"record": DEEP}, "nested too deep"),
        ({"config": "[1]"}, "no config or record"),
        ({"record": "[1]"}, "training record that is none"),
        ({"record": "NaN"}, "training record that is none"),
        ({"record": '{"budget": 3}'}, "training record that is none"),
    ],
)
def test_metadata_that_are_none_are_named(changed: dict[str, Any], message: str, tmp_path: Path) -> None:
    """JSON nested deep or of another form, and a budget that is no text; also where the codec asks for the budget."""
    path = ours(tmp_path / "w.safetensors", **changed)
    with pytest.raises(UserError, match=message):
        checkpoints.load(path)
    assert TCMCodec(checkpoint=str(path)).weights(0.01).budget == ""


@pytest.mark.parametrize(
    "fields",
    [{"channels": 320_000}, {"latent": 2**40}, {"slices": 2**20, "latent": 2**20}, {"context_widths": [9**9, 16]}],
)
def test_a_network_larger_than_its_file_is_not_made(fields: dict[str, Any], tmp_path: Path) -> None:
    """Hundreds of gigabytes asked for in a few bytes are refused before anything is made."""
    path, start = ours(tmp_path / "w.safetensors", fields=fields), time.process_time()
    with pytest.raises(UserError, match=r"w\.safetensors states a larger network than its numbers fill"):
        checkpoints.load(path)
    assert time.process_time() - start < 5


def half(tensor: Tensor) -> Tensor:
    """In half precision."""
    return tensor.half()


@pytest.mark.parametrize("dtype", [torch.int8, torch.bool, torch.float64, torch.bfloat16, torch.complex64])
def test_tensors_of_other_types_are_refused(dtype: torch.dtype, tmp_path: Path) -> None:
    """One tensor of another type among those of half precision is no weight, not even when its values would do."""
    tensors = {key: half(tensor) for key, tensor in TENSORS.items()} | {SYNTHESIS: TENSORS[SYNTHESIS].to(dtype)}
    path = ours(tmp_path / "w.safetensors", tensors)
    with pytest.raises(UserError, match=rf"has {re.escape(SYNTHESIS)} as {str(dtype).removeprefix('torch.')}; save"):
        checkpoints.load(path)


@pytest.mark.parametrize(("key", "value"), [(SYNTHESIS, torch.nan), (SYNTHESIS, -torch.inf), (QUANTILES, torch.nan)])
def test_numbers_that_are_not_finite_are_refused(key: str, value: float, tmp_path: Path) -> None:
    """One in the synthesis transform codes on, at 14.6 dB: nobody would know."""
    tensor = TENSORS[key].clone()
    tensor.view(-1)[3] = value
    with pytest.raises(UserError, match=rf"numbers that are not finite in {re.escape(key)}"):
        checkpoints.load(ours(tmp_path / "w.safetensors", {key: tensor}))


def test_quantiles_that_ask_for_endless_tables_are_refused(tmp_path: Path) -> None:
    """Finite, and still nothing that tables can be made of: 10^9 symbols a channel."""
    wide = TENSORS[QUANTILES].clone()
    wide[0, 0, 2] = 1e9
    with pytest.raises(Exception, match=r"no tables can be made .* span up to 1e\+09 symbols") as caught:
        network.load(ours(tmp_path / "w.safetensors", {QUANTILES: wide}), "cpu")
    assert "\n" not in str(caught.value)


def zip_bomb(path: Path) -> None:
    """A zip whose data are packed, a hundred to one, which torch never writes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(10**7))


FILES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "zero bytes": (lambda path: path.touch(), "is empty"),
    "a lone stop": (lambda path: path.write_bytes(b"."), "is damaged, or no checkpoint"),
    "whole numbers for keys": (
        lambda path: torch.save({1: torch.ones(2), 2: torch.ones(3)}, path),
        "no table of tensors",
    ),
    "a number for a tensor": (lambda path: torch.save({"a.b": 1}, path), "no table of tensors"),
    "a tensor": (lambda path: torch.save(torch.ones(3), path), "no table of tensors"),
    "a zip bomb": (zip_bomb, "is damaged, or no checkpoint"),
    "4 TB of one number": (
        lambda path: torch.save({**TENSORS, "g_a.0.conv1.weight": torch.zeros(1).expand(2**20, 2**20)}, path),
        r"w\.pth",
    ),
    "half a file": (
        lambda path: (torch.save(TENSORS, path), path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])),
        "is damaged, or no checkpoint",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_checkpoint_is_refused_in_a_line(name: str, tmp_path: Path) -> None:
    """What may lie under the name of a checkpoint: one line that names the file, in a moment."""
    make, message = FILES[name]
    path, start = tmp_path / "w.pth", time.process_time()
    make(path)
    with pytest.raises(UserError, match=message) as caught:
        checkpoints.load(path)
    assert "\n" not in str(caught.value)
    assert time.process_time() - start < 10
