"""How a run's weights are trained: what stands under `training` in a configuration, or under a budget of ablations.

One lambda, the base, is trained with the recipe; the others start from its weights with the recipe `fine_tune`. Without
a base every lambda is trained with the recipe from fresh weights. With `transforms`, entropy models alone are trained
between those of given weights. Each network is trained once per seed. The workflow turns this into jobs (train.smk).
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lic_tcm import layout, resources
from lic_tcm.errors import UserError
from lic_tcm.training.names import split_seed

HOME = str(layout.models())
UNSQUEEZED = (
    "medium-swatten-no-squeeze",
    "medium-nonlocal",
    "medium-local",
    "medium-watten",
    "large-no-squeeze",
)


@dataclass(frozen=True)
class Training:
    """How one run trains its networks; every key is explained in config/README.md."""

    home: str = HOME  # the folder of `layout.weights`
    budget: str = ""  # of ablations; empty outside them
    data: str = "data/train"
    valid: str | None = None
    recipe: str = "config/train/paper.yaml"
    fine_tune: str | None = None  # recipe of the lambdas that start from the base's weights
    base: float | None = None
    time_budget: str | None = None  # of the base, or of all lambdas where there is none
    fine_tune_time_budget: str | None = None
    network: tuple[tuple[str, Any], ...] = ()  # fields of every network: narrower ones
    squeeze: int | None = None  # the same for networks whose attention squeezes
    seeds: tuple[int, ...] = ()  # of ablations: each network is trained with each; empty: once, with its recipe's
    transforms: str | None = None  # weights whose transforms stay: a file, or shipped ones such as "nano-{lambda}"
    crops: int | None = None  # whose latents entropy models are then trained on; None: one of each training image
    gpus: int = 0
    threads: int = 2
    mem_mb: int = 8000
    runtime: int = 1440  # minutes a training may take on a cluster

    def __post_init__(self) -> None:
        if (self.base is None) != (self.fine_tune is None):
            raise UserError("config: training: base and fine_tune belong together; give both or neither")
        if self.transforms is not None and self.base is not None:
            raise UserError("config: training: a base is for networks trained whole; leave it out beside transforms")

    def weights(self, model: str, lmbda: float) -> str:
        """File of a network's weights."""
        return str(layout.weights(self.home, model, lmbda))

    def init(self, model: str, lmbda: float) -> str | None:
        """File of the weights a training starts from; None where it starts from fresh ones."""
        return None if self.base is None or lmbda == self.base else self.weights(model, self.base)

    def recipe_of(self, lmbda: float) -> str:
        """File of the recipe of a lambda."""
        return self.recipe if self.fine_tune is None or lmbda == self.base else self.fine_tune

    def time_budget_of(self, lmbda: float) -> str | None:
        """Time a lambda's training is fitted to; None: the steps of its recipe."""
        return self.time_budget if self.base in (None, lmbda) else self.fine_tune_time_budget

    @property
    def verb(self) -> str:
        """What trains: the verb of `lic-tcm`."""
        return "train" if self.transforms is None else "train-entropy"

    def given(self, lmbda: float | str) -> str | None:
        """File of the weights whose transforms are kept at a lambda; None where all of a network is trained."""
        if self.transforms is None:
            return None
        name = self.transforms.replace("{lambda}", layout.point(lmbda))
        shipped = resources.WEIGHTS / f"{name}.safetensors"
        return str(shipped if shipped.is_file() and not Path(name).exists() else name)

    def latents(self, lmbda: float | str) -> str | None:
        """File of the latents that entropy models are trained on; None where all of a network is trained."""
        return None if self.transforms is None else str(layout.latents(self.home, lmbda))

    def fields(self, model: str) -> dict[str, Any]:
        """Fields of a network that differ from the zoo's."""
        squeeze = {} if self.squeeze is None or model in UNSQUEEZED else {"squeeze": self.squeeze}
        return {**dict(self.network), **squeeze}

    @property
    def launcher(self) -> str:
        """What starts a training: one process, or one per GPU; entropy models alone are too small to share."""
        return (
            "python -m"
            if self.gpus < 2 or self.transforms
            else f"torchrun --standalone --nproc-per-node {self.gpus} -m"
        )

    def arguments(self, model: str, lmbda: float) -> str:
        """How the training of one lambda of a network, its seed in its name, differs from others: arguments of `verb`.

        What it is trained on and its recipe are left out.
        """
        network, seed = split_seed(model)
        given = {
            "init": self.init(model, lmbda),
            "time-budget": self.time_budget_of(lmbda),
            "valid": self.valid,
            "weights": self.given(lmbda),
            "budget": self.budget,
            "seed": None if seed is None else str(seed),
        }
        options = [f"--{key} {shlex.quote(value)}" for key, value in given.items() if value]
        own = {} if self.transforms else self.fields(network)
        fields = [f"--option {shlex.quote(f'{key}={json.dumps(value)}')}" for key, value in own.items()]
        return " ".join([f"--model {network} --lambda {lmbda:g}", *options, *fields])


def located(path: str, base: Path) -> str:
    """A path as given, but where only the folder `base` has it, from there."""
    return str(base / path) if not Path(path).exists() and (base / path).exists() else path


def training(raw: Mapping[str, Any], home: str = HOME, budget: str = "") -> Training:
    """The training that a configuration describes; raises UserError for keys that do not fit together."""
    others = ("network", "lambdas", "figures", "seeds")
    settings = {key: value for key, value in raw.items() if key not in others}
    network = tuple(sorted(raw.get("network", {}).items()))
    return Training(home=home, budget=budget, network=network, seeds=tuple(raw.get("seeds", ())), **settings)
