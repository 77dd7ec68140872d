"""WebP on a folder of images: this suite beside `compressai.utils.bench`, in turn, as one table. Never a test.

Both code every image at ten qualities and give mean rate, PSNR and MS-SSIM; this suite leaves the streams too, decodes
them in another process from the file, and writes BD-rates with intervals and a report. Seconds are wall seconds from
start to end, CPU seconds those of all processes. The numbers both give are compared, so that a faster wrong one shows.

Usage: python -m lic_tcm.measure.speed_bench FOLDER (PNG images; default: the demo's)
"""

import csv
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lic_tcm import layout
from lic_tcm.environment import environment
from lic_tcm.errors import UserError
from lic_tcm.files import write_text
from lic_tcm.images import images_in
from lic_tcm.measure.speed_stages import ROOT

QUALITIES = (5, 10, 20, 30, 40, 50, 60, 70, 80, 90)
ROUNDS = 2  # of each in turn, so that a change of the machine's load meets both
NAME = "bench-webp"


@dataclass(frozen=True)
class Run:
    """What a run cost, and the means over images it gave at each quality."""

    wall: float
    cpu: float
    bpp: list[float]
    psnr: list[float]
    ms_ssim: list[float]


def main() -> None:
    """Print the table and write it to results/benchmarks/bench-webp.md."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "config/tiny"
    images = len(images_in(folder))
    if not images:
        raise UserError(f"{folder} has no images; give a folder of PNG images")
    jobs = environment().cores
    rounds = [(_ours(folder, jobs), _theirs(folder, jobs)) for _ in range(ROUNDS)]
    machine = environment()
    text = f"{machine.cpu}, {jobs} cores; {images} images, WebP at {len(QUALITIES)} qualities, PSNR and MS-SSIM; "
    text += f"medians of {ROUNDS} rounds in turn\n\n"
    text += "| | lic-tcm | compressai.utils.bench | ratio |\n|---|---:|---:|---:|\n"
    for what in ("wall", "cpu"):
        pairs = [(getattr(ours, what), getattr(theirs, what)) for ours, theirs in rounds]
        ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratios = sorted(b / a for a, b in pairs)
        text += f"| {what} seconds | {ours:.1f} | {theirs:.1f} | {ratios[0]:.2f} to {ratios[-1]:.2f} |\n"
    text += "\nLargest difference of the means: " + ", ".join(
        f"{name} {_largest(rounds[0], name):.1e}" for name in ("bpp", "psnr", "ms_ssim")
    )
    text += " (CompressAI's PSNR and MS-SSIM are float32).\n"
    write_text(ROOT / layout.benchmarks() / f"{NAME}.md", text)
    print(text)


def _largest(pair: tuple[Run, Run], name: str) -> float:
    """The largest difference between the two at any quality."""
    ours, theirs = (getattr(run, name) for run in pair)
    return float(max(abs(a - b) for a, b in zip(ours, theirs, strict=True)))


def _ours(folder: Path, jobs: int) -> Run:
    """The suite from nothing: `lic-tcm run` in an empty folder."""
    with tempfile.TemporaryDirectory() as place:
        config = {
            "name": NAME,
            "title": NAME,
            "datasets": ["images"],
            "folders": {"images": str(folder.resolve())},
            "methods": ["webp"],
            "anchors": ["webp"],
            "definitions": {"webp": {"points": list(QUALITIES)}},
        }
        path = Path(place) / "config.yaml"
        path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        wall, cpu, _ = _timed([sys.executable, "-m", "lic_tcm", "run", str(path), "--cores", str(jobs)], place)
        with (Path(place) / layout.rows("images", "webp")).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return Run(wall, cpu, *(_means(rows, key) for key in ("bpp", "psnr", "ms_ssim")))


def _means(rows: list[dict[str, str]], key: str) -> list[float]:
    """Means over the images, by quality."""
    return [statistics.mean(float(row[key]) for row in rows if float(row["point"]) == point) for point in QUALITIES]


def _theirs(folder: Path, jobs: int) -> Run:
    command = [sys.executable, "-m", "compressai.utils.bench", "webp", str(folder), "-j", str(jobs), "-q"]
    wall, cpu, printed = _timed([*command, ",".join(map(str, QUALITIES))], ".")
    found = json.loads(printed)["results"]
    return Run(wall, cpu, found["bpp"], found["psnr-rgb"], found["ms-ssim-rgb"])


def _timed(command: list[str], place: str) -> tuple[float, float, str]:
    """Wall and CPU seconds of a command with all its processes, and what it printed; raises UserError if it fails."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=place, env={**os.environ, "PATH": path}
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise UserError(f"{' '.join(command[1:4])} failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, done.stdout


if __name__ == "__main__":
    main()
