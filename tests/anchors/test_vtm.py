"""VTM's command line, colour path and errors, on a stand-in binary; on the real one where it is given."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

from lic_tcm.anchors import pixels
from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.vtm import Vtm

IMAGE = np.random.default_rng(3).integers(0, 256, (5, 7, 3), dtype=np.uint8)
LOSSLESS_QP = 20  # the stand-in's step is 1 here


def calls(options: dict[str, str]) -> list[list[str]]:
    """The command lines the stand-in got."""
    log = Path(options["encoder"]).with_name("calls")
    return [json.loads(line) for line in log.read_text().splitlines()]


def fail(options: dict[str, str], how: str) -> None:
    """Make the stand-in fail."""
    Path(options["encoder"]).with_name("FAKE_VTM").write_text(how)


@pytest.mark.parametrize(("convention", "bits"), [("rgb-8bit", 8), ("paper", 8), ("rgb-10bit", 10)])
def test_command_lines_are_the_papers(vtm_options, convention, bits):
    """Both programs get exactly the arguments of appendix A.1, with the convention's bit depth."""
    codec = Vtm(**vtm_options, convention=convention)
    codec.decode(codec.encode(IMAGE, 32))
    encode, decode = calls(vtm_options)
    source, coded = encode[1], encode[9]
    files = ["-i", source, "-c", vtm_options["cfg"], "-q", "32", "-o", "/dev/null", "-b", coded]
    picture = ["-wdt", "7", "-hgt", "5", "-fr", "1", "-f", "1", "--InputChromaFormat=444"]
    assert encode == [*files, *picture, f"--InputBitDepth={bits}", "--ConformanceWindowMode=1"]
    assert (Path(source).name, Path(coded).name) == ("in.yuv", "out.bin")
    assert decode == ["-b", decode[1], "-o", decode[3], "-d", str(bits)]
    assert not Path(source).parent.exists()


@pytest.mark.parametrize("convention", list(pixels.CONVENTIONS))
def test_lossless_programs_leave_only_the_convention(vtm_options, convention):
    """With a lossless bitstream the planes are the forward conversion's, the image the backward one's."""
    codec = Vtm(**vtm_options, convention=convention)
    stream = codec.encode(IMAGE, LOSSLESS_QP)
    expected = pixels.rgb_to_planes(IMAGE, pixels.CONVENTIONS[convention])
    planes = codec.decode_ycbcr(stream)
    assert planes.dtype == expected.dtype
    np.testing.assert_array_equal(planes, expected)
    np.testing.assert_array_equal(codec.decode(stream), pixels.planes_to_rgb(expected, pixels.CONVENTIONS[convention]))


def test_header_is_six_counted_bytes(vtm_options):
    """The stream is width, height and checksum, then the program's own bytes."""
    stream = Vtm(**vtm_options).encode(IMAGE, LOSSLESS_QP)
    assert stream[:4] == bytes([0, 7, 0, 5])
    assert stream[6:8] == bytes([1, 0x78])  # the stand-in's step, then zlib's first byte


def test_stream_of_another_bit_depth_is_refused(vtm_options):
    """An 8-bit stream is not decoded as 10-bit planes."""
    stream = Vtm(**vtm_options).encode(IMAGE, 30)
    with pytest.raises(CodecError, match="checksum mismatch"):
        Vtm(**vtm_options, convention="rgb-10bit").decode(stream)


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ("exit", "EncoderAppStatic failed with exit code 3: ERROR: Unable to open source file"),
        ("killed", "EncoderAppStatic was killed by SIGKILL"),
        ("empty", "EncoderAppStatic succeeded but wrote nothing"),
    ],
)
def test_a_failing_encoder_is_told_in_one_sentence(vtm_options, failure, message):
    """Exit codes, signals and missing output name the program and what it said."""
    fail(vtm_options, failure)
    with pytest.raises(CodecError, match=message):
        Vtm(**vtm_options).encode(IMAGE, 30)


@pytest.mark.parametrize(
    ("failure", "message"),
    [("exit", "exit code 3"), ("empty", "wrote nothing"), ("short", "wrote 104 samples where 105")],
)
def test_a_failing_decoder_is_told_in_one_sentence(vtm_options, failure, message):
    """The decoder's failures are caught as well, an image of another size included."""
    codec = Vtm(**vtm_options)
    stream = codec.encode(IMAGE, 30)
    fail(vtm_options, failure)
    with pytest.raises(CodecError, match=message):
        codec.decode(stream)


def test_timeout_kills_the_program_and_its_children(vtm_options):
    """A hanging encoder is killed with the processes it started, and the option is named."""
    fail(vtm_options, "hang")
    with pytest.raises(CodecError, match=r"EncoderAppStatic took more than 1.5 s: raise the option timeout"):
        Vtm(**vtm_options, timeout=1.5).encode(IMAGE, 30)
    child = int(Path(vtm_options["encoder"]).with_name("child").read_text())
    deadline = time.monotonic() + 5
    while running(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running(child)


def running(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("missing", ["encoder", "decoder", "cfg"])
def test_missing_files_are_named_with_the_remedy(vtm_options, missing):
    """A path that leads nowhere is named, and the message says how to build VTM."""
    codec = Vtm(**{**vtm_options, missing: "/nowhere/vtm"})
    with pytest.raises(CodecError, match="/nowhere/vtm"):
        codec.version()
    with pytest.raises(CodecError, match="/nowhere/vtm"):
        codec.decode(codec.encode(IMAGE, 30))


def test_version_tells_number_and_hashes(vtm_options):
    """The version changes with the encoder's number and with the cfg's bytes."""
    before = Vtm(**vtm_options).version()
    assert before.startswith("VTM 12.1 (encoder ")
    Path(vtm_options["cfg"]).write_text("InternalBitDepth : 8 \n")
    assert Vtm(**vtm_options).version() != before


@pytest.mark.parametrize(
    "options", [{"encoder": ""}, {"cfg": None}, {"timeout": 0}, {"timeout": "1h"}, {"convention": 8}]
)
def test_bad_option_values_are_refused(options):
    """Each option's bad value is refused when the codec is made, before any job."""
    with pytest.raises(CodecError, match=f"option {next(iter(options))} is"):
        Vtm(**options)


@pytest.mark.vtm
@pytest.mark.slow
def test_real_vtm_codes_a_small_picture():
    """VTM-12.1 itself takes our command line, and low QP is near the 8-bit conversion's limit."""
    names = ("VTM_ENCODER", "VTM_DECODER", "VTM_CFG")
    if any(name not in os.environ for name in names):
        pytest.skip(f"{', '.join(names)} are unset: no VTM binaries")
    codec = Vtm(*(os.environ[name] for name in names))
    assert "VTM 12.1" in codec.version()
    y, x = np.mgrid[0:61, 0:77]
    image = pixels.to_uint8(np.stack([2 * x + y, 255 - x - y, 100 + y], -1).astype(float))
    sizes, errors = [], []
    for qp in (12, 37):
        stream = codec.encode(image, qp)
        sizes.append(len(stream))
        errors.append(np.mean((codec.decode(stream).astype(float) - image) ** 2))
    assert sizes[0] > sizes[1]
    assert errors[0] < 6.5 < errors[1] < 650  # 40 dB, 20 dB
