"""Run another program: one place for timeouts, kills and error messages."""

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from lic_tcm.anchors.codec import CodecError

CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f]")  # colours, cursor, bells


def run(
    name: str,
    command: Sequence[str],
    timeout: float,
    stdin: bytes = b"",
    *,
    any_exit: bool = False,
    environment: Mapping[str, str] | None = None,
    lines: int = 1,
    errors_too: bool = False,
) -> bytes:
    """Run a command for codec `name`, feed it `stdin`, and return its standard output.

    `environment` is added to this process's; with `errors_too`, standard error follows what is returned. Raises
    CodecError when the program is missing, takes more than `timeout` seconds (its whole process group is killed), is
    killed, or exits with another code than 0, which `any_exit` permits; the message ends with the program's last
    `lines` on standard error (on standard output when that is empty), without what only a terminal understands.
    """
    program = PurePath(command[0]).name
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=None if environment is None else {**os.environ, **environment},
        )
    except OSError as error:
        raise CodecError(
            f"{name} cannot run {command[0]} ({error.strerror}): install it or correct its path"
        ) from error
    with process:
        try:
            output, errors = process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise CodecError(f"{name}: {program} took more than {timeout:g} s: raise the option timeout") from error
        finally:
            _kill(process)
    if process.returncode != 0 and not any_exit:
        raise CodecError(
            f"{name}: {program} {_fate(process.returncode)}: {_last(errors, lines) or _last(output, lines)}"
        )
    return output + errors if errors_too else output


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill what still runs of a process and the children it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _fate(code: int) -> str:
    """How a process ended, in words."""
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"failed with exit code {code}"


def _last(output: bytes, count: int) -> str:
    """Return the last so many lines of a program's messages that are not empty, as one."""
    lines = [CONTROL.sub("", line).strip() for line in re.split(r"[\r\n]+", output.decode("utf-8", "replace"))]
    return " / ".join([line for line in lines if line][-count:])
