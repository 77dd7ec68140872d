"""The rANS coder (CompressAI's), and the checksum of what goes through it."""

import zlib

import torch
from torch import Tensor

from lic_tcm.anchors.codec import CodecError
from lic_tcm.nn.layers import BufferedRansEncoder, RansDecoder
from lic_tcm.nn.tables import Tables
from lic_tcm.stopwatch import timed

MIN_SYMBOLS = 8
MAX_SYMBOL = 2**24  # floats are whole numbers up to here; the coder loops for ever from 2**27 on
OTHER_SYMBOLS = (
    "tcm: decoding gave other symbols than encoding, because this machine's arithmetic differs; "
    "decode on the kind of device the image was encoded on"
)
RANS_STATE_BITS = 64  # what the coder's state holds beyond the string


def channel_indexes(z: Tensor) -> Tensor:
    """Index of each value's channel, in the shape of z (B, Z, h, w)."""
    return torch.arange(z.shape[1], device=z.device).view(1, -1, 1, 1).expand_as(z)


class SymbolWriter:
    """Collects symbols, then codes them to bytes; rANS codes backwards, so nothing is final before the end."""

    def __init__(self, tables: Tables, checksum: int = 0) -> None:
        self._tables = tables
        self._encoder = BufferedRansEncoder()
        self._count = 0
        self.checksum = checksum  # CRC-32 of the symbols so far, and of those the start value stands for

    @timed("entropy coding")
    def put(self, symbols: Tensor, indexes: Tensor) -> None:
        """Append whole-numbered symbols of any shape, row-major, with their table indexes.

        Raises CodecError for a symbol that is too large to be one.
        """
        if not symbols.abs().max() <= MAX_SYMBOL:
            raise CodecError(
                "tcm: the network gave values no stream can hold; the weights are broken, fetch them again"
            )
        values = symbols.flatten().to("cpu", torch.int32)
        self.checksum = _checksum(values, self.checksum)
        tables = self._tables
        rows = indexes.flatten().tolist()
        self._encoder.encode_with_indexes(values.tolist(), rows, tables.cdfs, tables.lengths, tables.offsets)
        self._count += len(rows)

    @timed("entropy coding")
    def bytes(self) -> bytes:
        """Return the coded symbols."""
        if self._count < MIN_SYMBOLS:  # the encoder's buffer is too small for fewer; the reader ignores the rest
            fill, tables = [0] * MIN_SYMBOLS, self._tables
            self._encoder.encode_with_indexes(fill, fill, tables.cdfs, tables.lengths, tables.offsets)
        data: bytes = self._encoder.flush()
        return data


class SymbolReader:
    """Reads symbols back, in the order they were put."""

    def __init__(self, data: bytes, tables: Tables, count: int, checksum: int = 0) -> None:
        # The decoder does not look where the data ends; zeros behind it are more than `count` symbols can consume.
        self._tables = tables
        self._decoder = RansDecoder()
        self._decoder.set_stream(data + bytes(8 * count + 64))
        self.checksum = checksum  # as the writer's

    @timed("entropy coding")
    def get(self, indexes: Tensor) -> Tensor:
        """Return the next symbols, float32, in the shape and on the device of their table indexes.

        Raises CodecError for a symbol no writer takes.
        """
        tables = self._tables
        rows = indexes.flatten().tolist()
        values = self._decoder.decode_stream(rows, tables.cdfs, tables.lengths, tables.offsets)
        symbols = torch.tensor(values, dtype=torch.int32)
        if symbols.max() > MAX_SYMBOL or symbols.min() < -MAX_SYMBOL:
            raise CodecError(OTHER_SYMBOLS)
        self.checksum = _checksum(symbols, self.checksum)
        return symbols.view(indexes.shape).to(indexes.device, torch.float32)


def _checksum(symbols: Tensor, start: int) -> int:
    """CRC-32 of 32-bit little-endian symbols, continued from `start`."""
    return zlib.crc32(symbols.numpy().astype("<i4").tobytes(), start)
