"""Break runs and streams on purpose, and see that nothing wrong comes of it: `make torture`.

Runs of config/tiny.yaml are killed, stopped, starved of disk and locked out at random moments, each in a folder of its
own; afterwards the same command must finish, with tables equal byte for byte to those of a run nobody disturbed (less
the columns of times). Streams are damaged at random for every format. It prints a table of what was done, and exits 1
when anything was lost. Where nothing can be mounted (without root), the two kinds that need it are left out by name.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torture_streams

ROOT = Path(__file__).resolve().parents[1]
TABLES = Path("results/tables/tiny")
# Columns of times; and the machine's description, which says the commit: the checkout may be worked on meanwhile.
LEFT_OUT = "_s$|_s_per_megapixel$|^environment$"
MACHINE = re.compile(r"environment [0-9a-f]{12}")
PATIENCE = 600.0  # seconds that any one run may take
KILLS_A_RUN = 10  # so that runs get to their end
ROOMY = "64m"


@dataclass
class Found:
    """What came of one kind of disturbance."""

    kind: str
    done: int = 0
    finished: int = 0  # had finished before they were disturbed
    lost: int = 0

    def line(self) -> str:
        """A line of the printed table."""
        return f"| {self.kind} | {self.done} | {self.finished} | {self.lost} |"


class Runs:
    """A place for runs of config/tiny.yaml, and what an undisturbed one gives."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.folder = folder
        self.rng = rng
        start = time.monotonic()
        self.expected = self.tables(self.new("undisturbed"), self.finish(folder / "undisturbed"))
        self.seconds = time.monotonic() - start

    def new(self, name: str) -> Path:
        """An empty folder for a run."""
        place = self.folder / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        return place

    def start(self, place: Path) -> "subprocess.Popen[str]":
        """A run up to its tables, as a group of processes of its own."""
        place.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "lic_tcm", "run", "tiny", str(TABLES / "bd_rate.csv"), "--cores", "2"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=place, env=environment, text=True, start_new_session=True, **streams)

    def finish(self, place: Path) -> str:
        """Run to the end; what it said, empty where it succeeded."""
        process = self.start(place)
        try:
            _, said = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            end(process, signal.SIGKILL)
            return f"it took more than {PATIENCE:.0f} s"
        return "" if process.returncode == 0 else said

    def tables(self, place: Path, said: str) -> dict[str, str]:
        """The tables of a finished run as text, without times; raises RuntimeError with what it said instead."""
        if said:
            raise RuntimeError(said)
        found = {}
        for path in sorted((place / TABLES).glob("*.csv")):
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            kept = table.loc[:, ~table.columns.str.contains(LEFT_OUT)]
            found[path.name] = MACHINE.sub("environment", kept.to_csv(index=False))
        return found

    def equal(self, place: Path) -> bool:
        """Whether the run goes on to its end and has the tables of an undisturbed one; says so where not."""
        try:
            found = self.tables(place, self.finish(place))
        except RuntimeError as error:
            print(f"{place.name}: {str(error)[-2000:]}", flush=True)
            return False
        different = [name for name in self.expected if found.get(name) != self.expected[name]]
        if different:
            print(f"{place.name}: other tables: {', '.join(different)}", flush=True)
        return not different

    def moment(self) -> float:
        """A random moment of a run, in seconds from its start."""
        return self.rng.uniform(0, self.seconds)


def end(process: "subprocess.Popen[str]", number: int) -> None:
    """Send a signal to a run and all it started, and wait until it is gone."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    process.communicate(timeout=PATIENCE)


def disturbed(runs: Runs, kind: str, count: int, number: int, *, whole: bool) -> Found:
    """Signals at random moments: to the whole group, as a machine that goes down, or to the first process alone."""
    found = Found(kind)
    for first in range(0, count, KILLS_A_RUN):
        place = runs.new(f"{kind.replace(' ', '-')}-{first}")
        for _ in range(min(KILLS_A_RUN, count - first)):
            process = runs.start(place)
            try:
                process.communicate(timeout=runs.moment())
                found.finished += 1
            except subprocess.TimeoutExpired:
                end(process, number) if whole else stop(process, number)
            found.done += 1
        found.lost += not runs.equal(place)
    return found


def stop(process: "subprocess.Popen[str]", number: int) -> None:
    """Ask a run to end, and wait; what it leaves running is killed, as a batch system does."""
    process.send_signal(number)
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=60)
    end(process, signal.SIGKILL)


def two_at_once(runs: Runs, count: int) -> Found:
    """A second run in the same folder: refused in a line, or after the first one has ended; never a mixture."""
    found = Found("two runs at once in a folder")
    for number in range(count):
        place = runs.new(f"twice-{number}")
        first = runs.start(place)
        time.sleep(runs.rng.uniform(0, runs.seconds / 2))
        second = runs.start(place)
        _, said = second.communicate(timeout=PATIENCE)
        _, first_said = first.communicate(timeout=PATIENCE)
        refused = second.returncode == 2 and "another run goes on" in said
        found.done += 1
        fine = (refused or second.returncode == 0) and first.returncode == 0
        if not fine:
            print(f"{place.name}: {first_said[-800:]} / {said[-800:]}", flush=True)
        found.lost += not (runs.equal(place) and fine)
    return found


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A small file system in a folder; yields a function that mounts it anew with other options."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield lambda options: subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True) and None
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def disk_full(runs: Runs, count: int) -> Found:
    """No space at some moment, which the size of the disk decides: the run fails; with space it goes on."""
    found = Found("disk full")
    for number in range(count):
        place = runs.new(f"full-{number}")
        with mounted(place / "results", f"{runs.rng.randrange(8, 400) * 4}k") as again:
            said = runs.finish(place)
            found.done += 1
            found.finished += not said
            again(f"size={ROOMY}")
            found.lost += not runs.equal(place)
    return found


def read_only(runs: Runs, count: int) -> Found:
    """The results' disk turns read-only at a random moment: the run fails; writable again, it goes on."""
    found = Found("read-only results")
    for number in range(count):
        place = runs.new(f"read-only-{number}")
        with mounted(place / "results", ROOMY) as again:
            process = runs.start(place)
            time.sleep(runs.moment())
            subprocess.run(["mount", "-o", "remount,ro,size=" + ROOMY, str(place / "results")], check=False)
            process.communicate(timeout=PATIENCE)
            found.done += 1
            found.finished += process.returncode == 0
            again(f"rw,size={ROOMY}")
            found.lost += not runs.equal(place)
    return found


def can_mount(folder: Path) -> bool:
    """Whether this user may mount a file system here."""
    try:
        with mounted(folder / "try", ROOMY):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def torture_runs(arguments: argparse.Namespace, rng: random.Random) -> bool:
    """Disturb runs in every way; True when nothing was lost."""
    print("| what was done to a run | how often | too late | lost |\n|---|---|---|---|", flush=True)
    found = []
    with tempfile.TemporaryDirectory(prefix="lic-tcm-torture-") as name:
        folder = Path(name).resolve()
        runs = Runs(folder, rng)
        kinds: list[Callable[[], Found]] = [
            lambda: disturbed(runs, "kill -9 of all its processes", arguments.kills, signal.SIGKILL, whole=True),
            lambda: disturbed(runs, "SIGTERM", arguments.others, signal.SIGTERM, whole=False),
            lambda: two_at_once(runs, arguments.others),
        ]
        if can_mount(folder):
            kinds += [lambda: disk_full(runs, arguments.others), lambda: read_only(runs, arguments.others)]
        else:
            print("nothing can be mounted here: no full and no read-only disks", file=sys.stderr)
        for kind in kinds:
            found.append(kind())
            print(found[-1].line(), flush=True)
        print(f"\nAn undisturbed run took {runs.seconds:.0f} s.\n", flush=True)
    return not any(one.lost for one in found)


def main() -> int:
    """Exit code 0 when nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=50, help="kill -9 at so many random moments")
    parser.add_argument("--others", type=int, default=5, help="how often each other thing is done to a run")
    parser.add_argument("--streams", type=int, default=20_000, help="damaged streams of each format; 0: none")
    parser.add_argument("--formats", nargs="*", default=None, help="only these formats")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    right = torture_runs(arguments, random.Random(arguments.seed)) if arguments.kills or arguments.others else True
    if arguments.streams:
        right = torture_streams.torture(arguments.streams, arguments.seed, arguments.formats) and right
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
