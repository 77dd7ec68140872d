"""What `lic-tcm run` adds to snakemake's output."""

import io
import itertools

from lic_tcm.bench.relay import relay


def said(*lines: str, step: float = 10.0) -> list[str]:
    """What is written of lines of which each comes `step` seconds after the one before."""
    out = io.StringIO()
    relay([f"{line}\n" for line in lines], out, itertools.count(0, step).__next__)
    return out.getvalue().splitlines()


def test_a_count_of_steps_is_followed_by_the_time_left() -> None:
    """As long again for each step as the steps so far took: 10 s for 2 of 5 leave 15 s, 20 s for 4 of 5 leave 5 s."""
    assert said("2 of 5 steps (40%) done", "4 of 5 steps (80%) done") == [
        "2 of 5 steps (40%) done; about 15 s left at this pace",
        "4 of 5 steps (80%) done; about 5 s left at this pace",
    ]
    assert said("1 of 61 steps (1.6%) done", step=60) == [
        "1 of 61 steps (1.6%) done; about 1 h 0 min left at this pace"
    ]


def test_everything_else_is_passed_on_as_it_is() -> None:
    """Other lines, the last count, and a count of nothing done; bytes of a line are kept, its colours too."""
    lines = ("rule code:", "", "\x1b[33mJob 3: code\x1b[0m", "5 of 5 steps (100%) done", "0 of 5 steps (0%) done")
    assert said(*lines) == list(lines)
