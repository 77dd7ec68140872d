"""Learned codecs of CompressAI's model zoo: Ballé 2018, Minnen 2018 and Cheng 2020, real bitstreams.

A stream is W, H and a checksum (framing.py), then quality, the fingerprint of the weights, the length of z's string,
the strings of z and of y. It is decoded by the weights it was made with and no others. Images are padded with black
to multiples of 64 around the centre, as CompressAI's own evaluation does; H and W say how much.

The networks run in float32 and decide which integer CDF codes a symbol, so encoder and decoder must run the same
arithmetic: the same kind of machine, library versions and `threads`. The CDFs themselves are integers, stored in the
weights. Decoding with another arithmetic cannot be noticed here: CompressAI's streams hold no trace of the symbols.
"""

import functools
import importlib
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lic_tcm.anchors import extras, files, framing
from lic_tcm.anchors.checks import check_choice, check_image, check_integer
from lic_tcm.anchors.codec import CodecError, QualityRange, UInt8Image, Weights
from lic_tcm.anchors.pixels import to_uint8

STRIDE = 64  # pixels a side per sample of z
HEADER = struct.Struct(">B4sI")  # quality, first 4 bytes of the weights' SHA-256, bytes of z's string


@dataclass(frozen=True)
class ZooCodec:
    """What the models share: they differ in name and number of qualities only."""

    metric: str = "mse"
    folder: str = ""  # of downloaded weight files; empty: torch's cache, filled from CompressAI's server
    check_hash: bool = True  # that a file has the SHA-256 its name begins to spell; False for weights of your own
    threads: int = 1

    name: ClassVar[str]
    label: ClassVar[str]
    quality_range: ClassVar[QualityRange]

    def __post_init__(self) -> None:
        check_choice(self.name, "metric", self.metric, ("mse", "ms-ssim"))
        check_choice(self.name, "check_hash", self.check_hash, (True, False))
        check_integer(self.name, "threads", self.threads, 1, 256)
        if not isinstance(self.folder, str):
            raise CodecError(f"{self.name}: option folder is {self.folder!r}: give a path")

    def version(self) -> str:
        """Return CompressAI's and torch's versions, and whether the weights are CompressAI's."""
        used = ", ".join(f"{package} {extras.version(self.name, package)}" for package in ("compressai", "torch"))
        return used + ("" if self.check_hash else ", unverified weights")

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Return the stream of an image (H, W, 3)."""
        import torch

        q = int(self.quality_range.check(self.name, quality))
        check_image(self.name, image)
        height, width = image.shape[:2]
        top, bottom, left, right = _padding(height, width)
        padded = np.pad(image, ((top, bottom), (left, right), (0, 0)))
        x = torch.from_numpy(padded).permute(2, 0, 1).unsqueeze(0).float() / 255  # (1, 3, H', W')
        path = self._fetched(q)
        with _inference(self.threads):
            (y,), (z,) = _model(self.name, path, files.state(path)).compress(x)["strings"]
        return framing.pack(self._family(), 8, height, width, HEADER.pack(q, _sha256(path)[:4], len(z)) + z + y)

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the decoded image (H, W, 3); refuses a stream made with other weights."""
        height, width, payload = framing.unpack(self._family(), 8, stream)
        q, fingerprint, z_length = HEADER.unpack_from(payload)
        path = self._fetched(q)
        if _sha256(path)[:4] != fingerprint:
            raise CodecError(f"{self.name}: the stream was made with other weights than {path}: code the image again")
        z, y = payload[HEADER.size :][:z_length], payload[HEADER.size :][z_length:]
        top, bottom, left, right = _padding(height, width)
        shape = ((top + height + bottom) // STRIDE, (left + width + right) // STRIDE)
        with _inference(self.threads):
            x = _model(self.name, path, files.state(path)).decompress([[y], [z]], shape)["x_hat"]
        picture = x[0].permute(1, 2, 0).numpy().astype(np.float64) * 255
        return to_uint8(picture[top : top + height, left : left + width])

    def weights(self, quality: float) -> Weights:
        """The file of weights of a quality, fetched if need be; raises CodecError saying where to get it."""
        path = self._fetched(int(self.quality_range.check(self.name, quality)))
        return Weights(path, files.fingerprint(path))

    def weights_at_hand(self, quality: float) -> Path | None:
        """The file in `folder`, or in torch's cache where files are not checked against their names; else None."""
        q = int(self.quality_range.check(self.name, quality))
        if not self.folder and self.check_hash:
            return None
        path = self._place(self._url(q))
        return path if path.is_file() else None

    def _family(self) -> str:
        """What a stream's checksum covers beside its bytes."""
        return f"{self.name} {self.metric}"

    def _url(self, quality: int) -> str:
        """Where CompressAI keeps the weights of a quality. CompressAI and torch are loaded for it: seconds."""
        url: str = _compressai("zoo.image").model_urls[self.name][self.metric][quality]
        return url

    def _place(self, url: str) -> Path:
        """Where the weights of an address lie on this machine."""
        if self.folder:
            return Path(self.folder, url.rsplit("/", 1)[1])
        import torch

        return Path(torch.hub.get_dir(), "checkpoints", url.rsplit("/", 1)[1])

    def _fetched(self, quality: int) -> Path:
        """The file of weights of a quality, downloaded if need be and checked; errors as `weights`."""
        url = self._url(quality)
        path = self._place(url)
        remedy = f"download {url} and put it, as {path.name}, into {path.parent}"
        if not path.is_file():
            if self.folder:
                raise CodecError(f"{self.name}: no weights {path}: {remedy}")
            _download(self.name, url, path, remedy)
        prefix = path.name.removesuffix(".pth.tar").rsplit("-", 1)[1]
        if self.check_hash and not files.fingerprint(path).startswith(prefix):
            raise CodecError(f"{self.name}: the SHA-256 of {path} does not begin with {prefix}: delete it and {remedy}")
        return path


@dataclass(frozen=True)
class Bmshj2018Hyperprior(ZooCodec):
    """Ballé, Minnen, Singh, Hwang, Johnston 2018: a scale hyperprior."""

    name: ClassVar[str] = "bmshj2018-hyperprior"
    label: ClassVar[str] = "Ballé 2018"
    quality_range: ClassVar[QualityRange] = QualityRange(1, 8, "quality")


@dataclass(frozen=True)
class Mbt2018(ZooCodec):
    """Minnen, Ballé, Toderici 2018: a hyperprior and an autoregressive context; serial, slow."""

    name: ClassVar[str] = "mbt2018"
    label: ClassVar[str] = "Minnen 2018"
    quality_range: ClassVar[QualityRange] = QualityRange(1, 8, "quality")


@dataclass(frozen=True)
class Cheng2020Attn(ZooCodec):
    """Cheng, Sun, Takeuchi, Katto 2020 with attention, as CompressAI trained it; serial, slow."""

    name: ClassVar[str] = "cheng2020-attn"
    label: ClassVar[str] = "Cheng 2020"
    quality_range: ClassVar[QualityRange] = QualityRange(1, 6, "quality")


def _compressai(module: str) -> Any:
    """Import a module of CompressAI, without the deprecation warnings of what it imports in turn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(f"compressai.{module}")


def _padding(height: int, width: int) -> tuple[int, int, int, int]:
    """Rows above and below, columns left and right, up to multiples of 64 around the centre."""
    rows, columns = -height % STRIDE, -width % STRIDE
    return rows // 2, rows - rows // 2, columns // 2, columns - columns // 2


def _download(name: str, url: str, path: Path, remedy: str) -> None:
    """Fetch a weight file; raises CodecError with the remedy when that fails."""
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(url, str(path), progress=True)
    except OSError as error:
        raise CodecError(f"{name}: cannot download weights ({error}): {remedy}") from error


def _sha256(path: Path) -> bytes:
    """SHA-256 of a file, 32 bytes."""
    return bytes.fromhex(files.fingerprint(path))


@functools.lru_cache(maxsize=1)
def _model(architecture: str, path: Path, _state: files.State) -> Any:
    """Load a network once per state of its file; raises CodecError when the file holds another, or no CDFs."""
    import torch

    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        state = _compressai("zoo.pretrained").load_pretrained(saved)
        model = _compressai("zoo.image").model_architectures[architecture].from_state_dict(state).eval()
    except Exception as error:  # torch and pickle raise many kinds
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CodecError(f"{architecture}: {path} holds no such network ({reason}): download it again") from error
    if model.gaussian_conditional.quantized_cdf.numel() == 0 or model.entropy_bottleneck.quantized_cdf.numel() == 0:
        raise CodecError(f"{architecture}: {path} holds no CDFs: call update() on the network before saving it")
    return model


@contextmanager
def _inference(threads: int) -> Iterator[None]:
    """Run torch without gradients on a set number of threads: another number may round otherwise."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)
