"""Images on disk <-> uint8 RGB arrays (H, W, 3), without any change of the stored values.

No ICC profile, gamma or EXIF orientation is applied: the stored samples are what every codec gets.
"""

import hashlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from lic_tcm.anchors.codec import UInt8Image
from lic_tcm.errors import UserError
from lic_tcm.files import unreadable, write_bytes

log = logging.getLogger(__name__)

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
# Folders that systems and network disks put beside images: halves of files, thumbnails, what was deleted.
SYSTEM_FOLDERS = {"__macosx", "@eadir", "@recycle", "#recycle", "@recently-snapshot", "$recycle.bin", "lost+found"}
TIFF_BITS_PER_SAMPLE = 258
TIFF_ORIENTATION = 274
# What Pillow does to a TIFF of that orientation, undone: the inverse of its transposition.
STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
PNG_SIGNATURE = 8  # bytes
TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
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
            try:
                return _read(path, path)
            except ValueError as error:
                if "MAX_TEXT" not in str(error) and "text chunks" not in str(error):
                    raise
                return _read(_without_text(path.read_bytes()), path)
    except UnidentifiedImageError as error:
        raise UserError(
            f"{path} is no {'/'.join(FORMATS)} image, or its header is damaged; replace it by an 8-bit RGB PNG"
        ) from error
    except (FileNotFoundError, IsADirectoryError) as error:
        raise unreadable(path, error, "check the path, or fetch the dataset again") from error
    except Image.DecompressionBombError as error:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0)
        raise UserError(
            f"{path} has more than {most:,} pixels, the most that are read; cut it into smaller images"
        ) from error
    except PermissionError as error:
        raise unreadable(path, error, "let this user read it: chmod u+r") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise unreadable(path, error, "get an intact copy of it") from error


def images_in(folder: Path) -> list[Path]:
    """The image files of a folder tree, by path: the one rule for datasets, training and validation.

    Hidden files and folders are none, nor is what systems put into SYSTEM_FOLDERS. Links are followed, each folder
    once.
    Images of formats that are not read (`is_readable`) are among them, so that nobody leaves them out without a word.
    Two images of one stem are both there: whoever names results by the stem must refuse them.
    Raises UserError for a folder that cannot be read, and for a link that leads nowhere.
    """
    return sorted(_walk(folder, set()))


def _walk(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """The image files below a folder; `seen` are the folders that were walked, by their real paths."""
    seen.add(folder.resolve())
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError as error:
        raise UserError(f"the folder {folder} does not exist; correct the path") from error
    except OSError as error:
        raise UserError(f"cannot read the folder {folder} ({error.strerror}); let this user read it") from error
    inner = []
    for path in entries:
        if path.name.startswith(".") or path.name.casefold() in SYSTEM_FOLDERS:
            continue
        image = path.suffix.lower() in (*SUFFIXES, *OTHER_SUFFIXES)
        if path.is_dir():
            inner.append(path)
        elif path.is_symlink() and not path.exists() and (image or not path.suffix):
            raise UserError(
                f"{path} is a link to {path.readlink()}, which is not there; restore that or remove the link"
            )
        elif image and path.is_file():
            yield path
    for path in sorted(inner, key=lambda path: (path.is_symlink(), path)):  # a folder's own place before links to it
        real = path.resolve()
        if real in seen or folder.resolve().is_relative_to(real):
            log.info("%s leads to a folder that is looked through already", path)
        else:
            yield from _walk(path, seen)


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


def _read(source: Path | io.BytesIO, path: Path) -> UInt8Image:
    """The pixels in a file, or in other bytes of it; Pillow's errors."""
    with Image.open(source, formats=FORMATS) as image:
        image.verify()  # checks the checksums of a PNG, which decoding alone does not
    if isinstance(source, io.BytesIO):
        source.seek(0)
    with Image.open(source, formats=FORMATS) as image:
        return _to_rgb(_as_stored(image), path)


def _as_stored(image: Image.Image) -> Image.Image:
    """A loaded image with its samples in the file's order: Pillow turns a TIFF by its orientation."""
    tags = getattr(image, "tag_v2", None)
    turn = STORED.get(tags.get(TIFF_ORIENTATION, 1)) if image.format == "TIFF" and tags is not None else None
    image.load()
    if turn is None:
        return image
    turned = image.transpose(turn)
    turned.format = image.format
    return turned


def _without_text(png: bytes) -> io.BytesIO:
    """A PNG less the chunks that Pillow unpacks although they are no part of the image."""
    kept, at = [png[:PNG_SIGNATURE]], PNG_SIGNATURE
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")  # length 4, name 4, checksum 4
        if png[at + 4 : at + 8] not in TEXT_CHUNKS:
            kept.append(png[at:end])
        at = end
    return io.BytesIO(b"".join(kept))


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
