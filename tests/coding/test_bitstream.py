"""The container."""

import dataclasses
import zlib

import pytest

from anchors.codec import CodecError
from lic_tcm.coding.bitstream import OVERHEAD, Stream, pack, unpack
from lic_tcm.coding.coders import Strings

STREAM = Stream(b"weights!", 50, 70, "paper", Strings(b"zzz", b"yyyyy", 0xDEADBEEF))


def resealed(data: bytes) -> bytes:
    """The bytes with a checksum that fits."""
    return data[:25] + zlib.crc32(data[29:], zlib.crc32(data[:25])).to_bytes(4, "big") + data[29:]


def test_the_layout_is_the_documented_one() -> None:
    """Each field lies where the table says, and 29 bytes come on top of the strings."""
    data = pack(STREAM)
    assert OVERHEAD == 29
    assert data[:21].hex(" ") == (
        "54 43 4d 01 77 65 69 67 68 74 73 21 00 32 00 46 01 00 00 00 03"  # magic .. length of z
    )
    assert int.from_bytes(data[21:25], "big") == 0xDEADBEEF ^ zlib.crc32(data[:21] + b"zzzyyyyy")
    assert int.from_bytes(data[25:29], "big") == zlib.crc32(data[:25] + b"zzzyyyyy")
    assert data[29:] == b"zzzyyyyy"
    assert unpack(data) == STREAM


def test_every_flipped_bit_and_every_cut_is_noticed() -> None:
    """No damage to one bit, and no missing or added byte, goes through."""
    data = pack(STREAM)
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CodecError):
            unpack(bytes(damaged))
    for length in range(len(data)):
        with pytest.raises(CodecError):
            unpack(data[:length])
    with pytest.raises(CodecError, match="damaged"):
        unpack(data + b"\0")


@pytest.mark.parametrize(
    ("start", "value", "message"),
    [
        (12, b"\xff\xff\xff\xff", "pictures of up to"),
        (12, b"\x00\x00", "pictures of up to"),
        (16, b"\x07", "contradicts itself"),
        (17, b"\x00\x00\x00\x09", "contradicts itself"),
        (3, b"\x02", "version 2"),
        (0, b"PNG", "not a TCM stream"),
    ],
)
def test_forged_headers_are_refused(start: int, value: bytes, message: str) -> None:
    """A header with a fitting checksum but impossible values is refused before any memory is taken."""
    data = bytearray(pack(STREAM))
    data[start : start + len(value)] = value
    with pytest.raises(CodecError, match=message):
        unpack(resealed(bytes(data)))


@pytest.mark.parametrize(("height", "width"), [(0, 5), (65536, 1), (10000, 10000)])
def test_pictures_that_are_too_large_are_refused(height: int, width: int) -> None:
    """The encoder has the decoder's limits."""
    with pytest.raises(CodecError, match="cut the picture"):
        pack(dataclasses.replace(STREAM, height=height, width=width))
