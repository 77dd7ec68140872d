"""A session on a GPU machine: its clock, its folder of results, and which parts are done."""

import dataclasses
import json
import math
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from lic_tcm.environment import environment
from lic_tcm.errors import UserError
from lic_tcm.files import csv_text, read_json, write_text

RUN = "run.json"


@dataclass(frozen=True)
class Session:
    """What all parts share."""

    device: str  # "cuda" or "cpu"
    out: Path  # folder of this device's tables and run.json
    states: Path  # folder of its trainings, which are large
    crops: Path  # packed crops to train on
    rehearsal: bool  # everything tiny: shows that all parts run, and nothing else
    ends: float  # on the monotonic clock

    def left(self, until: float | None = None) -> float:
        """Seconds until the session ends, or until a part has to, whichever is earlier; a rehearsal has no end."""
        if self.rehearsal:
            return math.inf
        ends = self.ends if until is None else min(until, self.ends)
        return ends - time.monotonic()

    def write_csv(self, name: str, lines: list[dict[str, Any]]) -> None:
        """Write a table of all lines so far; a part calls this after each."""
        write_text(self.out / name, csv_text(list(lines[0]), lines))

    def note(self, part: str, **facts: Any) -> None:
        """Keep what is known of a part in run.json, beside the machine."""
        found = read_run(self.out)
        parts = {**found.get("parts", {}), part: {**found.get("parts", {}).get(part, {}), **facts}}
        machine = {"gpu": device_name(self.device), "rehearsal": self.rehearsal, "torch": torch.__version__}
        text = {**machine, "environment": dataclasses.asdict(environment()), "parts": parts}
        write_text(self.out / RUN, json.dumps(text, indent=1, sort_keys=True) + "\n")

    def done(self, part: str) -> bool:
        """Whether a part has been finished by an earlier call."""
        return bool(read_run(self.out).get("parts", {}).get(part, {}).get("done"))


def read_run(out: Path) -> dict[str, Any]:
    """What is known of the sessions whose results are in a folder; nothing where there was none."""
    return read_json(out / RUN, "delete it to start anew") if (out / RUN).is_file() else {}


def device_name(device: str) -> str:
    """The GPU's name, or the CPU's."""
    return torch.cuda.get_device_name() if device == "cuda" else environment().cpu


def folder_name(name: str) -> str:
    """A device's name as a folder's.

    >>> folder_name("NVIDIA H100 80GB HBM3")
    'nvidia-h100-80gb-hbm3'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def check_device(device: str) -> str:
    """The device that is asked for; raises UserError when it is not there."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("torch finds no CUDA device; give --device cpu --rehearse to see that all parts run")
    return device


def counted(lines: Iterable[Mapping[str, Any]], column: str) -> dict[str, int]:
    """How often each value of a column occurs."""
    values = [str(line[column]) for line in lines]
    return {value: values.count(value) for value in dict.fromkeys(values)}
