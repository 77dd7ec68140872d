"""The contract every codec fulfils; timing, metrics and files belong to the benchmark, not here."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

UInt8Image = npt.NDArray[np.uint8]  # RGB, (H, W, 3)


class CodecError(Exception):
    """A codec cannot do what was asked; the message names the codec, the cause and the remedy."""


@dataclass(frozen=True)
class QualityRange:
    """The operating points a codec accepts: low..high in its own unit, whole numbers only unless `integer` is False."""

    low: float
    high: float
    unit: str
    integer: bool = True

    def check(self, name: str, quality: float) -> float:
        """Return the quality if codec `name` accepts it; raises CodecError naming the range otherwise.

        >>> QualityRange(0, 63, "QP").check("vtm", 64)
        Traceback (most recent call last):
        lic_tcm.anchors.codec.CodecError: vtm cannot code at 64: choose a whole number from 0 to 63 (QP)
        """
        number = isinstance(quality, int | float) and not isinstance(quality, bool) and math.isfinite(quality)
        if number and self.low <= quality <= self.high and not (self.integer and quality % 1):
            return quality
        if math.isinf(self.high):
            raise CodecError(f"{name} cannot code at {quality!r}: choose a finite number")
        kind = "whole number" if self.integer else "number"
        raise CodecError(f"{name} cannot code at {quality!r}: choose a {kind} from {self} ({self.unit})")

    def __str__(self) -> str:
        return "any number" if math.isinf(self.high) else f"{self.low:g} to {self.high:g}"


ANY_POINT = QualityRange(-math.inf, math.inf, "whatever the codec takes", integer=False)  # of codecs that users bring


@dataclass(frozen=True)
class Weights:
    """A file of weights: where it lies, and what tells it from others."""

    path: Path
    sha256: str  # of the file's bytes, 64 hexadecimal digits
    budget: str = ""  # of ablations it was trained with; empty where the file states none


@dataclass(frozen=True)
class Given:
    """What somebody else made of an image at a point."""

    num_bytes: int  # the size of the stream
    stream: bytes | None  # None: only its size is known
    decoded: Path | None  # the decoded image; None: the codec decodes the stream itself

    @property
    def what(self) -> str:
        """One word for rows.

        "stream": it is decoded here; "decoded": the decoded image is there, too; "size": that without a stream.
        """
        if self.stream is None:
            return "size"
        return "stream" if self.decoded is None else "decoded"


@runtime_checkable
class Codec(Protocol):
    """What the benchmark needs to know of a codec.

    Codecs are frozen dataclasses: their fields are the options a config may set (`preset`, `effort`, ...),
    so two equal codecs code alike. `quality` is the operating point in the codec's own unit (QP, q, lambda).
    """

    @property
    def name(self) -> str:
        """Registry name, for example "webp"."""
        ...

    def version(self) -> str:
        """Name and version of the software that does the work; raises CodecError when it is not usable."""
        ...

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Code an RGB image (H, W, 3) to a stream `decode` alone can read.

        Raises CodecError for a quality outside the codec's range or an image it cannot code.
        """
        ...

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the 8-bit RGB image (H, W, 3) of a stream; raises CodecError when it cannot."""
        ...


@runtime_checkable
class Anchor(Codec, Protocol):
    """A codec of the registry: it also says how tables name it and which points a config may ask for."""

    @property
    def label(self) -> str:
        """Name for tables and figures, for example "VVenC 4:2:0"."""
        ...

    @property
    def quality_range(self) -> QualityRange:
        """The points `encode` accepts."""
        ...


# What some codecs can say beside; who runs codecs asks for the protocol, never for a codec by name.


@runtime_checkable
class Weighted(Codec, Protocol):
    """A codec with trained weights, a file for each operating point: another file there means other streams."""

    def weights(self, quality: float) -> Weights:
        """Which weights `encode` takes at this point, fetched if need be.

        Raises CodecError for a quality outside the codec's range, and when there are no weights.
        """
        ...

    def weights_at_hand(self, quality: float) -> Path | None:
        """The file that a scheduler should watch, so that coding starts again when it is replaced; fetches nothing.

        None while there is no such file, and for downloads of other people's weights, which are checked against a
        hash whenever they are used and so are never replaced.
        """
        ...


@runtime_checkable
class Downloading(Weighted, Protocol):
    """A codec with weights that may have to be downloaded, which a scheduler does where there is a network."""

    def is_downloaded(self, quality: float) -> bool:
        """Whether `weights` takes other people's weights at this point, from their server; fetches nothing."""
        ...


@runtime_checkable
class Estimating(Codec, Protocol):
    """A codec that can say, without coding, what its probabilities promise."""

    def estimated_bytes(self, image: UInt8Image, quality: float) -> float | None:
        """The size in bytes that the likelihoods of an image's (H, W, 3) symbols add up to; errors as `encode`.

        None where the network gives no likelihoods.
        """
        ...


@runtime_checkable
class Edited(Codec, Protocol):
    """A codec that lies in files a user may edit: another file there means other streams."""

    def files_at_hand(self, quality: float) -> tuple[Path, ...]:
        """The files that a scheduler should watch, so that coding starts again when one is edited."""
        ...


@runtime_checkable
class Checking(Codec, Protocol):
    """A codec that can say before any job starts whether it can be used at some points."""

    def check_points(self, points: Sequence[float]) -> None:
        """Raises CodecError when a class, a file or a point is missing that the options name; codes nothing."""
        ...


@runtime_checkable
class Explaining(Codec, Protocol):
    """A codec that can look for the reason when a stream of its own is not decoded."""

    def explain(self, image: UInt8Image, quality: float) -> str:
        """What goes wrong with an image (H, W, 3) at a point, as far as it can be seen; empty when nothing can."""
        ...


@runtime_checkable
class Receiving(Codec, Protocol):
    """A codec that may take from files what somebody else made, and so must know which image is meant."""

    def given(self, name: str, image: UInt8Image, quality: float) -> Given | None:
        """What there is of the image (H, W, 3) of that name at a point; None where the codec is to make it itself.

        Raises CodecError naming the file that is missing, damaged or of another image.
        """
        ...

    def given_files(self, quality: float) -> list[Path]:
        """The files there are for a point, so that a scheduler takes them again when one is replaced.

        Empty where the codec makes its streams itself, and for files that are checked against hashes when used.
        """
        ...
