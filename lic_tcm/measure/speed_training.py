"""`make speed`: training speed and memory on this machine, where a step's time goes, and what each option is worth.

The images are noise: the content does not change the work. Each row is a process of its own.
"""

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from lic_tcm.measure.times import SEED, in_own_process, now
from lic_tcm.training.data import batches
from lic_tcm.training.loop import train_step
from lic_tcm.training.losses import rate_distortion
from lic_tcm.training.parallel import processes
from lic_tcm.training.recipe import Recipe
from lic_tcm.training.run import Estimate, Job, dry_run, prepare_run

IMAGES, SIDE = 16, 512
LAMBDA = 0.013
REPEATS = 10
NANO = Recipe(crop=128, batch=4, lr=1e-3, muon_lr=5e-3, ema=0.998, bf16=True)
SMALL = Recipe()  # the paper's
BEFORE_NAME, AFTER_NAME = "transforms in float32", "in bfloat16"
CHANGES: dict[str, dict[str, Any]] = {  # of one option each
    "as it is": {},
    "transforms in float32": {"bf16": False},
    "Adam on all weights": {"muon_lr": None},
    "no running mean": {"ema": None},
    "recomputation going backward": {"gradient_checkpointing": True},
    "twice the batch": {"batch": 8},
}


def main() -> None:
    """Print the tables as Markdown: of the CPU and, where there is one, of the GPU."""
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary)
        rng = np.random.default_rng(SEED)
        for i in range(IMAGES):
            Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)).save(data / f"{i}.png")
        print(f"| network | device | crops | {BEFORE_NAME}, steps/s | {AFTER_NAME}, steps/s | ratio | peak GiB |")
        print("|---|---|---|---:|---:|---:|---:|")
        for device in devices:
            for model, recipe in (("nano", NANO), ("small", SMALL)):
                print(speed_line(model, dataclasses.replace(recipe, device=device), data), flush=True)
        for device in devices:
            _print_options(dataclasses.replace(NANO, device=device), data)


def speed_line(model: str, recipe: Recipe, data: Path) -> str:
    """A network's steps per second with its transforms in float32 and in bfloat16, as a line of Markdown."""
    before, after = (
        in_own_process(dry_run, _job(model, data), dataclasses.replace(recipe, bf16=bf16)) for bf16 in (False, True)
    )
    cells = [model, after.device, f"{recipe.batch} of {recipe.crop}x{recipe.crop}"]
    cells += [f"{estimate.steps_per_s:.3g}" for estimate in (before, after)]
    cells += [f"{after.steps_per_s / before.steps_per_s:.2f}", f"{before.memory_gib:.2f} / {after.memory_gib:.2f}"]
    return f"| {' | '.join(cells)} |"


def _print_options(recipe: Recipe, data: Path) -> None:
    """What each option is worth on a device, and where a step's time goes."""
    base: float | None = None
    for name, change in CHANGES.items():
        changed = dataclasses.replace(recipe, **change)
        estimate = in_own_process(dry_run, _job("nano", data), changed)
        if base is None:
            base = _crops_per_s(estimate, changed)
            print(f"\nTraining of `nano` on {estimate.device}, crops of {recipe.crop}x{recipe.crop}\n")
            print("| option | batch | steps/s | crops/s to the first row | peak GiB |\n|---|---:|---:|---:|---:|")
        _print_row(name, changed, estimate, base)
    print("\n| part of a step of `nano` | s | share |\n|---|---:|---:|")
    parts = in_own_process(step_parts, _job("nano", data), recipe)
    for name, seconds in parts.items():
        print(f"| {name} | {seconds:.3f} | {seconds / sum(parts.values()):.0%} |")


def step_parts(job: Job, recipe: Recipe) -> dict[str, float]:
    """Seconds of the parts of a training step, each measured by itself: means of a few repetitions."""
    with processes(recipe.device) as world:
        run, state = prepare_run(job, recipe, world, resume=False)
        share = world.share(recipe.parts, recipe.batch)
        loader = batches(run.crops, recipe.batch, 0, share.samples, recipe.workers)
        train_step(state, next(loader), share.parts, run, world)
        model, x = state.model, next(loader).to(world.device).float() / 255
        y = model.analyse(x).detach().requires_grad_()

        def backward(transform: Callable[[torch.Tensor], torch.Tensor], value: torch.Tensor) -> None:
            transform(value).sum().backward()  # type: ignore[no-untyped-call]

        def whole() -> None:
            rate_distortion(model(x), x, job.lmbda, recipe.loss).loss.backward()  # type: ignore[no-untyped-call]

        def seconds(work: Callable[[], object]) -> float:
            work()
            start = now(world.device)
            for _ in range(REPEATS):
                work()
            return (now(world.device) - start) / REPEATS

        analysis, synthesis = (
            seconds(lambda: backward(model.analyse, x)),
            seconds(lambda: backward(model.synthesise, y)),
        )
        parts = {
            "analysis transform, forward and backward": analysis,
            "synthesis transform, forward and backward": synthesis,
            "entropy model and loss, forward and backward": max(seconds(whole) - analysis - synthesis, 0.0),
            "optimiser of the weights": seconds(state.optimiser.step),
            "waiting for crops": seconds(lambda: next(loader)),
        }
        if state.average is not None:
            update = state.average.update_parameters
            parts["running mean"] = seconds(lambda: update(model))
        loader.close()
        return parts


def _job(model: str, data: Path) -> Job:
    return Job(model, LAMBDA, data, data / "out")


def _crops_per_s(estimate: Estimate, recipe: Recipe) -> float:
    return estimate.steps_per_s * recipe.batch


def _print_row(name: str, recipe: Recipe, estimate: Estimate, base: float) -> None:
    ratio = _crops_per_s(estimate, recipe) / base
    print(f"| {name} | {recipe.batch} | {estimate.steps_per_s:.3g} | {ratio:.2f} | {estimate.memory_gib:.2f} |")


if __name__ == "__main__":
    main()
