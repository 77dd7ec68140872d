"""Any binary as a codec: templates, formats, framing, what decides a stream, and what users get wrong."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.pictures import photo

from lic_tcm import anchors
from lic_tcm.anchors import framing, pixels
from lic_tcm.anchors.codec import CodecError

PICTURE = photo(33, 47)


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], str]:
    """A function that writes a Python script of some lines and returns the command line that runs it."""

    def write(lines: str, name: str = "tool.py") -> str:
        (tmp_path / name).write_text("import shutil, sys\nfrom pathlib import Path\n" + lines, encoding="utf-8")
        return f"{sys.executable} {tmp_path / name}"

    return write


@pytest.fixture
def copying(script: Callable[[str], str]) -> dict[str, Any]:
    """Options of a codec that keeps the file as it is."""
    run = script("shutil.copy(sys.argv[1], sys.argv[2])\n")
    return both(run)


def both(run: str) -> dict[str, str]:
    """One command line as encoder and decoder."""
    return {"encode": f"{run} {{input}} {{output}}", "decode": f"{run} {{input}} {{output}}"}


@pytest.mark.parametrize("format_", ["png", "ppm", "pnm"])
def test_pictures_come_back_as_they_were(format_: str, copying: dict[str, Any]) -> None:
    """RGB formats lose nothing, and the stream is the encoder's file and not a byte more."""
    codec = anchors.create("command", format=format_, **copying)
    stream = codec.encode(PICTURE, 1)
    assert stream.startswith(b"\x89PNG" if format_ == "png" else b"P6")
    np.testing.assert_array_equal(codec.decode(stream), PICTURE)


@pytest.mark.parametrize("format_", ["yuv444p8", "yuv444p10", "yuv420p8", "yuv420p10"])
def test_yuv_is_framed_planes_of_the_convention(format_: str, copying: dict[str, Any]) -> None:
    """YUV files hold the planes of anchors.pixels, little-endian above 8 bits; six counted bytes say their size."""
    codec = anchors.create("command", format=format_, **copying)
    stream = codec.encode(PICTURE, 1)
    bits = 10 if format_.endswith("10") else 8
    sample = 2 if bits == 10 else 1
    samples = 3 * 33 * 47 if "444" in format_ else 34 * 48 * 3 // 2
    assert len(stream) == framing.HEADER.size + samples * sample
    convention = pixels.CONVENTIONS[f"rgb-{bits}bit"]
    if "444" in format_:
        planes = pixels.rgb_to_planes(PICTURE, convention)
        assert stream[framing.HEADER.size :] == planes.astype("<u2" if bits == 10 else "u1").tobytes()
        np.testing.assert_array_equal(codec.decode(stream), pixels.planes_to_rgb(planes, convention))
    decoded = codec.decode(stream)
    assert decoded.shape == PICTURE.shape
    assert np.abs(decoded.astype(int) - PICTURE).mean() < (1 if "444" in format_ else 12)
    with pytest.raises(CodecError, match="checksum mismatch"):
        codec.decode(stream[:-1])


def test_a_convention_and_padding_are_taken(copying: dict[str, Any]) -> None:
    """A named convention is used both ways, and sides are padded to the multiple that a tool wants."""
    codec = anchors.create("command", format="yuv444p8", convention="paper", pad_to=16, **copying)
    stream = codec.encode(PICTURE, 1)
    assert len(stream) == framing.HEADER.size + 3 * 48 * 48
    np.testing.assert_array_equal(
        codec.decode_ycbcr(stream), pixels.rgb_to_planes(PICTURE, pixels.CONVENTIONS["paper"])
    )
    with pytest.raises(CodecError, match="option convention is 'paper': choose one of , rgb-10bit"):
        anchors.create("command", format="yuv444p10", convention="paper", **copying)
    with pytest.raises(CodecError, match="png holds RGB of its own size: leave it out"):
        anchors.create("command", convention="paper", **copying)


def test_placeholders_are_filled_for_both_commands(script: Callable[[str], str]) -> None:
    """Point, coded size, depth and threads reach both programs; a point that decoding wants is kept in the stream."""
    run = script("Path(sys.argv[3]).write_text(' '.join(sys.argv[4:])); shutil.copy(sys.argv[1], sys.argv[2])\n")
    log = Path(run.split()[1]).parent
    more = "{point} {width} {height} {bitdepth} {threads} {{x}}"
    codec = anchors.create(
        "command",
        encode=f"{run} {{input}} {{output}} {log}/encoded {more}",
        decode=f"{run} {{input}} {{output}} {log}/decoded {more}",
        format="yuv420p10",
        threads=3,
    )
    stream = codec.encode(PICTURE, 0.0130)
    assert codec.decode(stream).shape == PICTURE.shape
    assert (log / "encoded").read_text() == "0.013 48 34 10 3 {x}"
    assert (log / "decoded").read_text() == "0.013 48 34 10 3 {x}"
    assert stream[framing.HEADER.size :][:6] == b"\x050.013"
    codec.encode(PICTURE, 30.0)
    assert (log / "encoded").read_text().startswith("30 ")


def test_pictures_can_be_framed(copying: dict[str, Any], script: Callable[[str], str]) -> None:
    """With `framed`, or where decoding asks for the size, damage is refused and another size as well."""
    codec = anchors.create("command", framed=True, **copying)
    stream = codec.encode(PICTURE, 1)
    np.testing.assert_array_equal(codec.decode(stream), PICTURE)
    assert len(stream) == framing.HEADER.size + len(anchors.create("command", **copying).encode(PICTURE, 1))
    with pytest.raises(CodecError, match="checksum mismatch"):
        codec.decode(stream[:-3] + b"abc")
    run = script("from PIL import Image; Image.open(sys.argv[1]).crop((0, 0, 9, 9)).save(sys.argv[2])\n", "crop.py")
    cropping = anchors.create(
        "command", encode=copying["encode"], decode=f"{run} {{input}} {{output}}", framed=True, suffix=".png"
    )
    with pytest.raises(CodecError, match=r"wrote 9x9 pixels where 47x33 belong: correct the option decode"):
        cropping.decode(cropping.encode(PICTURE, 1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encode": ""}, "option encode is '': give a command such as"),
        ({"encode": "tool {input}"}, r"option encode is .*it lacks \{output\}: write it where"),
        ({"decode": "tool {output}"}, r"option decode is .*it lacks \{input\}: write it where"),
        (
            {"encode": "tool {input} {output} {quality}"},
            r"no placeholder \{quality\} here; choose one of bitdepth",
        ),
        ({"encode": "tool {input} {output} {points}"}, r"did you mean 'point'\?"),
        ({"encode": "tool {input} {output} {point:.1f}"}, r"\{point\} takes no format"),
        ({"encode": "tool {input} {output} {"}, r"write \{\{ and \}\} for braces"),
        ({"encode": "tool {input} {output} '"}, "no closing quotation: close the quotes"),
        (
            {"encode": "cat {input} | tool > {output}"},
            r"'\|' needs a shell, and there is none: put",
        ),
        ({"encode": "~/bin/tool {input} {output}"}, "'~/bin/tool' needs a shell"),
        ({"encode": "{input} {output}"}, "the program itself is a placeholder"),
        ({"version": "tool {input}"}, r"there is no placeholder \{input\} here"),
        ({"format": "yuv422p8"}, "option format is 'yuv422p8': did you mean 'yuv420p8'"),
        ({"format": "yuv420p8", "framed": False}, "option framed is False: yuv420p8 has no size"),
        (
            {"decode": "tool {input} {output} {width}", "framed": False},
            r"uses \{width\}, which only a framed",
        ),
        ({"format": "yuv420p8", "pad_to": 3}, "4:2:0 needs an even number"),
        ({"timeout": 0}, "option timeout is 0: choose a positive number"),
        ({"env": {"A": 1}}, "option env is .*give a table of texts"),
        ({"suffix": "a/b"}, "not a path"),
        ({"encoder": "tool"}, "command has no option 'encoder'; did you mean 'encode'"),
    ],
)
def test_wrong_options_are_refused_before_anything_runs(change: dict[str, Any], message: str) -> None:
    """A template or option that cannot work is one line that names it and says what to write."""
    options = {"encode": "tool {input} {output} {point}", "decode": "tool {input} {output}"} | change
    with pytest.raises(CodecError, match=message) as caught:
        anchors.create("command", **options)
    assert "\n" not in str(caught.value)


def test_a_missing_program_is_named(copying: dict[str, Any]) -> None:
    """Both where the version is asked and where an image is coded."""
    codec = anchors.create("command", encode="nowhere-tool {input} {output}", decode=copying["decode"])
    with pytest.raises(CodecError, match="cannot find the program nowhere-tool: install it or correct its path"):
        codec.version()
    with pytest.raises(CodecError, match=r"command cannot run nowhere-tool .*install it"):
        codec.encode(PICTURE, 1)


def test_a_failing_program_is_quoted_without_its_colours(script: Callable[[str], str]) -> None:
    """The last lines on standard error are in the message, as plain text."""
    run = script(r"sys.exit('loading\n\x1b[1;31merror: bad model\x1b[0m\nhint: use -m')" + "\n")
    codec = anchors.create("command", **both(run))
    with pytest.raises(CodecError) as caught:
        codec.encode(PICTURE, 1)
    assert str(caught.value).endswith("failed with exit code 1: loading / error: bad model / hint: use -m")


def test_a_program_that_hangs_is_stopped(script: Callable[[str], str]) -> None:
    """After the option's time the whole process group is gone."""
    run = script("import time; time.sleep(60)\n")
    codec = anchors.create("command", **both(run), timeout=0.5)
    start = time.monotonic()
    with pytest.raises(CodecError, match=r"took more than 0\.5 s: raise the option timeout"):
        codec.encode(PICTURE, 1)
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("lines", "format_", "message"),
    [
        ("", "png", "succeeded but wrote nothing to {output}"),
        ("Path(sys.argv[2]).write_text('hello')", "png", "wrote 5 bytes that are no PNG"),
        ("Path(sys.argv[2]).write_bytes(bytes(100))", "yuv444p8", "wrote 100 bytes where 4653 belong to 47x33 pixels"),
        (
            "import numpy, PIL.Image as I; I.fromarray(numpy.zeros((33, 47), 'u2')).save(sys.argv[2])",
            "png",
            "of 16 bits",
        ),
        ("import PIL.Image as I; I.new('RGBA', (47, 33)).save(sys.argv[2])", "png", "wrote transparent pixels"),
        ("Path(sys.argv[2]).write_bytes(b'P6 47 33 65535\\n' + bytes(47 * 33 * 6))", "ppm", "of 16 bits"),
    ],
)
def test_a_decoder_that_writes_something_else_is_refused(
    lines: str, format_: str, message: str, copying: dict[str, Any], script: Callable[[str, str], str]
) -> None:
    """Nothing, no picture, another size, more bits or transparency: never silently converted."""
    run = script(lines + "\n", "bad.py")
    codec = anchors.create("command", encode=copying["encode"], decode=f"{run} {{input}} {{output}}", format=format_)
    with pytest.raises(CodecError) as caught:
        codec.decode(codec.encode(PICTURE, 1))
    assert message in str(caught.value)


@pytest.mark.parametrize("mode", ["L", "P", "1"])
def test_grey_and_palette_pictures_are_exact(mode: str, script: Callable[[str], str]) -> None:
    """Encoders that reduce a grey picture to one channel, or few colours to a palette, lose nothing."""
    run = script(f"from PIL import Image; Image.open(sys.argv[1]).convert('{mode}').save(sys.argv[2])\n")
    codec = anchors.create("command", **both(run), suffix=".png")
    picture = np.zeros((20, 30, 3), np.uint8)
    picture[5:, 3:] = 255
    np.testing.assert_array_equal(codec.decode(codec.encode(picture, 1)), picture)


def test_what_decides_a_stream_is_in_the_version(command_options: dict[str, Any], tmp_path: Path) -> None:
    """An edited script, another version text or another file named is another version; the scheduler watches them."""
    table = tmp_path / "table.bin"
    table.write_bytes(b"one")
    options = {**command_options, "files": [str(table)]}
    codec = anchors.create("command", **options)
    before = codec.version()
    assert before.startswith("fake tool 1.0 (")
    assert {path.name for path in codec.files_at_hand(1)} == {"fake_tool.py", Path(sys.executable).name, "table.bin"}
    table.write_bytes(b"another")
    other_table = codec.version()
    assert other_table != before
    script = tmp_path / "fake_tool.py"
    script.write_text(script.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    assert codec.version() not in (before, other_table)
    table.unlink()
    with pytest.raises(CodecError, match=r"option files: there is no file .*table\.bin: correct the path"):
        codec.version()


def test_the_environment_reaches_the_program(script: Callable[[str], str]) -> None:
    """Names in `env` are set for both programs and the version command."""
    run = script(
        "import os; print(os.environ['TOOL_MODE'])\nif len(sys.argv) > 2: shutil.copy(sys.argv[1], sys.argv[2])\n"
    )
    codec = anchors.create("command", **both(run), version=run, env={"TOOL_MODE": "slow"})
    assert codec.version().startswith("slow (")
    np.testing.assert_array_equal(codec.decode(codec.encode(PICTURE, 1)), PICTURE)
    with pytest.raises(CodecError, match="KeyError: 'TOOL_MODE'"):
        anchors.create("command", **both(run)).encode(PICTURE, 1)
