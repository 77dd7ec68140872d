"""The container."""

import dataclasses
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lic_tcm.anchors.codec import CodecError
from lic_tcm.coding.bitstream import MAX_PIXELS, OVERHEAD, Stream, check_size, pack, unpack
from lic_tcm.coding.coders import Strings, Told
from lic_tcm.nn.padding import PADDINGS

STREAM = Stream(b"weights!", 50, 70, "paper", Strings(b"zzz", b"yyyyy", 0xDEADBEEF))


def resealed(data: bytes) -> bytes:
    """The bytes with a checksum that fits."""
    return data[:25] + zlib.crc32(data[29:], zlib.crc32(data[:25])).to_bytes(4, "big") + data[29:]


def test_the_layout_is_the_documented_one() -> None:
    """Each field lies where the table says, and 29 bytes come on top of the strings."""
    data = pack(STREAM)
    assert OVERHEAD == 29
    assert data[:21].hex(" ") == (
        "54 43 4d 02 77 65 69 67 68 74 73 21 00 32 00 46 01 00 00 00 03"  # magic .. length of z
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


CONTRADICTS = "tcm: the stream's header contradicts itself; code the image again"


@pytest.mark.parametrize(
    ("start", "value", "message"),
    [
        (12, b"\xff\xff\xff\xff", r"tcm codes images of up to \d+ pixels.*not 65535x65535; cut the image"),
        (12, b"\x00\x00", "not 70x0; cut the image"),
        (14, b"\x00\x00", "not 0x50; cut the image"),
        (16, b"\x02", CONTRADICTS),  # the first that means nothing
        (16, b"\x07", CONTRADICTS),
        (16, b"\x40", CONTRADICTS),
        (16, b"\x11", CONTRADICTS),  # scales told, of which the payload has none
        (17, b"\x00\x00\x00\x09", CONTRADICTS),
        (3, b"\x03", "tcm: the stream is of version 3, this decoder reads 1 to 2; update it"),
        (0, b"PNG", r"tcm: this is not a TCM stream \(it begins with b'PNG'\); choose another decoder"),
    ],
)
def test_forged_headers_are_refused(start: int, value: bytes, message: str) -> None:
    """A header with a fitting checksum but impossible values is refused before any memory is taken."""
    data = bytearray(pack(STREAM))
    data[start : start + len(value)] = value
    with pytest.raises(CodecError, match=f"^{message}$" if message.startswith("tcm") else f"{message}$"):
        unpack(resealed(bytes(data)))


def test_what_is_cut_or_damaged_is_told_apart() -> None:
    """A stream that ends inside its header says so; a longer one has a checksum that does not fit."""
    data = pack(STREAM)
    inside = r"^tcm: the stream ends after 28 bytes, inside its header; code the image again$"
    with pytest.raises(CodecError, match=inside):
        unpack(data[:28])
    damaged = r"^tcm: checksum mismatch, the stream is damaged or cut; code the image again$"
    for short in (data[:29], data[:-1], data + b"\0"):
        with pytest.raises(CodecError, match=damaged):
            unpack(short)


@pytest.mark.parametrize("padding", ["replicate", "paper"])
@pytest.mark.parametrize("strings", [Strings(b"", b"", 0), Strings(b"zz", b"", 1), Strings(b"", b"y", 2**32 - 1)])
def test_empty_strings_are_read_back(padding: str, strings: Strings) -> None:
    """A string may be empty, all of the payload may be z's, and both paddings are known."""
    stream = dataclasses.replace(STREAM, padding=padding, strings=strings)
    assert unpack(pack(stream)) == stream


@pytest.mark.parametrize(("height", "width"), [(1, 1), (65535, 1024), (1024, 65535), (8192, 8192), (1, 65535)])
def test_the_largest_pictures_are_packed(height: int, width: int) -> None:
    """Sides of 1 to 65535, and 2^26 pixels, come back as they were."""
    check_size(height, width)
    stream = dataclasses.replace(STREAM, height=height, width=width)
    assert unpack(pack(stream)) == stream


@pytest.mark.parametrize(
    ("height", "width"),
    [(0, 5), (5, 0), (0, 0), (-1, 5), (5, -1), (65536, 1), (1, 65536), (65536, 65536), (10000, 10000), (8192, 8193)],
)
def test_pictures_that_are_too_large_are_refused(height: int, width: int) -> None:
    """The encoder has the decoder's limits, on either side and on their product."""
    with pytest.raises(CodecError) as refusal:
        pack(dataclasses.replace(STREAM, height=height, width=width))
    limits = "tcm codes images of up to 67108864 pixels and sides of 1 to 65535"
    assert str(refusal.value) == f"{limits}, not {width}x{height}; cut the image"


@settings(max_examples=200, deadline=None)
@given(
    fingerprint=st.binary(min_size=8, max_size=8),
    size=st.tuples(st.integers(1, 65535), st.integers(1, 65535)).filter(lambda size: size[0] * size[1] <= MAX_PIXELS),
    name=st.sampled_from(list(PADDINGS)),
    z=st.binary(max_size=200),
    y=st.binary(max_size=200),
    checksum=st.integers(0, 2**32 - 1),
    told=st.dictionaries(st.integers(0, 2**32 - 1), st.integers(0, 63), max_size=4),
    picture=st.none() | st.integers(0, 2**32 - 1),
)
def test_the_container_gives_back_what_it_got(
    fingerprint: bytes,
    size: tuple[int, int],
    name: str,
    z: bytes,
    y: bytes,
    checksum: int,
    told: dict[int, int],
    picture: int | None,
) -> None:
    """Every stream is read back as it was; what it need not hold takes no byte."""
    levels = tuple(Told(*pair) for pair in sorted(told.items()))
    stream = Stream(fingerprint, *size, name, Strings(z, y, checksum, levels), picture=picture)
    data = pack(stream)
    optional = (4 + 5 * len(levels)) * bool(levels) + 4 * (picture is not None)
    assert len(data) == OVERHEAD + optional + len(z) + len(y)
    assert unpack(data) == stream


def test_version_1_is_packed_as_it_was() -> None:
    """The same fields at the same places, and nothing that version 1 does not hold."""
    old = dataclasses.replace(STREAM, version=1)
    assert unpack(pack(old)) == old
    assert pack(old)[:3] == pack(STREAM)[:3]
    assert pack(old)[4:21] == pack(STREAM)[4:21]
    for more in ({"picture": 7}, {"strings": STREAM.strings._replace(told=(Told(3, 4),))}):
        with pytest.raises(CodecError, match="choose version 2"):
            pack(dataclasses.replace(old, **more))
    with pytest.raises(CodecError, match=CONTRADICTS):
        unpack(resealed(pack(old)[:16] + b"\x20" + pack(old)[17:]))


@pytest.mark.parametrize(
    "told", ["00000000", "00000002 0000000105", "00000002 0000000105 0000000106", "00000001 0000000140", "ffffffff"]
)
def test_scales_no_encoder_tells_are_refused(told: str) -> None:
    """None, fewer than said, out of order, a level there is not: a contradiction, and no level reaches the coder."""
    data = pack(STREAM)
    with pytest.raises(CodecError, match=CONTRADICTS):
        unpack(resealed(data[:16] + b"\x11" + data[17:29] + bytes.fromhex(told)))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([b"", b"\x01", b"\x02"]), st.binary(max_size=100), st.booleans())
def test_any_bytes_are_read_or_refused(version: bytes, data: bytes, begin: bool) -> None:
    """Whatever the bytes, reading the container raises nothing but CodecError."""
    data = b"TCM" + version + data if begin else data
    try:
        stream = unpack(resealed(data) if len(data) >= OVERHEAD else data)
    except CodecError:
        return
    assert pack(stream) == resealed(data)
