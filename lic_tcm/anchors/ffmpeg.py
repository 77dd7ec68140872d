"""The static ffmpeg of the imageio-ffmpeg wheel: one image in, one coded image out, and back, through pipes.

Only planes go in and come out: no pixel format is ever asked of the decoder, so ffmpeg has nothing to convert, and a
image of another format fails the size check instead of being converted in silence.
"""

import functools
import importlib
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lic_tcm.anchors import extras, framing, tool
from lic_tcm.anchors.checks import check_image, check_sides
from lic_tcm.anchors.codec import CodecError, UInt8Image
from lic_tcm.anchors.pixels import Convention, Planes, rgb_to_planes

MAX_SIDE = 16384  # libx264 and libx265 refuse larger images
MIN_SIDE = 16  # libx265 and libvvenc refuse smaller images
COMMON = ("-hide_banner", "-loglevel", "error", "-nostdin")


def binary(name: str) -> str:
    """Return the path of ffmpeg; raises CodecError when there is none."""
    try:
        with extras.needing(name):
            return str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise CodecError(f"{name} needs ffmpeg ({error}): pip install imageio-ffmpeg") from error


@functools.cache
def version(name: str, encoder: str) -> str:
    """Return for example "libx265 in ffmpeg 7.1"; raises CodecError when this ffmpeg lacks the encoder."""
    return f"{encoder} in {_version_with(name, encoder, '-encoders')}"


@functools.cache
def decoder_version(name: str, decoder: str) -> str:
    """Return for example "ffmpeg 7.1"; raises CodecError when this ffmpeg lacks the decoder."""
    return _version_with(name, decoder, "-decoders")


def _version_with(name: str, part: str, listing: str) -> str:
    """ffmpeg's version, if `part` is among what the option `listing` lists; raises CodecError otherwise."""
    ffmpeg = binary(name)
    parts = tool.run(name, [ffmpeg, "-hide_banner", listing], timeout=60).decode("utf-8", "replace")
    if f" {part} " not in parts:
        raise CodecError(f"{name}: {ffmpeg} has no {part}: install the imageio-ffmpeg wheel from PyPI")
    banner = tool.run(name, [ffmpeg, "-version"], timeout=60).decode("utf-8", "replace")
    return f"ffmpeg {banner.split()[2]}"


def encode(
    name: str, planes: Sequence[Planes], pixel_format: str, arguments: Sequence[str], threads: int, timeout: float
) -> bytes:
    """Code one image, given as planes of which the first is luma (H, W), to a bare bitstream."""
    height, width = planes[0].shape
    source = ("-f", "rawvideo", "-pix_fmt", pixel_format, "-s", f"{width}x{height}", "-r", "1", "-i", "pipe:0")
    raw = b"".join(np.ascontiguousarray(plane).tobytes() for plane in planes)
    with tempfile.TemporaryDirectory() as folder:
        coded = Path(folder, "coded")  # not standard output: libvvenc prints its warnings there
        command = [binary(name), *COMMON, *source, "-frames:v", "1", *arguments, "-threads", str(threads), str(coded)]
        tool.run(name, command, timeout, raw)
        bitstream = coded.read_bytes() if coded.exists() else b""
    if not bitstream:
        raise CodecError(f"{name}: ffmpeg coded {width}x{height} pixels to nothing: try another preset or image size")
    return bitstream


def decode(
    name: str,
    bitstream: bytes,
    demuxer: str,
    shapes: Sequence[tuple[int, int]],
    bits: int,
    threads: int,
    timeout: float,
) -> list[Planes]:
    """Decode a bare bitstream of one image to planes of the given shapes; raises CodecError when they do not fit."""
    source = ("-xerror", "-err_detect", "explode", "-threads", str(threads), "-f", demuxer, "-i", "pipe:0")
    # -strict -1: ffmpeg's extension of this format to more than 8 bits
    command = [binary(name), *COMMON, *source, "-frames:v", "1", "-strict", "-1", "-f", "yuv4mpegpipe", "pipe:1"]
    head, _, raw = tool.run(name, command, timeout, bitstream).partition(b"\nFRAME\n")
    found = re.match(rb"YUV4MPEG2 W(\d+) H(\d+) ", head)
    height, width = shapes[0]
    if found is None or (int(found[2]), int(found[1])) != (height, width):
        size = f"{int(found[1])}x{int(found[2])} pixels" if found else "no image"
        raise CodecError(f"{name}: ffmpeg decoded {size} where {width}x{height} belong: code again")
    dtype = np.dtype(np.uint8 if bits == 8 else "<u2")
    expected = sum(height * width for height, width in shapes) * dtype.itemsize
    if len(raw) != expected:
        raise CodecError(f"{name}: ffmpeg decoded {len(raw)} bytes of pixels where {expected} belong: code again")
    samples: Planes = np.frombuffer(raw, dtype)
    ends = np.cumsum([height * width for height, width in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(samples, ends[:-1]), shapes, strict=True)]


def encode_444(name: str, image: UInt8Image, convention: Convention, arguments: Sequence[str], timeout: float) -> bytes:
    """Code an RGB image (H, W, 3) as 4:4:4 YCbCr on one thread; the stream is the frame header and the bitstream."""
    check_image(name, image)
    check_sides(name, image, MAX_SIDE)
    height, width = image.shape[:2]
    planes = rgb_to_planes(pad(image, 1), convention)
    pixel_format = "yuv444p" if convention.bits == 8 else f"yuv444p{convention.bits}le"
    bitstream = encode(name, list(planes), pixel_format, arguments, 1, timeout)
    return framing.pack(name, convention.bits, height, width, bitstream)


def decode_444(name: str, stream: bytes, convention: Convention, demuxer: str, timeout: float) -> Planes:
    """Return the YCbCr planes (3, H, W) of a stream of `encode_444`."""
    height, width, bitstream = framing.unpack(name, convention.bits, stream)
    shape = padded_shape(height, width, 1)
    planes = decode(name, bitstream, demuxer, [shape] * 3, convention.bits, 1, timeout)
    return np.stack(planes)[:, :height, :width]


def padded_shape(height: int, width: int, multiple: int) -> tuple[int, int]:
    """Return the coded size: at least MIN_SIDE a side, and a multiple of `multiple`."""
    sides = (max(MIN_SIDE, side) for side in (height, width))
    padded_height, padded_width = (-(-side // multiple) * multiple for side in sides)
    return padded_height, padded_width


def pad(image: UInt8Image, multiple: int) -> UInt8Image:
    """Repeat the last row and column of an image until it has its coded size."""
    height, width = image.shape[:2]
    padded_height, padded_width = padded_shape(height, width, multiple)
    return np.pad(image, ((0, padded_height - height), (0, padded_width - width), (0, 0)), mode="edge")
