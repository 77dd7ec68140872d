"""The only place where a float becomes a pixel, or RGB becomes YCbCr.

The conversion is BT.709, full range, with the constants and offsets of CompressAI's bench (Y in 0..m, Cb and Cr
around m/2, where m = 2^bits - 1). Forward it is computed in whole numbers, so every machine gives the same planes.
Planes are (3, H, W): uint8 at 8 bits, uint16 above.
"""

from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from lic_tcm.anchors.checks import check_choice
from lic_tcm.anchors.codec import Codec, UInt8Image

Planes = npt.NDArray[np.unsignedinteger[Any]]
Floats = npt.NDArray[np.float64]
Rounding = Literal["truncate", "round"]

KR, KG, KB = 2126, 7152, 722  # BT.709 luma weights, in 1/10000


@dataclass(frozen=True)
class Convention:
    """How a YCbCr codec's images are converted, and against what its PSNR is taken."""

    name: str
    forward: Rounding  # RGB -> YCbCr
    back: Rounding  # YCbCr -> RGB, for the decoded 8-bit image
    bits: int
    reference: Literal["rgb", "converted"]


# Mean MSE of the round trip on Kodak, no codec: 2.78, 1.48, 0.33 and 0 in that order; "converted" does not count it.
CONVENTIONS: dict[str, Convention] = {
    convention.name: convention
    for convention in (
        Convention("paper", "truncate", "round", 8, "converted"),
        Convention("compressai-2021", "truncate", "truncate", 8, "rgb"),
        Convention("truncate-round", "truncate", "round", 8, "rgb"),
        Convention("rgb-8bit", "round", "round", 8, "rgb"),
        Convention("rgb-10bit", "round", "round", 10, "rgb"),
    )
}


@runtime_checkable
class Converting(Codec, Protocol):
    """A codec of YCbCr images: it says how RGB is converted, and gives the planes that `decode` converts back."""

    @property
    def convention(self) -> str:
        """The name in CONVENTIONS of how images are converted."""
        ...

    def decode_ycbcr(self, stream: bytes) -> Planes:
        """Return the decoded YCbCr planes (3, H, W); raises CodecError as `decode`."""
        ...


def convention_named(codec: str, name: str) -> Convention:
    """Return the convention of that name for an option of `codec`; raises CodecError naming the choices."""
    check_choice(codec, "convention", name, list(CONVENTIONS))
    return CONVENTIONS[name]


def to_uint8(values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.uint8]:
    """Round values on the 0..255 scale to pixels: halves go to the even neighbour, what is outside is clipped.

    >>> to_uint8(np.array([-3.0, 0.5, 1.5, 254.6, 300.0]))
    array([  0,   0,   2, 255, 255], dtype=uint8)
    """
    pixels: npt.NDArray[np.uint8] = np.rint(np.clip(values, 0, 255)).astype(np.uint8)
    return pixels


def rgb_to_planes(image: UInt8Image, convention: Convention) -> Planes:
    """Return the YCbCr planes (3, H, W) of an RGB image (H, W, 3)."""
    r, g, b = (image[..., i].astype(np.int64) for i in range(3))
    top = 2**convention.bits - 1
    luma = KR * r + KG * g + KB * b  # exact, in 1/10000
    ratios = (
        (luma * top, 255 * 10000),
        ((10000 * b - luma) * top + 255 * (10000 - KB) * top, 2 * 255 * (10000 - KB)),
        ((10000 * r - luma) * top + 255 * (10000 - KR) * top, 2 * 255 * (10000 - KR)),
    )
    if convention.forward == "truncate":
        planes = [numerator // denominator for numerator, denominator in ratios]
    else:
        planes = [(2 * numerator + denominator) // (2 * denominator) for numerator, denominator in ratios]
    stacked: Planes = np.stack(planes).astype(np.uint8 if convention.bits == 8 else np.uint16)
    return stacked


def planes_to_float_rgb(planes: Planes, convention: Convention) -> Floats:
    """Return RGB (H, W, 3) on the 0..255 scale, neither rounded nor clipped, as CompressAI's first bench scored it."""
    top = 2**convention.bits - 1
    y = planes[0] * (255 / top)
    cb, cr = ((planes[i] - top / 2) * (255 / top) for i in (1, 2))
    r = y + 2 * (1 - KR / 10000) * cr
    b = y + 2 * (1 - KB / 10000) * cb
    g = (10000 * y - KR * r - KB * b) / KG
    return np.stack([r, g, b], axis=-1)


def planes_to_rgb(planes: Planes, convention: Convention) -> UInt8Image:
    """Return the 8-bit RGB image (H, W, 3) of YCbCr planes (3, H, W)."""
    values = planes_to_float_rgb(planes, convention)
    if convention.back == "round":
        return to_uint8(values)
    return np.clip(values, 0, 255).astype(np.uint8)  # the cast truncates


def converted_reference(image: UInt8Image, convention: Convention) -> Floats:
    """Return the "converted original" (H, W, 3), float: what PSNR is taken against when `reference` says so."""
    return planes_to_float_rgb(rgb_to_planes(image, convention), convention)
