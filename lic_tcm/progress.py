"""A bar with the time that is left, where somebody watches: on a terminal, never in a log file."""

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
