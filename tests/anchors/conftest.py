"""Fixtures for codecs whose programs or weights a test machine may lack."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from anchors import zoo


@pytest.fixture
def vtm_options(tmp_path: Path) -> dict[str, str]:
    """Options of a Vtm codec whose programs are the stand-in fake_vtm.py, installed in tmp_path / "vtm"."""
    folder = tmp_path / "vtm"
    folder.mkdir()
    source = Path(__file__).with_name("fake_vtm.py").read_text(encoding="utf-8")
    for name in ("EncoderAppStatic", "DecoderAppStatic"):
        script = folder / name
        script.write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
        script.chmod(0o755)
    (folder / "encoder_intra_vtm.cfg").write_text("InternalBitDepth : 10\n")
    return {
        "encoder": str(folder / "EncoderAppStatic"),
        "decoder": str(folder / "DecoderAppStatic"),
        "cfg": str(folder / "encoder_intra_vtm.cfg"),
    }


@pytest.fixture(scope="session")
def zoo_options(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """A function from a zoo codec's name to options with seeded random weights of quality 1, narrow networks."""
    import torch

    folder = tmp_path_factory.mktemp("zoo")

    def options(name: str) -> dict[str, Any]:
        image = zoo._compressai("zoo.image")
        path = folder / image.model_urls[name]["mse"][1].rsplit("/", 1)[1]
        if not path.exists():
            torch.manual_seed(0)
            model = image.model_architectures[name](*((8,) if name.startswith("cheng") else (8, 12)))
            for parameter in model.g_a.parameters():  # so that symbols are not all zero
                parameter.data *= 1.5
            model.update()
            torch.save(model.state_dict(), path)
        return {"weights": str(folder), "check_hash": False}

    return options


@pytest.fixture(scope="session")
def tcm_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Options of a TCM codec with seeded random weights of a small network."""
    import torch

    from lic_tcm.nn import checkpoints, zoo

    path = tmp_path_factory.mktemp("tcm") / "weights.safetensors"
    torch.manual_seed(0)
    sizes = {"channels": 64, "latent": 32, "hyper": 16, "slices": 4, "squeeze": 16, "context_widths": (16, 16)}
    model = zoo.build("nano", **sizes)
    with torch.no_grad():  # so that symbols are not all zero
        model.g_a[-1].weight.mul_(60)
        model.h_a[-1].weight.mul_(20)
    checkpoints.save(model, path, {})
    return {"checkpoint": str(path)}
