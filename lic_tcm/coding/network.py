"""A network made ready, and images through it: uint8 arrays to streams and back."""

import functools
import logging
import zlib
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from lic_tcm.anchors import files
from lic_tcm.anchors.checks import check_image
from lic_tcm.anchors.codec import CodecError, UInt8Image
from lic_tcm.anchors.pixels import to_uint8
from lic_tcm.coding.allocator import keep_memory
from lic_tcm.coding.arithmetic import SymbolNetworks, in_float32, in_float64
from lic_tcm.coding.bitstream import VERSION, Stream, check_size, pack
from lic_tcm.coding.coders import LATENT_STRIDE, compress, decompress, repeatable
from lic_tcm.coding.fingerprint import fingerprints
from lic_tcm.errors import UserError
from lic_tcm.nn import checkpoints
from lic_tcm.nn.model import Model
from lic_tcm.nn.padding import PADDINGS, Padding
from lic_tcm.nn.tables import PRIOR, Tables, factorised

log = logging.getLogger(__name__)
SAME_PICTURE = "symbols exact, picture exact: every sample is the encoder's"
OTHER_PICTURE = (
    "symbols exact, picture within 1: some sample is not the encoder's, since the synthesis transform rounds otherwise "
    "on this machine, by at most one grey level wherever that was measured (docs/portability.md)"
)


class Ready(NamedTuple):
    """A network that can code."""

    model: Model
    exact: SymbolNetworks  # in float64
    z_tables: Tables
    fingerprints: dict[int, bytes]  # by version of the stream

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(self.model.parameters()).device

    @property
    def fingerprint(self) -> bytes:
        """In streams of the newest version."""
        return self.fingerprints[VERSION]

    def deciding(self, version: int) -> tuple[SymbolNetworks, Tables]:
        """What decides the symbols of a stream of this version."""
        if version == VERSION:
            return self.exact, self.z_tables
        return in_float32(self.model), factorised(_on_cpu(self.model), torch.float32)


def encode_image(
    ready: Ready, image: UInt8Image, padding: Padding, version: int = VERSION, with_picture: bool = False
) -> tuple[bytes, Tensor]:
    """Return the stream of an RGB image (H, W, 3), and its y_hat, of which `picture` makes what decoders give.

    `with_picture`: make the decoded picture here too, and put its checksum into the stream (version 2).
    """
    check_image("tcm", image)
    height, width = image.shape[:2]
    check_size(height, width)
    x = torch.tensor(image).to(ready.device).permute(2, 0, 1)[None].float() / 255
    networks, z_tables = ready.deciding(version)
    ((strings, y_hat),) = compress(ready.model, networks, z_tables, padding.pad(x))
    checksum = checksum_of(picture(ready.model, y_hat, padding, height, width)) if with_picture else None
    stream = Stream(ready.fingerprints[version], height, width, padding.name, strings, version, checksum)
    return pack(stream), y_hat


def decode_stream(ready: Ready, stream: Stream) -> UInt8Image:
    """Return the image (H, W, 3) of a stream; where it holds the picture's checksum, say how the image compares."""
    padding = PADDINGS[stream.padding]
    networks, z_tables = ready.deciding(stream.version)
    y_hat = decompress(networks, z_tables, stream.strings, *padding.padded(stream.height, stream.width))
    image = picture(ready.model, y_hat, padding, stream.height, stream.width)
    if stream.picture is not None:
        same = stream.picture == checksum_of(image)
        log.log(logging.INFO if same else logging.WARNING, "tcm: %s", SAME_PICTURE if same else OTHER_PICTURE)
    return image


def checksum_of(image: UInt8Image) -> int:
    """CRC-32 of an image's bytes."""
    return zlib.crc32(image.tobytes())


def prepare(model: Model, tables: Tables | None = None) -> Ready:
    """Make a model ready to code, in evaluation mode, with the tables its weights came with, or made anew of them."""
    model = model.eval()
    tables = tables or factorised(_on_cpu(model))
    return Ready(model, in_float64(model), tables, fingerprints(model.config, dict(model.named_parameters()), tables))


def _on_cpu(model: Model) -> dict[str, Tensor]:
    """The parameters z's tables are made of."""
    return {key: value.detach().cpu() for key, value in model.named_parameters() if key.startswith(PRIOR)}


@torch.inference_mode()
def picture(model: Model, y_hat: Tensor, padding: Padding, height: int, width: int) -> UInt8Image:
    """Return the 8-bit image (H, W, 3) of y_hat."""
    with repeatable(y_hat.shape[-2] * y_hat.shape[-1] * LATENT_STRIDE**2):
        x_hat = padding.crop(model.synthesise(y_hat.to(model.medians())), height, width)
    return to_uint8((x_hat[0].permute(1, 2, 0) * 255).cpu().numpy())


def load(path: Path, device: str) -> Ready:
    """Load weights, once while the file stays the same; raises CodecError when it does not hold a network."""
    return _load(path, device_of(device), _state(path))


def fingerprints_of(path: Path) -> dict[int, bytes]:
    """Fingerprints of a file's weights by version, without making the network; errors as `load`."""
    return _fingerprints_of(path, _state(path))


def recent(wanted: bytes, device: str) -> Ready | None:
    """The network of a fingerprint among those loaded last."""
    kind = torch.device(device_of(device)).type
    return next(
        (ready for ready in _recent if wanted in ready.fingerprints.values() and ready.device.type == kind), None
    )


def device_of(name: str) -> str:
    """The device a codec's option names; raises CodecError when torch knows none of that name."""
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        return str(torch.device(name))
    except RuntimeError as error:
        raise CodecError(f"tcm: option device is {name!r}: choose auto, cpu, cuda or cuda:<number>") from error


_recent: list[Ready] = []  # what `_load` holds, for decoders that know a fingerprint only


def _state(path: Path) -> files.State:
    """State of a file, for caches that shall see it change; raises CodecError when there is none."""
    try:
        return files.state(path)
    except OSError as error:
        raise CodecError(f"tcm: cannot read {path} ({error.strerror}); check the path of the weights") from error


@functools.lru_cache(maxsize=256)
def _fingerprints_of(path: Path, _state: files.State) -> dict[int, bytes]:
    try:
        content = checkpoints.read(path)
        tables = content.tables or factorised(content.parameters)
    except UserError as error:
        raise CodecError(f"tcm: {error}") from error
    return fingerprints(content.config, content.parameters, tables)


@functools.lru_cache(maxsize=2)
def _load(path: Path, device: str, _state: files.State) -> Ready:
    keep_memory()
    try:
        loaded = checkpoints.load(path)
        ready = prepare(loaded.model.to(device), loaded.tables)
    except UserError as error:
        raise CodecError(f"tcm: {error}") from error
    _recent[:] = [ready, *_recent[:1]]
    return ready
