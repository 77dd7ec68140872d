"""The reference implementation's golden vectors, and the small model they belong to."""

import csv
import functools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from golden import generate_weights

from lic_tcm.nn import zoo
from lic_tcm.nn.checkpoints import load
from lic_tcm.nn.model import Model

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def golden(name: str) -> dict[str, Any]:
    """Read one golden file, as tensors."""
    with np.load(GOLDEN / f"{name}.npz", allow_pickle=False) as file:
        return {key: torch.from_numpy(np.asarray(file[key])) for key in file.files}


@functools.cache
def authors_keys() -> tuple[dict[str, str], ...]:
    """Every key of the authors' models: key, kind, N=64, N=96, N=128 (shapes like 3x4)."""
    with (GOLDEN / "state_dicts.tsv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, delimiter="\t"))


@functools.cache
def authors_state_dict() -> dict[str, torch.Tensor]:
    """State dict of the golden model (N = 32) under the authors' names, parameters only."""
    parameters = dict(zoo.build("small", channels=64).named_parameters())
    names = [row["key"] for row in authors_keys() if row["kind"] == "parameter"]
    return {name: torch.from_numpy(generate_weights.one(name, parameters[zoo.our_key(name)].shape)) for name in names}


def golden_model() -> Model:
    """A fresh copy of the golden model, in evaluation mode, read as a file of the authors' is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "authors.pth.tar")
        torch.save({"state_dict": authors_state_dict()}, path)
        return load(path).model
