"""Running other programs: output, messages, timeouts."""

import sys
import time

import pytest

from lic_tcm.anchors import tool
from lic_tcm.anchors.codec import CodecError


def python(code: str) -> list[str]:
    """A command that runs a line of Python."""
    return [sys.executable, "-c", code]


def test_input_and_output_are_bytes():
    """What goes in on standard input comes out, unchanged, however large."""
    data = bytes(range(256)) * 4000
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"
    assert tool.run("x", python(code), 30, data) == data


def test_a_program_that_reads_no_input_is_not_an_error():
    """A program may close its input early: the broken pipe is not ours to report."""
    assert tool.run("x", python("print('done')"), 30, bytes(10_000_000)) == b"done\n"


def test_missing_program_is_named():
    """The message names the codec and the path."""
    with pytest.raises(CodecError, match=r"^x cannot run /nowhere/tool \(No such file or directory\): install it"):
        tool.run("x", ["/nowhere/tool"], 30)


def test_last_line_on_standard_error_is_told():
    """Of many lines the last one that is not empty is in the message, with the exit code."""
    with pytest.raises(CodecError, match=r"failed with exit code 7: the reason$"):
        tool.run("x", python("import sys; print('a\\nthe reason\\n', file=sys.stderr); sys.exit(7)"), 30)


def test_standard_output_is_told_where_standard_error_is_empty():
    """Programs that complain on standard output are quoted too."""
    with pytest.raises(CodecError, match=r"exit code 2: sorry$"):
        tool.run("x", python("import sys; print('sorry'); sys.exit(2)"), 30)


def test_any_exit_returns_the_output():
    """An exit code the caller expects does not raise."""
    assert tool.run("x", python("import sys; print('help'); sys.exit(1)"), 30, any_exit=True) == b"help\n"


def test_timeout_is_kept():
    """A sleeping program is killed about when its time is up."""
    start = time.monotonic()
    with pytest.raises(CodecError, match=r"took more than 0.5 s: raise the option timeout"):
        tool.run("x", python("import time; time.sleep(60)"), 0.5)
    assert time.monotonic() - start < 10
