"""Which GPUs a job takes on a machine that has several: those that no other job of this suite holds.

`python -m lic_tcm.gpus COUNT COMMAND...` waits until COUNT of the GPUs are free, shows the command these alone
(CUDA_VISIBLE_DEVICES) and becomes it. A GPU is held by the lock on a file of this machine, which ends with the command
however that ends. Where a scheduler shows the job no more GPUs than it asked for, the scheduler has chosen. COUNT 0
hides them all. The command's environment says in LIC_TCM_GPU whether other processes used the GPUs when it began, and
so does every row made with them (lic_tcm.environment).
"""

import contextlib
import fcntl
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
STATE = "LIC_TCM_GPU"  # "alone", or how many others there were
PAUSE_S = 1.0  # between two looks for a free GPU

log = logging.getLogger(__name__)


def visible() -> list[str]:
    """The GPUs that a job started now could use: their ids, or as CUDA_VISIBLE_DEVICES names them; [] without any."""
    known = dict(_asked("--query-gpu=index,uuid"))
    chosen = os.environ.get(VISIBLE)
    if chosen is None:
        return list(known.values())
    return [known.get(name.strip(), name.strip()) for name in chosen.split(",") if name.strip()] if known else []


def limit() -> int:
    """How many jobs that want a GPU this machine should run at a time; one where there is none, on the processor."""
    return max(1, len(visible()))


def others(gpus: Sequence[str]) -> int:
    """How many processes compute on any of these GPUs."""
    return len([line for gpu in gpus for line in _asked("--query-compute-apps=pid,gpu_uuid", f"--id={gpu}")])


def state(gpus: Sequence[str]) -> str:
    """What a row says of the GPUs it was made with."""
    number = others(gpus)
    return "alone" if not number else f"shared with {number} other process{'es' if number > 1 else ''}"


def taken(count: int) -> list[str]:
    """Wait for `count` GPUs, or for all where there are no more, and hold them until this process has ended."""
    gpus = visible()
    if len(gpus) <= count:
        return gpus  # nothing to choose
    told = False
    while True:
        held = _locked(sorted(gpus, key=lambda gpu: others([gpu])), count)
        if held:
            return held
        if not told:
            log.info("waiting until %d of %d GPUs are free", count, len(gpus))
            told = True
        time.sleep(PAUSE_S)


def _locked(gpus: Sequence[str], count: int) -> list[str]:
    """The first `count` GPUs that nobody holds, now held by this process; none held where there are fewer."""
    held: dict[str, int] = {}
    for gpu in gpus:
        descriptor = _lock(gpu)
        if descriptor is not None:
            held[gpu] = descriptor
        if len(held) == count:
            for kept in held.values():
                os.set_inheritable(kept, True)
            return list(held)
    for descriptor in held.values():
        os.close(descriptor)
    return []


def _lock(gpu: str) -> int | None:
    """A descriptor of the locked file of a GPU; None while another process holds it."""
    path = Path(tempfile.gettempdir(), f"lic-tcm-{gpu.replace('/', '-')}.lock")
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o644))
    descriptor = os.open(path, os.O_RDONLY)  # another user's file may be read, not written
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _asked(*question: str) -> Iterator[list[str]]:
    """The cells of what nvidia-smi answers, a list for each line; nothing where there is no such program or GPU."""
    command = ["nvidia-smi", *question, "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return
    for line in done.stdout.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) == 2:
            yield cells


def main(arguments: Sequence[str]) -> None:
    """Become the command, with its GPUs."""
    count, command = int(arguments[0]), list(arguments[1:])
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    if count == 0:
        os.environ[VISIBLE] = ""
    elif gpus := taken(count):
        os.environ[VISIBLE] = ",".join(gpus)
        os.environ[STATE] = state(gpus)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
