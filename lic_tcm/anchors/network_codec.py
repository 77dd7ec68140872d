"""Coding with a loaded network: what the codecs of CompressAI's zoo and of users' models share.

A stream is W, H and a checksum (framing.py), then the fingerprint of the weights, a checksum of the symbols
(symbols.py), the point, and what `compress` returned, as it returned it (container.py). It is decoded by the weights
it was made with and no others, and refused when other symbols come back than were coded. Images are padded with zeros
to multiples of `multiple` around the centre, as CompressAI's own evaluation does; H and W say how much.
"""

import math
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lic_tcm.anchors import container, extras, files, framing, networks, sources, symbols
from lic_tcm.anchors.checks import check_image
from lic_tcm.anchors.codec import CodecError, QualityRange, UInt8Image, Weights
from lic_tcm.anchors.options import point_text
from lic_tcm.anchors.pixels import to_uint8

OWN_PADDING = 255  # pixels a side by which a model may pad further, and give the image uncut
HEADER = struct.Struct(">4sI")  # first 4 bytes of the weights' SHA-256, CRC-32 of the symbols or 0
TEXT = 0xF0  # a point is a whole number below, in one byte, or so many bytes of text above


class NetworkCodec(ABC):
    """Codes with a network and its file of weights, one for each point; which, the codec says."""

    name: ClassVar[str]
    quality_range: ClassVar[QualityRange]
    threads: int
    multiple: int

    @abstractmethod
    def _source(self) -> networks.Source:
        """What the network is made of beside its weights."""

    @abstractmethod
    def _file(self, point: float) -> Path:
        """The file of weights of a point, fetched if need be; raises CodecError when there is none."""

    @abstractmethod
    def _family(self) -> str:
        """What a stream's checksum covers beside its bytes."""

    def version(self) -> str:
        """CompressAI's and torch's versions, a hash of the class's own files, and how images are padded."""
        said = [f"{package} {extras.version(self.name, package)}" for package in ("compressai", "torch")]
        own = self._sources()
        said += [f"{self._source().class_} source {sources.digest(own)}"] if own else []
        return ", ".join([*said, f"padded to {self.multiple} around the centre with zeros"])

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Return the stream of an image (H, W, 3)."""
        point = self.quality_range.check(self.name, quality)
        check_image(self.name, image)
        height, width = image.shape[:2]
        path = self._file(point)
        coded, log = self._compress(image, point, path)
        found = symbols.checksum(log.written, container.leaves(coded[0]))
        try:
            payload = container.pack(list(coded))
        except TypeError as error:
            raise CodecError(
                f"{self._model()}.compress returned {error}: return nested lists of bytes and a shape"
            ) from error
        header = HEADER.pack(_sha256(path)[:4], found or 0)
        return framing.pack(self._family(), 8, height, width, header + _pack_point(point) + payload)

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the decoded image (H, W, 3); refuses a stream made with other weights, or that decodes to noise."""
        height, width, payload = framing.unpack(self._family(), 8, stream)
        try:
            fingerprint, checksum = HEADER.unpack_from(payload)
            point, rest = _unpack_point(payload[HEADER.size :])
            strings, shape = container.unpack(rest)
        except (struct.error, ValueError, IndexError, TypeError) as error:
            raise CodecError(f"{self.name}: the stream is of another form ({error}): code the image again") from error
        path = self._file(point)
        if _sha256(path)[:4] != fingerprint:
            raise CodecError(f"{self.name}: the stream was made with other weights than {path}: code the image again")
        picture, log = self._decompress(strings, shape, point, path)
        found = symbols.checksum(log.read, container.leaves(strings))
        if checksum and found is not None and found != checksum:
            raise CodecError(
                f"{self._model()}.decompress reads other symbols than compress wrote: the two compute the "
                "probabilities differently"
            )
        top, bottom, left, right = self._padding(height, width)
        padded = (top + height + bottom, left + width + right)
        if any(got - wanted > OWN_PADDING for got, wanted in zip(picture.shape[-2:], padded, strict=True)):
            size = f"{picture.shape[-1]}x{picture.shape[-2]}"
            raise CodecError(f"{self.name}: the stream holds {size} pixels and states {width}x{height}: code again")
        cut = picture[0].permute(1, 2, 0).float().cpu().numpy()[top : top + height, left : left + width]
        if cut.shape != (height, width, 3) or not np.isfinite(cut).all():
            raise CodecError(f"{self._model()}.decompress gives {cut.shape} or numbers that are not finite: correct it")
        return to_uint8(cut.astype(np.float64) * 255)

    def estimated_bytes(self, image: UInt8Image, quality: float) -> float | None:
        """The size in bytes that the likelihoods of `forward` add up to; None where it gives none."""
        point = self.quality_range.check(self.name, quality)
        check_image(self.name, image)
        model = self._loaded(point, self._file(point))
        with networks.inference(self.threads):
            result = self._call("forward", model, self._tensor(image), **networks.keywords(self._source(), point))
            likelihoods = result.get("likelihoods") if isinstance(result, dict) else None
            if not likelihoods:
                return None
            return sum(float(-one.double().log2().sum()) for one in _tensors(likelihoods)) / 8

    def explain(self, image: UInt8Image, quality: float) -> str:
        """Where the symbols of an image first differ between `compress` and `decompress` of this very process."""
        path = self._file(quality)
        (strings, shape), written = self._compress(image, quality, path)
        _, read = self._decompress(strings, shape, quality, path)
        written.read = read.read
        found = symbols.first_difference(written, container.leaves(strings))
        return found or (
            "in one process they agree, so the other computes otherwise: fix the number of threads, and code and "
            "decode on one kind of machine"
        )

    def weights(self, quality: float) -> Weights:
        """The file of weights of a point, fetched if need be; raises CodecError saying where to get it."""
        path = self._file(self.quality_range.check(self.name, quality))
        return Weights(path, files.fingerprint(path))

    def _sources(self) -> list[Path]:
        """The files of a user's class; none of CompressAI's own, whose version says it."""
        source = self._source()
        return sources.sources(self.name, source.class_, source.path) if source.class_ else []

    # --- calling the network --------------------------------------------------------------------------------------

    def _compress(self, image: UInt8Image, point: float, path: Path) -> tuple[tuple[Any, Any], symbols.Log]:
        """The strings and shape of an image, and the symbols that were written."""
        model = self._loaded(point, path)
        x = self._tensor(image)
        with networks.inference(self.threads), symbols.logged(model) as log:
            coded = self._call("compress", model, x, **networks.keywords(self._source(), point))
        if not isinstance(coded, dict) or not {"strings", "shape"} <= set(coded):
            raise CodecError(
                f"{self._model()}.compress returned no strings and shape: return what CompressAI's models do"
            )
        return (coded["strings"], coded["shape"]), log

    def _decompress(self, strings: Any, shape: Any, point: float, path: Path) -> tuple[Any, symbols.Log]:
        """The decoded tensor (1, 3, H', W') in 0..1, and the symbols that were read."""
        model = self._loaded(point, path)
        with networks.inference(self.threads), symbols.logged(model) as log:
            given = (strings, _sizes(shape))
            result = self._call("decompress", model, *given, **networks.keywords(self._source(), point))
        if not isinstance(result, dict) or "x_hat" not in result:
            raise CodecError(f"{self._model()}.decompress returned no x_hat: return what CompressAI's models do")
        return result["x_hat"], log

    def _loaded(self, point: float, path: Path) -> Any:
        return networks.load(self._source(), path, point if self._source().point_as else None)

    def _call(self, work: str, model: Any, *given: Any, **more: Any) -> Any:
        try:
            return getattr(model, work)(*given, **more)
        except Exception as error:  # a user's model raises what it likes
            raise CodecError(f"{self._model()}.{work} failed ({sources.reason(error)}): correct it") from error

    def _model(self) -> str:
        title = self._source().title()
        return self.name if title == self.name else f"{self.name}: {title}"

    def _tensor(self, image: UInt8Image) -> Any:
        """An image as the network takes it: (1, 3, H', W') in 0..1, padded."""
        import torch

        top, bottom, left, right = self._padding(*image.shape[:2])
        padded = np.pad(image, ((top, bottom), (left, right), (0, 0)))
        return torch.from_numpy(padded).permute(2, 0, 1).unsqueeze(0).float() / 255

    def _padding(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Rows above and below, columns left and right, around the centre."""
        rows, columns = -height % self.multiple, -width % self.multiple
        return rows // 2, rows - rows // 2, columns // 2, columns - columns // 2


def _pack_point(point: float) -> bytes:
    if float(point).is_integer() and 0 <= point < TEXT:
        return bytes([int(point)])
    text = point_text(float(point)).encode()
    if len(text) > 255 - TEXT:
        raise CodecError(f"the point {point!r} has too many digits to be kept in a stream: round it")
    return bytes([TEXT + len(text)]) + text


def _unpack_point(data: bytes) -> tuple[float, bytes]:
    length = data[0] - TEXT
    if length <= 0:
        return float(data[0]), data[1:]
    value = float(data[1 : 1 + length])
    if not math.isfinite(value):
        raise ValueError("no point")
    return value, data[1 + length :]


def _sizes(shape: Any) -> Any:
    """Shapes as networks give and take them: a torch.Size for each list of whole numbers."""
    import torch

    if isinstance(shape, dict):
        return {key: _sizes(item) for key, item in shape.items()}
    if isinstance(shape, list) and all(isinstance(item, int) for item in shape):
        return torch.Size(shape)
    return [_sizes(item) for item in shape] if isinstance(shape, list) else shape


def _tensors(value: Any) -> Iterator[Any]:
    """The tensors in nested tables and lists."""
    if hasattr(value, "log2"):
        yield value
    else:
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tensors(item)


def _sha256(path: Path) -> bytes:
    """SHA-256 of a file, 32 bytes."""
    return bytes.fromhex(files.fingerprint(path))
