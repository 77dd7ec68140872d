"""Fixtures for codecs whose programs or weights a test machine may lack."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.checkpoints import training_checkpoint

from lic_tcm.anchors import networks
from lic_tcm.bench import codecs


@pytest.fixture(scope="session")
def zoo_options(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """A function from a zoo codec's name to options with seeded random weights of quality 1, narrow networks."""
    folder = tmp_path_factory.mktemp("zoo")
    return functools.cache(lambda name: write_zoo_weights(folder, name))


@pytest.fixture
def command_options(tmp_path: Path) -> dict[str, Any]:
    """Options of a Command codec whose program is the script fake_tool.py, which codes PNG."""
    script = tmp_path / "fake_tool.py"
    script.write_bytes(Path(__file__).with_name("fake_tool.py").read_bytes())
    return tool_options(script)


@pytest.fixture
def python_options(tmp_path: Path) -> dict[str, Any]:
    """Options of a PythonClass codec whose class lies in a file."""
    (tmp_path / "my_codec.py").write_bytes(Path(__file__).with_name("my_codec.py").read_bytes())
    return {"path": str(tmp_path / "my_codec.py"), "class": "Quantiser"}


@pytest.fixture(scope="session")
def compressai_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Options of a CompressAI codec with seeded random weights of a narrow mbt2018-mean, saved as a training saves."""
    return write_training_checkpoint(tmp_path_factory.mktemp("compressai"))


@pytest.fixture(scope="session")
def tcm_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Options of a TCM codec with seeded random weights of a small network."""
    return write_tcm_weights(tmp_path_factory.mktemp("tcm"))


@pytest.fixture
def write_weights(tmp_path: Path) -> Callable[[str, int], dict[str, Any]]:
    """A function that writes weights of a seed for a codec with weights, over those of another; returns its options."""
    folder = tmp_path / "weights"
    folder.mkdir()

    def write(name: str, seed: int) -> dict[str, Any]:
        if name == "compressai":
            return write_training_checkpoint(folder, seed)
        return write_tcm_weights(folder, seed) if name == codecs.TCM else write_zoo_weights(folder, name, seed)

    return write


def write_zoo_weights(folder: Path, name: str, seed: int = 0) -> dict[str, Any]:
    """Write random weights of quality 1 of a narrow network under CompressAI's name for them; returns the options."""
    import torch

    image = networks.compressai("zoo.image")
    torch.manual_seed(seed)
    model = image.model_architectures[name](*((8,) if name.startswith("cheng") else (8, 12)))
    for parameter in model.g_a.parameters():  # so that symbols are not all zero
        parameter.data *= 1.5
    model.update()
    torch.save(model.state_dict(), folder / image.model_urls[name]["mse"][1].rsplit("/", 1)[1])
    return {"folder": str(folder), "check_hash": False}


def tool_options(script: Path) -> dict[str, Any]:
    """Options of a Command codec that runs a script with this Python."""
    run = f"{sys.executable} {script}"
    return {
        "encode": f"{run} encode {{input}} {{output}} {{point}}",
        "decode": f"{run} decode {{input}} {{output}}",
        "version": f"{run} version",
    }


def write_training_checkpoint(folder: Path, seed: int = 0) -> dict[str, Any]:
    """Write weights of a narrow mbt2018-mean in the form of CompressAI's examples/train.py; returns the options."""
    import torch

    torch.manual_seed(seed)
    model = networks.architectures()["mbt2018-mean"](8, 12)
    for parameter in model.g_a.parameters():  # so that symbols are not all zero
        parameter.data *= 1.5
    (folder / "1").mkdir(exist_ok=True)
    torch.save(training_checkpoint(model), folder / "1" / "checkpoint.pth.tar")
    return {"architecture": "mbt2018-mean", "checkpoints": f"{folder}/{{point}}/checkpoint.pth.tar"}


def write_tcm_weights(folder: Path, seed: int = 0) -> dict[str, Any]:
    """Write random weights of a small TCM network; returns the options."""
    import torch

    from lic_tcm.nn import checkpoints
    from lic_tcm.nn.zoo import build

    torch.manual_seed(seed)
    sizes = {"channels": 64, "latent": 32, "hyper": 16, "slices": 4, "squeeze": 16, "context_widths": (16, 16)}
    model = build("nano", **sizes)
    with torch.no_grad():  # so that symbols are not all zero
        model.g_a[-1].weight.mul_(60)
        model.h_a[-1].weight.mul_(20)
    checkpoints.save(model, folder / "weights.safetensors", {})
    return {"checkpoint": str(folder / "weights.safetensors")}
