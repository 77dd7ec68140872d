"""`make speed`: where the time goes on this machine, as one table. Never a test: machines differ.

Seconds are wall seconds; a row's unit says of what. The demo is run from nothing in a temporary folder.
"""

import csv
import functools
import os
import statistics as stats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lic_tcm import layout
from lic_tcm.environment import environment
from lic_tcm.files import write_text
from lic_tcm.images import read_rgb, write_png
from lic_tcm.metrics import MSSSIM, psnr
from lic_tcm.rd.curves import ImageRD
from lic_tcm.rd.intervals import INTERVAL_KINDS, How, bd_rate_intervals

ROOT = Path(__file__).resolve().parents[2]
HEIGHT, WIDTH = 512, 768
MEGAPIXELS = HEIGHT * WIDTH / 1e6
REPEATS = 5
Line = tuple[str, float, str]


def main() -> None:
    """Print the table and write it to results/benchmarks/bench.md."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [*_scoring(Path(folder)), *_intervals(), _start(), *_demo(Path(folder))]
    machine = environment()
    text = f"{machine.cpu}, {machine.cores} cores, {machine.memory_gib} GiB, Python {machine.python}\n\n"
    text += "| what | value | unit |\n|---|---:|---|\n"
    text += "".join(f"| {what} | {value:.3g} | {unit} |\n" for what, value, unit in lines)
    write_text(ROOT / layout.benchmarks() / "bench.md", text)
    print(text)


def median_seconds(work: Callable[[], object]) -> float:
    """Median wall seconds of a few calls, after one that is not counted."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return stats.median(times)


def _scoring(folder: Path) -> list[Line]:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    smooth = 128 + 90 * np.sin(x / 31)[..., None] * np.cos(y / 23)[..., None]
    original = np.clip(smooth + rng.normal(0, 5, (HEIGHT, WIDTH, 3)), 0, 255).astype(np.uint8)
    decoded = np.clip(original + rng.normal(0, 4, original.shape), 0, 255).astype(np.uint8)
    measure = MSSSIM(original)
    picture = folder / "picture.png"
    parts: dict[str, Callable[[], object]] = {
        "score: PSNR": lambda: psnr(original, decoded),
        "score: MS-SSIM, what depends on the original": lambda: MSSSIM(original),
        "score: MS-SSIM, each decoded image": lambda: measure(decoded),
        "PNG written": lambda: write_png(picture, decoded),
        "PNG read": lambda: read_rgb(picture),
    }
    return [(what, median_seconds(work) / MEGAPIXELS, "s per megapixel") for what, work in parts.items()]


def _intervals() -> list[Line]:
    rng = np.random.default_rng(0)
    curves = []
    for shift in (0.0, 0.1):
        samples = {
            (float(point), f"image{image}"): (2 ** (point / 2 - 3 + shift + 0.2 * noise), 28 + 1.5 * point + noise)
            for point in range(10)
            for image, noise in enumerate(rng.normal(0, 1, 24))
        }
        curves.append(ImageRD.from_samples(f"shift {shift}", "synthetic", "psnr", samples))
    timed = [
        median_seconds(functools.partial(bd_rate_intervals, curves[0], curves[1], "pchip", How(kind)))
        for kind in INTERVAL_KINDS
    ]
    names = [f"interval by {kind}: 24 images, 10 points" for kind in INTERVAL_KINDS]
    return [(name, seconds, "s") for name, seconds in zip(names, timed, strict=True)]


def _start() -> Line:
    command = [sys.executable, "-m", "lic_tcm", "--help"]
    seconds = median_seconds(lambda: subprocess.run(command, check=True, capture_output=True, cwd=ROOT))
    return ("start of one command", seconds, "s")


def _demo(folder: Path) -> list[Line]:
    cores = environment().cores
    command = [Path(sys.executable).with_name("snakemake"), "--snakefile", ROOT / "Snakefile", "--cores", cores]
    command += ["--configfile", ROOT / "config/demo.yaml", "--directory", folder]
    arguments = [str(part) for part in command]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    walls = []
    for _ in range(2):
        start = time.perf_counter()
        subprocess.run(arguments, check=True, capture_output=True, env={**os.environ, "PATH": path})
        walls.append(time.perf_counter() - start)
    stages = {stage: _stage_seconds(folder / layout.benchmarks(stage)) for stage in STAGES}
    busy = sum(stages.values()) / (walls[0] * cores)
    return [
        *((f"demo: {stage}, all jobs", seconds, "s") for stage, seconds in stages.items()),
        (f"demo: whole run on {cores} cores", walls[0], "s"),
        ("demo: run again, nothing to do", walls[1], "s"),
        ("demo: share of core time outside jobs (scheduler, waiting)", 100 * (1 - busy), "%"),
    ]


STAGES = ("fetch", "code", "score", "tables", "report")


def _stage_seconds(folder: Path) -> float:
    """Wall seconds of a stage's jobs, as snakemake measured them."""
    total = 0.0
    for path in folder.rglob("*.tsv"):
        with path.open(encoding="utf-8", newline="") as file:
            total += sum(float(line["s"]) for line in csv.DictReader(file, delimiter="\t"))
    return total


if __name__ == "__main__":
    main()
