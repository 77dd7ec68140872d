"""TCM as a codec like any other: uint8 pictures to streams and back."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

import lic_tcm
from anchors.codec import CodecError, QualityRange, UInt8Image
from anchors.pixels import to_uint8
from lic_tcm.coding.bitstream import Stream, check_size, pack, unpack
from lic_tcm.coding.coders import compress, decompress, exact
from lic_tcm.coding.fingerprint import fingerprint
from lic_tcm.coding.priors import Tables, factorised_tables
from lic_tcm.errors import UserError
from lic_tcm.nn import checkpoints
from lic_tcm.nn.model import Model
from lic_tcm.nn.padding import PADDINGS, Padding
from lic_tcm.nn.released import RELEASED, fetch, find, release


class Ready(NamedTuple):
    """A network that can code."""

    model: Model
    z_tables: Tables
    fingerprint: bytes

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(self.model.parameters()).device


@dataclass(frozen=True)
class TCMCodec:
    """The TCM codec; the operating point is the lambda its weights were trained with.

    Weights of a lambda are `<folder>/<model>-<lambda>.safetensors`, else the authors' released ones.
    """

    model: str = "small"  # name in the zoo
    folder: str = ""  # of weights; empty: released ones only
    padding: str = "replicate"  # or "paper"
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.padding not in PADDINGS:
            raise CodecError(f"tcm: padding {self.padding!r} is unknown; choose one of {', '.join(PADDINGS)}")

    @property
    def name(self) -> str:
        """Registry name."""
        return "tcm"

    @property
    def label(self) -> str:
        """Name for tables and figures."""
        return f"TCM-{self.model.capitalize()}"

    @property
    def quality_range(self) -> QualityRange:
        """The lambdas `encode` looks for weights of."""
        return QualityRange(1e-6, 1e3, "lambda", integer=False)

    def version(self) -> str:
        """Versions of the software that decides the stream's bytes."""
        return f"lic-tcm {lic_tcm.__version__} (torch {torch.__version__}, {self.device})"

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Code an RGB image (H, W, 3); raises CodecError for a lambda without weights or too large an image."""
        ready = self._network(self._weights(self.quality_range.check(self.name, quality)))
        return encode_image(ready, image, PADDINGS[self.padding])[0]

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the picture; raises CodecError when the stream is damaged, or its weights are not at hand."""
        parsed = unpack(stream)
        return decode_stream(self._by_fingerprint(parsed.fingerprint), parsed)

    def _weights(self, lmbda: float) -> Path:
        """The file of a lambda's weights."""
        own = Path(self.folder) / f"{self.model}-{lmbda:g}.safetensors"
        if self.folder and own.is_file():
            return own
        try:
            return fetch(release(self.model, lmbda), Path(self.folder) if self.folder else None)
        except UserError as error:
            where = f"there is no {own}, and " if self.folder else ""
            raise CodecError(f"tcm: {where}{error}") from error

    def _network(self, path: Path) -> Ready:
        """Load weights, once while they stay the same."""
        stat = path.stat()
        return _load(path, self.device, stat.st_mtime_ns, stat.st_size)

    def _by_fingerprint(self, wanted: bytes) -> Ready:
        """The network a stream was made with, among those used last and the files at hand."""
        for ready in _recent:
            if ready.fingerprint == wanted and ready.device.type == torch.device(self.device).type:
                return ready
        for path in self._files():
            ready = self._network(path)
            if ready.fingerprint == wanted:
                return ready
        where = f"in {self.folder}" if self.folder else "among the released ones at hand"
        raise CodecError(
            f"tcm: the stream was made with weights {wanted.hex()}, and no {self.model} weights {where} are those; "
            "choose the model and the folder it was encoded with"
        )

    def _files(self) -> Iterator[Path]:
        """The files of the model's weights at hand."""
        folder = Path(self.folder) if self.folder else None
        if folder:
            yield from sorted(folder.glob(f"{self.model}-*.safetensors"))
        for entry in RELEASED:
            if entry.model == self.model and find(entry, folder):
                yield fetch(entry, folder)


def encode_image(ready: Ready, image: UInt8Image, padding: Padding) -> tuple[bytes, Tensor]:
    """Return the stream of an RGB image (H, W, 3), and its y_hat, of which `picture` makes what decoders give."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise CodecError(f"tcm codes RGB images of 8 bits, not {image.dtype} of shape {image.shape}; convert the image")
    height, width = image.shape[:2]
    check_size(height, width)
    x = torch.tensor(image).to(ready.device).permute(2, 0, 1)[None].float() / 255
    strings, y_hat = compress(ready.model, ready.z_tables, padding.pad(x))
    return pack(Stream(ready.fingerprint, height, width, padding.name, strings)), y_hat


def decode_stream(ready: Ready, stream: Stream) -> UInt8Image:
    """Return the picture (H, W, 3) of a stream."""
    padding = PADDINGS[stream.padding]
    y_hat = decompress(ready.model, ready.z_tables, stream.strings, *padding.padded(stream.height, stream.width))
    return picture(ready.model, y_hat, padding, stream.height, stream.width)


def prepare(model: Model) -> Ready:
    """Make a model ready to code: evaluation mode, tables from its parameters as they are now."""
    model = model.eval()
    return Ready(model, factorised_tables(model.entropy_bottleneck), fingerprint(model))


@torch.inference_mode()
def picture(model: Model, y_hat: Tensor, padding: Padding, height: int, width: int) -> UInt8Image:
    """Return the 8-bit picture (H, W, 3) of y_hat."""
    with exact():
        x_hat = padding.crop(model.synthesise(y_hat), height, width)
    return to_uint8((x_hat[0].permute(1, 2, 0) * 255).cpu().numpy())


_recent: list[Ready] = []  # what `_load` holds, for decoders that know a fingerprint only


@functools.lru_cache(maxsize=2)
def _load(path: Path, device: str, _modified: int, _size: int) -> Ready:
    """Load weights; keyed by the file's time and size too, so that a changed file is read again."""
    try:
        ready = prepare(checkpoints.load(path).model.to(device))
    except UserError as error:
        raise CodecError(f"tcm: {error}") from error
    _recent[:] = [ready, *_recent[:1]]
    return ready
