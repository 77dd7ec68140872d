"""A stand-in for anybody's codec: "codes" a PNG by quantising and deflating it, with a checksum against damage.

`fake_tool.py encode IN OUT POINT` and `decode IN OUT`; a larger point is finer. It needs Pillow and zlib.
"""

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

HEAD = struct.Struct(">HHBI")


def main() -> int:
    """Do what the first argument says."""
    if sys.argv[1] == "version":
        print("fake tool 1.0")
        return 0
    encode(*sys.argv[2:]) if sys.argv[1] == "encode" else decode(*sys.argv[2:])
    return 0


def encode(source: str, target: str, point: str) -> None:
    """Divide by a step and deflate."""
    pixels = np.array(Image.open(source))
    step = max(1, round((100 - float(point)) / 4))
    body = zlib.compress(((pixels + step // 2) // step).astype(np.uint8).tobytes(), 9)
    Path(target).write_bytes(HEAD.pack(pixels.shape[1], pixels.shape[0], step, zlib.crc32(body)) + body)


def decode(source: str, target: str) -> None:
    """Inflate and multiply."""
    data = Path(source).read_bytes()
    if len(data) < HEAD.size:
        sys.exit("\x1b[31mfake tool: the stream is too short\x1b[0m")
    width, height, step, crc = HEAD.unpack_from(data)
    if zlib.crc32(data[HEAD.size :]) != crc:
        sys.exit("fake tool: the stream is damaged")
    indexes = np.frombuffer(zlib.decompress(data[HEAD.size :]), np.uint8).reshape(height, width, 3)
    Image.fromarray(np.clip(indexes.astype(int) * step, 0, 255).astype(np.uint8)).save(target, compress_level=1)


if __name__ == "__main__":
    sys.exit(main())
