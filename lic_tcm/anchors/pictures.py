"""The files that other programs read and write: PNG, PPM, and planes of YUV under a named convention."""

import io
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from lic_tcm.anchors import chroma, pixels
from lic_tcm.anchors.codec import CodecError, UInt8Image

FORMATS: dict[str, tuple[int, int]] = {  # bits of a sample; 0 for RGB, else the width of luma in chroma samples
    "png": (8, 0),
    "ppm": (8, 0),
    "pnm": (8, 0),
    "yuv444p8": (8, 1),
    "yuv444p10": (10, 1),
    "yuv420p8": (8, 2),
    "yuv420p10": (10, 2),
}
GREY, RGB, PALETTE, ALPHA = "L", "RGB", "P", "RGBA"


@dataclass(frozen=True)
class Form:
    """One of FORMATS, for a codec: how an image becomes such a file, and a file an image."""

    format: str
    bits: int
    chroma: int
    convention: pixels.Convention | None  # None: RGB
    pad_to: int

    @property
    def suffix(self) -> str:
        """How names of such files end."""
        return ".yuv" if self.chroma else f".{self.format}"

    def coded_shape(self, height: int, width: int) -> tuple[int, int]:
        """The size (H, W) of the file's picture."""
        return -(-height // self.pad_to) * self.pad_to, -(-width // self.pad_to) * self.pad_to

    def write(self, image: UInt8Image) -> bytes:
        """The file of an image (H, W, 3)."""
        if self.convention is None:
            buffer = io.BytesIO()
            kind: Literal["PNG", "PPM"] = "PNG" if self.format == "png" else "PPM"
            Image.fromarray(image).save(buffer, kind, compress_level=1)  # of PNG: it is read once
            return buffer.getvalue()
        height, width = image.shape[:2]
        rows, columns = self.coded_shape(height, width)
        padded = np.pad(image, ((0, rows - height), (0, columns - width), (0, 0)), mode="edge")
        luma, *colours = pixels.rgb_to_planes(padded, self.convention)
        if self.chroma > 1:
            colours = [chroma.downsample(plane, self.bits) for plane in colours]
        dtype = self._dtype()
        return b"".join(np.ascontiguousarray(plane, dtype).tobytes() for plane in (luma, *colours))

    def read_planes(self, name: str, content: bytes, height: int, width: int, program: str) -> pixels.Planes:
        """The planes (3, H', W') of a file of YUV at its coded size; raises CodecError when it has another size."""
        rows, columns = self.coded_shape(height, width)
        half = (rows // self.chroma, columns // self.chroma)
        shapes = [(rows, columns), half, half]
        expected = sum(h * w for h, w in shapes) * self._dtype().itemsize
        if len(content) != expected:
            raise CodecError(
                f"{name}: {program} wrote {len(content)} bytes where {expected} belong to {columns}x{rows} pixels of "
                f"{self.format}: correct the option decode or format"
            )
        samples: pixels.Planes = np.frombuffer(content, self._dtype())
        ends = np.cumsum([h * w for h, w in shapes])[:-1]
        luma, *colours = (part.reshape(shape) for part, shape in zip(np.split(samples, ends), shapes, strict=True))
        if self.chroma > 1:
            colours = [chroma.upsample(plane, rows, columns, self.bits) for plane in colours]
        return np.stack([luma, *colours])

    def read_picture(self, name: str, content: bytes) -> UInt8Image:
        """The image (H, W, 3) of a PNG, PPM or PGM; raises CodecError when it is none, or not 8-bit and opaque."""
        try:
            with Image.open(io.BytesIO(content), formats=["PNG", "PPM"]) as picture:
                picture.load()
                if _depth(content) != 8 or picture.mode not in (GREY, RGB, PALETTE, ALPHA, "1", "LA"):
                    raise CodecError(
                        f"{name}: the decoder wrote {_described(content, picture.mode)}: make it write 8-bit RGB"
                    )
                if picture.has_transparency_data:
                    rgba = np.array(picture.convert(ALPHA))
                    if rgba[..., 3].min() < 255:
                        raise CodecError(f"{name}: the decoder wrote transparent pixels: make it write 8-bit RGB")
                return np.array(picture.convert(RGB))
        except CodecError:
            raise
        except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError, ...
            raise CodecError(
                f"{name}: the decoder wrote {len(content)} bytes that are no {self.format.upper()}: "
                "correct the option decode or format"
            ) from error

    def _dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint8 if self.bits == 8 else "<u2")


def form(name: str, convention: str, pad_to: int) -> Form:
    """The form of that name; an empty convention is the fair one of its depth, and 0 pads 4:2:0 only."""
    bits, chroma_ = FORMATS[name]
    known = pixels.CONVENTIONS[convention or f"rgb-{bits}bit"] if chroma_ else None
    return Form(name, bits, chroma_, known, pad_to or max(chroma_, 1))


def _depth(content: bytes) -> int:
    """Bits of a sample as the file states them; Pillow reduces deeper ones to 8 without a word."""
    if content.startswith(b"\x89PNG"):
        return max(content[24], 8) if content[25] in (0, 3) else content[24]  # few bits of grey or palette are exact
    words: list[bytes] = []
    for line in content[:4096].splitlines():
        words += line.partition(b"#")[0].split()
        if len(words) > 3:
            break
    if words[0] in (b"P1", b"P4"):
        return 8
    return 8 if int(words[3]) == 255 else int(words[3]).bit_length() + (int(words[3]) < 255)


def _described(content: bytes, mode: str) -> str:
    return f"pixels of {_depth(content)} bits, mode {mode}"
