"""The 6 bytes before a bare video bitstream, counted in its rate: width, height and a checksum.

The size because coded images may be padded; the checksum because video decoders conceal damage instead of refusing
it. It also covers the codec's name, the bit depth and the size: a stream of another codec or depth is refused as well.
"""

import binascii
import struct

from lic_tcm.anchors.codec import CodecError

HEADER = struct.Struct(">HHH")  # W, H, CRC-16/CCITT


def pack(name: str, bits: int, height: int, width: int, payload: bytes) -> bytes:
    """Return header + payload; raises CodecError for a side above 65535 pixels."""
    if max(height, width) > 65535:
        raise CodecError(f"{name} codes sides of at most 65535 pixels, not {width}x{height}: cut the image")
    return HEADER.pack(width, height, _checksum(name, bits, height, width, payload)) + payload


def unpack(name: str, bits: int, stream: bytes) -> tuple[int, int, bytes]:
    """Return (H, W, payload); raises CodecError when the stream is damaged, cut, or of another codec or bit depth.

    Whether the payload's image is of that size is for its decoder to check: a checksum can be made to fit.
    """
    if len(stream) <= HEADER.size:
        raise CodecError(f"{name}: a stream of {len(stream)} bytes is too short to hold an image: code the image again")
    width, height, checksum = HEADER.unpack_from(stream)
    payload = stream[HEADER.size :]
    if checksum != _checksum(name, bits, height, width, payload):
        raise CodecError(
            f"{name}: checksum mismatch in a stream of {len(stream)} bytes: it is damaged, or of another codec or "
            "convention; code the image again"
        )
    if not (height and width):
        raise CodecError(f"{name}: the stream states an image of {width}x{height} pixels: code the image again")
    return height, width, payload


def _checksum(name: str, bits: int, height: int, width: int, payload: bytes) -> int:
    """CRC-16 of everything the decoder relies on."""
    return binascii.crc_hqx(payload, binascii.crc_hqx(f"{name} {bits} {height} {width}".encode(), 0xFFFF))
