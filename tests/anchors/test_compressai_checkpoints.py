"""Checkpoints of CompressAI's models in every form people have them; what is none is named for what it is."""

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.checkpoints import training_checkpoint
from support.compressai_models import coded, narrow, save
from support.pictures import photo

from lic_tcm import anchors
from lic_tcm.anchors import checkpoint_files, framing, networks
from lic_tcm.anchors.codec import CodecError

FORMS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "state_dict": lambda state: {"state_dict": state, "epoch": 1, "loss": 0.5},
    "model": lambda state: {"model": state},
    "net": lambda state: {"net": state},
    "ema": lambda state: {
        "ema": {f"module.{key}": value for key, value in state.items()} | {"n_averaged": torch.tensor(9)}
    },
    "parallel": lambda state: {"state_dict": {f"module.{key}": value for key, value in state.items()}},
    "parallel, compiled": lambda state: {f"module._orig_mod.{key}": value for key, value in state.items()},
    "old prior": lambda state: {
        key.replace(".matrices.", "._matrix").replace(".biases.", "._bias").replace(".factors.", "._factor"): value
        for key, value in state.items()
    },
    "oldest prior": lambda state: {
        key.replace(".matrices.", "._matrices.")
        .replace(".biases.", "._biases.")
        .replace(".factors.", "._factors."): value
        for key, value in state.items()
    },
    "arguments": lambda state: {"state_dict": state, "args": argparse.Namespace(lmbda=0.013, out=Path("x"))},
    "numbers of numpy": lambda state: {"state_dict": state, "loss": np.float64(1.2), "psnr": np.float32(30)},
    "no tables": lambda state: {key: value for key, value in state.items() if not key.endswith(networks.TABLES)},
    "profiled": lambda state: state | {"g_a.0.total_ops": torch.zeros(1), "total_params": torch.zeros(1)},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_checkpoint_is_the_same_network(form: str, tmp_path: Path) -> None:
    """However the weights are wrapped, the strings and the picture are those of the bare state dict."""
    state = narrow().state_dict()
    bare = coded({"architecture": "mbt2018-mean", "checkpoints": save(state, tmp_path / "bare.pth")})
    found = coded({"architecture": "mbt2018-mean", "checkpoints": save(FORMS[form](state), tmp_path / "form.pth")})
    np.testing.assert_array_equal(found[1], bare[1])
    assert found[0][framing.HEADER.size + 4 :] == bare[0][framing.HEADER.size + 4 :]  # but for the fingerprint


def test_a_training_of_compressais_own_script_is_evaluated(tmp_path: Path) -> None:
    """Trained for some steps, saved beside both optimisers: the rate falls with training, as its own loss does."""
    model = narrow(seed=1)
    optimizer = torch.optim.Adam([p for n, p in model.named_parameters() if not n.endswith("quantiles")], lr=1e-2)
    auxiliary = torch.optim.Adam([p for n, p in model.named_parameters() if n.endswith("quantiles")], lr=1e-2)
    torch.save(training_checkpoint(model), tmp_path / "0.pth.tar")
    x = torch.from_numpy(photo(64, 64)).permute(2, 0, 1).unsqueeze(0).float() / 255
    for _ in range(15):
        out = model(x)
        rate = sum(-one.log2().sum() for one in out["likelihoods"].values()) / (64 * 64)
        loss = rate + 0.01 * 255**2 * (out["x_hat"] - x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        auxiliary.zero_grad()
        model.aux_loss().backward()
        auxiliary.step()
    torch.save(training_checkpoint(model), tmp_path / "15.pth.tar")
    codec = anchors.create("compressai", architecture="mbt2018-mean", checkpoints=f"{tmp_path}/{{point}}.pth.tar")
    codec.check_points([0, 15])
    pictures = [codec.decode(codec.encode(photo(64, 64), point)) for point in (0, 15)]
    errors = [np.square(picture.astype(float) - photo(64, 64)).mean() for picture in pictures]
    assert errors[1] < errors[0]
    estimate, real = codec.estimated_bytes(photo(64, 64), 15), len(codec.encode(photo(64, 64), 15))
    assert estimate is not None
    assert estimate < real < 1.3 * estimate + 60  # framing, fingerprint, checksum and the coder's own ends


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_read_as_single(dtype: torch.dtype, tmp_path: Path) -> None:
    """A file in half precision codes like its numbers in single precision."""
    state = {
        key: value.to(dtype) if value.is_floating_point() else value for key, value in narrow().state_dict().items()
    }
    single = {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
    pictures = [
        coded({"architecture": "mbt2018-mean", "checkpoints": save(one, tmp_path / f"{i}.pth")})[1]
        for i, one in enumerate((state, single))
    ]
    np.testing.assert_array_equal(*pictures)


def test_safetensors_are_read(tmp_path: Path) -> None:
    """Weights as Hugging Face stores them."""
    from safetensors.torch import save_file

    state = {key: value.contiguous() for key, value in narrow().state_dict().items()}
    save_file(state, tmp_path / "w.safetensors", {"format": "pt"})
    found = coded({"architecture": "mbt2018-mean", "checkpoints": str(tmp_path / "w.safetensors")})
    bare = coded({"architecture": "mbt2018-mean", "checkpoints": save(state, tmp_path / "w.pth")})
    np.testing.assert_array_equal(found[1], bare[1])


def test_several_networks_in_a_file_are_told_apart(tmp_path: Path) -> None:
    """Which of two is meant is asked, never guessed."""
    path = save({"model": narrow(seed=1).state_dict(), "ema": narrow(seed=2).state_dict()}, tmp_path / "w.pth")
    options = {"architecture": "mbt2018-mean", "checkpoints": path}
    with pytest.raises(
        CodecError, match=r"holds several networks, under 'model', 'ema': say which with the option key"
    ):
        coded(options)
    pictures = [coded({**options, "key": key})[1] for key in ("model", "ema")]
    assert (pictures[0] != pictures[1]).any()
    with pytest.raises(CodecError, match=r"has no network under 'emma': it has 'model', 'ema'"):
        coded({**options, "key": "emma"})


def test_tables_of_the_file_are_used_when_asked(tmp_path: Path) -> None:
    """By default tables are made of the weights, as CompressAI's evaluation does; `update: false` keeps the file's."""
    model = narrow()
    model.update()
    stale = {key: value.clone() for key, value in model.state_dict().items() if key.endswith(networks.TABLES)}
    for name, parameter in model.named_parameters():
        if name.endswith("quantiles"):
            parameter.data *= 3
    path = save(model.state_dict() | stale, tmp_path / "w.pth")
    options = {"architecture": "mbt2018-mean", "checkpoints": path}
    assert coded(options)[0] != coded({**options, "update": False})[0]
    np.testing.assert_array_equal(coded(options)[1], coded({**options, "update": False})[1])


class Payload:
    """What a hostile checkpoint would hold."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("code of the file runs",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: download or save it again"),
        (b"<!DOCTYPE html><html>Sign in</html>", "is a web page, no checkpoint: open the link in a browser"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a pointer of git-LFS.*run `git lfs pull`"),
        (b"PK\x03\x04" + bytes(99), "is damaged, or no checkpoint of torch"),
        (b".", "is damaged, or no checkpoint of torch"),
        ([1, 2], "holds no table of tensors"),
        ({"epoch": 3, "loss": torch.tensor(1.0)}, "holds no table of tensors"),
        ({"conv.weight": torch.zeros(3)}, r"holds no such network as mbt2018-mean \(it lacks g_a.0.weight\)"),
    ],
)
def test_files_that_are_no_checkpoint_are_named_for_what_they_are(content: Any, message: str, tmp_path: Path) -> None:
    """What people really have under such a name: nothing, a login page, a pointer, half a file, another network."""
    path = tmp_path / "w.pth.tar"
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises(CodecError, match=rf"compressai: .*w\.pth\.tar {message}") as caught:
        coded({"architecture": "mbt2018-mean", "checkpoints": str(path)})
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_another_models_checkpoint_is_refused(tmp_path: Path) -> None:
    """Weights of another architecture, or of other sizes than the arguments, name what does not fit."""
    path = save(narrow("cheng2020-anchor").state_dict(), tmp_path / "w.pth")
    with pytest.raises(
        CodecError, match=r"w.pth holds no such network as mbt2018-mean \(it lacks g_a.0.weight\): give"
    ):
        coded({"architecture": "mbt2018-mean", "checkpoints": path})
    path = save(narrow().state_dict(), tmp_path / "w.pth")
    with pytest.raises(CodecError, match=r"\(size mismatch for .*shape"):
        coded({"architecture": "mbt2018-mean", "checkpoints": path, "arguments": {"N": 9, "M": 12}})
    with pytest.raises(CodecError, match=r"Missing key|Unexpected key"):
        coded({"architecture": "mbt2018", "checkpoints": path})


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    """One NaN anywhere: the training diverged, and no row is made of it."""
    state = narrow().state_dict()
    state["g_s.2.weight"][3] = torch.nan
    with pytest.raises(CodecError, match=r"numbers that are not finite, in g_s\.2\.weight: the training diverged"):
        coded({"architecture": "mbt2018-mean", "checkpoints": save(state, tmp_path / "w.pth")})


def test_weights_of_other_types_and_endless_tables_are_refused(tmp_path: Path) -> None:
    """Whole numbers are no weights though torch would take them; quantiles 10^9 apart would take all memory."""
    state = narrow().state_dict()
    whole = state | {"g_s.2.weight": state["g_s.2.weight"].to(torch.int8)}
    with pytest.raises(CodecError, match=r"holds g_s\.2\.weight as int8: save the network's own numbers"):
        coded({"architecture": "mbt2018-mean", "checkpoints": save(whole, tmp_path / "w.pth")})
    state["entropy_bottleneck.quantiles"][0, 0, 2] = 1e9
    with pytest.raises(CodecError, match=r"the quantiles span up to 1e\+09 symbols"):
        coded({"architecture": "mbt2018-mean", "checkpoints": save(state, tmp_path / "w.pth")})


def test_a_network_larger_than_its_file_is_not_made(tmp_path: Path) -> None:
    """A tensor that repeats one number a million million times has the network of 4 TB refused, not made."""
    state = narrow().state_dict() | {"g_a.0.weight": torch.zeros(1).expand(2**20, 3, 5, 5)}
    with pytest.raises(CodecError, match=r"holds no such network as mbt2018-mean \("):
        coded({"architecture": "mbt2018-mean", "checkpoints": save(state, tmp_path / "w.pth")})


def test_code_in_a_file_is_not_run_and_the_advice_works(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A file with objects of a class names them; following the message makes a file that codes alike."""
    model = narrow()
    torch.save({"model": model, "evil": Payload()}, tmp_path / "whole.pth")
    with pytest.raises(
        CodecError, match=r"holds more than tensors \(builtins.print, compressai.* more\), and loading that runs"
    ) as caught:
        coded({"architecture": "mbt2018-mean", "checkpoints": str(tmp_path / "whole.pth")})
    assert "code of the file runs" not in capfd.readouterr().out
    command = str(caught.value).partition("`")[2].partition("`")[0].split()
    assert command[0] == "python"
    subprocess.run([sys.executable, *command[1:]], check=True, cwd=tmp_path)
    found = coded({"architecture": "mbt2018-mean", "checkpoints": str(tmp_path / "whole.tensors.pth")})[1]
    bare = coded({"architecture": "mbt2018-mean", "checkpoints": save(model.state_dict(), tmp_path / "bare.pth")})[1]
    np.testing.assert_array_equal(found, bare)


def test_prefixes_that_are_the_models_own_stay(tmp_path: Path) -> None:
    """A class that keeps its network in an attribute `model` is filled with names as they are."""
    (tmp_path / "outer.py").write_text(
        "import torch\nfrom compressai.models import MeanScaleHyperprior as Inner\n"
        "class Outer(torch.nn.Module):\n"
        "    def __init__(self): super().__init__(); self.model = Inner(8, 12)\n"
        "    def load_state_dict(self, state):\n"
        "        self.model.load_state_dict({k[6:]: v for k, v in state.items() if k[:6] == 'model.'})\n"
        "    def update(self, **k): self.model.update(**k)\n"
        "    def compress(self, x): return self.model.compress(x)\n"
        "    def decompress(self, *a): return self.model.decompress(*a)\n"
        "    def forward(self, x): return self.model(x)\n",
        encoding="utf-8",
    )
    state = narrow().state_dict()
    own = save({f"model.{key}": value for key, value in state.items()}, tmp_path / "own.pth")
    found = coded({"path": str(tmp_path / "outer.py"), "class": "Outer", "checkpoints": own})[1]
    bare = coded({"architecture": "mbt2018-mean", "checkpoints": save(state, tmp_path / "bare.pth")})[1]
    np.testing.assert_array_equal(found, bare)
    assert len(checkpoint_files.strippings(checkpoint_files.read(Path(own)))) == 2
