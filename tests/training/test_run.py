"""Whole runs: what they leave, and what happens when they are stopped, killed, moved or started wrongly."""

import dataclasses
import json
import logging
import math
import os
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest
import torch
from support.pictures import photo
from support.training_setup import (
    MEANS,
    after_steps,
    cli_arguments,
    conv_job,
    photos,
    quick,
    read_log,
    same_weights,
    weights_of,
)
from torch import Tensor
from typer.testing import CliRunner

from lic_tcm.cli import app
from lic_tcm.errors import UserError
from lic_tcm.images import write_png
from lic_tcm.nn import checkpoints
from lic_tcm.training import loop, run
from lic_tcm.training.progress import StepResult
from lic_tcm.training.recipe import to_json
from lic_tcm.training.run import dry_run, train
from lic_tcm.training.validation import validate


def test_a_run_leaves_weights_log_and_record(tmp_path: Path) -> None:
    """The weights are usable; the record says how they came to be, without a path of this machine; the log is whole."""
    valid = photos(tmp_path / "valid", count=2, side=100)
    job = conv_job(tmp_path, valid=valid)
    recipe = quick(log_every=2, checkpoint_every=4)
    path = train(job, recipe)
    loaded = checkpoints.load(path)
    model, record = loaded.model, loaded.record
    assert model.config == job.config
    assert record["recipe"] == to_json(recipe)
    assert (record["model"], record["lambda"], record["lambda_of_paper"]) == ("conv", 0.013, True)
    assert (record["steps"], record["seed"], record["processes"], record["device"]) == (8, 0, 1, "cpu")
    assert record["data"]["images"] == 5
    assert record["environment"]["packages"]["torch"] == torch.__version__.split("+")[0]
    assert record["seconds"] > 0
    assert str(tmp_path) not in json.dumps(record)
    rows = read_log(job.out)
    assert [row["step"] for row in rows] == ["0", "2", "4", "6", "8"]
    assert [bool(row["valid_psnr"]) for row in rows] == [True, False, True, False, True]
    assert rows[0]["loss"] == ""
    assert record["validation"]["psnr"] == float(rows[-1]["valid_psnr"])
    assert sorted(p.name for p in job.out.iterdir()) == ["log.csv", "record.json", "state.pt", "weights.safetensors"]


def test_validation_is_on_8_bit_pictures_of_any_size(tmp_path: Path) -> None:
    """PSNR of rounded, clipped pixels and the estimated rate per pixel of the image, as computed by hand."""
    picture = photo(70, 100)
    write_png(tmp_path / "p.png", picture)
    torch.manual_seed(0)
    model = run.fresh_state(conv_job(tmp_path).config, quick(), torch.device("cpu")).model
    quality = validate(model, [tmp_path / "p.png"], torch.device("cpu"))
    assert model.training
    padded = np.pad(picture, ((0, 58), (0, 28), (0, 0)), mode="edge")
    with torch.no_grad():
        output = model.eval()(torch.from_numpy(padded).permute(2, 0, 1)[None].float() / 255)
    pixels = np.rint(np.clip(255 * output.x_hat[0].permute(1, 2, 0).double().numpy(), 0, 255))[:70, :100]
    assert quality.psnr == pytest.approx(10 * math.log10(255**2 / np.mean((pixels - picture) ** 2)), abs=1e-6)
    assert quality.bpp == pytest.approx(float(output.bits_y + output.bits_z) / 7000)


def test_a_finished_run_is_exported_again_without_training(tmp_path: Path) -> None:
    """The same command after the end gives the same weights at once."""
    job = conv_job(tmp_path)
    first = train(job, quick()).read_bytes()
    before = read_log(job.out)
    (job.out / "weights.safetensors").unlink()
    train(job, quick())
    assert read_log(job.out) == before
    assert checkpoints.load(job.out / "weights.safetensors").record["steps"] == 8
    assert first


@pytest.mark.slow
def test_two_processes_train_as_one_with_the_double_batch(tmp_path: Path) -> None:
    """torchrun with two processes on gloo: losses, gradients' norms and weights of one process with both parts."""
    recipe = quick(batch=4, steps=4, parts=2)
    text = "\n".join(f"{key}: {json.dumps(value)}" for key, value in to_json(recipe).items())
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
    valid = photos(tmp_path / "valid", count=1)
    one, two = conv_job(tmp_path, "one", valid=valid), conv_job(tmp_path, "two")
    train(one, recipe)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "lic_tcm"]
    command += ["train", *cli_arguments(two), "--recipe", str(tmp_path / "recipe.yaml"), "--valid", str(valid)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    for a, b in zip(read_log(one.out), read_log(two.out), strict=True):
        for key in MEANS:
            assert float(a[key] or "nan") == pytest.approx(float(b[key] or "nan"), rel=1e-5, nan_ok=True), key
    ours, theirs = weights_of(one.out), weights_of(two.out)
    for key, weight in ours.items():
        torch.testing.assert_close(weight, theirs[key], rtol=1e-5, atol=1e-6)
    assert checkpoints.load(two.out / "weights.safetensors").record["processes"] == 2


def test_a_batch_that_processes_cannot_share_is_refused() -> None:
    """Parts and batch must divide evenly."""
    world = run.Processes(1, 2, torch.device("cpu"))
    assert world.share(None, 8) == (range(1, 2), range(4, 8))
    assert world.share(4, 8) == (range(2, 4), range(4, 8))
    with pytest.raises(UserError, match="parts: 3 cannot be shared by 2 processes"):
        world.share(3, 9)
    with pytest.raises(UserError, match="batch: 7 cannot be cut into 2 equal parts"):
        world.share(None, 7)


def test_a_time_budget_is_kept_and_the_rate_falls_within_it(tmp_path: Path) -> None:
    """A recipe of far too many steps ends in time, validation included, with its learning rate brought down."""
    valid = photos(tmp_path / "valid", count=1)
    job = conv_job(tmp_path, valid=valid, time_budget=4.0)
    recipe = quick(steps=10**6, schedule="cosine", decay=0.01, validate_every=10**6, checkpoint_every=10**6)
    start = time.monotonic()
    train(job, recipe)
    assert time.monotonic() - start < 6  # the export comes on top
    rows = read_log(job.out)
    assert float(rows[-1]["seconds"]) <= 4.0
    assert rows[-1]["valid_psnr"]
    rates = [float(row["lr"]) for row in rows[1:]]
    assert rates[0] > 0.8 * recipe.lr
    assert rates[-1] < 0.2 * recipe.lr
    assert rates == sorted(rates, reverse=True)
    record = checkpoints.load(job.out / "weights.safetensors").record
    assert record["time_budget"] == 4.0
    assert record["steps"] == int(rows[-1]["step"])


def test_a_time_budget_counts_earlier_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resumed run has what is left of the budget, at the learning rate that belongs there."""
    job = conv_job(tmp_path, time_budget=1000.0)
    recipe = quick(steps=10**6, decay_at=(0.5,))
    with monkeypatch.context() as patch:
        after_steps(patch, 1, lambda: signal.raise_signal(signal.SIGTERM))
        with pytest.raises(UserError, match="stopped at step 1"):
            train(job, recipe)
    content = torch.load(job.out / "state.pt", weights_only=True)
    content["position"] = (1, 990.0, 0.0)
    torch.save(content, job.out / "state.pt")
    after_steps(monkeypatch, 1, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(UserError, match="stopped at step 2"):
        train(job, recipe)
    assert float(read_log(job.out)[-1]["lr"]) == pytest.approx(0.1 * recipe.lr)


def test_the_mean_of_the_weights_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ema, the exported weights are the running mean, computed here by hand: short at first, then of the decay."""
    seen: list[dict[str, Tensor]] = []
    step = loop.train_step

    def watched(state: loop.State, *rest: object) -> StepResult:
        result = step(state, *rest)
        seen.append({key: p.detach().clone() for key, p in state.model.named_parameters()})
        return result

    monkeypatch.setattr(loop, "train_step", watched)
    job = conv_job(tmp_path)
    train(job, quick(ema=0.1, steps=4))
    exported = weights_of(job.out)
    for key, weight in exported.items():
        mean = seen[0][key]
        for later, share in zip(seen[1:], (10 / 11, 0.9, 0.9), strict=True):
            mean = (1 - share) * mean + share * later[key]
        torch.testing.assert_close(weight.detach(), mean, rtol=1e-5, atol=1e-7)


def test_training_starts_from_given_weights(tmp_path: Path) -> None:
    """--init begins where another lambda ended, and the record names the file by its hash."""
    valid = photos(tmp_path / "valid", count=1)
    first = conv_job(tmp_path, "first", valid=valid)
    path = train(first, quick())
    second = conv_job(tmp_path, "second", valid=valid, init=path, lmbda=0.05)
    train(second, quick(steps=2))
    assert read_log(second.out)[0]["valid_psnr"] == read_log(first.out)[-1]["valid_psnr"]
    assert len(checkpoints.load(second.out / "weights.safetensors").record["init_sha256"]) == 64


def test_plain_lines_tell_the_course(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without a terminal each row of the log is a line with speed and time left."""
    caplog.set_level(logging.INFO)
    train(conv_job(tmp_path, valid=photos(tmp_path / "valid", count=1)), quick(log_every=4, checkpoint_every=4))
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("step ")]
    assert len(lines) == 3
    assert lines[0].startswith("step 0: validation ")
    for word in ("step 4: loss ", " bpp, ", " dB, ", " steps/s, ", " left", " validation "):
        assert word in lines[1]


def test_tensorboard_gets_the_log_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value of the log goes to the writer, which is closed."""
    written: list[tuple[str, float, int]] = []
    closed: list[bool] = []

    class SummaryWriter:
        def __init__(self, folder: str) -> None:
            assert folder == str(tmp_path / "out" / "tensorboard")

        def add_scalar(self, key: str, value: float, step: int) -> None:
            written.append((key, value, step))

        def close(self) -> None:
            closed.append(True)

    module = types.ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = SummaryWriter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    job = conv_job(tmp_path)
    train(job, quick(steps=3))
    losses = [value for key, value, _ in written if key == "loss"]
    assert losses == [float(row["loss"]) for row in read_log(job.out)]
    assert closed == [True]


def test_the_record_lies_beside_the_weights_too(tmp_path: Path) -> None:
    """record.json holds what the file of weights says of itself, the budget of ablations included."""
    job = conv_job(tmp_path, budget="smoke")
    record = checkpoints.load(train(job, quick(steps=1, validate_every=1))).record
    assert json.loads((job.out / "record.json").read_text(encoding="utf-8")) == record
    assert record["budget"] == "smoke"


def test_a_dry_run_measures_and_writes_nothing(tmp_path: Path) -> None:
    """Speed, memory and the time of the whole recipe, which follows from the speed."""
    job = conv_job(tmp_path)
    estimate = dry_run(job, quick(steps=3600))
    assert estimate.steps_per_s > 0
    assert estimate.hours == pytest.approx(1 / estimate.steps_per_s)
    assert estimate.memory_gib > 0.1
    assert "steps/s" in str(estimate)
    assert not job.out.exists()


def test_the_command_line_trains_and_packs(tmp_path: Path) -> None:
    """`pack`, then `train` on the packed file with a recipe: weights, log; the same as the functions leave."""
    job = conv_job(tmp_path)
    packed = tmp_path / "crops.npz"
    arguments = ["pack", str(job.data), "--out", str(packed), "--size", "64"]
    assert CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code == 0
    job = dataclasses.replace(job, data=packed)
    (tmp_path / "r.yaml").write_text("crop: 64\nbatch: 2\nsteps: 2\nlr: 1e-3\n", encoding="utf-8")
    arguments = ["train", *cli_arguments(job), "--recipe", str(tmp_path / "r.yaml")]
    assert CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code == 0
    by_function = dataclasses.replace(job, out=tmp_path / "function")
    train(by_function, tmp_path / "r.yaml")
    assert same_weights(job.out, by_function.out)
