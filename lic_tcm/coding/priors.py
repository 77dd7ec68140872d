"""CDF tables of the two priors, and the rANS coder (CompressAI's) that uses them.

Tables are always made from the parameters, on the CPU. The Gaussian's levels come out the same everywhere; the
probabilities, made in float32 and rounded to 16 bits, were the same with all instruction sets tried (docs/streams.md).
"""

import copy
import functools
import itertools
import math
import zlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lic_tcm.anchors.checkpoint_files import check_quantiles
from lic_tcm.anchors.codec import CodecError
from lic_tcm.nn.layers import BufferedRansEncoder, EntropyBottleneck, GaussianConditional, RansDecoder
from lic_tcm.stopwatch import timed

SCALE_LEVELS = 64
SCALE_RANGE = (0.11, 256.0)
MIN_SYMBOLS = 8
MAX_SYMBOL = 2**24  # floats are whole numbers up to here; the coder loops for ever from 2**27 on
OTHER_SYMBOLS = (
    "tcm: decoding gave other symbols than encoding, because this machine's arithmetic differs; "
    "decode on the kind of device the image was encoded on"
)
CDF_BITS = 16
RANS_STATE_BITS = 64  # what the coder's state holds beyond the string


@dataclass(frozen=True)
class Tables:
    """Cumulative distributions, one row per index, in the form the rANS coder takes."""

    cdfs: list[list[int]]  # 16 bits, each row cut to its length
    lengths: list[int]
    offsets: list[int]  # the symbol of the first entry of each row

    def least_bits(self) -> float:
        """Fewest bits that one symbol of each row can take together."""
        most = (max(high - low for low, high in itertools.pairwise(row)) for row in self.cdfs)
        return sum(CDF_BITS - math.log2(frequency) for frequency in most)


def scale_table() -> list[float]:
    """Standard deviations the Gaussian prior is quantised to: 64 from 0.11 to 256, evenly spaced in the logarithm.

    They are the reference's float32, `exp(linspace(...))` as torch computes it with AVX2 or AVX-512. With other
    instructions torch's differ in the last bit, and a scale between two versions of a level breaks a stream.
    """
    low, high = (_float32(math.log(value)) for value in SCALE_RANGE)
    last = SCALE_LEVELS - 1
    step = _float32(_float32(high - low) / last)
    half = SCALE_LEVELS // 2
    logarithms = [*(low + step * i for i in range(half)), *(high - step * (last - i) for i in range(half, last + 1))]
    return [_float32(math.exp(_float32(logarithm))) for logarithm in logarithms]


def _float32(value: float) -> float:
    """The nearest number of single precision."""
    return float(np.float32(value))


@functools.cache
def gaussian_tables() -> Tables:
    """Tables of the Gaussian prior; an index is a level of `scale_table`."""
    prior = GaussianConditional(None)
    prior.update_scale_table(scale_table())
    return _tables(prior)


def factorised_tables(prior: EntropyBottleneck) -> Tables:
    """Tables of the factorised prior of z; an index is a channel.

    Raises CodecError for parameters of which no tables can be made, as those of damaged or hostile weights.
    """
    prior = copy.deepcopy(prior).cpu()
    try:
        check_quantiles(prior.quantiles)
        prior.update(force=True)
    except (CodecError, RuntimeError, ValueError, OverflowError) as error:
        raise CodecError(f"tcm: no tables can be made of the weights' prior ({error})") from error
    return _tables(prior)


def _tables(prior: EntropyBottleneck | GaussianConditional) -> Tables:
    """The tables CompressAI has put into a prior's buffers."""
    lengths = prior.cdf_length.tolist()
    cdfs = [row[:length] for row, length in zip(prior.quantized_cdf.tolist(), lengths, strict=True)]
    return Tables(cdfs, lengths, prior.offset.tolist())


def scale_indexes(scale: Tensor) -> Tensor:
    """Index of the smallest level that is at least each scale; the last level for larger ones."""
    levels = torch.tensor(scale_table(), device=scale.device)
    return torch.bucketize(scale.contiguous(), levels[:-1])


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
