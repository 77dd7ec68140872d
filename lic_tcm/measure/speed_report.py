"""`make speed`: seconds and memory of the tables and report stages at full scale, on generated rows.

Three datasets of 24, 100 and 41 images, 20 methods, 10 points: 33,000 rows. Never a test: machines differ.
"""

import csv
import dataclasses
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from lic_tcm import layout
from lic_tcm.bench.records import Row
from lic_tcm.files import write_text
from lic_tcm.measure.speed_stages import ROOT
from lic_tcm.metrics import DEFAULT
from lic_tcm.rd.curves import FloatArray

DATASETS = {"kodak": 24, "tecnick": 100, "clic-pro-valid": 41}
METHODS, POINTS = 20, 10
PUBLISHED = ("tcm-large", "tcm-medium", "tcm-small", "xie2021", "cheng2020", "zou2022-stf", "vtm-12.1-tcm-figure")
RESAMPLES = 10_000


def main() -> None:
    """Print a table and write it to results/benchmarks/report.md."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows, settings = write_rows(folder)
        tables, out = folder / layout.tables("bench"), folder / layout.report("bench")
        stages = {
            "tables": ["tables", *map(str, rows), "--settings", str(settings), "--out", str(tables)],
            "report": ["report", str(tables), "--out", str(out)],
        }
        lines = [
            f"| {stage} | {wall:.1f} | {cpu:.1f} | {peak:.2f} |"
            for stage, (wall, cpu, peak) in _measured(stages).items()
        ]
        files = [path for path in out.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files) / 1e6
    count = METHODS * POINTS * sum(DATASETS.values())
    text = f"{len(DATASETS)} datasets, {METHODS} methods, {POINTS} points: {count} rows; "
    text += f"the report has {len(files)} files, {size:.0f} MB\n\n"
    text += "| stage | s | CPU s | peak GiB |\n|---|---:|---:|---:|\n"
    text += "\n".join(lines) + "\n"
    write_text(ROOT / layout.benchmarks() / "report.md", text)
    print(text)


def write_rows(folder: Path) -> tuple[list[Path], Path]:
    """Write generated rows, with machine descriptions, and settings; return the files of rows and the settings."""
    rng = np.random.default_rng(0)
    files = []
    for dataset, images in DATASETS.items():
        difficulty = rng.uniform(0.5, 2, images)
        for method in range(METHODS):
            path = folder / layout.rows(dataset, f"method-{method:02d}")
            write_text(path, "")
            _write(path, dataset, method, difficulty * rng.uniform(0.95, 1.05, images))
            write_text(layout.environments(path), json.dumps({"env": {"cpu": "generated"}}))
            files.append(path)
    names = [f"method-{method:02d}" for method in range(METHODS)]
    settings = {
        "name": "bench",
        "title": "Generated rows",
        "datasets": list(DATASETS),
        "anchors": [names[0], "vtm-12.1-tcm-figure"],
        "published": PUBLISHED,
        "metrics": list(DEFAULT),
        "bd_methods": ["pchip", "akima", "spline", "cubic"],
        "intervals": "jackknife",
        "resamples": RESAMPLES,
        "methods": {n: {"label": n, "codec": "webp", "options": {}, "points": list(range(POINTS))} for n in names},
        "figures": {"pairs": [[names[0], name] for name in names[1:6]]},
    }
    write_text(folder / "settings.json", json.dumps(settings))
    return files, folder / "settings.json"


def _write(path: Path, dataset: str, method: int, difficulty: FloatArray) -> None:
    """Rows of a method that takes 3 % more bits than the one before it."""
    fields = {field.name: field.default for field in dataclasses.fields(Row)}
    blank = {name: "" if value is dataclasses.MISSING else value for name, value in fields.items()}
    name = f"method-{method:02d}"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(blank), lineterminator="\n")
        writer.writeheader()
        for point in range(POINTS):
            for image, factor in enumerate(difficulty):
                bpp, psnr = 0.08 * 1.4**point * factor * 1.03**method, 27 + 1.4 * point - 2 * np.log2(factor)
                row = {"dataset": dataset, "images_total": len(difficulty), "method": name, "codec": "webp"}
                row |= {"point": float(point), "image": f"image{image:03d}", "height": 512, "width": 768}
                row |= {"num_bytes": round(bpp * 49152), "bpp": bpp, "psnr": psnr, "ms_ssim": 1 - 10 ** (-psnr / 20)}
                row |= {"psnr_reference": "rgb", "encode_s": 0.1, "decode_s": 0.05 * (1 + method)}
                row |= {"codec_version": "1", "sha256_stream": "0" * 64, "environment": "env"}
                writer.writerow(blank | row)


def _measured(stages: dict[str, list[str]]) -> dict[str, tuple[float, float, float]]:
    """Wall and CPU seconds and peak memory in GiB of each command; the peak is that of the largest so far."""
    found = {}
    for stage, arguments in stages.items():
        start, before = time.perf_counter(), _cpu_seconds()
        subprocess.run([sys.executable, "-m", "lic_tcm", *arguments], check=True, capture_output=True, cwd=ROOT)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        found[stage] = (time.perf_counter() - start, _cpu_seconds() - before, peak / 2**30)
    return found


def _cpu_seconds() -> float:
    """Of all commands that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
