"""What is done with the model's symbols: write them to, or read them from, two strings (z and y)."""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from lic_tcm.anchors.codec import CodecError
from lic_tcm.coding.priors import (
    OTHER_SYMBOLS,
    RANS_STATE_BITS,
    SymbolReader,
    SymbolWriter,
    Tables,
    channel_indexes,
    gaussian_tables,
    scale_indexes,
)
from lic_tcm.nn.entropy import Region
from lic_tcm.nn.model import STRIDE, Model

LATENT_STRIDE = 16  # pixels per position of y
ONE_THREAD_PIXELS = 2**16
THREADS = 2  # for larger images


class Strings(NamedTuple):
    """A picture's coded symbols."""

    z: bytes
    y: bytes
    checksum: int  # CRC-32 of all symbols, z's first


class Encode:
    """Coder of the entropy model that writes symbols."""

    guess = None

    def __init__(self, y: Tensor, checksum: int) -> None:
        self.y = y
        self.writer = SymbolWriter(gaussian_tables(), checksum)

    def __call__(self, region: Region, mean: Tensor, scale: Tensor) -> Tensor:
        """Write the region's rounded differences to the mean."""
        symbols = torch.round(self.y[region] - mean)
        self.writer.put(symbols, scale_indexes(scale))
        return symbols + mean


class Decode:
    """Coder of the entropy model that reads symbols."""

    guess = None

    def __init__(self, data: bytes, count: int, checksum: int) -> None:
        self.reader = SymbolReader(data, gaussian_tables(), count, checksum)

    def __call__(self, region: Region, mean: Tensor, scale: Tensor) -> Tensor:  # noqa: ARG002
        """Read the region's differences to the mean."""
        return self.reader.get(scale_indexes(scale)) + mean


@torch.inference_mode()
def compress(model: Model, z_tables: Tables, x: Tensor) -> list[tuple[Strings, Tensor]]:
    """Code x (B, 3, H, W) in [0, 1], sides multiples of 64; return each picture's strings and y_hat (1, M, H/16, W/16).

    Only the analysis transform sees the batch: the networks that decide symbols round as they will in the decoder,
    which has one image. Raises CodecError when the network's output is not finite.
    """
    with exact(x.shape[-2] * x.shape[-1]):
        return [_code(model, z_tables, y) for y in torch.split(model.analyse(x), 1)]


def _code(model: Model, z_tables: Tables, y: Tensor) -> tuple[Strings, Tensor]:
    """Code y (1, M, H/16, W/16) of one image."""
    z = model.h_a(y)
    if not (torch.isfinite(y).all() and torch.isfinite(z).all()):
        raise CodecError("tcm: the network gave values that are not finite; the weights are broken, fetch them again")
    z_symbols = torch.round(z - model.medians())
    writer = SymbolWriter(z_tables)
    writer.put(z_symbols, channel_indexes(z))
    coder = Encode(y, writer.checksum)
    y_hat = model.context.reconstruct(model.hyper(z_symbols + model.medians()), coder)
    return Strings(writer.bytes(), coder.writer.bytes(), coder.writer.checksum), y_hat


@torch.inference_mode()
def decompress(model: Model, z_tables: Tables, strings: Strings, height: int, width: int) -> Tensor:
    """Return y_hat of a padded image of height x width from its strings.

    Raises CodecError when the strings do not fit the size, or the symbols are not the ones that were written.
    """
    device = next(model.parameters()).device
    shape = (1, model.config.hyper, height // STRIDE, width // STRIDE)
    count = model.config.latent * (height // LATENT_STRIDE) * (width // LATENT_STRIDE)
    with exact(height * width):
        z_symbols, checksum = _read_z(strings.z, z_tables, shape)
        coder = Decode(strings.y, count, checksum)
        y_hat = model.context.reconstruct(model.hyper(z_symbols.to(device) + model.medians()), coder)
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
def exact(pixels: int) -> Iterator[None]:
    """Context of float32 that repeats on one machine, whatever its threads, for a (padded) image of so many pixels.

    The image's size alone decides the number of threads on a CPU, whatever torch is set to or the machine has: PyTorch
    and oneDNN choose other convolutions for one thread than for two, and for few positions again others for more.
    Another processor may still round otherwise (docs/streams.md). GPU convolutions are deterministic, without TF32.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1 if pixels <= ONE_THREAD_PIXELS else THREADS)
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
            yield
    finally:
        torch.set_num_threads(threads)
