"""Table 1 of the paper for any model of the zoo: times by part, size, work and memory, beside the paper's numbers.

The times are of networks with seeded random weights, whose streams are longer than trained ones: entropy coding takes
somewhat longer than it would, the networks take the same. Each model is measured in a process of its own.
"""

import csv
import dataclasses
import io
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from lic_tcm.coding.allocator import keep_memory
from lic_tcm.coding.bitstream import unpack
from lic_tcm.coding.network import decode_stream, device_of, encode_image, prepare
from lic_tcm.environment import environment
from lic_tcm.errors import UserError
from lic_tcm.files import write_text
from lic_tcm.nn import zoo
from lic_tcm.nn.complexity import complexity
from lic_tcm.nn.padding import PADDINGS
from lic_tcm.stopwatch import Stopwatch
from lic_tcm.tables.paper import TABLE1, PaperCost

Result = TypeVar("Result")
WARM_UP = 1
SEED = 0
WEIGHTS = f"random, seed {SEED}"


@dataclass(frozen=True)
class Split:
    """Wall seconds of one coding direction: medians, taken for each part by itself."""

    total: float
    transform: float  # g_a or g_s
    entropy_coding: float  # symbols and indexes through rANS
    entropy_model: float  # the rest: hyper path, slice networks, and what little surrounds them


@dataclass(frozen=True)
class TableRow:
    """What one model costs for one image."""

    model: str
    weights: str
    device: str
    threads: int
    height: int
    width: int
    repeats: int
    encode: Split
    decode: Split
    parameters: int
    parameters_paper: int  # by the paper's convention, see lic_tcm.nn.complexity
    macs: int
    macs_paper: int
    kmacs_per_pixel: float  # of `macs`
    peak_memory: int  # bytes: of the process on a CPU, of torch's allocator on a GPU
    published: PaperCost | None  # the paper's row, from another device


def table1(models: Sequence[str], size: tuple[int, int], repeats: int, device: str, out: Path | None) -> list[TableRow]:
    """Measure models of the zoo on a noise image of `size` (height, width); write a CSV to `out` if it is given.

    Raises UserError for an unknown model, or for fewer than one repeat.
    """
    if repeats < 1:
        raise UserError(f"repeats = {repeats} measures nothing; choose at least 1")
    for model in models:
        zoo.config(model)
    device = device_of(device)
    rows = [in_own_process(measure, model, size, repeats, device) for model in models]
    if out:
        write_text(out, to_csv(rows))
    return rows


def measure(model: str, size: tuple[int, int], repeats: int, device: str, **overrides: Any) -> TableRow:
    """Measure one model, some config fields replaced, in this process; its peak memory is the process's."""
    keep_memory()
    torch.manual_seed(SEED)
    config = zoo.config(model, **overrides)
    ready = prepare(zoo.build(model, **overrides).to(device))
    image = np.random.default_rng(SEED).integers(0, 256, (*size, 3), dtype=np.uint8)
    clock = _Clock(ready.device)
    for _ in range(WARM_UP + repeats):
        stream, _ = clock.time("encode", encode_image, ready, image, PADDINGS["replicate"])
        clock.time("decode", decode_stream, ready, unpack(stream))
    counts = complexity(config, *PADDINGS["replicate"].padded(*size))
    return TableRow(
        model,
        WEIGHTS,
        _device_name(ready.device),
        torch.get_num_threads(),
        *size,
        repeats,
        clock.split("encode"),
        clock.split("decode"),
        counts.parameters,
        counts.parameters_paper,
        counts.macs,
        counts.macs_paper,
        counts.macs / 1e3 / (size[0] * size[1]),
        peak_memory(ready.device),
        TABLE1.get(model) if not overrides else None,
    )


def parse_size(text: str) -> tuple[int, int]:
    """Height and width of "512x768"; raises UserError for another form."""
    height, x, width = text.partition("x")
    if not (x and height.isdigit() and width.isdigit() and int(height) and int(width)):
        raise UserError(f"size {text!r} is not of the form HEIGHTxWIDTH, such as 512x768")
    return int(height), int(width)


def format_rows(rows: Sequence[TableRow]) -> str:
    """A Markdown table of times in ms, peak memory and the paper's times."""
    first = rows[0]
    lines = [
        f"{first.device}, {first.threads} CPU threads, {first.width}x{first.height}, weights: {first.weights}; "
        f"medians of {first.repeats}, ms\n",
        "| model | direction | total | transform | entropy model | entropy coding | paper (RTX 3090) | peak GiB |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        paper = row.published
        printed = (paper.encode_s, paper.decode_s) if paper else (None, None)
        for name, split, seconds in zip(("encode", "decode"), (row.encode, row.decode), printed, strict=True):
            parts = (split.total, split.transform, split.entropy_model, split.entropy_coding)
            cells = [row.model, name, *(f"{1000 * part:.0f}" for part in parts)]
            cells += ["" if seconds is None else f"{1000 * seconds:.0f}", f"{row.peak_memory / 2**30:.2f}"]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


class _Clock:
    """Wall seconds of coding and of its parts."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._samples: dict[str, list[Split]] = {"encode": [], "decode": []}

    def time(self, direction: str, work: Callable[..., Result], *arguments: Any) -> Result:
        """Take the times of one coding."""
        watch = Stopwatch(lambda: now(self._device))
        with watch.running():
            start = now(self._device)
            result = work(*arguments)
            total = now(self._device) - start
        transform, entropy_coding = watch.seconds["transform"], watch.seconds["entropy coding"]
        self._samples[direction].append(Split(total, transform, entropy_coding, total - transform - entropy_coding))
        return result

    def split(self, direction: str) -> Split:
        """Medians after warm-up."""
        samples = [dataclasses.astuple(sample) for sample in self._samples[direction][WARM_UP:]]
        return Split(*(statistics.median(part) for part in zip(*samples, strict=True)))


def now(device: torch.device) -> float:
    """Seconds, once the device has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def peak_memory(device: torch.device) -> int:
    """Most bytes held at once so far: by this process, or by torch on a GPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def to_csv(rows: Sequence[TableRow]) -> str:
    """One line per row; the fields of the splits and of the paper's row are columns of their own."""
    lines = [_flat(dataclasses.asdict(row)) for row in rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, lines[0] if lines else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """A row without nesting; what the paper does not say is empty."""
    published = values.pop("published") or dict.fromkeys(field.name for field in dataclasses.fields(PaperCost))
    line = {key: value for key, value in values.items() if not isinstance(value, dict)}
    for name in ("encode", "decode"):
        line |= {f"{name}_{part}_s": f"{value:.4f}" for part, value in values[name].items()}
    return line | {f"published_{key}": value for key, value in published.items()}


def _device_name(device: torch.device) -> str:
    """What computes, by its maker's name."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else environment().cpu


def in_own_process(work: Callable[..., Result], *arguments: Any) -> Result:
    """Do work in a fresh process, whose memory is this work's alone."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()
