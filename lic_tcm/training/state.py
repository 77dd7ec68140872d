"""All that changes in the course of a training run, and its file: rewritten atomically, so a kill loses no more than
the steps since the last checkpoint. There is no random state in it: crops and noise are functions of (seed, step).
"""

import dataclasses
import io
import json
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.optim.swa_utils import AveragedModel

from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes
from lic_tcm.nn.model import Config, Model
from lic_tcm.training.network import TrainedModel
from lic_tcm.training.optimiser import Optimiser
from lic_tcm.training.recipe import FREE_KEYS, Recipe, to_json

FORMAT = "lic-tcm training state 2"


@dataclass
class State:
    """Network, optimisers and position of a run."""

    model: TrainedModel
    optimiser: Optimiser  # of the weights
    auxiliary: Adam  # of the quantiles
    average: AveragedModel | None  # running mean of the weights
    step: int = 0  # steps done
    seconds: float = 0.0  # wall time of all runs, validation included
    reserve: float = 0.0  # seconds that the last validation took: kept free at the end of a time budget

    @property
    def best_model(self) -> Model:
        """The model that is validated and exported: the mean of the weights, where there is one."""
        if self.average is not None and self.step:
            return cast(Model, self.average.module)
        return self.model


def fresh_state(config: Config, recipe: Recipe, device: torch.device) -> State:
    """A network with new weights, a function of the recipe's seed, and its optimisers."""
    torch.manual_seed(recipe.seed)
    model = TrainedModel(config, recipe).to(device).train()
    average = None
    if recipe.ema is not None:
        average = AveragedModel(model, multi_avg_fn=running_mean(recipe.ema))
    return State(
        model,
        optimiser=Optimiser(model, recipe.lr, recipe.muon_lr),
        auxiliary=Adam(auxiliary_parameters(model), lr=recipe.aux_lr),
        average=average,
    )


def running_mean(decay: float) -> Callable[[Sequence[Tensor], Sequence[Tensor], Tensor | int], None]:
    """The update of an exponential mean that spans a tenth of the steps so far until it has reached its decay.

    With the decay alone, the first weights of a short run would weigh in its mean to the end.
    """

    def update(means: Sequence[Tensor], values: Sequence[Tensor], count: Tensor | int) -> None:
        share = max(1 - decay, 10 / (10 + float(count)))
        torch._foreach_lerp_(list(means), list(values), share)

    return update


def auxiliary_parameters(model: Model) -> list[nn.Parameter]:
    """What the auxiliary loss trains: the quantiles of the factorised prior."""
    return [p for name, p in model.named_parameters() if name.endswith("quantiles")]


def identity(config: Config, recipe: Recipe, lmbda: float, fingerprint: str, init: str | None) -> dict[str, Any]:
    """What must be the same for a run to be resumed; values print."""
    same = {key: value for key, value in to_json(recipe).items() if key not in FREE_KEYS}
    own = {"lambda": lmbda, "data": fingerprint, "init": init}
    fields = dataclasses.asdict(config) | {"context_widths": list(config.context_widths)}
    return {f"model.{key}": value for key, value in fields.items()} | same | own


def save_state(state: State, path: Path, run: dict[str, Any]) -> None:
    """Write the state of the run with this identity; raises UserError when that fails."""
    content = {
        "format": FORMAT,
        "run": json.dumps(run),
        "model": state.model.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "auxiliary": state.auxiliary.state_dict(),
        "average": None if state.average is None else state.average.state_dict(),
        "position": (state.step, state.seconds, state.reserve),
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_bytes(path, buffer.getvalue())


def load_state(state: State, path: Path, run: dict[str, Any], device: torch.device) -> None:
    """Continue from a file; raises UserError when it is damaged or of a run with another identity."""
    try:
        content = torch.load(path, map_location=device, weights_only=True)
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']}")
        before = json.loads(content["run"])
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path} is no training state ({reason}); delete it to start anew") from error
    _check_same(path, before, run)
    state.model.load_state_dict(content["model"])
    state.optimiser.load_state_dict(content["optimiser"])
    state.auxiliary.load_state_dict(content["auxiliary"])
    if state.average is not None:
        state.average.load_state_dict(content["average"])
    state.step, state.seconds, state.reserve = content["position"]


def _check_same(path: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    changed = [key for key in now if before.get(key) != now[key]]
    if changed:
        what = ", ".join(f"{key} ({before.get(key)} there, {now[key]} now)" for key in changed[:3])
        raise UserError(f"{path} is of a run with other {what}; choose another --out, or delete it to start anew")
