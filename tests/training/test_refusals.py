"""Jobs that cannot be done, and runs that something stops: the reason is reported, what was trained is kept."""

import dataclasses
import errno
import os
from pathlib import Path

import pytest
import torch
from support.pictures import photo
from support.training_setup import CONV, conv_job, quick, same_logs, same_weights

from lic_tcm.errors import UserError
from lic_tcm.images import write_png
from lic_tcm.training import loop, run
from lic_tcm.training.run import train


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    """The message names the file and the fields that differ; nothing is written."""
    path = train(conv_job(tmp_path, "first"), quick(steps=1))
    job = conv_job(tmp_path, "second", init=path, overrides=CONV | {"slices": 4})
    with pytest.raises(UserError, match=r"weights\.safetensors is of another network \(slices = 2 there, 4 here\)"):
        train(job, quick())
    assert not job.out.exists()
    with pytest.raises(UserError, match=r"there is no checkpoint .*gone\.safetensors"):
        train(dataclasses.replace(job, init=tmp_path / "gone.safetensors"), quick())


def test_a_run_is_not_continued_with_other_settings(tmp_path: Path) -> None:
    """Another lambda, recipe, network or data in the same folder is refused by name; bookkeeping may change."""
    job = conv_job(tmp_path)
    train(job, quick(steps=2))
    saved = (job.out / "state.pt").read_bytes()
    with pytest.raises(UserError, match=r"state\.pt is of a run with other lambda \(0\.013 there, 0\.05 now\)"):
        train(dataclasses.replace(job, lmbda=0.05), quick(steps=2))
    with pytest.raises(UserError, match=r"other lr \(0\.001 there, 0\.002 now\)"):
        train(job, quick(steps=2, lr=2e-3))
    with pytest.raises(UserError, match=r"other model\.latent \(16 there, 32 now\)"):
        train(dataclasses.replace(job, overrides=CONV | {"latent": 32}), quick(steps=2))
    assert (job.out / "state.pt").read_bytes() == saved
    train(job, quick(steps=2, workers=2, validate_every=7))
    write_png(job.data / "new.png", photo(80, 80))
    with pytest.raises(UserError, match="other data"):
        train(job, quick(steps=2))
    (job.out / "state.pt").write_bytes(saved[:1000])
    with pytest.raises(UserError, match=r"state\.pt is no training state .*; delete it"):
        train(job, quick(steps=2))


def test_divergence_stops_the_run_and_keeps_the_last_good_state(tmp_path: Path) -> None:
    """A learning rate that explodes: step and images are named, state.pt holds finite weights of an earlier step."""
    job = conv_job(tmp_path)
    with pytest.raises(UserError, match=r"^at step \d+ the loss is .* on crops of part.*lower lr or clip"):
        train(job, quick(lr=1e18, clip=1e18, steps=100))
    content = torch.load(job.out / "state.pt", weights_only=True)
    assert all(bool(weight.isfinite().all()) for weight in content["model"].values() if weight.is_floating_point())
    assert not (job.out / "weights.safetensors").exists()


def test_a_damaged_image_stops_the_run_with_its_steps_saved(tmp_path: Path) -> None:
    """Two good images are trained on, the third cannot be decoded: it is named; once fixed, training goes on."""
    job = conv_job(tmp_path)
    images = sorted(job.data.rglob("*.png"))
    recipe = quick(batch=1, log_every=100, checkpoint_every=100, steps=5, workers=1)
    crops = run.Crops(run.open_source(job.data, 64, False, 1, 0), 64, 0)
    late = crops.image_of(4)
    whole = images[late].read_bytes()
    images[late].write_bytes(whole[:-3000] + bytes(3000))
    with pytest.raises(UserError, match=images[late].name):
        train(job, recipe)
    assert torch.load(job.out / "state.pt", weights_only=True)["position"][0] == 4
    images[late].write_bytes(whole)
    train(job, recipe)


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a save fails the run stops, naming the file; the earlier state is whole and the rerun ends with its bits."""
    recipe = quick()
    whole, full = conv_job(tmp_path, "whole"), conv_job(tmp_path, "full")
    train(whole, recipe)
    write = Path.write_bytes
    saves: list[Path] = []

    def write_until_full(self: Path, data: bytes) -> int:
        if self.name.startswith("state.pt.") and self.suffix == ".part":
            saves.append(self)
            if len(saves) > 4:
                write(self, data[:1000])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", write_until_full)
        with pytest.raises(UserError, match=r"cannot write .*state\.pt: No space left on device"):
            train(full, recipe)
    assert not list(full.out.glob("*.part"))
    assert torch.load(full.out / "state.pt", weights_only=True)["position"][0] == 3
    train(full, recipe)
    assert same_weights(whole.out, full.out)
    assert same_logs(whole.out, full.out)


def test_a_folder_that_cannot_be_written_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first save comes before the first step."""
    job = conv_job(tmp_path, out="file/out")
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setattr(loop, "train_step", lambda *_: pytest.fail("a step was taken"))
    with pytest.raises(UserError, match=r"cannot write .*state\.pt"):
        train(job, quick())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lmbda": 0.0}, "lambda = 0.0 does not fit"),
        ({"model": "smal"}, "did you mean 'small'"),
        ({"overrides": {"latents": 3}}, "no field 'latents'"),
        ({"data": Path("gone")}, "--data gone does not exist"),
        ({"valid": Path("gone")}, "the folder gone does not exist; correct the path"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_jobs_are_refused(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    """Before anything is written, and with the remedy."""
    job = dataclasses.replace(conv_job(tmp_path), **changes)
    with pytest.raises(UserError, match=words):
        train(job, quick())
    assert not job.out.exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_gpu_is_said(tmp_path: Path) -> None:
    """device: cuda never falls back to the CPU."""
    with pytest.raises(UserError, match="device: 'cuda' is asked for"):
        train(conv_job(tmp_path), quick(device="cuda"))
