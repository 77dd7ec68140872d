"""The verb `train`: from the arguments of the command line to weights with a record of how they were made."""

import dataclasses
import json
import math
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from lic_tcm.anchors.files import sha256_file
from lic_tcm.environment import environment
from lic_tcm.errors import UserError
from lic_tcm.files import remove_parts, write_text
from lic_tcm.nn import checkpoints, zoo
from lic_tcm.nn.complexity import complexity
from lic_tcm.nn.model import Config
from lic_tcm.progress import format_seconds
from lic_tcm.training.data import Crops, batches
from lic_tcm.training.loop import Run, train_loop, train_step
from lic_tcm.training.parallel import Processes, processes
from lic_tcm.training.recipe import Recipe, check_lambda, parse_duration, read_recipe, to_json
from lic_tcm.training.sources import open_source
from lic_tcm.training.state import State, fresh_state, identity, load_state
from lic_tcm.training.validation import Quality, find_images

WEIGHTS = "weights.safetensors"
RECORD = "record.json"
DRY_STEPS = 20
DRY_SECONDS = 60.0


@dataclass(frozen=True)
class Job:
    """What to train, on what, and where to leave it."""

    model: str  # a name of lic_tcm.nn.zoo
    lmbda: float
    data: Path  # folder of images, packed file, or folder of packed files
    out: Path
    overrides: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # fields of the model's config
    valid: Path | None = None  # folder of images to validate on
    init: Path | None = None  # weights to start from
    time_budget: float = math.inf  # seconds, over all resumptions
    budget: str = ""  # of ablations; weights that have one are coded only by methods whose name states it
    seed: int | None = None  # instead of the recipe's

    @property
    def config(self) -> Config:
        """The network's config."""
        fields = {key: tuple(value) if isinstance(value, list) else value for key, value in self.overrides.items()}
        return zoo.config(self.model, **fields)


@dataclass(frozen=True)
class Estimate:
    """What a dry run measured."""

    device: str  # name of the GPU or the CPU
    steps_per_s: float
    memory_gib: float  # peak, of the GPU or else of this process
    hours: float  # for all steps of the recipe

    def __str__(self) -> str:
        return (
            f"{self.steps_per_s:.3g} steps/s on {self.device}, {self.memory_gib:.2f} GiB at the peak; "
            f"the whole recipe takes {format_seconds(3600 * self.hours)}"
        )


def job(
    model: str,
    lmbda: float,
    data: Path,
    out: Path,
    overrides: Mapping[str, Any] | None = None,
    valid: Path | None = None,
    init: Path | None = None,
    time_budget: str | None = None,
    budget: str | None = None,
    seed: int | None = None,
) -> Job:
    """A job of the command line's values; `time_budget` is written as 90s, 20m or 1.5h."""
    seconds = math.inf if time_budget is None else parse_duration(time_budget)
    return Job(model, lmbda, data, out, overrides or {}, valid, init, seconds, budget or "", seed)


def train(job: Job, recipe: Recipe | Path | None = None) -> Path:
    """Train, or go on with training, and write `<out>/weights.safetensors`; returns its path.

    Beside it `record.json` says how they were made, as the file of weights itself does. The weights of a run that was
    finished before are left as they are: another training may have started from that very file.
    The recipe is one, a file of one, or None: the paper's.
    Raises UserError for mistakes in the job, the recipe or the data, when files cannot be written, when the loss is no
    number, and when a signal stops the run, which the same call then continues.
    """
    recipe = _recipe(recipe, job.seed)
    with processes(recipe.device) as world:
        run, state = prepare_run(job, recipe, world)
        quality = train_loop(state, run, world)
        path = job.out / WEIGHTS
        record = _record(job, run, state, world, quality)
        if world.first and not _stands(path, record):
            write_text(job.out / RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")
            checkpoints.save(state.best_model, path, record)
        return path


OF_THE_CALL = ("environment", "memory_gib", "device", "seconds")  # what a record says of the call that wrote it


def _stands(weights: Path, record: Mapping[str, Any]) -> bool:
    """Whether these weights are there already, made by the same training as long."""
    try:
        there = checkpoints.read(weights).record
        beside = json.loads((weights.parent / RECORD).read_text(encoding="utf-8"))
    except (UserError, OSError, ValueError):
        return False

    def training(of: Any) -> Any:
        return json.loads(json.dumps({key: value for key, value in of.items() if key not in OF_THE_CALL}))

    return bool(there == beside and training(there) == training(record))


def dry_run(job: Job, recipe: Recipe | Path | None = None) -> Estimate:
    """Do a few steps of the job, write nothing, and return how fast and large it is; errors as `train`."""
    recipe = _recipe(recipe, job.seed)
    with processes(recipe.device) as world:
        run, state = prepare_run(job, recipe, world, resume=False)
        share = world.share(recipe.parts, recipe.batch)
        loader = batches(run.crops, recipe.batch, 0, share.samples, recipe.workers)
        train_step(state, next(loader), share.parts, run, world)  # warm-up
        start, done = time.monotonic(), 0
        while done < DRY_STEPS and world.highest(time.monotonic() - start)[0] < DRY_SECONDS:
            train_step(state, next(loader), share.parts, run, world)
            done += 1
        speed = done / (time.monotonic() - start)
        loader.close()
        return estimate(world.device, speed, recipe.steps)


def estimate(device: torch.device, speed: float, steps: int) -> Estimate:
    """What a dry run says that measured `speed` steps per second."""
    machine = environment()
    name = machine.gpu if device.type == "cuda" else f"{machine.cpu} ({torch.get_num_threads()} threads)"
    return Estimate(name, speed, _peak_memory(device), steps / speed / 3600)


def _recipe(recipe: Recipe | Path | None, seed: int | None) -> Recipe:
    found = read_recipe(recipe) if isinstance(recipe, Path) else recipe or Recipe()
    return found if seed is None else dataclasses.replace(found, seed=seed)


def prepare_run(job: Job, recipe: Recipe, world: Processes, resume: bool = True) -> tuple[Run, State]:
    """Check everything that can be checked before the first step."""
    started = time.monotonic()
    check_lambda(job.lmbda, recipe.loss)
    config = job.config
    world.share(recipe.parts, recipe.batch)
    state = fresh_state(config, recipe, world.device)
    start_from = None if job.init is None else _initialise(state, job.init)
    source = open_source(job.data, recipe.crop, recipe.skip_unfit, recipe.workers, recipe.cache_mb)
    valid = find_images(job.valid) if job.valid is not None else []
    run = Run(
        recipe=recipe,
        lmbda=job.lmbda,
        crops=Crops(source, recipe.crop, recipe.seed),
        out=job.out,
        identity=identity(config, recipe, job.lmbda, source.fingerprint(), start_from),
        valid=valid,
        time_budget=job.time_budget,
        started=started,
    )
    if resume and world.first:
        remove_parts(run.state_path)  # as large as the state
    if resume and run.state_path.exists():
        load_state(state, run.state_path, run.identity, world.device)
    return run, state


def _initialise(state: State, path: Path) -> str:
    """Copy weights of another training into the model; returns the file's sha256."""
    loaded = checkpoints.load(path).model
    theirs, ours = dataclasses.asdict(loaded.config), dataclasses.asdict(state.model.config)
    differing = [f"{key} = {theirs[key]} there, {ours[key]} here" for key in ours if theirs[key] != ours[key]]
    if differing:
        raise UserError(f"--init {path} is of another network ({'; '.join(differing)}); choose weights of the same one")
    state.model.load_state_dict(dict(loaded.named_parameters()), strict=False)
    if state.average is not None:
        state.average.module.load_state_dict(state.model.state_dict())
    return sha256_file(path)


def _record(job: Job, run: Run, state: State, world: Processes, quality: Quality | None) -> dict[str, Any]:
    """How the weights came to be: what a reader needs to judge or repeat it."""
    source = run.crops.source
    return {
        "model": job.model,
        "overrides": dict(job.overrides),
        "loss": run.recipe.loss,
        "lambda": job.lmbda,
        "budget": job.budget,
        "lambda_of_paper": check_lambda(job.lmbda, run.recipe.loss),
        "recipe": to_json(run.recipe),
        "seed": run.recipe.seed,
        "steps": state.step,
        "seconds": round(state.seconds, 1),
        "time_budget": None if math.isinf(job.time_budget) else job.time_budget,
        "data": {
            "name": job.data.name,
            "images": len(source),
            "left_out": source.left_out,
            "sha256": run.identity["data"],
        },
        "init_sha256": run.identity["init"],
        "validation": None if quality is None else {"images": len(run.valid), **quality._asdict()},
        "processes": world.count,
        "device": torch.cuda.get_device_name(world.device) if world.device.type == "cuda" else "cpu",
        "memory_gib": _peak_memory(world.device),
        "counts": counts(state.model.config),
        "environment": dataclasses.asdict(environment()),
    }


def counts(config: Config) -> dict[str, float]:
    """Parameters, and multiply-accumulates per pixel in thousands, of a network on a picture of 768x512."""
    found = complexity(config)
    return {"parameters": found.parameters, "kmacs_per_pixel": found.macs / 1e3 / (found.height * found.width)}


def _peak_memory(device: torch.device) -> float:
    """Peak memory in GiB, of the GPU or else of this process."""
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 2**30, 2)
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, bytes
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30, 2)
