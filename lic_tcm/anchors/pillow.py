"""Images to bytes and back through Pillow: what the Pillow codecs share.

Pillow's file formats carry the size themselves, so the stream is the file. A truncated file is always refused;
a flipped bit that still parses is not, since JPEG, WebP, JPEG 2000 and AVIF carry no checksum.
"""

import io
from typing import Any

import numpy as np
import PIL
from PIL import Image, UnidentifiedImageError, features

from lic_tcm.anchors.checks import check_image, check_sides
from lic_tcm.anchors.codec import CodecError, UInt8Image

LIMITS = {"JPEG": 65500, "WEBP": 16383, "AVIF": 65536}  # pixels a side


def version(name: str, feature: str, library: str) -> str:
    """Return for example "libwebp 1.6.0 (Pillow 13.0.0)"; raises CodecError when this Pillow lacks the format."""
    if not features.check(feature):
        raise CodecError(
            f"{name}: Pillow {PIL.__version__} was built without {library}: install the Pillow wheel from PyPI"
        )
    return f"{library} {features.version(feature)} (Pillow {PIL.__version__})"


def save(name: str, image: UInt8Image, fmt: str, **options: Any) -> bytes:
    """Return the image (H, W, 3) as a file of Pillow's format `fmt`; raises CodecError when it cannot be."""
    check_image(name, image)
    check_sides(name, image, LIMITS.get(fmt, max(image.shape)))
    buffer = io.BytesIO()
    try:
        Image.fromarray(image).save(buffer, format=fmt, **options)
    except Exception as error:  # plugins raise OSError, ValueError, RuntimeError, ...
        size = f"{image.shape[1]}x{image.shape[0]}"
        raise CodecError(f"{name} cannot code an image of {size} pixels ({_reason(error)})") from error
    return buffer.getvalue()


def load(name: str, stream: bytes, fmt: str) -> UInt8Image:
    """Return the RGB image (H, W, 3) of a file of format `fmt`; raises CodecError when damaged or of another format."""
    try:
        with Image.open(io.BytesIO(stream), formats=[fmt]) as picture:
            return np.array(picture.convert("RGB"))
    except Exception as error:  # plugins raise OSError, SyntaxError, RuntimeError, ...
        raise CodecError(
            f"{name} cannot decode this stream of {len(stream)} bytes ({_reason(error)}): it is damaged or of "
            "another codec; code the image again"
        ) from error


def _reason(error: Exception) -> str:
    """Pillow's message without the addresses of temporary objects."""
    message = "not a file of this format" if isinstance(error, UnidentifiedImageError) else str(error)
    return (message.strip().splitlines() or [type(error).__name__])[0]
