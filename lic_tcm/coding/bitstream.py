"""The container of a TCM stream: 29 bytes before the coded symbols.

| bytes | field |
| --- | --- |
| 0-2 | magic "TCM" |
| 3 | format version, 1 |
| 4-11 | fingerprint of the weights and the architecture (`lic_tcm.coding.fingerprint`) |
| 12-13, 14-15 | height and width of the image |
| 16 | padding: 0 replicate, 1 paper |
| 17-20 | length of z's string; y's is what remains |
| 21-24 | CRC-32 of the decoded symbols, xor CRC-32 of bytes 0-20 and 29- |
| 25-28 | CRC-32 of all other bytes of the stream |
| 29- | string of z, string of y |

Numbers are unsigned and big-endian. The last checksum is tested before anything is decoded. The other one ties the
symbols to all other bytes: a size or a byte that was changed without a trace in the symbols is noticed as well.
"""

import struct
import zlib
from dataclasses import dataclass

from lic_tcm.anchors.codec import CodecError
from lic_tcm.coding.coders import Strings
from lic_tcm.nn.padding import PADDINGS

MAGIC = b"TCM"
VERSION = 1
MAX_SIDE = 65535
MAX_PIXELS = 2**26  # an image of 67 megapixels; more would need tens of gigabytes of memory
_HEADER = struct.Struct(">3sB8sHHBI")
_CHECKSUM = struct.Struct(">I")
OVERHEAD = _HEADER.size + 2 * _CHECKSUM.size
_PADDINGS = tuple(PADDINGS)  # its order is the format's


@dataclass(frozen=True)
class Stream:
    """What a stream says."""

    fingerprint: bytes  # 8
    height: int
    width: int
    padding: str
    strings: Strings


def check_size(height: int, width: int) -> None:
    """Raise CodecError for an image that a stream cannot hold."""
    if not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE and height * width <= MAX_PIXELS):
        raise CodecError(
            f"tcm codes images of up to {MAX_PIXELS} pixels and sides of 1 to {MAX_SIDE}, "
            f"not {width}x{height}; cut the image"
        )


def pack(stream: Stream) -> bytes:
    """Return the bytes of a stream; raises CodecError for an image that is too large."""
    check_size(stream.height, stream.width)
    strings = stream.strings
    header = _HEADER.pack(
        MAGIC,
        VERSION,
        stream.fingerprint,
        stream.height,
        stream.width,
        _PADDINGS.index(stream.padding),
        len(strings.z),
    )
    payload = strings.z + strings.y
    header += _CHECKSUM.pack(strings.checksum ^ _crc(header, payload))
    return header + _CHECKSUM.pack(_crc(header, payload)) + payload


def unpack(data: bytes) -> Stream:
    """Read a stream; raises CodecError when it is of another kind or version, cut, damaged or forged."""
    if not data.startswith(MAGIC):
        raise CodecError(f"tcm: this is not a TCM stream (it begins with {data[:3]!r}); choose another decoder")
    if len(data) < OVERHEAD:
        raise CodecError(f"tcm: the stream ends after {len(data)} bytes, inside its header; code the image again")
    _, version, fingerprint, height, width, padding, z_length = _HEADER.unpack_from(data)
    if version != VERSION:
        raise CodecError(f"tcm: the stream is of version {version}, this decoder reads {VERSION}; update it")
    header, payload = data[: _HEADER.size], data[OVERHEAD:]
    (symbols,) = _CHECKSUM.unpack_from(data, _HEADER.size)
    (checksum,) = _CHECKSUM.unpack_from(data, _HEADER.size + _CHECKSUM.size)
    if checksum != _crc(data[: OVERHEAD - _CHECKSUM.size], payload):
        raise CodecError("tcm: checksum mismatch, the stream is damaged or cut; code the image again")
    if padding >= len(_PADDINGS) or z_length > len(payload):
        raise CodecError("tcm: the stream's header contradicts itself; code the image again")
    check_size(height, width)
    strings = Strings(payload[:z_length], payload[z_length:], symbols ^ _crc(header, payload))
    return Stream(fingerprint, height, width, _PADDINGS[padding], strings)


def _crc(*parts: bytes) -> int:
    """CRC-32 of parts one after another."""
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return checksum
