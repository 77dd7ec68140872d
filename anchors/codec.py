"""The contract every codec fulfils; timing, metrics and files belong to the benchmark, not here."""

from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

UInt8Image = npt.NDArray[np.uint8]  # RGB, (H, W, 3)


class CodecError(Exception):
    """A codec cannot do what was asked; the message names the codec, the cause and the remedy."""


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
