"""Reading and writing weights."""

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.reference import authors_state_dict
from torch import Tensor

from lic_tcm.errors import UserError
from lic_tcm.nn import zoo
from lic_tcm.nn.checkpoints import config_of, load, read_authors, save
from lic_tcm.nn.model import Config, Model
from lic_tcm.nn.zoo import our_key

TINY = zoo.config("nano", latent=32, hyper=16, slices=4, squeeze=16, context_widths=(16, 16))
OLD_SPELLING = {"matrices.": "_matrix", "biases.": "_bias", "factors.": "_factor"}


def same(a: Model, b: Model) -> bool:
    """Whether two models have equal parameters."""
    theirs = dict(b.named_parameters())
    return all(torch.equal(p, theirs[key]) for key, p in a.named_parameters())


def respelt(state_dict: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state dict as a file of 2023 has it: "module." prefix, old prior, stale CDF buffers."""
    old = {}
    for key, tensor in state_dict.items():
        spelt = key
        for new, spelling in OLD_SPELLING.items():
            spelt = spelt.replace(f"entropy_bottleneck.{new}", f"entropy_bottleneck.{spelling}")
        old[f"module.{spelt}"] = tensor
    stale = torch.full((7, 9), 3, dtype=torch.int32)
    return old | {
        "module.entropy_bottleneck._quantized_cdf": stale,
        "module.gaussian_conditional._offset": torch.IntTensor(),
        "module.gaussian_conditional.scale_table": torch.ones(3),
    }


def test_both_spellings_of_the_authors_files_load(golden_model: Model, tmp_path: Path) -> None:
    """A 2023 file gives the same model as a new one, its config inferred, its CDF buffers ignored."""
    path = tmp_path / "0.05.pth.tar"
    torch.save({"state_dict": respelt(authors_state_dict()), "epoch": 3}, path)
    model = load(path).model
    assert model.config == zoo.config("small", channels=64)
    assert same(model, golden_model)
    assert model.gaussian_conditional.scale_table.numel() == 0
    assert model.entropy_bottleneck._quantized_cdf.numel() == 0


@pytest.mark.parametrize("name", ["small", "medium", "large", "large-no-squeeze", "medium-no-attention", "nano"])
def test_the_config_is_inferred_from_the_shapes(name: str) -> None:
    """The shapes alone tell channels, slices, support, squeeze and whether there is attention."""
    config = zoo.ZOO[name]
    if config.attention == "none":
        config = zoo.config(name, squeeze=None)
    assert config_of(meta_state_dict(config)) == config


def test_many_slices_are_inferred() -> None:
    """Ten slices with a support of three are distinguished from ten with five."""
    for support in (3, 5):
        config = zoo.config("nano", latent=160, slices=10, max_support=support)
        assert config_of(meta_state_dict(config)) == config


def meta_state_dict(config: Config) -> dict[str, Tensor]:
    """Parameters of a fresh model; our own keys are understood as well."""
    return dict(Model(config).to("meta").named_parameters())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"g_a.9.bias": None}, "lacks g_a.9.bias"),
        ({"g_a.99.bias": torch.zeros(1)}, "has g_a.99.bias, unknown to the model"),
        ({"g_a.9.bias": torch.zeros(2)}, r"has g_a.9.bias of shape \(2,\) where the model has \(320,\)"),
    ],
)
def test_loading_is_strict(change: dict[str, Tensor | None], message: str, tmp_path: Path) -> None:
    """A missing, unknown or misshapen key is an error that names file and key."""
    state_dict = {key: t for key, t in (authors_state_dict() | change).items() if t is not None}
    torch.save({"state_dict": state_dict}, tmp_path / "authors.pth.tar")
    with pytest.raises(UserError, match=rf"authors\.pth\.tar {message}"):
        load(tmp_path / "authors.pth.tar")


def test_other_networks_are_refused(tmp_path: Path) -> None:
    """A state dict of something else names the key that a TCM network would have."""
    path = tmp_path / "other.pth"
    torch.save({"state_dict": {"conv.weight": torch.zeros(3)}}, path)
    with pytest.raises(UserError, match=r"no key 'g_a\.9\.weight'"):
        load(path)


class Payload:
    """What a hostile checkpoint would hold."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(Path(__file__).with_name("pwned")),)


@pytest.mark.parametrize("content", [{"state_dict": Payload()}, {"state_dict": {"g_a.9.weight": 3}}, [1, 2]])
def test_a_file_with_anything_but_tensors_is_refused(content: Any, tmp_path: Path) -> None:
    """Pickled code is not run, and other values are no weights."""
    path = tmp_path / "evil.pth.tar"
    torch.save(content, path)
    with pytest.raises(UserError, match=r"evil\.pth\.tar"):
        read_authors(path)
    assert not Path(__file__).with_name("pwned").exists()


@pytest.mark.parametrize("suffix", [".pth.tar", ".safetensors"])
def test_a_file_that_is_no_checkpoint_is_refused(suffix: str, tmp_path: Path) -> None:
    """A text file is refused by name, and so is a missing one."""
    path = tmp_path / f"notes{suffix}"
    with pytest.raises(UserError, match="there is no checkpoint"):
        load(path)
    path.write_text("<html>Google Drive: too many requests</html>" * 9)
    with pytest.raises(UserError, match="notes"):
        load(path)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 0.0), ("float16", 1e-3)])
def test_save_and_load_keep_model_config_and_record(dtype: str, tolerance: float, tmp_path: Path) -> None:
    """float32 comes back exactly, float16 nearly; the config and the training record come back too."""
    model = Model(TINY)
    path = tmp_path / "weights.safetensors"
    save(model, path, {"steps": 3, "lambda": 0.013}, dtype)
    loaded = load(path)
    assert loaded.record == {"steps": 3, "lambda": 0.013}
    assert loaded.model.config == TINY
    assert not loaded.model.training
    theirs = dict(loaded.model.named_parameters())
    for key, p in model.named_parameters():
        assert theirs[key].dtype == torch.float32
        torch.testing.assert_close(theirs[key], p, rtol=tolerance, atol=tolerance)


def test_a_safetensors_file_of_another_network_is_refused(tmp_path: Path) -> None:
    """A safetensors file of another program is read as an authors' checkpoint, and names the key that it lacks."""
    from safetensors.torch import save_file

    path = tmp_path / "other.safetensors"
    save_file({"a.b": torch.zeros(2)}, path, {"format": "pt"})
    with pytest.raises(UserError, match=r"no key 'g_a\.9\.weight'"):
        load(path)
    save_file({"a.b": torch.zeros(2)}, path, {"format": "lic-tcm weights 2"})
    with pytest.raises(UserError, match="is of format 'lic-tcm weights 2'"):
        load(path)


FORMS: dict[str, Callable[[dict[str, Tensor]], Any]] = {
    "bare": lambda state: state,
    "model": lambda state: {"model": state},
    "net": lambda state: {"net": state},
    "model_state_dict": lambda state: {"model_state_dict": state, "epoch": 3},
    "params_ema": lambda state: {"params_ema": state},
    "two levels": lambda state: {"trainer": {"network": state}, "step": 9},
    "compiled": lambda state: prefixed("_orig_mod.", state),
    "compiled and parallel": lambda state: prefixed("module._orig_mod.", state),
    "lightning": lambda state: {"state_dict": prefixed("model.", state), "hyper_parameters": {"N": 64}},
    "averaged": lambda state: {"ema": prefixed("module.", state) | {"n_averaged": torch.tensor(3)}},
    "oldest priors": lambda state: {
        "state_dict": {re.sub(r"\.(matrices|biases|factors)\.", r"._\1.", key): value for key, value in state.items()}
    },
    "arguments": lambda state: {"state_dict": state, "args": argparse.Namespace(N=64, out=Path("run"))},
    "numbers of numpy": lambda state: {"state_dict": state, "loss": np.float64(1.2), "best": np.arange(3.0)},
    "profiled": lambda state: state | {"total_ops": torch.zeros(1), "g_a.0.total_params": torch.zeros(1)},
}


def prefixed(prefix: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state dict as a wrapper of the network names it."""
    return {prefix + key: value for key, value in state.items()}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_field_is_read(form: str, tmp_path: Path) -> None:
    """Whatever an authors' state dict is wrapped in, the same parameters come out under our names."""
    small = {key: tensor.flatten()[:2].clone() for key, tensor in authors_state_dict().items()}
    torch.save(FORMS[form](small), tmp_path / "form.pth.tar")
    found = {our_key(key): tensor for key, tensor in read_authors(tmp_path / "form.pth.tar").items()}
    wanted = {our_key(key): tensor for key, tensor in small.items()}
    assert found.keys() == wanted.keys()
    for key, tensor in found.items():
        assert torch.equal(tensor, wanted[key])


def test_a_checkpoint_in_somebody_elses_wrapping_loads(tmp_path: Path) -> None:
    """One form as a whole: a safetensors file with a wrapper's prefix makes the model of the bare checkpoint."""
    from safetensors.torch import save_file

    save_file(prefixed("module.", authors_state_dict()), tmp_path / "theirs.safetensors", {"format": "pt"})
    torch.save(authors_state_dict(), tmp_path / "bare.pth")
    theirs, bare = (load(tmp_path / name).model.state_dict() for name in ("theirs.safetensors", "bare.pth"))
    assert all(torch.equal(theirs[key], bare[key]) for key in bare)


def test_an_unknown_dtype_is_refused(tmp_path: Path) -> None:
    """The error lists the types."""
    with pytest.raises(UserError, match="choose one of float32, float16"):
        save(Model(TINY), tmp_path / "w.safetensors", {}, "int8")
