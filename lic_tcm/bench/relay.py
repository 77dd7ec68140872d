"""What snakemake says, passed on as it comes, with the time that is left behind every count of its steps."""

import re
import sys
import time
from collections.abc import Callable, Iterable
from typing import TextIO

from lic_tcm.progress import format_seconds

STEPS = re.compile(r"^(\d+) of (\d+) steps \(\d+(?:\.\d+)?%\) done$")


def relay(lines: Iterable[str], to: TextIO = sys.stderr, clock: Callable[[], float] = time.monotonic) -> None:
    """Write `lines`, snakemake's, to `to` until there are no more.

    What is left is reckoned from the steps done since the first line came, so it is coarse where steps differ in
    length: a step that codes with a network takes minutes, one that scores takes seconds.
    """
    start = clock()
    for line in lines:
        to.write(_with_time_left(line, clock() - start))
        to.flush()


def _with_time_left(line: str, elapsed: float) -> str:
    """The line; where it counts steps, with the time left at the pace so far."""
    found = STEPS.match(line.rstrip("\n"))
    if not found or not (done := int(found[1])) or done == int(found[2]):
        return line
    left = elapsed / done * (int(found[2]) - done)
    return line.rstrip("\n") + f"; about {format_seconds(left)} left at this pace\n"
