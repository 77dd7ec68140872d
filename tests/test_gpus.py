"""Jobs spread over the GPUs of a machine: each has its own, and its rows say whether others used it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lic_tcm import environment, gpus

SMI = """#!/bin/sh
case "$*" in
  *query-gpu=index,uuid*) printf '0, GPU-aaa\\n1, GPU-bbb\\n' ;;
  *query-gpu=name*GPU-bbb*) echo 'second card, 550.1' ;;
  *query-gpu=name*) printf 'first card, 550.1\\nsecond card, 550.1\\n' ;;
  *query-compute-apps*GPU-aaa*) cat "$(dirname "$0")/users" ;;
esac
"""
SHOW = "import os; print(os.environ.get('CUDA_VISIBLE_DEVICES'), os.environ.get('LIC_TCM_GPU'), flush=True)"


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of two GPUs, as nvidia-smi tells it; returns the file that lists the processes on the first."""
    program = tmp_path / "bin/nvidia-smi"
    program.parent.mkdir()
    program.write_text(SMI)
    program.chmod(0o755)
    (tmp_path / "bin/users").touch()
    (tmp_path / "locks").mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "locks"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return tmp_path / "bin/users"


def command(count: int, code: str = SHOW) -> list[str]:
    """A job that wants so many GPUs."""
    return [sys.executable, "-m", "lic_tcm.gpus", str(count), sys.executable, "-c", code]


def shown(count: int) -> str:
    """The GPUs that a job is shown, and their state."""
    return subprocess.run(command(count), capture_output=True, text=True, check=True, timeout=60).stdout.strip("\n")


def test_jobs_spread_over_the_gpus_and_the_next_one_waits() -> None:
    """Two jobs have one GPU each; the third says that it waits, and gets the GPU of the one that was killed."""
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    holding = command(1, f"{SHOW}; input()")
    with (
        subprocess.Popen(holding, **pipes) as first,
        subprocess.Popen(holding, **pipes) as second,
    ):
        seen = [one.stdout.readline() for one in (first, second)]
        assert sorted(seen) == ["GPU-aaa alone\n", "GPU-bbb alone\n"]
        with subprocess.Popen(command(1), **pipes) as third:
            assert third.stderr.readline() == "waiting until 1 of 2 GPUs are free\n"
            first.kill()
            assert third.communicate(timeout=60)[0] == seen[0]
        second.communicate("\n", timeout=60)


def test_a_job_may_have_several_or_none() -> None:
    """Two GPUs are shown as two, and none at all where none is wanted."""
    assert gpus.limit() == 2
    assert shown(2) == "GPU-aaa,GPU-bbb alone"
    assert shown(0) == " None"


def test_a_gpu_that_others_use_is_taken_last_and_said(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state names the number of processes, and is in the description of the machine that rows refer to."""
    machine.write_text("17, GPU-aaa\n18, GPU-aaa\n")
    assert shown(1) == "GPU-bbb alone"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")  # as a scheduler does that has chosen
    assert shown(1) == "GPU-aaa shared with 2 other processes"
    monkeypatch.setenv("LIC_TCM_GPU", "shared with 2 other processes")
    assert environment.environment().settings["LIC_TCM_GPU"] == "shared with 2 other processes"


def test_the_description_names_the_gpu_of_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the machine's first, and none where all are hidden."""
    assert environment.environment().gpu == "first card"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-bbb")
    assert environment.environment().gpu == "second card"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert environment.environment().gpu == ""
    assert gpus.visible() == []


def test_without_a_gpu_the_command_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without nvidia-smi changes nothing of the command's environment, and makes no lock."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert gpus.visible() == []
    assert gpus.limit() == 1
    assert shown(1) == "None None"
    assert not list((tmp_path / "locks").iterdir())
