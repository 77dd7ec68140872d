"""What machine and software made a number: stored once per run, referred to by its id in every row."""

import ctypes
import functools
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shlex
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lic_tcm import __version__
from lic_tcm.files import write_text

# Only what can change a stream, an image, a metric or a time.
PACKAGES = ("numpy", "scipy", "pillow", "pillow-jxl-plugin", "imageio-ffmpeg", "compressai", "torch", "snakemake")
CPUINFO = Path("/proc/cpuinfo")
CPU_ID = {"family": "cpu family", "model": "model", "stepping": "stepping"}
# Libraries choose their kernels by these; other kernels add in another order, and a network's symbols may flip.
X86 = ("sse4_1", "sse4_2", "avx", "f16c", "fma", "avx2", "avx_vnni")
AVX512 = ("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16")
AMX = ("amx_tile", "amx_int8", "amx_bf16")
ARM = ("asimd", "asimdhp", "sve", "sve2", "bf16", "i8mm")
INSTRUCTION_SETS = X86 + AVX512 + AMX + ARM
# Environment variables that choose other kernels or numbers of threads.
KERNELS_OF_TORCH = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ONEDNN_DEFAULT_FPMATH_MODE")
KERNELS_OF_NUMPY = ("MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR", "OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES")
KERNELS_OF_CUDA = ("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "CUBLAS_WORKSPACE_CONFIG")
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_WAIT_POLICY", "KMP_BLOCKTIME")
GPU = ("LIC_TCM_GPU",)  # whether others used the job's GPU, see lic_tcm.gpus
SETTINGS = KERNELS_OF_TORCH + KERNELS_OF_NUMPY + KERNELS_OF_CUDA + THREADS + GPU
COMMIT = Path(__file__).with_name("_workflow") / "COMMIT"  # in a wheel, see hatch_build.py


@dataclass(frozen=True)
class Environment:
    """Machine and software of a run."""

    cpu: str  # its model's name; on virtual machines often no more than the maker's
    cpu_id: str  # vendor, family, model and stepping
    instruction_sets: str  # of INSTRUCTION_SETS, those the system reports
    libraries: dict[str, str]  # what numpy, its OpenBLAS and, where it is loaded, torch make of them
    settings: dict[str, str]  # of SETTINGS, those that are set
    cores: int  # the process may use; fewer than the machine has inside a container
    memory_gib: float
    gpu: str  # empty without one
    os: str
    python: str
    packages: dict[str, str]
    threads: int | None  # per job, as set by the scheduler through OMP_NUM_THREADS
    commit: str  # of the suite; empty outside a checkout, and in a wheel that was built outside one
    suite: str = ""  # its version; "" in descriptions of versions that did not say
    driver: str = ""  # of the GPU

    def id(self) -> str:
        """Short fingerprint of all fields."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]

    def save(self, path: Path) -> None:
        """Write it as JSON unless the file is there; its name holds the id."""
        if not path.exists():
            write_text(path, json.dumps(asdict(self), indent=1, sort_keys=True) + "\n")


def environment() -> Environment:
    """Describe this process's machine and software.

    torch is described where it is loaded already, and never loaded for this: call it after the work has begun.
    """
    threads = os.environ.get("OMP_NUM_THREADS", "")
    gpu, driver = _gpu()
    return Environment(
        cpu=_cpu_model(),
        cpu_id=_cpu_id(),
        instruction_sets=_instruction_sets(),
        libraries=libraries(),
        settings={name: os.environ[name] for name in SETTINGS if name in os.environ},
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gib=_memory_gib(),
        gpu=gpu,
        os=platform.platform(),
        python=platform.python_version(),
        packages=_versions(),
        threads=int(threads) if threads.isdigit() else None,
        commit=_commit(),
        suite=__version__,
        driver=driver,
    )


def _gpu() -> tuple[str, str]:
    """Name and driver of the first GPU that CUDA programs of this process see; empty where there is none."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    first = (chosen or "").partition(",")[0]
    if chosen is not None and not first:
        return "", ""
    query = ["--query-gpu=name,driver_version", "--format=csv,noheader", *([f"--id={first}"] if first else [])]
    name, _, driver = _first_line("nvidia-smi", *query).rpartition(", ")
    return name, driver


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue  # an optional package: absence is the information
    return found


def _cpu_model() -> str:
    return _cpuinfo().get("model name") or platform.processor() or platform.machine()


def _cpu_id() -> str:
    """For example "GenuineIntel family 6 model 143 stepping 8"; empty where the system does not say."""
    found = _cpuinfo()
    if "vendor_id" not in found:
        return ""
    return " ".join([found["vendor_id"], *(f"{key} {found[name]}" for key, name in CPU_ID.items() if name in found)])


def _instruction_sets() -> str:
    found = _cpuinfo()
    flags = set(found.get("flags", found.get("Features", "")).split())  # the latter on ARM
    return " ".join(name for name in INSTRUCTION_SETS if name in flags)


@functools.cache
def _cpuinfo() -> dict[str, str]:
    """What Linux says of the first processor; empty on other systems."""
    try:
        first = CPUINFO.read_text(encoding="utf-8").split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def libraries() -> dict[str, str]:
    """The instruction sets, kernels and threads that numerical libraries of this process use, in their words."""
    show_config: Any = np.show_config  # its stub says that it returns nothing
    built = show_config(mode="dicts")
    found = {"numpy": " ".join(built["SIMD Extensions"]["found"])}
    blas = built.get("Build Dependencies", {}).get("blas", {})
    found["blas"] = f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()
    if openblas := _openblas():
        found["openblas"] = openblas
    torch = sys.modules.get("torch")
    return found | (_of_torch(torch) if torch is not None else {})


def _of_torch(torch: Any) -> dict[str, str]:
    """What torch computes with, and whether it may round to TF32 on a GPU."""
    found = {"torch": f"{torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads"}
    built = torch.__config__.show()
    for name, pattern in (("onednn", r"MKL-DNN v(\S+)"), ("mkl", r"Math Kernel Library Version (\S+)")):
        if version := re.search(pattern, built):
            found[name] = version[1]
    if torch.cuda.is_available():
        cudnn = torch.backends.cudnn
        found["cuda"] = f"{torch.version.cuda}, cuDNN {cudnn.version()}"
        found["tf32"] = f"matmul {torch.backends.cuda.matmul.allow_tf32}, cuDNN {cudnn.allow_tf32}"
    return found


def _openblas() -> str:
    """The kernels that the OpenBLAS inside numpy's wheel chose, and its threads; empty for other builds of numpy."""
    for path in sorted(Path(np.__file__).parents[1].glob("numpy.libs/*openblas*")):
        library = ctypes.CDLL(str(path))
        for suffix in ("64_", ""):
            core = getattr(library, f"openblas_get_corename{suffix}", None)
            threads = getattr(library, f"openblas_get_num_threads{suffix}", None)
            if core is not None and threads is not None:
                core.restype = ctypes.c_char_p
                return f"{core().decode()}, {threads()} threads"
    return ""


def _memory_gib() -> float:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return 0.0


def _commit() -> str:
    root = Path(__file__).resolve().parents[1]
    if COMMIT.is_file():
        return COMMIT.read_text(encoding="utf-8").strip()
    commit = _first_line("git", "-C", str(root), "rev-parse", "HEAD")
    if not commit or not (root / "pyproject.toml").exists():
        return ""
    return commit + ("-dirty" if _first_line("git", "-C", str(root), "status", "--porcelain", "-uno") else "")


def _first_line(*command: str) -> str:
    """First line a command prints; empty when it is missing, fails or hangs."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip().split("\n")[0]


def command_line() -> str:
    """The command this process was started with, to be pasted into a shell."""
    return shlex.join(["lic-tcm", *sys.argv[1:]])
