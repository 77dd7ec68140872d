"""The command line in this process: what a shell would see of it, without seconds of imports for each call."""

import contextlib
import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from lic_tcm.cli import main


def run(*arguments: str | Path, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run `lic-tcm` as `lic_tcm.__main__` does; exit code, stdout and stderr are those of the process it would be."""
    command = ["lic-tcm", *map(str, arguments)]
    out, err = io.StringIO(), io.StringIO()
    with _as_started(command, cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _as_started(command: list[str], cwd: Path | None) -> Iterator[None]:
    """Arguments, folder, logging and environment of a fresh process, and back."""
    root, environment = logging.getLogger(), dict(os.environ)
    arguments, level, handlers, folder = sys.argv, root.level, root.handlers[:], Path.cwd()
    sys.argv, root.handlers[:] = command, []
    os.chdir(cwd or folder)
    try:
        yield
    finally:
        os.chdir(folder)
        sys.argv, root.handlers[:] = arguments, handlers
        root.setLevel(level)
        os.environ.clear()
        os.environ.update(environment)
