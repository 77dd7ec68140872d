"""The container of a TCM stream: 29 bytes before the coded symbols.

| bytes | field |
| --- | --- |
| 0-2 | magic "TCM" |
| 3 | format version: 2, or 1 for symbols decided in float32 (`lic_tcm.coding.arithmetic`) |
| 4-11 | fingerprint of the weights, the architecture and, from version 2, the tables (`lic_tcm.coding.fingerprint`) |
| 12-13, 14-15 | height and width of the image |
| 16 | padding: 0 replicate, 1 paper; from version 2, + 16: scales are told, + 32: the picture's checksum is there |
| 17-20 | length of z's string; y's is what remains |
| 21-24 | CRC-32 of the decoded symbols, xor CRC-32 of bytes 0-20 and 29- |
| 25-28 | CRC-32 of all other bytes of the stream |
| 29- | [CRC-32 of the decoded picture's bytes,] [number of scales told, a symbol's number and a level of each,] z, y |

Numbers are unsigned and big-endian; the optional ones take 4, 4, 4 and 1 bytes. The last checksum is tested before
anything is decoded. The other one ties the symbols to all other bytes: a size or a byte that was changed without a
trace in the symbols is noticed as well.
"""

import itertools
import struct
import zlib
from dataclasses import dataclass

from lic_tcm.anchors.codec import CodecError
from lic_tcm.coding.coders import Strings, Told
from lic_tcm.coding.gaussian import LEVELS
from lic_tcm.nn.padding import PADDINGS

MAGIC = b"TCM"
VERSION = 2
VERSIONS = (1, VERSION)
MAX_SIDE = 65535
MAX_PIXELS = 2**26  # an image of 67 megapixels; more would need tens of gigabytes of memory
_HEADER = struct.Struct(">3sB8sHHBI")
_CHECKSUM = struct.Struct(">I")
_TOLD = struct.Struct(">IB")
OVERHEAD = _HEADER.size + 2 * _CHECKSUM.size
_PADDINGS = tuple(PADDINGS)  # its order is the format's
_WITH_TOLD, _WITH_PICTURE = 16, 32


@dataclass(frozen=True)
class Stream:
    """What a stream says."""

    fingerprint: bytes  # 8
    height: int
    width: int
    padding: str
    strings: Strings
    version: int = VERSION
    picture: int | None = None  # CRC-32 of the image as the encoder would decode it


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
    payload = strings.z + strings.y
    flags = _PADDINGS.index(stream.padding)
    if strings.told:
        told = b"".join(_TOLD.pack(*told) for told in strings.told)
        flags, payload = flags | _WITH_TOLD, _CHECKSUM.pack(len(strings.told)) + told + payload
    if stream.picture is not None:
        flags, payload = flags | _WITH_PICTURE, _CHECKSUM.pack(stream.picture) + payload
    if stream.version == 1 and flags >= _WITH_TOLD:
        raise CodecError("tcm: version 1 of the stream holds neither scales nor a picture's checksum; choose version 2")
    header = _HEADER.pack(MAGIC, stream.version, stream.fingerprint, stream.height, stream.width, flags, len(strings.z))
    header += _CHECKSUM.pack(strings.checksum ^ _crc(header, payload))
    return header + _CHECKSUM.pack(_crc(header, payload)) + payload


def unpack(data: bytes) -> Stream:
    """Read a stream; raises CodecError when it is of another kind or version, cut, damaged or forged."""
    if not data.startswith(MAGIC):
        raise CodecError(f"tcm: this is not a TCM stream (it begins with {data[:3]!r}); choose another decoder")
    if len(data) < OVERHEAD:
        raise CodecError(f"tcm: the stream ends after {len(data)} bytes, inside its header; code the image again")
    _, version, fingerprint, height, width, flags, z_length = _HEADER.unpack_from(data)
    if version not in VERSIONS:
        raise CodecError(f"tcm: the stream is of version {version}, this decoder reads 1 to {VERSION}; update it")
    header, payload = data[: _HEADER.size], data[OVERHEAD:]
    (symbols,) = _CHECKSUM.unpack_from(data, _HEADER.size)
    (checksum,) = _CHECKSUM.unpack_from(data, _HEADER.size + _CHECKSUM.size)
    if checksum != _crc(data[: OVERHEAD - _CHECKSUM.size], payload):
        raise CodecError("tcm: checksum mismatch, the stream is damaged or cut; code the image again")
    symbols ^= _crc(header, payload)
    options = _WITH_TOLD | _WITH_PICTURE if version > 1 else 0
    padding = flags & ~options
    try:
        picture, payload = _take_picture(payload) if flags & options & _WITH_PICTURE else (None, payload)
        told, payload = _take_told(payload) if flags & options & _WITH_TOLD else ((), payload)
    except (struct.error, ValueError):
        padding = len(_PADDINGS)
    if padding >= len(_PADDINGS) or z_length > len(payload):
        raise CodecError("tcm: the stream's header contradicts itself; code the image again")
    check_size(height, width)
    strings = Strings(payload[:z_length], payload[z_length:], symbols, told)
    return Stream(fingerprint, height, width, _PADDINGS[padding], strings, version, picture)


def _take_picture(payload: bytes) -> tuple[int, bytes]:
    """The picture's checksum, and what follows it."""
    (picture,) = _CHECKSUM.unpack_from(payload)
    return picture, payload[_CHECKSUM.size :]


def _take_told(payload: bytes) -> tuple[tuple[Told, ...], bytes]:
    """The scales told, and what follows them; raises ValueError or struct.error for what no encoder writes."""
    (count,) = _CHECKSUM.unpack_from(payload)
    end = _CHECKSUM.size + count * _TOLD.size
    told = tuple(Told(*pair) for pair in _TOLD.iter_unpack(payload[_CHECKSUM.size : end]))
    rising = all(one.symbol < other.symbol for one, other in itertools.pairwise(told))
    if not (0 < count == len(told) and rising and all(one.level < len(LEVELS) for one in told)):
        raise ValueError(count)
    return told, payload[end:]


def _crc(*parts: bytes) -> int:
    """CRC-32 of parts one after another."""
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return checksum
