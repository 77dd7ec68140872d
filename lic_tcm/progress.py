"""How far work is: a bar with the time that is left, on a terminal and never in a log file; and times in words."""

import math
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def progress(items: Iterable[Item], total: int, label: str, unit: str) -> Iterator[Item]:
    """Pass the items on, one at a time; on a terminal a bar on stderr counts them, with log lines above it.

    >>> list(progress("abc", 3, "code webp 30", "image"))
    ['a', 'b', 'c']
    """
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    with tqdm(items, total=total, desc=label, unit=unit, disable=None, dynamic_ncols=True, leave=False) as bar:
        if bar.disable:
            yield from items
            return
        with logging_redirect_tqdm():
            yield from bar


def format_seconds(seconds: float) -> str:
    """Two units of time.

    >>> format_seconds(93784)
    '1 d 2 h'
    """
    if seconds == math.inf:
        return "unknown time"
    for size, unit, small, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} {int(seconds % size // small)} {smaller}"
    return f"{seconds:.0f} s"
