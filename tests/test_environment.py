"""The description of the machine holds what decides a network's streams, and costs cheap codecs no torch."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import lic_tcm
from lic_tcm import environment as module
from lic_tcm import layout
from lic_tcm.datasets.manifest import Original
from lic_tcm.environment import SETTINGS, _of_torch, environment

X86 = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 143
model name\t: Intel(R) Xeon(R) Processor
stepping\t: 8
flags\t\t: fpu sse4_2 avx avx2 avx512f avx512_vnni amx_tile hypervisor

processor\t: 1
vendor_id\t: Other
flags\t\t: fpu
"""
ARM = "processor\t: 0\nFeatures\t: fp asimd sve\nCPU part\t: 0xd40\n"


@pytest.fixture
def cpuinfo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file in the place of /proc/cpuinfo, not yet there."""
    monkeypatch.setattr(module, "CPUINFO", tmp_path / "cpuinfo")
    module._cpuinfo.cache_clear()
    yield tmp_path / "cpuinfo"
    module._cpuinfo.cache_clear()


def test_the_processor_is_told_from_others_of_its_name(cpuinfo: Path) -> None:
    """Virtual machines of unlike processors share a model's name; family, model and instruction sets differ."""
    cpuinfo.write_text(X86, encoding="utf-8")
    here = environment()
    assert here.cpu == "Intel(R) Xeon(R) Processor"
    assert here.cpu_id == "GenuineIntel family 6 model 143 stepping 8"
    assert here.instruction_sets == "sse4_2 avx avx2 avx512f avx512_vnni amx_tile"
    module._cpuinfo.cache_clear()
    cpuinfo.write_text(X86.replace(" avx512f avx512_vnni amx_tile", ""), encoding="utf-8")
    assert environment().instruction_sets == "sse4_2 avx avx2"
    assert environment().id() != here.id()


def test_processors_that_say_less_are_described_with_less(cpuinfo: Path) -> None:
    """Nothing is invented for ARM, or where there is no /proc/cpuinfo."""
    assert (environment().cpu_id, environment().instruction_sets) == ("", "")
    assert environment().cpu
    module._cpuinfo.cache_clear()
    cpuinfo.write_text(ARM, encoding="utf-8")
    assert (environment().cpu_id, environment().instruction_sets) == ("", "asimd sve")


def test_settings_that_choose_kernels_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is set; another setting is another environment."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    plain = environment()
    assert plain.settings == {}
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert environment().settings == {"ONEDNN_MAX_CPU_ISA": "AVX2"}
    assert environment().id() != plain.id()


def test_what_the_libraries_chose_is_recorded() -> None:
    """The words are the libraries' own, obtained in the process that codes."""
    code = "import sys, json; {}; from lic_tcm.environment import environment; e = environment()"
    code += "; print(json.dumps([e.libraries, 'torch' in sys.modules]))"
    settings = {"ATEN_CPU_CAPABILITY": "default", "OMP_NUM_THREADS": "1", "NPY_DISABLE_CPU_FEATURES": ""}
    found = []
    for first in ("pass", "import torch"):
        command = [sys.executable, "-c", code.format(first)]
        done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout))
    (without, loaded), (with_torch, _) = found
    assert not loaded
    assert "numpy" in without
    assert without["blas"]
    assert "torch" not in without
    assert with_torch["torch"] == "DEFAULT, 1 threads"
    assert with_torch["onednn"]


def test_the_suite_says_its_version_and_the_commit_of_its_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installed suite has no git to ask: its wheel holds the commit it was built of."""
    assert environment().suite == lic_tcm.__version__
    (tmp_path / "COMMIT").write_text("0123abc-dirty\n", encoding="utf-8")
    monkeypatch.setattr("lic_tcm.environment.COMMIT", tmp_path / "COMMIT")
    assert environment().commit == "0123abc-dirty"


def test_the_gpu_and_its_driver_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """As nvidia-smi prints them; without one, both are empty."""
    monkeypatch.setattr("lic_tcm.environment._first_line", lambda *_: "")
    assert (environment().gpu, environment().driver) == ("", "")
    said = {"nvidia-smi": "NVIDIA H100 80GB HBM3, 550.54.15"}
    monkeypatch.setattr("lic_tcm.environment._first_line", lambda *command: said.get(command[0], ""))
    assert (environment().gpu, environment().driver) == ("NVIDIA H100 80GB HBM3", "550.54.15")


def test_cuda_and_its_precision_are_recorded() -> None:
    """Where torch has a GPU: the versions of CUDA and cuDNN, and whether products may be rounded to TF32."""
    backends = SimpleNamespace(
        cpu=SimpleNamespace(get_cpu_capability=lambda: "AVX2"),
        cuda=SimpleNamespace(matmul=SimpleNamespace(allow_tf32=False)),
        cudnn=SimpleNamespace(version=lambda: 90100, allow_tf32=True),
    )
    torch = SimpleNamespace(
        backends=backends,
        get_num_threads=lambda: 2,
        cuda=SimpleNamespace(is_available=lambda: True),
        version=SimpleNamespace(cuda="12.6"),
        __config__=SimpleNamespace(show=lambda: "oneDNN MKL-DNN v3.7.1 (git)"),
    )
    found = _of_torch(torch)
    assert found["cuda"] == "12.6, cuDNN 90100"
    assert found["tf32"] == "matmul False, cuDNN True"
    assert found["onednn"] == "3.7.1"


def test_a_job_of_a_cheap_codec_loads_no_torch(originals: list[Original], tmp_path: Path) -> None:
    """Coding with WebP starts in a fraction of the time that torch takes, description included."""
    code = (
        "import sys; from pathlib import Path; from lic_tcm.bench.code import Method, code\n"
        "from lic_tcm.datasets.manifest import read_manifest\n"
        "if __name__ == '__main__':\n"
        "    code(read_manifest(Path(sys.argv[1])), Method('webp', 'webp'), 40, Path(sys.argv[2]))\n"
        "    sys.exit('torch' in sys.modules)\n"
    )
    (tmp_path / "job.py").write_text(code, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "job.py"), str(tmp_path / "set.csv"), str(tmp_path / "out")]
    path = {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    assert subprocess.run(command, env=os.environ | path, check=False).returncode == 0
    assert len(list((tmp_path / "out").glob("*.bin"))) == len(originals)


def test_a_description_is_saved_once_under_its_id(tmp_path: Path) -> None:
    """The file holds all fields; one that is there is left alone."""
    here = environment()
    file = layout.environment(tmp_path, here.id())
    here.save(file)
    stamp = file.stat().st_mtime_ns
    here.save(file)
    assert file.stat().st_mtime_ns == stamp
    assert [path.name for path in tmp_path.iterdir()] == [f"environment-{here.id()}.json"]
    assert json.loads(file.read_text(encoding="utf-8")) == dataclasses.asdict(here)
