"""The verb `train-entropy`: an entropy model between frozen transforms, trained on latents that were computed once.

g_a, h_a, g_s and the prior of z are those of a given network and stay as they are, so z and its rate are the same for
all entropy models. The hyper decoders start as the given network's and are trained along; everything else of the
entropy model starts fresh. With y the latents of a crop, y_hat what the entropy model makes of them, and `gain` the
picture's squared error per squared error of the latents (`lic_tcm.training.latents`), the loss is

    bits of y and z per pixel + lambda * 255^2 * gain * mean((y_hat - y)^2)

so that the latent residual prediction, too, learns without a picture. The weights are an ordinary network's: coding
them, and scoring what they code, is done as for any other.
"""

import dataclasses
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from lic_tcm.anchors.files import sha256_file
from lic_tcm.anchors.hints import choose
from lic_tcm.environment import environment
from lic_tcm.errors import UserError
from lic_tcm.files import csv_text, write_text
from lic_tcm.nn import checkpoints, zoo
from lic_tcm.nn.entropy import ChannelContext
from lic_tcm.nn.model import Config, Model
from lic_tcm.training.data import noise_seed, rng_of
from lic_tcm.training.latent_loss import Measured, entropy_loss, evaluate
from lic_tcm.training.latents import Latents, read_latents
from lic_tcm.training.loop import NotFiniteError
from lic_tcm.training.names import ENTROPY_MODELS
from lic_tcm.training.parallel import processes
from lic_tcm.training.recipe import Recipe, check_lambda, read_recipe, to_json
from lic_tcm.training.run import DRY_SECONDS, DRY_STEPS, RECORD, WEIGHTS, Estimate, counts, estimate
from lic_tcm.training.state import State, fresh_state, identity, load_state, save_state

FROZEN = ("g_a.", "g_s.", "h_a.", "entropy_bottleneck.")
STARTED = ("h_mean_s.", "h_scale_s.")  # from the given network
_ORDER = 3  # a use of the seed, as those of lic_tcm.training.data


@dataclass(frozen=True)
class EntropyJob:
    """Which entropy model to train, between which transforms, and where to leave it."""

    model: str  # a name of lic_tcm.training.names.ENTROPY_MODELS
    lmbda: float
    weights: Path  # of the given network
    latents: Path
    out: Path
    seed: int | None = None  # instead of the recipe's
    budget: str = ""


class LogRow(NamedTuple):
    """A line of log.csv: a validation."""

    step: int
    seconds: float  # wall, of training and validation so far
    cpu_seconds: float  # of all threads, of this process
    loss: float
    bpp: float
    latent_mse: float


def frozen_config(given: Config, model: str) -> Config:
    """The given network's config with another entropy model; raises UserError for an unknown one."""
    if model not in ENTROPY_MODELS:
        raise UserError(f"there is no entropy model {model!r}; {choose(model, ENTROPY_MODELS)}")
    wanted = zoo.config(ENTROPY_MODELS[model][0])
    return dataclasses.replace(
        given,
        context=wanted.context,
        slices=wanted.slices,
        max_support=wanted.max_support,
        attention=wanted.attention,
        squeeze=None if wanted.squeeze is None else given.squeeze or wanted.squeeze,
    )


def train_entropy(job: EntropyJob, recipe: Recipe | Path) -> Path:
    """Train, or go on with training, and write `<out>/weights.safetensors`; returns its path.

    Beside it are `record.json` and `log.csv` with the validations. Raises UserError for mistakes in the job or the
    recipe, for latents that are not the given weights', when a file cannot be written, and when the loss is no number.
    """
    recipe, latents, given = _read(job, recipe)
    with processes(recipe.device) as world:
        state = started(frozen_config(given.model.config, job.model), given.model, latents, recipe, world.device)
        known = identity(state.model.config, recipe, job.lmbda, latents.fingerprint, sha256_file(job.weights))
        path = job.out / "state.pt"
        if path.exists():
            load_state(state, path, known, world.device)
        log = _train(state, job, recipe, latents, known)
        record = _record(job, recipe, latents, state, log, given.record)
    write_text(job.out / RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")
    checkpoints.save(state.best_model, job.out / WEIGHTS, record)
    return job.out / WEIGHTS


def dry_run(job: EntropyJob, recipe: Recipe | Path) -> Estimate:
    """Do a few steps of the job, write nothing, and return how fast and large it is; errors as `train_entropy`."""
    recipe, latents, given = _read(job, recipe)
    with processes(recipe.device) as world:
        state = started(frozen_config(given.model.config, job.model), given.model, latents, recipe, world.device)
        distortion = job.lmbda * 255**2 * latents.gain
        step(state, recipe, latents, distortion)  # warm-up
        start, done = time.monotonic(), 0
        while done < DRY_STEPS and time.monotonic() - start < DRY_SECONDS:
            step(state, recipe, latents, distortion)
            done += 1
        return estimate(world.device, done / (time.monotonic() - start), recipe.steps)


def _read(job: EntropyJob, recipe: Recipe | Path) -> tuple[Recipe, Latents, checkpoints.Loaded]:
    """The recipe with the job's seed, the latents and the given network, once they are known to belong together."""
    recipe = read_recipe(recipe) if isinstance(recipe, Path) else recipe
    recipe = recipe if job.seed is None else dataclasses.replace(recipe, seed=job.seed)
    check_lambda(job.lmbda, recipe.loss)
    latents, given = read_latents(job.latents), checkpoints.load(job.weights)
    _check(job, recipe, latents, given)
    return recipe, latents, given


def _check(job: EntropyJob, recipe: Recipe, latents: Latents, given: checkpoints.Loaded) -> None:
    """Refuse what does not belong together."""
    if latents.weights != sha256_file(job.weights):
        raise UserError(f"{job.latents} holds latents of other weights than {job.weights}; make them of these")
    trained = given.record.get("lambda")
    if trained is not None and trained != job.lmbda:
        raise UserError(f"{job.weights} was trained with lambda {trained:g}, not {job.lmbda:g}; give that one")
    if recipe.loss != "mse":
        raise UserError(f"loss: {recipe.loss!r} needs pictures; entropy models on frozen transforms take mse")
    if len(latents) - latents.valid < recipe.batch:
        raise UserError(f"{job.latents} has too few crops for a batch of {recipe.batch}; make more, or lower the batch")


def started(config: Config, given: Model, latents: Latents, recipe: Recipe, device: torch.device) -> State:
    """The network before its first step: what is given in its place and, where it is frozen, without a gradient.

    The last layers of the slices' networks start at the channels' means and standard deviations, those of the latent
    residual prediction at zero: a rate to start from that all entropy models share.
    """
    state = fresh_state(config, recipe, device)
    theirs = dict(given.named_parameters())
    with torch.no_grad():
        for name, p in state.model.named_parameters():
            if name.startswith(FROZEN + STARTED):
                p.copy_(theirs[name])
            p.requires_grad_(not name.startswith(FROZEN))
        context = state.model.context
        assert isinstance(context, ChannelContext), "all of ENTROPY_MODELS have slices"
        y = latents.y[latents.valid :]
        _start_at(context.cc_mean_transforms, y.mean((0, 2, 3)), context.depths)
        _start_at(context.cc_scale_transforms, y.std((0, 2, 3)), context.depths)
        _start_at(context.lrp_transforms, torch.zeros(config.latent), context.depths)
    if state.average is not None:
        state.average.module.load_state_dict(state.model.state_dict())
    return state


def _start_at(networks: nn.ModuleList, values: Tensor, depths: Sequence[int]) -> None:
    """Let the slices' networks say these values (M,) whatever they see."""
    for network, of_slice in zip(networks, torch.split(values, list(depths)), strict=True):
        assert isinstance(network, nn.Sequential)
        last = network[-1]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        last.weight.zero_()
        last.bias.copy_(of_slice)


def _train(state: State, job: EntropyJob, recipe: Recipe, latents: Latents, known: dict[str, Any]) -> Sequence[LogRow]:
    """The loop: steps, validations into log.csv, states; returns the log."""
    distortion = job.lmbda * 255**2 * latents.gain
    log = _read_log(job.out / "log.csv", state.step)
    before, wall, cpu = log[-1] if log else None, time.monotonic(), time.process_time()

    def note() -> None:
        measured = evaluate(state.best_model, latents, distortion, recipe.batch)
        seconds = (before.seconds if before else 0.0) + time.monotonic() - wall
        cpu_seconds = (before.cpu_seconds if before else 0.0) + time.process_time() - cpu
        log.append(LogRow(state.step, round(seconds, 1), round(cpu_seconds, 1), *measured))
        write_text(job.out / "log.csv", csv_text(LogRow._fields, log))
        save_state(state, job.out / "state.pt", known)

    if not log:
        note()
    while state.step < recipe.steps:
        step(state, recipe, latents, distortion)
        if state.step % recipe.validate_every == 0 or state.step == recipe.steps:
            note()
    state.seconds = log[-1].seconds
    return log


def step(state: State, recipe: Recipe, latents: Latents, distortion: float) -> Measured:
    """One step on a batch of latents, a function of the seed and the step; raises NotFiniteError, weights unchanged."""
    model, weights = state.model, state.optimiser.parameters
    device = next(model.parameters()).device
    chosen = torch.tensor(drawn(recipe, len(latents) - latents.valid, state.step)) + latents.valid
    state.optimiser.set_lr(recipe.lr_at(state.step, state.step / recipe.steps))
    state.optimiser.zero_grad()
    torch.manual_seed(noise_seed(recipe.seed, state.step, 0))
    y, z_hat = latents.y[chosen].to(device), latents.z_hat[chosen].to(device)
    loss, bpp, latent_mse = entropy_loss(model, y, z_hat, distortion)
    loss.backward()  # type: ignore[no-untyped-call]
    norm = clip_grad_norm_([p for p in weights if p.requires_grad], recipe.clip)
    measured = Measured(*(float(value.detach()) for value in (loss, bpp, latent_mse)))
    if not (math.isfinite(measured.loss) and math.isfinite(float(norm))):
        raise NotFiniteError(f"at step {state.step} the loss is {measured.loss}; lower lr or muon_lr in the recipe")
    state.optimiser.step()
    state.step += 1
    if state.average is not None:
        state.average.update_parameters(model)
    return measured


def drawn(recipe: Recipe, count: int, step: int) -> list[int]:
    """The batch of a step, of `count` crops: each crop once per epoch, in an order that the seed decides."""
    numbers = range(step * recipe.batch, (step + 1) * recipe.batch)
    orders = {n // count: rng_of(recipe.seed, _ORDER, n // count).permutation(count) for n in numbers}
    return [int(orders[n // count][n % count]) for n in numbers]


def _read_log(path: Path, step: int) -> list[LogRow]:
    """The validations of an earlier run up to a step."""
    if not step or not path.exists():
        return []
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    rows = [LogRow(int(line[0]), *map(float, line[1:])) for line in lines]
    return [row for row in rows if row.step <= step]


def _record(
    job: EntropyJob, recipe: Recipe, latents: Latents, state: State, log: Sequence[LogRow], given: dict[str, Any]
) -> dict[str, Any]:
    """How the weights came to be."""
    return {
        "model": job.model,
        "loss": recipe.loss,
        "lambda": job.lmbda,
        "budget": job.budget,
        "recipe": to_json(recipe),
        "seed": recipe.seed,
        "steps": state.step,
        "seconds": log[-1].seconds,
        "cpu_seconds": log[-1].cpu_seconds,
        "validations": [row._asdict() for row in log],
        "transforms": {"model": given.get("model", ""), "sha256": latents.weights, "trained": "not here: frozen"},
        "latents": {"crops": len(latents), "valid": latents.valid, "crop": latents.crop, "gain": latents.gain},
        "data": {key: value for key, value in latents.data.items() if key != "seed"},
        "init_sha256": latents.weights,
        "processes": 1,
        "device": environment().gpu if next(state.model.parameters()).device.type == "cuda" else "cpu",
        "counts": counts(state.model.config),
        "environment": dataclasses.asdict(environment()),
    }
