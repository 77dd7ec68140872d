"""A codec in a process of its own, which may crash or hang: what it answers, or how it ended."""

import multiprocessing
import os
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal, Self

from lic_tcm.anchors.codec import CodecError
from lic_tcm.bench.code import Method
from lic_tcm.errors import UserError

Ending = Literal["answered", "refused", "raised", "crashed", "hung"]


@dataclass(frozen=True)
class Outcome:
    """What came of one call: its value, or in words why there is none."""

    ending: Ending
    value: Any = None
    text: str = ""

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return self.ending == "answered"


class Elsewhere:
    """A freshly started process with a method's codec; it is started again when a call ended it."""

    def __init__(self, method: Method, timeout: float, variables: Mapping[str, str] | None = None) -> None:
        self._method, self._timeout, self._variables = method, timeout, dict(variables or {})
        self._process: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def ask(self, work: str, *given: Any) -> Outcome:
        """Call a method of the codec there."""
        if self._process is None:
            self._start()
        self._connection.send((work, given))
        try:
            if not self._connection.poll(self._timeout):
                self.stop()
                return Outcome("hung", text=f"{work} took more than {self._timeout:g} s")
            ending, value, text = self._connection.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            self.stop()
            return Outcome("crashed", text=f"{work} ended its process with code {code}")
        return Outcome(ending, value, text)

    def stop(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._connection.close()
            self._process = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._method), daemon=True)
        with _environment(self._variables):  # libraries read it when they are loaded
            self._process.start()
        theirs.close()


def _serve(connection: Connection, method: Method) -> None:
    """Answer calls until the other side is gone."""
    codec: Any = None
    while True:
        try:
            work, given = connection.recv()
        except EOFError:
            return
        try:
            codec = codec or method.create()
            connection.send(("answered", getattr(codec, work)(*given), ""))
        except (CodecError, UserError) as error:
            connection.send(("refused", None, str(error)))
        except Exception as error:  # what the codec let through
            connection.send(("raised", None, f"{type(error).__name__}: {error}"))


@contextmanager
def _environment(variables: Mapping[str, str]) -> Any:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
