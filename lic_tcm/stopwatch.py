"""Seconds that named parts of a computation take, kept while somebody measures it.

The parts are named where they are defined, so that what is timed is what runs. Without a watch they cost a look-up.

>>> import itertools
>>> @timed("part")
... def work():
...     return "done"
>>> watch = Stopwatch(itertools.count().__next__)
>>> with watch.running():
...     work(), work()
('done', 'done')
>>> watch.seconds
{'part': 2}
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Stopwatch:
    """Adds up the seconds of each part while it runs; parts inside parts count for both."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Take the times of what is done in this context."""
        before = _running.set(self)
        try:
            yield
        finally:
            _running.reset(before)


_running: ContextVar[Stopwatch | None] = ContextVar("running", default=None)


def timed(part: str) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Decorate a function as a part, or as one of several of that name, that a running stopwatch times."""

    def decorate(work: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @functools.wraps(work)
        def timed_work(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            watch = _running.get()
            if watch is None:
                return work(*args, **kwargs)
            start = watch.now()
            result = work(*args, **kwargs)
            watch.seconds[part] = watch.seconds.get(part, 0) + watch.now() - start
            return result

        return timed_work

    return decorate
