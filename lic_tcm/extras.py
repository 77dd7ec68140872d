"""A missing optional package as the user's error: one line that says what to install (see lic_tcm.anchors.extras)."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

from lic_tcm.anchors import extras
from lic_tcm.errors import UserError


@contextmanager
def explained() -> Iterator[None]:
    """Around what may import an optional package: raises UserError in the place of its ModuleNotFoundError.

    >>> with explained():
    ...     raise ModuleNotFoundError(name="torch")
    Traceback (most recent call last):
    lic_tcm.errors.UserError: needs lic-tcm[tcm]: pip install 'lic-tcm[tcm]'
    """
    try:
        yield
    except ModuleNotFoundError as error:
        remedy = extras.needed(error.name)
        if remedy is None:
            raise
        raise UserError(remedy) from error


def require(module: str) -> None:
    """Raise UserError unless an optional module is installed; imports nothing."""
    if not installed(module):
        with explained():
            raise ModuleNotFoundError(name=module)


def installed(module: str) -> bool:
    """Whether a top-level module can be imported."""
    return importlib.util.find_spec(module) is not None
