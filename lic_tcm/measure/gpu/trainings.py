"""Parts `nano` and `small`: trainings until the time is up, each in a process of its own that is asked to stop.

A training writes its state every minute and when it is asked to stop, so the same call goes on with it later.
"""

import dataclasses
import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from lic_tcm import resources
from lic_tcm.bench.ablations import chosen_figures, models
from lic_tcm.bench.config_checks import read
from lic_tcm.errors import UserError
from lic_tcm.files import write_text
from lic_tcm.measure.gpu.session import Session
from lic_tcm.measure.times import in_own_process
from lic_tcm.training.recipe import Recipe, read_recipe, to_json
from lic_tcm.training.run import Job, dry_run
from lic_tcm.training.settings import training

NANO_SECONDS = 360.0
STATE_SECONDS = 60.0
GRACE = 15.0  # seconds that a training gets to save its state
NANO = "nano-0.013"  # the shipped weights that are trained on


def run_nano(session: Session) -> None:
    """Train nano's base at a large batch in bfloat16, from the shipped weights; the schedule is fitted to the time."""
    _need_crops(session)
    seconds = min(NANO_SECONDS, session.left()) if not session.rehearsal else 20.0
    recipe = _recipe(session, "config/train/nano-gpu.yaml", {"crop": 64, "batch": 2, "steps": 2, "warmup": 0})
    init = resources.WEIGHTS / f"{NANO}.safetensors"
    recipe, speed = _paced(session, Job("nano", 0.013, session.crops, session.states / "nano"), recipe)
    out = session.states / "nano"
    arguments = ["--model", "nano", "--lambda", "0.013", "--init", str(init), "--time-budget", f"{seconds:.0f}s"]
    arguments += [] if session.rehearsal else ["--valid", str(resources.home() / "config/tiny")]
    finished = _train(session, out, recipe, arguments, time.monotonic() + seconds)
    session.note("nano", done=finished, steps_per_s=speed, batch=recipe.batch, crop=recipe.crop, weights=_weights(out))


def run_small(session: Session) -> None:
    """Train the networks of Figure 10a with the `small` budget, one after another, for as long as the session lasts.

    Each is trained whole, with all steps of its recipe; what is not finished goes on in the next session.
    """
    _need_crops(session)
    raw = read(resources.home() / "config/ablations.yaml") | {"budget": "small"}
    raw["ablations"] = {**raw["ablations"], "figures": ["fig10a"]}
    budget = raw["ablations"]["budgets"]["small"]
    plan = training({**raw.get("training", {}), **budget}, "", "small")
    names = models(chosen_figures(raw), plan)
    lambdas = [lmbda for lmbda in [plan.base, *budget["lambdas"]] if lmbda is not None]
    # all networks with the first seed at the base's lambda first: the comparison that a session can finish
    work = [(name, lmbda) for lmbda in dict.fromkeys(lambdas) for name in sorted(names, key=_seed_of)]
    finished: list[str] = []
    for name, lmbda in work[:1] if session.rehearsal else work:
        if session.left() < GRACE:
            break
        out = session.states / "small" / name / f"{lmbda:g}"
        base = session.states / "small" / name / f"{plan.base:g}" / "weights.safetensors"
        if not _weights(out):
            recipe = _recipe(session, plan.recipe_of(lmbda), {"crop": 64, "batch": 2, "steps": 2, "warmup": 0})
            settings = dataclasses.replace(plan, base=None, fine_tune=None)
            arguments = shlex.split(settings.arguments(name, lmbda))
            arguments += [] if lmbda == plan.base else ["--init", str(base)]
            if session.rehearsal:
                arguments += ["--option", "channels=64", "--option", "latent=40", "--option", "hyper=32"]
            _train(session, out, recipe, arguments, session.ends)
        if _weights(out):
            finished.append(f"{name}/{lmbda:g}")
        session.note("small", finished=finished, of=len(work))
    session.note("small", done=len(finished) == len(work))


def _seed_of(name: str) -> int:
    return int(name.rpartition("-seed")[2])


def _need_crops(session: Session) -> None:
    if not session.crops.is_file():
        raise UserError(f"there are no crops at {session.crops}; make them where the pictures are: the part `pack`")


def _recipe(session: Session, path: str, tiny: dict[str, Any]) -> Recipe:
    """A recipe, for a rehearsal a tiny one, on the session's device."""
    recipe = read_recipe(resources.home() / path)
    changes: dict[str, Any] = {"device": session.device, **(tiny if session.rehearsal else {})}
    kept: dict[str, Any] = {"log_every": 1, "checkpoint_every": 1, "validate_every": 10**6} if session.rehearsal else {}
    return dataclasses.replace(recipe, **changes, **kept)


def _paced(session: Session, job: Job, recipe: Recipe) -> tuple[Recipe, float]:
    """The recipe with a state about every minute at the speed measured here, and that speed, steps per second."""
    if session.rehearsal:
        return recipe, 0.0
    speed = in_own_process(dry_run, job, recipe).steps_per_s
    every = max(1, round(STATE_SECONDS * speed / recipe.log_every)) * recipe.log_every
    return dataclasses.replace(recipe, checkpoint_every=every, validate_every=10**6), speed


def _train(session: Session, out: Path, recipe: Recipe, arguments: Sequence[str], until: float) -> bool:
    """Train in a process of its own until it is done, or stop it in time to save its state; whether it is done."""
    path = out / "recipe.yaml"
    write_text(path, yaml.safe_dump(to_json(recipe)))
    command = [sys.executable, "-m", "lic_tcm", "train", *arguments, "--data", str(session.crops)]
    command += ["--recipe", str(path), "--out", str(out)]
    with (out / "train.log").open("a", encoding="utf-8") as log:
        log.write(json.dumps(command) + "\n")
        log.flush()
        process, stopped = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT), False
        try:
            left = min(until + GRACE, session.ends - GRACE) - time.monotonic()
            process.wait(None if session.rehearsal else max(1.0, left))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            process.wait()
            stopped = True
    if process.returncode and not stopped:
        said = (out / "train.log").read_text(encoding="utf-8").splitlines()[-1]
        raise UserError(f"a training failed: {said}; {out / 'train.log'} has all of it")
    return process.returncode == 0


def _weights(out: Path) -> bool:
    """Whether a training has left weights."""
    return (out / "weights.safetensors").is_file()
