"""AVC, HEVC and VVenC through ffmpeg: bit-exact planes, exact QP, nothing hidden in between."""

import re
import struct
import subprocess

import numpy as np
import pytest

from lic_tcm import anchors
from lic_tcm.anchors import chroma, ffmpeg, framing, pixels
from lic_tcm.anchors.codec import CodecError


def smooth(height: int, width: int) -> np.ndarray:
    """An image whose chroma survives 4:2:0: slow gradients that reach every corner of the RGB cube's faces."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    return pixels.to_uint8(255 * np.stack([x, y, 1 - (x + y) / 2], -1))


def psnr(image: np.ndarray, decoded: np.ndarray) -> float:
    """PSNR in dB."""
    return float(10 * np.log10(255**2 / np.mean((image.astype(float) - decoded) ** 2)))


@pytest.mark.parametrize("convention", ["rgb-8bit", "rgb-10bit"])
@pytest.mark.parametrize("name", ["avc", "hevc"])
def test_near_lossless_planes_have_no_hidden_conversion(name, convention):
    """At the lowest QP a full-range colour wheel comes back above 50 dB: no range, matrix or chroma conversion."""
    image = smooth(64, 96)
    codec = anchors.create(name, convention=convention, preset="fast")
    decoded = codec.decode(codec.encode(image, 1))
    assert psnr(image, decoded) > 50
    assert decoded.min() < 3
    assert decoded.max() > 252


def test_vvenc_has_no_hidden_conversion():
    """At the lowest QP only 4:2:0 is lost, and this image has little to lose: above 48 dB."""
    image = smooth(64, 96)
    codec = anchors.create("vvenc", preset="faster")
    assert psnr(image, codec.decode(codec.encode(image, 1))) > 48


def test_lossless_x264_returns_the_very_planes():
    """Planes through encoder and decoder are untouched when the codec is lossless, 8 and 10 bits."""
    rng = np.random.default_rng(8)
    for bits, pixel_format in ((8, "yuv444p"), (10, "yuv444p10le")):
        planes = rng.integers(0, 2**bits, (3, 32, 48)).astype(np.uint8 if bits == 8 else np.uint16)
        arguments = ["-c:v", "libx264", "-qp", "0", "-preset", "fast", "-f", "h264"]
        stream = ffmpeg.encode("avc", list(planes), pixel_format, arguments, 1, 60)
        decoded = ffmpeg.decode("avc", stream, "h264", [(32, 48)] * 3, bits, 1, 60)
        np.testing.assert_array_equal(np.stack(decoded), planes)


@pytest.mark.parametrize("name", ["avc", "hevc", "vvenc"])
def test_streams_hold_pictures_and_nothing_else(name):
    """No settings in text, timing or delimiters: only parameter sets and one slice of image."""
    codec = anchors.create(name)
    stream = codec.encode(smooth(48, 64), 40)
    units = re.split(rb"\x00?\x00\x00\x01", stream[framing.HEADER.size :])[1:]
    kind = {"avc": lambda u: u[0] & 31, "hevc": lambda u: u[0] >> 1 & 63, "vvenc": lambda u: u[1] >> 3}[name]
    kinds = [kind(unit) for unit in units]
    # AVC: SPS 7, PPS 8, IDR 5. HEVC: VPS 32, SPS 33, PPS 34, IDR 19 or 20. VVC: SPS 15, PPS 16, APS 17, IDR 7 or 8.
    allowed = {"avc": {7, 8, 5}, "hevc": {32, 33, 34, 19, 20}, "vvenc": {15, 16, 17, 7, 8}}[name]
    assert set(kinds) <= allowed
    assert len([unit for unit in kinds if unit in {5, 19, 20} or (name == "vvenc" and unit in {7, 8})]) == 1
    assert len(stream) < 260


@pytest.mark.parametrize("convention", ["rgb-8bit", "rgb-10bit"])
@pytest.mark.parametrize(("name", "demuxer"), [("avc", "h264"), ("hevc", "hevc"), ("vvenc", "vvc")])
def test_the_point_is_the_qp_of_the_picture(name, demuxer, convention):
    """The QP written in the parameter sets and the slice header is the one asked for, at every bit depth."""
    if name == "vvenc" and convention == "rgb-8bit":
        pytest.skip("VVenC codes 10 bits only")
    stream = anchors.create(name, convention=convention).encode(smooth(32, 32), 34)
    tracing = [
        "-loglevel",
        "info",
        "-f",
        demuxer,
        "-i",
        "pipe:0",
        "-c",
        "copy",
        "-bsf:v",
        "trace_headers",
        "-f",
        "null",
        "-",
    ]
    result = subprocess.run(
        [ffmpeg.binary(name), *tracing], input=stream[framing.HEADER.size :], capture_output=True, check=True
    )
    fields = re.findall(r"(\w*init_qp_minus26|\w+_qp_delta) +[01]+ = (-?\d+)", result.stderr.decode())
    values = dict(fields)  # the headers are traced twice, alike
    assert len(values) == 2
    assert 26 + sum(int(value) for value in values.values()) == 34


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (17, 33), (3, 50)])
@pytest.mark.parametrize("multiple", [1, 2])
def test_padding_repeats_the_edge(size, multiple):
    """The coded image begins with the image, is at least 16 a side, and a multiple where asked."""
    image = np.random.default_rng(4).integers(0, 256, (*size, 3), dtype=np.uint8)
    padded = ffmpeg.pad(image, multiple)
    assert padded.shape[:2] == ffmpeg.padded_shape(*size, multiple)
    assert min(padded.shape[:2]) >= 16
    assert padded.shape[0] % multiple == padded.shape[1] % multiple == 0
    np.testing.assert_array_equal(padded[: size[0], : size[1]], image)
    np.testing.assert_array_equal(padded[-1, -1], image[-1, -1])


def test_missing_encoder_and_missing_ffmpeg_are_told(monkeypatch):
    """An ffmpeg without the encoder, and no ffmpeg, name the wheel to install."""
    with pytest.raises(CodecError, match="has no libnothing: install the imageio-ffmpeg wheel"):
        ffmpeg.version("x", "libnothing")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nowhere/ffmpeg")
    with pytest.raises(CodecError, match="/nowhere/ffmpeg"):
        anchors.create("hevc").encode(smooth(16, 16), 30)


def test_header_checks_size_name_depth_and_every_byte():
    """Any changed bit, and another codec's name or depth, is refused."""
    stream = framing.pack("hevc", 8, 5, 7, b"payload")
    assert stream[:4] == struct.pack(">HH", 7, 5)
    assert framing.unpack("hevc", 8, stream) == (5, 7, b"payload")
    for position in range(len(stream)):
        damaged = stream[:position] + bytes([stream[position] ^ 4]) + stream[position + 1 :]
        with pytest.raises(CodecError, match="checksum mismatch"):
            framing.unpack("hevc", 8, damaged)
    for name, bits in (("avc", 8), ("hevc", 10)):
        with pytest.raises(CodecError, match="checksum mismatch"):
            framing.unpack(name, bits, stream)
    with pytest.raises(CodecError, match="at most 65535 pixels"):
        framing.pack("hevc", 8, 1, 70000, b"payload")


@pytest.mark.parametrize("size", [(0, 0), (0, 16), (16, 0)])
@pytest.mark.parametrize("name", ["avc", "hevc", "vvenc"])
def test_an_image_without_pixels_is_refused(name, size):
    """A header of no size, its checksum made to fit, is refused by every codec that is framed."""
    stream = anchors.create(name).encode(smooth(16, 16), 40)[framing.HEADER.size :]
    with pytest.raises(CodecError, match=rf"{name}: the stream states an image of {size[1]}x{size[0]} pixels"):
        anchors.create(name).decode(framing.pack(name, 10, *size, stream))


@pytest.mark.parametrize("name", ["avc", "hevc", "vvenc"])
def test_a_header_of_another_size_than_the_image_is_refused(name):
    """Of as many pixels in another shape, its checksum made to fit; a size that is padded to the coded one is not."""
    codec = anchors.create(name)
    bitstream = codec.encode(smooth(32, 64), 40)[framing.HEADER.size :]
    for size in ((64, 32), (16, 128), (32, 62), (34, 64)):
        with pytest.raises(CodecError, match=rf"{name}: ffmpeg decoded 64x32 pixels where \d+x\d+ belong"):
            codec.decode(framing.pack(name, 10, *size, bitstream))
    assert codec.decode(framing.pack(name, 10, 32, 64, bitstream)).shape == (32, 64, 3)


def test_vvenc_decodes_with_documented_chroma():
    """A lossy VVenC image equals its decoded planes put through chroma.upsample and the convention."""
    image = smooth(34, 50)
    codec = anchors.create("vvenc", preset="faster")
    stream = codec.encode(image, 30)
    shapes = [(34, 50), (17, 25), (17, 25)]
    luma, *colours = ffmpeg.decode("vvenc", stream[framing.HEADER.size :], "vvc", shapes, 10, 1, 60)
    planes = np.stack([luma, *(chroma.upsample(plane, 34, 50, 10) for plane in colours)])
    expected = pixels.planes_to_rgb(planes, pixels.CONVENTIONS["rgb-10bit"])
    np.testing.assert_array_equal(codec.decode(stream), expected)
