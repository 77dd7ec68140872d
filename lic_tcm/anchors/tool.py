"""Run another program: one place for timeouts, kills and error messages."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import PurePath

from lic_tcm.anchors.codec import CodecError


def run(name: str, command: Sequence[str], timeout: float, stdin: bytes = b"", any_exit: bool = False) -> bytes:
    """Run a command for codec `name`, feed it `stdin`, and return its standard output.

    Raises CodecError when the program is missing, takes more than `timeout` seconds (its whole process group is
    killed), is killed, or exits with another code than 0, which `any_exit` permits; the message ends with the
    program's last line on standard error (on standard output when that is empty).
    """
    program = PurePath(command[0]).name
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
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
        raise CodecError(f"{name}: {program} {_fate(process.returncode)}: {_last_line(errors) or _last_line(output)}")
    return output


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill what still runs of a process and the children it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _fate(code: int) -> str:
    """How a process ended, in words."""
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"failed with exit code {code}"


def _last_line(output: bytes) -> str:
    """Return the last non-empty line of a program's messages."""
    lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else ""
