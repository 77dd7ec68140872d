"""The one training loop."""

import contextlib
import math
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from lic_tcm.errors import UserError
from lic_tcm.training.data import Crops, batches, noise_seed
from lic_tcm.training.losses import rate_distortion
from lic_tcm.training.parallel import Processes
from lic_tcm.training.progress import Progress, StepResult
from lic_tcm.training.recipe import Recipe
from lic_tcm.training.state import State, save_state
from lic_tcm.training.validation import Quality, validate


@dataclass(frozen=True)
class Run:
    """What stays the same through a training run."""

    recipe: Recipe
    lmbda: float
    crops: Crops
    out: Path  # folder of state.pt, log.csv and, in the end, the weights
    identity: dict[str, Any]  # see lic_tcm.training.state.identity
    valid: Sequence[Path] = ()  # images validated on
    time_budget: float = math.inf  # seconds of wall time, over all resumptions
    started: float = field(default_factory=time.monotonic)

    @property
    def state_path(self) -> Path:
        """Where the training state is kept."""
        return self.out / "state.pt"

    def through(self, state: State) -> float:
        """How far the training is, 0..1: by steps or by time, whichever is further."""
        time_to_train = max(self.time_budget - state.reserve, 1e-9)
        return max(state.step / self.recipe.steps, state.seconds / time_to_train)


class NotFiniteError(UserError):
    """A loss or gradient that is no number: nothing of this step reached the weights."""


def train_loop(state: State, run: Run, world: Processes) -> Quality | None:
    """Train until the recipe's steps are done or the time budget is used up; returns the last validation.

    The state is saved at the start, every `checkpoint_every` steps, at the end, on SIGTERM or SIGINT, and when an image
    cannot be read. Raises UserError then, and NotFiniteError, which leaves the last saved state as it is.
    """
    recipe, spent = run.recipe, state.seconds
    share = world.share(recipe.parts, recipe.batch)
    with contextlib.ExitStack() as stack:
        stop = stack.enter_context(_stop_requests())
        progress = stack.enter_context(Progress(run.out, state, recipe.steps, run.time_budget)) if world.first else None
        _start(state, run, world, progress)
        loader = batches(run.crops, recipe.batch, state.step, share.samples, recipe.workers)
        stack.enter_context(contextlib.closing(loader))
        pace = 0.0  # seconds of a step
        while True:
            elapsed = spent + time.monotonic() - run.started
            state.seconds, pace, stopped = world.highest(elapsed, pace, float(len(stop)))
            finished = state.step >= recipe.steps or run.time_budget < state.seconds + pace + state.reserve
            if stopped and not finished:
                _save(state, run, world)
                raise UserError(f"stopped at step {state.step}; the same command goes on from there")
            if finished:
                return _finish(state, run, world, progress)
            before = time.monotonic()
            result = train_step(state, _next(loader, state, run, world), share.parts, run, world)
            pace = time.monotonic() - before
            _after_step(state, run, world, progress, result)


def train_step(state: State, crops: Tensor, parts: range, run: Run, world: Processes) -> StepResult:
    """One step of both optimisers on this process's crops (B, 3, H, W), uint8.

    Raises NotFiniteError, before any weight has changed.
    """
    model, weights = state.model, state.optimiser.parameters
    state.optimiser.set_lr(run.recipe.lr_at(state.step, run.through(state)))
    state.optimiser.zero_grad()
    state.auxiliary.zero_grad()
    x = crops.to(world.device, non_blocking=True).float() / 255
    sums = torch.zeros(3, dtype=torch.float64, device=world.device)
    total = world.total_parts(run.recipe.parts)
    for part, pictures in zip(parts, x.chunk(len(parts)), strict=True):
        torch.manual_seed(noise_seed(run.recipe.seed, state.step, part))
        losses = rate_distortion(model(pictures), pictures, run.lmbda, run.recipe.loss)
        (losses.loss / total).backward()  # type: ignore[no-untyped-call]
        sums += torch.stack([value.detach().double() for value in losses]) / total
    world.sum([p.grad for p in weights if p.grad is not None])
    world.sum([sums])
    auxiliary: Tensor = model.entropy_bottleneck.loss()
    auxiliary.backward()  # type: ignore[no-untyped-call]
    norm = clip_grad_norm_(weights, run.recipe.clip)
    result = StepResult(*torch.cat([sums, torch.stack([auxiliary.detach(), norm]).double()]).tolist())
    _check_finite(result, state, run)
    state.optimiser.step()
    state.auxiliary.step()
    state.step += 1
    if state.average is not None:
        state.average.update_parameters(model)
    return result


def _check_finite(result: StepResult, state: State, run: Run) -> None:
    if all(math.isfinite(value) for value in result):
        return
    batch = run.recipe.batch
    names = run.crops.names(range(state.step * batch, (state.step + 1) * batch))
    images = ", ".join(names[:8]) + (f" and {batch - 8} more" if batch > 8 else "")
    raise NotFiniteError(
        f"at step {state.step} the loss is {result.loss}, its gradient's norm {result.grad_norm}, on crops of {images};"
        f" the last good state is kept in {run.state_path}: lower lr or clip, or look at these images"
    )


def _start(state: State, run: Run, world: Processes, progress: Progress | None) -> None:
    """Save and validate a fresh run: it fails early where it cannot write, and says how long its end will take."""
    if state.step:
        return
    before = time.monotonic()
    _save(state, run, world)
    if run.valid and progress is not None:
        progress.write(state, validate(state.best_model, run.valid, world.device))
    (state.reserve,) = world.highest(time.monotonic() - before)


def _after_step(state: State, run: Run, world: Processes, progress: Progress | None, result: StepResult) -> None:
    """Log, validate and save, each when its time has come."""
    recipe, step = run.recipe, state.step
    if progress is not None:
        progress.add(result)
        quality = None
        if run.valid and step % recipe.validate_every == 0 and step < recipe.steps:
            quality = validate(state.best_model, run.valid, world.device)
        if quality is not None or (step % recipe.log_every == 0 and step < recipe.steps):
            progress.write(state, quality)
    if step % recipe.checkpoint_every == 0:
        _save(state, run, world)


def _finish(state: State, run: Run, world: Processes, progress: Progress | None) -> Quality | None:
    """Validate and save the end."""
    quality = None
    if progress is not None:
        quality = validate(state.best_model, run.valid, world.device) if run.valid else None
        progress.write(state, quality)
    _save(state, run, world)
    return quality


def _save(state: State, run: Run, world: Processes) -> None:
    if world.first:
        save_state(state, run.state_path, run.identity)


def _next(loader: Iterator[Tensor], state: State, run: Run, world: Processes) -> Tensor:
    """The next crops; where an image cannot be read, the state is saved first."""
    try:
        return next(loader)
    except UserError:
        _save(state, run, world)
        raise


@contextlib.contextmanager
def _stop_requests() -> Iterator[list[int]]:
    """A list that gets the signals asking this process to stop; a second one of a kind is not caught."""
    requests: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        requests.append(number)
        signal.signal(number, signal.SIG_DFL)

    try:
        before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    except ValueError:  # not in the main thread, where alone signals arrive
        yield requests
        return
    try:
        yield requests
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
