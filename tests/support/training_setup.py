"""What the tests of training share: a folder of photographs, networks of a few thousand weights, quick recipes."""

import csv
import dataclasses
import json
import types
from pathlib import Path
from typing import Any

import pytest
import torch
from support.pictures import photo
from torch import Tensor

from lic_tcm.images import write_png
from lic_tcm.nn import checkpoints
from lic_tcm.training.progress import Progress, StepResult
from lic_tcm.training.recipe import Recipe
from lic_tcm.training.run import Job

CONV: dict[str, Any] = {"channels": 16, "latent": 16, "hyper": 8, "slices": 2, "context_widths": [16, 16]}
TCM: dict[str, Any] = CONV | {"channels": 64, "latent": 32, "squeeze": 16}
MEANS = ("step", "lr", "loss", "bpp", "psnr", "aux_loss", "grad_norm", "valid_bpp", "valid_psnr")
QUICK = Recipe(
    crop=64, batch=2, steps=8, lr=1e-3, workers=1, log_every=1, checkpoint_every=1, validate_every=4, device="cpu"
)


def photos(folder: Path, count: int = 5, side: int = 72) -> Path:
    """Fill a folder tree with photographs a little larger than the crop."""
    for i in range(count):
        write_png(folder / f"part{i % 2}" / f"{i}.png", photo(side + i, side, seed=i))
    return folder


def quick(**changes: Any) -> Recipe:
    """The quick recipe with changes."""
    return dataclasses.replace(QUICK, **changes)


def conv_job(folder: Path, out: str = "out", **changes: Any) -> Job:
    """A job with the tiny convolutional network on `<folder>/data`, which is filled if need be."""
    data = folder / "data"
    if not data.exists():
        photos(data)
    return dataclasses.replace(Job("conv", 0.013, data, folder / out, overrides=CONV), **changes)


def read_log(out: Path) -> list[dict[str, str]]:
    """Rows of log.csv."""
    with (out / "log.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def weights_of(out: Path) -> dict[str, Tensor]:
    """Weights a run exported."""
    return dict(checkpoints.load(out / "weights.safetensors").model.named_parameters())


def same_weights(one: Path, other: Path) -> bool:
    """Whether two runs exported the same bits."""
    a, b = weights_of(one), weights_of(other)
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def same_logs(one: Path, other: Path) -> bool:
    """Whether two runs logged the same values, times left out."""
    return [[row[key] for key in MEANS] for row in read_log(one)] == [
        [row[key] for key in MEANS] for row in read_log(other)
    ]


def after_steps(monkeypatch: pytest.MonkeyPatch, count: int, action: types.FunctionType) -> None:
    """Call `action` when that many steps of this process are done."""
    done: list[StepResult] = []
    add = Progress.add

    def add_and_act(self: Progress, result: StepResult) -> None:
        add(self, result)
        done.append(result)
        if len(done) == count:
            action()

    monkeypatch.setattr(Progress, "add", add_and_act)


def cli_arguments(job: Job) -> list[str]:
    """The command line of a job."""
    values = {"model": job.model, "lambda": job.lmbda, "data": job.data, "out": job.out, "init": job.init}
    pairs = [text for key, value in values.items() if value is not None for text in (f"--{key}", str(value))]
    options = [text for key, value in job.overrides.items() for text in ("--option", f"{key}={json.dumps(value)}")]
    return pairs + options
