"""The stopwatch: which seconds it counts, and when."""

import itertools

import pytest

from lic_tcm.stopwatch import Stopwatch, timed


@timed("inner")
def inner(value: int) -> int:
    """A part of another."""
    if value < 0:
        raise ValueError(value)
    return value


@timed("outer")
def outer(value: int) -> int:
    """A part with a part inside."""
    return inner(value) + inner(value=value)


def test_parts_are_added_up_while_the_watch_runs() -> None:
    """Each look at the clock is one second later: two calls of a part take two; a part has its parts' time too."""
    watch = Stopwatch(itertools.count().__next__)
    assert outer(1) == 2
    assert watch.seconds == {}
    with watch.running():
        assert outer(2) == 4
    assert watch.seconds == {"inner": 2, "outer": 5}
    assert outer(3) == 6
    assert watch.seconds == {"inner": 2, "outer": 5}


def test_a_watch_stops_after_an_error_and_the_one_before_goes_on() -> None:
    """The error passes, the part that raised has no time, and the outer watch counts what follows."""
    first, second = Stopwatch(itertools.count().__next__), Stopwatch(itertools.count().__next__)
    with first.running():
        with pytest.raises(ValueError, match="-1"), second.running():
            inner(-1)
        inner(1)
    assert (first.seconds, second.seconds) == ({"inner": 1}, {})
