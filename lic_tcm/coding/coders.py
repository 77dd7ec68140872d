"""What is done with the model's symbols: write them to, or read them from, two strings (z and y)."""

import contextlib
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from lic_tcm.anchors.codec import CodecError
from lic_tcm.coding.arithmetic import SymbolNetworks
from lic_tcm.coding.gaussian import gaussian_tables, scale_indexes
from lic_tcm.coding.priors import (
    OTHER_SYMBOLS,
    RANS_STATE_BITS,
    SymbolReader,
    SymbolWriter,
    channel_indexes,
)
from lic_tcm.nn.entropy import Region
from lic_tcm.nn.model import STRIDE, Model
from lic_tcm.nn.tables import Tables

LATENT_STRIDE = 16  # pixels per position of y
ONE_THREAD_PIXELS = 2**16
THREADS = 2  # for larger images


class Told(NamedTuple):
    """A scale so near to a level that the decoder is told which one was taken."""

    symbol: int  # its number among y's, in the order they are coded
    level: int


class Strings(NamedTuple):
    """A picture's coded symbols."""

    z: bytes
    y: bytes
    checksum: int  # CRC-32 of all symbols, z's first
    told: tuple[Told, ...] = ()


class Encode:
    """Coder of the entropy model that writes symbols."""

    guess = None

    def __init__(self, y: Tensor, checksum: int, guard: float = 0.0) -> None:
        self.y = y
        self.writer = SymbolWriter(gaussian_tables(), checksum)
        self.told: list[Told] = []
        self._guard = guard
        self._count = 0

    def __call__(self, region: Region, mean: Tensor, scale: Tensor) -> Tensor:
        """Write the region's rounded differences to the mean."""
        symbols = torch.round(self.y[region] - mean)
        self.writer.put(symbols, self._levels(scale))
        return symbols + mean

    def _levels(self, scale: Tensor) -> Tensor:
        """The level of each scale: the lower one for those within the guard of two, which are noted."""
        levels = scale_indexes(scale * (1 - self._guard))
        if self._guard:
            near = (levels != scale_indexes(scale * (1 + self._guard))).flatten().nonzero().flatten()
            self.told += [Told(self._count + i, int(levels.flatten()[i])) for i in near.tolist()]
        self._count += levels.numel()
        return levels


class Decode:
    """Coder of the entropy model that reads symbols."""

    guess = None

    def __init__(self, data: bytes, count: int, checksum: int, told: Sequence[Told] = ()) -> None:
        self.reader = SymbolReader(data, gaussian_tables(), count, checksum)
        self._told = deque(told)
        self._count = 0

    def __call__(self, region: Region, mean: Tensor, scale: Tensor) -> Tensor:  # noqa: ARG002
        """Read the region's differences to the mean."""
        return self.reader.get(self._levels(scale)) + mean

    def _levels(self, scale: Tensor) -> Tensor:
        """The level of each scale, as the encoder took it."""
        levels = scale_indexes(scale)
        start, self._count = self._count, self._count + levels.numel()
        while self._told and self._told[0].symbol < self._count:
            told = self._told.popleft()
            levels.view(-1)[told.symbol - start] = told.level
        return levels


@torch.inference_mode()
def compress(model: Model, networks: SymbolNetworks, z_tables: Tables, x: Tensor) -> list[tuple[Strings, Tensor]]:
    """Code x (B, 3, H, W) in [0, 1], sides multiples of 64; return each picture's strings and y_hat (1, M, H/16, W/16).

    Only the analysis transform sees the batch: the networks that decide symbols round as they will in the decoder,
    which has one image. Raises CodecError when the network's output is not finite.
    """
    with repeatable(x.shape[-2] * x.shape[-1]):
        return [_code(model, networks, z_tables, y) for y in torch.split(model.analyse(x), 1)]


def _code(model: Model, networks: SymbolNetworks, z_tables: Tables, y: Tensor) -> tuple[Strings, Tensor]:
    """Code y (1, M, H/16, W/16) of one image."""
    z = model.h_a(y)
    if not (torch.isfinite(y).all() and torch.isfinite(z).all()):
        raise CodecError("tcm: the network gave values that are not finite; the weights are broken, fetch them again")
    z_symbols = torch.round(z - model.medians())
    writer = SymbolWriter(z_tables)
    writer.put(z_symbols, channel_indexes(z))
    coder = Encode(y.to(networks.medians.device), writer.checksum, networks.guard)
    y_hat = networks.context.reconstruct(networks.hyper(z_symbols), coder)
    return Strings(writer.bytes(), coder.writer.bytes(), coder.writer.checksum, tuple(coder.told)), y_hat


@torch.inference_mode()
def decompress(networks: SymbolNetworks, z_tables: Tables, strings: Strings, height: int, width: int) -> Tensor:
    """Return y_hat of a padded image of height x width from its strings, in the networks' precision.

    Raises CodecError when the strings do not fit the size, or the symbols are not the ones that were written.
    """
    channels = networks.medians.shape[1]
    with repeatable(height * width):
        z_symbols, checksum = _read_z(strings.z, z_tables, (1, channels, height // STRIDE, width // STRIDE))
        hyper = networks.hyper(z_symbols)
        coder = Decode(strings.y, hyper.mean.numel(), checksum, strings.told)
        y_hat = networks.context.reconstruct(hyper, coder)
    if coder.reader.checksum != strings.checksum:
        raise CodecError(OTHER_SYMBOLS)
    return y_hat


def _read_z(data: bytes, tables: Tables, shape: tuple[int, int, int, int]) -> tuple[Tensor, int]:
    """Return the symbols of z and their checksum.

    Raises CodecError, before anything large is computed, when they do not fill exactly this string: then the size in
    the header is not the picture's.
    """
    wrong = CodecError(
        f"tcm: the header says {shape[3] * STRIDE}x{shape[2] * STRIDE} pixels, which the coded symbols do not fill; "
        "code the image again"
    )
    if tables.least_bits() * shape[2] * shape[3] > 8 * len(data) + RANS_STATE_BITS:
        raise wrong
    indexes = channel_indexes(torch.empty(shape))
    reader = SymbolReader(data, tables, indexes.numel())
    try:
        symbols = reader.get(indexes)
    except CodecError as error:
        raise wrong from error
    writer = SymbolWriter(tables)
    writer.put(symbols, indexes)
    if writer.bytes() != data:
        raise wrong
    return symbols, reader.checksum


@contextlib.contextmanager
def repeatable(pixels: int) -> Iterator[None]:
    """Context of arithmetic that repeats on one machine, whatever its threads, for a (padded) image of so many pixels.

    The image's size alone decides the number of threads on a CPU, whatever torch is set to or the machine has: PyTorch
    and oneDNN choose other convolutions for one thread than for two, and for few positions again others for more.
    Another processor still rounds otherwise (docs/streams.md). GPU convolutions are deterministic, without TF32.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1 if pixels <= ONE_THREAD_PIXELS else THREADS)
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
            yield
    finally:
        torch.set_num_threads(threads)
