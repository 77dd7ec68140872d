"""The code stage: files, records, resume after anything."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.decoding import DecodesHere

from lic_tcm.bench import code as code_stage
from lic_tcm.bench import codecs, decoder
from lic_tcm.bench.code import Method, code
from lic_tcm.bench.records import Coding
from lic_tcm.datasets.manifest import Original
from lic_tcm.environment import Environment
from lic_tcm.errors import UserError
from lic_tcm.images import read_rgb, sha256_rgb

WEBP = Method("webp-fast", "webp", (("method", 0),))


def _times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.suffix in (".bin", ".png")}


def test_records_describe_the_files_on_disk(originals: list[Original], tmp_path: Path) -> None:
    """Bytes, hashes and sizes of a record are those of the stream and image beside it."""
    records = code(originals, WEBP, 40, tmp_path / "out")
    assert [record.image for record in records] == ["café", "plain", "z.dotted"]
    for record, original in zip(records, originals, strict=True):
        stream = (tmp_path / f"out/{record.image}.bin").read_bytes()
        decoded = read_rgb(tmp_path / f"out/{record.image}.png")
        assert record.num_bytes == len(stream)
        assert record.sha256_stream == hashlib.sha256(stream).hexdigest()
        assert record.sha256_decoded == sha256_rgb(decoded)
        assert np.array_equal(decoded, codecs.create("webp", {}).decode(stream))
        assert (record.height, record.width) == (original.height, original.width)
        assert record.encode_s is not None
        assert record.encode_s > 0
        assert Coding.read(tmp_path / f"out/{record.image}.json") == record
        assert (tmp_path / f"out/environment-{record.environment}.json").exists()
    assert not list((tmp_path / "out").glob(".*")), "warm-up or temporary files were left behind"


def test_finished_images_are_not_coded_again(originals: list[Original], tmp_path: Path) -> None:
    """A second run touches nothing and returns the same records."""
    first = code(originals, WEBP, 40, tmp_path / "out")
    times = _times(tmp_path / "out")
    assert code(originals, WEBP, 40, tmp_path / "out") == first
    assert _times(tmp_path / "out") == times


@pytest.mark.parametrize("damage", ["torn record", "short stream", "no picture", "no record"])
def test_only_what_is_damaged_is_coded_again(originals: list[Original], tmp_path: Path, damage: str) -> None:
    """A lost or torn file costs its own image, no other."""
    code(originals, WEBP, 40, tmp_path / "out")
    times = _times(tmp_path / "out")
    record, stream, picture = (tmp_path / f"out/plain{suffix}" for suffix in (".json", ".bin", ".png"))
    if damage == "torn record":
        record.write_text(record.read_text(encoding="utf-8")[:40], encoding="utf-8")
    elif damage == "short stream":
        stream.write_bytes(stream.read_bytes()[:-1])
    elif damage == "no picture":
        picture.unlink()
    else:
        record.unlink()
    again = code(originals, WEBP, 40, tmp_path / "out")
    changed = {name for name, stamp in _times(tmp_path / "out").items() if stamp != times.get(name)}
    assert changed == {"plain.bin", "plain.png"}
    assert again[1].num_bytes == stream.stat().st_size


def test_other_options_or_point_or_picture_are_coded_again(originals: list[Original], tmp_path: Path) -> None:
    """A record counts only for the very settings and pixels it was made with."""
    first = code(originals, WEBP, 40, tmp_path / "out")
    slow = code(originals, Method("webp-fast", "webp", (("method", 6),)), 40, tmp_path / "out")
    assert [a.sha256_stream for a in first] != [b.sha256_stream for b in slow]
    point = code(originals, Method("webp-fast", "webp", (("method", 6),)), 60, tmp_path / "out")
    assert all(a.num_bytes < b.num_bytes for a, b in zip(slow, point, strict=True))


def test_a_run_killed_in_the_middle_goes_on(originals: list[Original], tmp_path: Path) -> None:
    """After kill -9 the rerun keeps what was finished and ends with the streams of an uninterrupted run."""
    expected = [record.sha256_stream for record in code(originals, Method("avif", "avif"), 60, tmp_path / "whole")]
    out = tmp_path / "out/batch-0-of-1.csv"
    command = [sys.executable, "-m", "lic_tcm", "code", str(tmp_path / "set.csv"), "--codec", "avif", "--point", "60"]
    process = subprocess.Popen([*command, "--out", str(out)], stderr=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None and not list(out.parent.glob("[!e.]*.json")):
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    finished = [path.stem for path in out.parent.glob("[!e.]*.json")]
    times = _times(out.parent)
    assert finished
    subprocess.run([*command, "--out", str(out)], check=True, stderr=subprocess.DEVNULL)
    kept = {name: stamp for name, stamp in _times(out.parent).items() if Path(name).stem in finished}
    assert kept == {name: stamp for name, stamp in times.items() if Path(name).stem in finished}
    assert [Coding.read(out.parent / f"{original.image}.json").sha256_stream for original in originals] == expected


def test_an_unknown_codec_and_a_point_out_of_range_are_user_errors(originals: list[Original], tmp_path: Path) -> None:
    """The message names the codec or the range; nothing is written."""
    with pytest.raises(UserError, match=r"'webq'.*did you mean 'webp'"):
        code(originals, Method("m", "webq"), 40, tmp_path / "out")
    with pytest.raises(UserError, match=r"m at point 400, image .*café.png: webp cannot code at 400"):
        code(originals, Method("m", "webp"), 400, tmp_path / "out")


def test_an_original_that_changed_since_fetch_is_refused(originals: list[Original], tmp_path: Path) -> None:
    """Results never describe another image than the manifest's."""
    Image.new("RGB", (180, 171)).save(originals[1].path)
    with pytest.raises(UserError, match=r"plain\.png"):
        code(originals, WEBP, 40, tmp_path / "out")


def test_a_folder_that_cannot_be_written_is_a_clear_error(originals: list[Original], tmp_path: Path) -> None:
    """The error names the file and the remedy."""
    (tmp_path / "out").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(UserError, match=r"cannot write .*out.*writable folder"):
        code(originals, WEBP, 40, tmp_path / "out")


def test_a_full_disk_loses_nothing_finished(originals: list[Original], tmp_path: Path) -> None:
    """On a small tmpfs the error names the file, no torn file is left, and a rerun elsewhere is unharmed."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs is not permitted here")
    try:
        with pytest.raises(UserError, match=r"cannot write .*No space left on device"):
            code(originals, WEBP, 90, disk / "out")
        for record in (disk / "out").glob("[!e.]*.json"):
            assert Coding.read(record).num_bytes == record.with_suffix(".bin").stat().st_size
        assert not list((disk / "out").glob("*.part"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _weights(path: Path, seed: int, record: dict[str, Any]) -> Path:
    """Random weights of a tiny network, with a training record."""
    import torch

    from lic_tcm.nn import checkpoints, zoo

    torch.manual_seed(seed)
    sizes = {"channels": 16, "latent": 16, "hyper": 8, "slices": 2, "context_widths": (16, 16)}
    checkpoints.save(zoo.build("conv", **sizes), path, record)
    return path


def test_other_weights_in_the_same_file_are_coded_again(originals: list[Original], tmp_path: Path) -> None:
    """A record knows its weights: training again does not leave old streams standing for new weights."""
    method = Method("mine", "tcm", (("checkpoint", str(_weights(tmp_path / "w.safetensors", 0, {}))),))
    first = code(originals[:1], method, 0.01, tmp_path / "out")[0]
    assert first.estimated_bytes is not None
    machine = json.loads((tmp_path / f"out/environment-{first.environment}.json").read_text(encoding="utf-8"))
    assert "torch" in machine["libraries"]
    assert code(originals[:1], method, 0.01, tmp_path / "out")[0] == first
    _weights(tmp_path / "w.safetensors", 1, {})
    again = code(originals[:1], method, 0.01, tmp_path / "out")[0]
    assert again.weights != first.weights
    assert again.sha256_stream != first.sha256_stream


@pytest.mark.parametrize(("budget", "name"), [("small", "tcm-medium"), ("small", "medium@paper"), ("", "medium@small")])
def test_weights_of_a_budget_need_a_method_that_says_so(
    originals: list[Original], tmp_path: Path, budget: str, name: str
) -> None:
    """However the file is renamed, its record tells; nothing is coded."""
    record = {"budget": budget} if budget else {}
    path = _weights(tmp_path / "medium-0.01.safetensors", 0, record)
    with pytest.raises(UserError, match="its weights were trained with"):
        code(originals, Method(name, "tcm", (("checkpoint", str(path)),)), 0.01, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def _batches_at_once(originals: list[Original], out: Path) -> list[Coding]:
    """Code the images in as many batches, all at the same time, into one folder, as two or more cores do."""
    with ThreadPoolExecutor(len(originals)) as jobs:
        return [record for [record] in jobs.map(lambda one: code([one], WEBP, 40, out), originals)]


@pytest.mark.parametrize("warm_up", [True, False])
def test_batches_of_one_point_can_run_at_once(
    originals: list[Original], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warm_up: bool
) -> None:
    """Jobs that share a folder share no temporary name: none loses its warm-up crop or machine description."""
    alone = [record.sha256_stream for record in code(originals, WEBP, 40, tmp_path / "alone")]
    machine = code_stage.environment()
    together = Barrier(len(originals))

    def meet() -> Environment:
        together.wait(60)
        return machine

    monkeypatch.setattr(decoder, "ProcessPoolExecutor", DecodesHere)
    monkeypatch.setattr(code_stage, "environment", meet)
    if not warm_up:
        monkeypatch.setattr(code_stage, "_warm_up", lambda *_: None)
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for number in range(100):
            out = tmp_path / str(number)
            assert [record.sha256_stream for record in _batches_at_once(originals, out)] == alone
            kinds = Counter(path.suffix for path in out.iterdir())
            assert kinds == {".bin": 3, ".png": 3, ".json": 4}, "temporary files were left, or files are missing"
    finally:
        sys.setswitchinterval(switch)


@pytest.mark.usefixtures("originals")
def test_batches_of_one_point_can_run_at_once_as_processes(tmp_path: Path) -> None:
    """The very commands of the workflow, side by side."""
    command = [sys.executable, "-m", "lic_tcm", "code", str(tmp_path / "set.csv"), "--codec", "webp", "--point", "40"]
    for number in range(3):
        out = tmp_path / f"out{number}"
        jobs = [
            subprocess.Popen(
                [*command, "--batch", f"{batch}/2", "--out", str(out / f"batch-{batch}-of-2.csv")],
                stderr=subprocess.PIPE,
                text=True,
            )
            for batch in range(2)
        ]
        errors = [job.communicate()[1] for job in jobs]
        assert [job.returncode for job in jobs] == [0, 0], errors
        assert Counter(path.suffix for path in out.iterdir()) == {".bin": 3, ".png": 3, ".json": 4, ".csv": 2}
