"""A user's own codec as a class: quantises and deflates; a larger point is finer."""

import struct
import zlib

import numpy as np

HEAD = struct.Struct(">HHBI")


class Quantiser:
    """Uniform quantisation."""

    def __init__(self, level: int = 9) -> None:
        self.level = level

    def version(self) -> str:
        """Name and version."""
        return "quantiser 1.0"

    def encode(self, image: np.ndarray, point: float) -> bytes:
        """Divide by a step and deflate."""
        step = max(1, round((100 - point) / 4))
        body = zlib.compress(((image + step // 2) // step).astype(np.uint8).tobytes(), self.level)
        return HEAD.pack(image.shape[1], image.shape[0], step, zlib.crc32(body)) + body

    def decode(self, stream: bytes) -> np.ndarray:
        """Inflate and multiply."""
        width, height, step, crc = HEAD.unpack_from(stream)
        if zlib.crc32(stream[HEAD.size :]) != crc:
            raise ValueError("the stream is damaged")
        indexes = np.frombuffer(zlib.decompress(stream[HEAD.size :]), np.uint8).reshape(height, width, 3)
        return np.clip(indexes.astype(int) * step, 0, 255).astype(np.uint8)
