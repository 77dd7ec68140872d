"""A network made ready, and images through it: uint8 arrays to streams and back."""

import functools
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from lic_tcm.anchors import files
from lic_tcm.anchors.checks import check_image
from lic_tcm.anchors.codec import CodecError, UInt8Image
from lic_tcm.anchors.pixels import to_uint8
from lic_tcm.coding.allocator import keep_memory
from lic_tcm.coding.bitstream import Stream, check_size, pack
from lic_tcm.coding.coders import LATENT_STRIDE, compress, decompress, exact
from lic_tcm.coding.fingerprint import fingerprint
from lic_tcm.coding.priors import Tables, factorised_tables
from lic_tcm.errors import UserError
from lic_tcm.nn import checkpoints
from lic_tcm.nn.model import Model
from lic_tcm.nn.padding import PADDINGS, Padding


class Ready(NamedTuple):
    """A network that can code."""

    model: Model
    z_tables: Tables
    fingerprint: bytes

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(self.model.parameters()).device


def encode_image(ready: Ready, image: UInt8Image, padding: Padding) -> tuple[bytes, Tensor]:
    """Return the stream of an RGB image (H, W, 3), and its y_hat, of which `picture` makes what decoders give."""
    check_image("tcm", image)
    height, width = image.shape[:2]
    check_size(height, width)
    x = torch.tensor(image).to(ready.device).permute(2, 0, 1)[None].float() / 255
    ((strings, y_hat),) = compress(ready.model, ready.z_tables, padding.pad(x))
    return pack(Stream(ready.fingerprint, height, width, padding.name, strings)), y_hat


def decode_stream(ready: Ready, stream: Stream) -> UInt8Image:
    """Return the image (H, W, 3) of a stream."""
    padding = PADDINGS[stream.padding]
    y_hat = decompress(ready.model, ready.z_tables, stream.strings, *padding.padded(stream.height, stream.width))
    return picture(ready.model, y_hat, padding, stream.height, stream.width)


def prepare(model: Model) -> Ready:
    """Make a model ready to code: evaluation mode, tables from its parameters as they are now."""
    model = model.eval()
    return Ready(
        model, factorised_tables(model.entropy_bottleneck), fingerprint(model.config, dict(model.named_parameters()))
    )


@torch.inference_mode()
def picture(model: Model, y_hat: Tensor, padding: Padding, height: int, width: int) -> UInt8Image:
    """Return the 8-bit image (H, W, 3) of y_hat."""
    with exact(y_hat.shape[-2] * y_hat.shape[-1] * LATENT_STRIDE**2):
        x_hat = padding.crop(model.synthesise(y_hat), height, width)
    return to_uint8((x_hat[0].permute(1, 2, 0) * 255).cpu().numpy())


def load(path: Path, device: str) -> Ready:
    """Load weights, once while the file stays the same; raises CodecError when it does not hold a network."""
    return _load(path, device_of(device), _state(path))


def fingerprint_of(path: Path) -> bytes:
    """Fingerprint of a file's weights, without making the network; errors as `load`."""
    return _fingerprint_of(path, _state(path))


def recent(wanted: bytes, device: str) -> Ready | None:
    """The network of a fingerprint among those loaded last."""
    kind = torch.device(device_of(device)).type
    return next((ready for ready in _recent if ready.fingerprint == wanted and ready.device.type == kind), None)


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
def _fingerprint_of(path: Path, _state: files.State) -> bytes:
    try:
        content = checkpoints.read(path)
    except UserError as error:
        raise CodecError(f"tcm: {error}") from error
    return fingerprint(content.config, content.parameters)


@functools.lru_cache(maxsize=2)
def _load(path: Path, device: str, _state: files.State) -> Ready:
    keep_memory()
    try:
        ready = prepare(checkpoints.load(path).model.to(device))
    except UserError as error:
        raise CodecError(f"tcm: {error}") from error
    _recent[:] = [ready, *_recent[:1]]
    return ready
