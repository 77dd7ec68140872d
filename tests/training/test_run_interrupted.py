"""A run that crashed, was killed or was told to stop goes on to the same weights."""

import csv
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from support.training_setup import (
    after_steps,
    cli_arguments,
    conv_job,
    photos,
    quick,
    read_log,
    same_logs,
    same_weights,
    weights_of,
)

from lic_tcm.environment import environment
from lic_tcm.errors import UserError
from lic_tcm.training import loop, run
from lic_tcm.training.recipe import to_json
from lic_tcm.training.run import train


class CrashError(Exception):
    """Stands for whatever ends a process."""


def crash() -> None:
    """End the run as an error would."""
    raise CrashError


@pytest.mark.parametrize("changes", [{}, {"ema": 0.9}], ids=["plain", "ema"])
def test_a_run_that_crashed_goes_on_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, float]
) -> None:
    """Stopped before, at and after a checkpoint, and twice: weights and log are those of the run never stopped."""
    recipe = quick(log_every=2, checkpoint_every=2, **changes)
    valid = photos(tmp_path / "valid", count=1)
    whole, broken = conv_job(tmp_path, "whole", valid=valid), conv_job(tmp_path, "broken", valid=valid)
    train(whole, recipe)
    for steps in (1, 2, 3):
        with monkeypatch.context() as patch:
            after_steps(patch, steps, crash)
            with pytest.raises(CrashError):
                train(broken, recipe)
        assert not (broken.out / "weights.safetensors").exists()
    train(broken, recipe)
    assert same_weights(whole.out, broken.out)
    assert same_logs(whole.out, broken.out)


def test_a_finished_run_called_again_leaves_its_weights_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit by bit, from another machine too: a training that started from the file goes on; damaged ones come back."""
    job = conv_job(tmp_path, "run", valid=photos(tmp_path / "valid", count=1))
    weights, tensors = train(job, quick()).read_bytes(), weights_of(job.out)
    with monkeypatch.context() as patch:
        patch.setattr(run, "environment", lambda: dataclasses.replace(environment(), cpu="another"))
        assert train(job, quick()).read_bytes() == weights
        (job.out / "weights.safetensors").write_bytes(weights[:-1])
        train(job, quick())
    again = weights_of(job.out)
    assert all(torch.equal(again[key], value) for key, value in tensors.items())
    later = conv_job(tmp_path, "later", init=job.out / "weights.safetensors")
    train(later, quick())


@pytest.mark.slow
def test_a_run_killed_outright_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    """kill -9 of a process in the middle of its steps, then the same command: the bits of the uninterrupted run."""
    recipe = quick(steps=40)
    text = "\n".join(f"{key}: {json.dumps(value)}" for key, value in to_json(recipe).items())
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
    whole = conv_job(tmp_path, "whole")
    train(whole, recipe)
    killed = conv_job(tmp_path, "killed")
    process = subprocess.Popen(
        [sys.executable, "-m", "lic_tcm", "train", *cli_arguments(killed), "--recipe", str(tmp_path / "recipe.yaml")],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    log = killed.out / "log.csv"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if log.exists() and log.read_text(encoding="utf-8").count("\n") > 8:
            break
        time.sleep(0.005)
    process.kill()
    _, errors = process.communicate()
    assert process.returncode == -signal.SIGKILL, errors.decode()
    assert not (killed.out / "weights.safetensors").exists()
    first = len(read_log(killed.out))
    assert 8 <= first < 40
    train(killed, recipe)
    assert same_weights(whole.out, killed.out)
    assert same_logs(whole.out, killed.out)


def test_a_signal_saves_and_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM ends the run after its step, with the state saved; the rerun goes on and ends with the same bits."""
    recipe = quick(log_every=100, checkpoint_every=100)
    whole, stopped = conv_job(tmp_path, "whole"), conv_job(tmp_path, "stopped")
    train(whole, recipe)
    before = signal.getsignal(signal.SIGTERM)
    with monkeypatch.context() as patch:
        after_steps(patch, 3, lambda: signal.raise_signal(signal.SIGTERM))
        with pytest.raises(UserError, match="stopped at step 3; the same command goes on from there"):
            train(stopped, recipe)
    assert signal.getsignal(signal.SIGTERM) == before
    steps: list[int] = []
    step = loop.train_step
    monkeypatch.setattr(loop, "train_step", lambda state, *rest: (steps.append(state.step), step(state, *rest))[1])
    train(stopped, recipe)
    assert steps == [3, 4, 5, 6, 7]
    assert same_weights(whole.out, stopped.out)


def test_a_torn_log_is_repaired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a line at the end, and lines of steps that were undone, are gone after the next start."""
    job = conv_job(tmp_path)
    with monkeypatch.context() as patch:
        after_steps(patch, 3, crash)
        with pytest.raises(CrashError):
            train(job, quick())
    with (job.out / "log.csv").open("a", encoding="utf-8") as file:
        file.write("7,1.0,0.001,1,1,1,1,1,1,,\n8,1.0,0.0")
    train(job, quick())
    assert [row["step"] for row in read_log(job.out)] == [str(i) for i in range(1, 9)]
    with (job.out / "log.csv").open(encoding="utf-8", newline="") as file:
        assert {len(row) for row in csv.reader(file)} == {11}
