"""Streams made under every setting of the kernels that this machine offers, decoded under every other.

What is compared are processes that differ in one thing: the instruction set of ATen, oneDNN or MKL, oneDNN off, the
number of threads, the layout of the weights, flush-to-zero, the version of torch, the device.
"""

import csv
import functools
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch

import lic_tcm
from lic_tcm.coding.bitstream import VERSIONS
from lic_tcm.coding.codec import SHIPPED
from lic_tcm.datasets.manifest import read_manifest
from lic_tcm.errors import UserError
from lic_tcm.files import write_text
from lic_tcm.nn import checkpoints, zoo
from lic_tcm.progress import progress

SEED = 0
AS_IT_IS = "as it is"


@dataclass(frozen=True)
class Setting:
    """What one process is started with."""

    name: str
    variables: dict[str, str] = field(default_factory=dict)
    switches: dict[str, Any] = field(default_factory=dict)  # of lic_tcm.measure.portability_job
    python: str = sys.executable


@dataclass(frozen=True)
class Found:
    """What one setting made of another's stream."""

    encoder: str
    decoder: str
    network: str
    version: int  # of the stream
    image: str
    bytes: int
    refused: bool
    off: int | None  # grey levels at most; None when refused
    samples_off: int | None  # of 3 per pixel
    scale_error: float  # largest relative difference of the scales of two machines


def settings(pythons: Sequence[Path] = ()) -> list[Setting]:
    """Every setting of this machine; `pythons` are interpreters of environments with other versions of torch."""
    found = [Setting(AS_IT_IS)]
    if platform.machine() in ("x86_64", "AMD64"):
        sets = ("default", "avx2", "avx512")
        best = torch.backends.cpu.get_cpu_capability().lower()
        levels = sets[: sets.index(best) + 1] if best in sets else sets[:1]
        found += [Setting(f"ATen {level}", {"ATEN_CPU_CAPABILITY": level}) for level in levels]
        found += [Setting(f"oneDNN {level}", {"ONEDNN_MAX_CPU_ISA": level}) for level in ("SSE41", "AVX2")]
        found.append(Setting("MKL compatible", {"MKL_CBWR": "COMPATIBLE"}))
        everything = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_CBWR": "COMPATIBLE"}
        found.append(Setting("all oldest", everything))
    found.append(Setting("oneDNN off", switches={"onednn": False}))
    found += [Setting(f"{count} thread{'s' * (count > 1)}", switches={"threads": count}) for count in (1, 4)]
    found.append(Setting("channels last", switches={"channels_last": True}))
    found.append(Setting("flush to zero", switches={"flush": True}))
    if torch.cuda.is_available():
        found += [
            Setting(f"CUDA{', TF32' * tf32}", switches={"device": "cuda", "tf32": tf32}) for tf32 in (False, True)
        ]
    return found + [Setting(f"torch {_torch_of(python)}", python=str(python)) for python in pythons]


def _torch_of(python: Path) -> str:
    """The version of torch of another interpreter; raises UserError when it has none."""
    command = [str(python), "-W", "ignore", "-c", "import torch; print(torch.__version__)"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(f"--python {python} does not import torch ({error}); name a Python that does") from error


def pictures(given: Sequence[Path]) -> list[Path]:
    """Pictures by their files, or all of a manifest (.csv)."""
    manifests = [path for path in given if path.suffix == ".csv"]
    of_manifests = [Path(original.path) for manifest in manifests for original in read_manifest(manifest)]
    return [path for path in given if path not in manifests] + of_manifests


def shipped() -> dict[str, Path]:
    """The weights that come with the package, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.safetensors"))}


def seeded(model: str, folder: Path) -> Path:
    """A file of random weights of a model of the zoo, the same each time."""
    torch.manual_seed(SEED)
    path = folder / f"{model}-seeded.safetensors"
    checkpoints.save(zoo.build(model), path, {})
    return path


def matrix(
    images: Sequence[Path],
    networks: dict[str, Path],
    wanted: Sequence[Setting],
    versions: Sequence[int] = VERSIONS,
    jobs: int = 1,
) -> list[Found]:
    """Encode every image with every network under every setting, decode each under every other.

    `networks` are files of weights by their label; `jobs` processes run at a time. Raises UserError when one fails,
    with what it said.
    """
    shared: dict[str, Any] = {
        "networks": {label: str(path.resolve()) for label, path in networks.items()},
        "images": {path.stem: str(path.resolve()) for path in images},
        "versions": list(versions),
    }
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, f"{number:02}") for number in range(len(wanted))]
        names = {folder.name: setting.name for folder, setting in zip(folders, wanted, strict=True)}
        with ThreadPoolExecutor(jobs) as pool:
            for task in ("encode", "decode"):  # all of one before any of the other
                job = shared | {"task": task, "encoders": list(names)}
                done = pool.map(functools.partial(_run, job=job), wanted, folders)
                list(progress(done, len(wanted), f"portability: {task}", "process"))
        lines = [line for folder in folders for line in json.loads((folder / "found.json").read_text())]
    named = (line | {key: names[line[key]] for key in ("encoder", "decoder")} for line in lines)
    return [Found(**line) for line in named]


def _run(setting: Setting, folder: Path, job: dict[str, Any]) -> None:
    """Do a job in a process of its own."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{job['task']}.json"
    file.write_text(json.dumps(job | {"switches": setting.switches}))
    home = str(Path(lic_tcm.__file__).parents[1])
    variables = os.environ | {"PYTHONPATH": home, "OMP_WAIT_POLICY": "passive"} | setting.variables
    command = [setting.python, "-W", "ignore", "-m", "lic_tcm.measure.portability_job", str(file)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise UserError(f"the process for {setting.name!r} failed ({last}); does its Python have what TCM needs?")


def write(found: Sequence[Found], out: Path) -> None:
    """Write a CSV, one line per stream and decoder."""
    lines = [",".join(column.name for column in fields(Found))]
    lines += [",".join("" if value is None else str(value) for value in asdict(one).values()) for one in found]
    write_text(out, "\n".join(lines) + "\n")


def read(path: Path) -> list[Found]:
    """Read what `write` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Found(
                **line
                | {key: int(line[key]) for key in ("version", "bytes")}
                | {key: int(line[key]) if line[key] else None for key in ("off", "samples_off")}
                | {"refused": line["refused"] == "True", "scale_error": float(line["scale_error"])}
            )
            for line in csv.DictReader(file)
        ]


def format_tables(found: Sequence[Found]) -> str:
    """Markdown: of each network and version exact / within 1 / refused, of each encoder by each decoder, and in all."""
    tables = []
    for network, version in sorted({(one.network, one.version) for one in found}):
        mine = [one for one in found if (one.network, one.version) == (network, version)]
        names = list(dict.fromkeys(one.decoder for one in mine))
        tables.append(f"**{network}, version {version}**: exact / within 1 / refused; {_summary(mine)}\n")
        tables.append(f"| encoder \\ decoder | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
        for encoder in names:
            row = [_cell(one for one in mine if (one.encoder, one.decoder) == (encoder, name)) for name in names]
            tables.append(f"| {encoder} | {' | '.join(row)} |")
        tables.append("")
    return "\n".join(tables)


def _cell(some: Iterable[Found]) -> str:
    """Counts of exact / within 1 / refused, and of those further off, which there should not be."""
    some = list(some)
    off = sum(not one.refused and (one.off or 0) > 1 for one in some)
    counts = [sum(one.off == 0 for one in some), sum(one.off == 1 for one in some), sum(one.refused for one in some)]
    return " / ".join(map(str, counts)) + (f" / {off} further off" if off else "")


def _summary(some: Sequence[Found]) -> str:
    """All streams and decoders together."""
    others = [one for one in some if one.encoder != one.decoder]
    refused, worst = sum(one.refused for one in others), max((one.samples_off or 0 for one in others), default=0)
    errors = [one.scale_error for one in others if not one.refused]
    return (
        f"{len({one.image for one in some})} images, {refused} of {len(others)} decodings by another setting refused, "
        f"scales of those decoded differ by {max(errors, default=0.0):.1e} at most, up to {worst} samples off"
    )


def portable(found: Sequence[Found]) -> bool:
    """Whether every stream of the newest version was decoded everywhere, within one grey level."""
    newest = [one for one in found if one.version == VERSIONS[-1]]
    return all(not one.refused and (one.off or 0) <= 1 for one in newest)
