"""What machine and software made a number: stored once per run, referred to by its id in every row."""

import hashlib
import importlib.metadata
import json
import os
import platform
import shlex
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from lic_tcm.files import write_text

# Only what can change a stream, a picture, a metric or a time.
PACKAGES = ("numpy", "scipy", "pillow", "pillow-jxl-plugin", "imageio-ffmpeg", "compressai", "torch", "snakemake")


@dataclass(frozen=True)
class Environment:
    """Machine and software of a run."""

    cpu: str
    cores: int  # the process may use; fewer than the machine has inside a container
    memory_gib: float
    gpu: str  # empty without one
    os: str
    python: str
    packages: dict[str, str]
    threads: int | None  # per job, as told by the scheduler through OMP_NUM_THREADS
    commit: str  # of the suite; empty outside a checkout

    def id(self) -> str:
        """Short fingerprint of all fields."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]

    def save(self, folder: Path) -> str:
        """Write `<folder>/environment-<id>.json` unless it is there; returns the id."""
        path = folder / f"environment-{self.id()}.json"
        if not path.exists():
            write_text(path, json.dumps(asdict(self), indent=1, sort_keys=True) + "\n")
        return self.id()


def environment() -> Environment:
    """Describe this process's machine and software."""
    threads = os.environ.get("OMP_NUM_THREADS", "")
    return Environment(
        cpu=_cpu_model(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gib=_memory_gib(),
        gpu=_first_line("nvidia-smi", "--query-gpu=name", "--format=csv,noheader"),
        os=platform.platform(),
        python=platform.python_version(),
        packages=_versions(),
        threads=int(threads) if threads.isdigit() else None,
        commit=_commit(),
    )


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue  # an optional package: absence is the information
    return found


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _memory_gib() -> float:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return 0.0


def _commit() -> str:
    root = Path(__file__).resolve().parents[2]
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
