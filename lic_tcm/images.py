"""Images on disk <-> uint8 RGB arrays (H, W, 3), without any change of the stored values.

No ICC profile, gamma or EXIF orientation is applied: the stored samples are what every codec gets.
"""

import hashlib
import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from lic_tcm.anchors.codec import UInt8Image
from lic_tcm.errors import UserError
from lic_tcm.files import unreadable, write_bytes

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
OTHER_SUFFIXES = (
    ".gif",
    ".ppm",
    ".pgm",
    ".jp2",
    ".avif",
    ".heic",
    ".jxl",
    ".exr",
    ".psd",
    ".dng",
)  # images, not read here
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
# Modes that map to 8-bit RGB without loss; CMYK, YCbCr, 16-bit and float modes do not.
LOSSLESS_MODES = ("1", "L", "P", "RGB", "LA", "PA", "RGBA", "RGBX")
TIFF_BITS_PER_SAMPLE = 258
PNG_BIT_DEPTH_OFFSET = 24  # signature 8, chunk length 4, "IHDR" 4, width 4, height 4
# Measured on Kodak: level 1 takes about 30 ms for 768x512; level 6 three times that, and its files are no smaller.
PNG_COMPRESS_LEVEL = 1


def read_rgb(path: Path) -> UInt8Image:
    """Read an 8-bit image as RGB, (H, W, 3).

    Grayscale is replicated, palettes are expanded and a fully opaque alpha channel is dropped: all lossless.
    Raises UserError for anything that cannot be had as 8-bit RGB without loss, and for damaged files.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                image.verify()  # checks the checksums of a PNG, which decoding alone does not
            with Image.open(path, formats=FORMATS) as image:
                image.load()
                return _to_rgb(image, path)
    except UnidentifiedImageError as error:
        raise UserError(
            f"{path} is no {'/'.join(FORMATS)} image, or its header is damaged; replace it by an 8-bit RGB PNG"
        ) from error
    except (FileNotFoundError, IsADirectoryError) as error:
        raise unreadable(path, error, "check the path, or fetch the dataset again") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise unreadable(path, error, "get an intact copy of it") from error


def images_in(folder: Path) -> list[Path]:
    """The image files of a folder tree, by path: the one rule for datasets, training and validation.

    Hidden files and folders are none, nor is what macOS puts into __MACOSX: they are copies, thumbnails or halves of
    files. Images of formats that are not read (`is_readable`) are among them, so that nobody leaves them out without
    a word. Two images of one stem are both there: whoever names results by the stem must refuse them.
    """
    found = (path for path in folder.rglob("*") if path.suffix.lower() in (*SUFFIXES, *OTHER_SUFFIXES))
    return sorted(path for path in found if not _hidden(path.relative_to(folder)) and path.is_file())


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)


def is_readable(path: Path) -> bool:
    """Whether a file has the suffix of a format that `read_rgb` reads."""
    return path.suffix.lower() in SUFFIXES


def sha256_rgb(image: UInt8Image) -> str:
    """SHA-256 of the pixels of an RGB image (H, W, 3), row-major, as 64 hexadecimal digits."""
    return hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()


def write_png(path: Path, image: UInt8Image) -> None:
    """Write an RGB image (H, W, 3) as PNG, atomically; raises UserError when the file cannot be written."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=PNG_COMPRESS_LEVEL)
    write_bytes(path, buffer.getvalue())


def _to_rgb(image: Image.Image, path: Path) -> UInt8Image:
    """Pixels of a loaded image, or the reason why they are refused."""
    if reason := _refusal(image, path):
        raise UserError(f"{path} {reason}; convert it to 8-bit RGB PNG")
    if image.has_transparency_data:
        rgba = np.asarray(image.convert("RGBA"))
        if rgba[..., 3].min() < 255:
            raise UserError(f"{path} has transparent pixels; flatten it to RGB on the background you want")
        return np.ascontiguousarray(rgba[..., :3])
    return np.array(image.convert("RGB"))


def _refusal(image: Image.Image, path: Path) -> str | None:
    """Why an image has no lossless 8-bit RGB form, or None when it has one."""
    if getattr(image, "n_frames", 1) > 1:
        return "holds several images"
    if _bits_per_sample(image, path) > 8:  # Pillow reduces 16-bit RGB to 8 bits without a word
        return "has more than 8 bits per sample"
    if image.mode not in LOSSLESS_MODES:
        return f"has colour mode {image.mode}"
    return None


def _bits_per_sample(image: Image.Image, path: Path) -> int:
    """Bit depth as the file states it (PNG, TIFF); 8 for formats that have no other."""
    if image.format == "PNG":
        with path.open("rb") as file:
            return file.read(PNG_BIT_DEPTH_OFFSET + 1)[PNG_BIT_DEPTH_OFFSET]
    tags = getattr(image, "tag_v2", None)
    if image.format == "TIFF" and tags is not None:
        return int(max(tags.get(TIFF_BITS_PER_SAMPLE, (8,))))
    return 8
