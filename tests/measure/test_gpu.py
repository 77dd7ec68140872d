"""A session on a GPU machine, rehearsed where there is none."""

import json
import math
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from lic_tcm import resources
from lic_tcm.coding.network import Ready
from lic_tcm.errors import UserError
from lic_tcm.measure.gpu import __main__ as gpu
from lic_tcm.measure.gpu import checks
from lic_tcm.measure.gpu.session import Session, check_device, folder_name, read_run
from lic_tcm.tables.table1 import read_times


def session(folder: Path, seconds: float = 100.0, rehearsal: bool = False) -> Session:
    """A session on the CPU."""
    return Session(
        "cpu", folder / "out", folder / "states", folder / "crops.npz", rehearsal, time.monotonic() + seconds
    )


def test_a_part_that_is_done_is_left_alone_and_one_that_fails_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code tells of the failure, run.json of both; a second call runs what was not finished only."""
    calls: list[str] = []

    def good(run: Session) -> None:
        calls.append("good")
        run.note("good", done=True)

    def bad(run: Session) -> None:  # noqa: ARG001
        calls.append("bad")
        raise ValueError("no such kernel")

    monkeypatch.setattr(gpu, "PARTS", {"bad": bad, "good": good})
    monkeypatch.setattr(gpu, "device_name", lambda device: "GPU 1")  # noqa: ARG005
    arguments = ["--device", "cpu", "--out", str(tmp_path), "--states", str(tmp_path), "--crops", str(tmp_path / "c")]
    for expected in (["bad", "good"], ["bad", "good", "bad"]):
        with pytest.raises(SystemExit, match="failed: bad"):
            gpu.main(arguments)
        assert calls == expected
    parts = json.loads((tmp_path / "gpu-1/run.json").read_text())["parts"]
    assert parts["bad"]["failed"] == "ValueError: no such kernel"
    assert parts["good"]["done"]
    assert parts["good"]["seconds"] >= 0


def test_what_cannot_be_run_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown part, a missing GPU and missing crops are named with a remedy."""
    with pytest.raises(SystemExit, match="there is no part 'nanoo'; did you mean 'nano'"):
        gpu.main(["nanoo", "--device", "cpu"])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="--device cpu --rehearse"):
        check_device("cuda")
    with pytest.raises(SystemExit, match="needs --images"):
        gpu.main(["pack", "--crops", str(tmp_path / "crops.npz")])
    with pytest.raises(UserError, match="the part `pack`"):
        gpu.trainings.run_nano(session(tmp_path))


def test_a_session_has_one_end_and_a_rehearsal_none(tmp_path: Path) -> None:
    """A part's own end counts where it is earlier; folders are named for the device."""
    own = session(tmp_path)
    assert 99 < own.left() <= 100
    assert own.left(time.monotonic() + 5) <= 5
    assert session(tmp_path, 0, rehearsal=True).left() == math.inf
    assert folder_name("NVIDIA GeForce RTX 3090") == "nvidia-geforce-rtx-3090"


@pytest.mark.parametrize(
    ("step", "outcome"), [(0, checks.EXACT), (1, checks.ROUNDED), (40, checks.WRONG), (None, checks.REFUSED)]
)
def test_a_decoder_is_judged_by_its_picture(monkeypatch: pytest.MonkeyPatch, step: int | None, outcome: str) -> None:
    """Equal, a step of rounding, another picture, or a refusal: each is counted as what it is."""
    own = np.full((4, 4, 3), 100, np.uint8)

    def decode(reader: object, stream: object) -> np.ndarray:  # noqa: ARG001
        if step is None:
            raise checks.CodecError("other symbols")
        picture = own.copy()
        picture[0, 0, 0] += step
        return picture

    monkeypatch.setattr(checks, "decode_stream", decode)
    monkeypatch.setattr(checks, "unpack", lambda stream: stream)
    ready: Ready = object()  # type: ignore[assignment]
    found = checks._compared(ready, b"", own)
    assert found == (outcome, *((None, None) if step is None else (int(step > 0), step)))


def test_table_1_takes_its_times_from_a_session_that_the_package_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a folder of sessions there is none; else the first device by name is taken."""
    monkeypatch.setattr(resources, "GPU_SESSIONS", tmp_path)
    assert resources.gpu_times() is None
    for name in ("nvidia-h200", "nvidia-h100"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "table1.csv").write_text("model\nsmall\n")
    assert resources.gpu_times() == tmp_path / "nvidia-h100/table1.csv"


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_part_runs_on_a_cpu(tmp_path: Path) -> None:
    """A rehearsal ends with all parts done, and leaves tables that the suite reads and weights that code."""
    gpu.main(["--device", "cpu", "--rehearse", "--states", str(tmp_path), "--crops", str(tmp_path / "crops.npz")])
    folder = tmp_path / "rehearsal"
    parts = read_run(folder)["parts"]
    assert {name: part.get("done") for name, part in parts.items()} == {
        "checks": True,
        "table1": True,
        "nano": True,
        "small": False,  # the first of its networks
    }
    golden = pd.read_csv(folder / "golden.csv").set_index("tensor")
    assert list(golden.loc[["y_symbols", "y_indexes"], "differing"]) == [0, 0]
    assert golden["largest_difference"].max() < 1e-4
    assert set(pd.read_csv(folder / "decoding.csv").outcome) == {checks.EXACT}
    assert set(read_times(folder / "table1.csv")) == {"small"}
    ways = pd.read_csv(folder / "ways.csv")
    assert set(ways[ways["way"] != "CUDA graph"]["ms"] > 0) == {True}
    assert ways["largest_difference"].max() < 1e-4
    assert (folder / "nano/weights.safetensors").is_file()
    assert len(parts["small"]["finished"]) == 1
