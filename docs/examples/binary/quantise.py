"""The smallest codec there is, as a program: `quantise.py encode PICTURE STREAM POINT`, `decode STREAM PICTURE`."""

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

HEAD = struct.Struct(">HHB")  # width, height, step


def encode(source: str, target: str, point: str) -> None:
    """Divide every sample by a step and deflate the differences along the rows; a larger point is finer."""
    pixels = np.array(Image.open(source)).astype(np.int16)
    step = max(1, round((100 - float(point)) / 2))
    levels = (pixels + step // 2) // step
    differences = np.diff(levels, axis=1, prepend=0).astype(np.uint8)
    Path(target).write_bytes(HEAD.pack(*pixels.shape[1::-1], step) + zlib.compress(differences.tobytes(), 9))


def decode(source: str, target: str) -> None:
    """Undo it, but for the remainders."""
    data = Path(source).read_bytes()
    width, height, step = HEAD.unpack_from(data)
    differences = np.frombuffer(zlib.decompress(data[HEAD.size :]), np.uint8).reshape(height, width, 3)
    levels = np.cumsum(differences, axis=1, dtype=np.uint8)
    Image.fromarray(np.clip(levels.astype(int) * step, 0, 255).astype(np.uint8)).save(target, compress_level=1)


if __name__ == "__main__":
    encode(*sys.argv[2:]) if sys.argv[1] == "encode" else decode(*sys.argv[2:])
