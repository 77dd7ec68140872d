"""Golden vectors and the small model they belong to."""

import csv
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from lic_tcm.nn import zoo
from lic_tcm.nn.checkpoints import load_reference
from lic_tcm.nn.model import Model

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """One torch thread: the networks here are small, and threads that wait for each other cost more than they bring."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def golden() -> Callable[[str], dict[str, Any]]:
    """Read one golden file, as tensors."""

    def read(name: str) -> dict[str, Any]:
        with np.load(GOLDEN / f"{name}.npz", allow_pickle=False) as file:
            return {key: torch.from_numpy(np.asarray(file[key])) for key in file.files}

    return read


@pytest.fixture(scope="session")
def authors_keys() -> list[dict[str, str]]:
    """Every key of the authors' models: key, kind, N=64, N=96, N=128 (shapes like 3x4)."""
    with (GOLDEN / "state_dicts.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="session")
def generate_weights() -> ModuleType:
    """The generator of the golden model's weights."""
    spec = importlib.util.spec_from_file_location("generate_weights", GOLDEN / "generate_weights.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def authors_state_dict(authors_keys: list[dict[str, str]], generate_weights: ModuleType) -> dict[str, torch.Tensor]:
    """State dict of the golden model (N = 32) under the authors' names, parameters only."""
    parameters = dict(zoo.build("small", channels=64).named_parameters())
    names = [row["key"] for row in authors_keys if row["kind"] == "parameter"]
    return {name: torch.from_numpy(generate_weights.one(name, parameters[zoo.our_key(name)].shape)) for name in names}


@pytest.fixture(scope="session")
def golden_model(authors_state_dict: dict[str, torch.Tensor]) -> Model:
    """The golden model."""
    model = zoo.build("small", channels=64)
    load_reference(model, authors_state_dict)
    return model.eval()
