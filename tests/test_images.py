"""Reading is lossless or refused; what is written is read back."""

import errno
import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin

from lic_tcm.errors import UserError
from lic_tcm.images import images_in, is_readable, read_rgb, sha256_rgb, write_png

RGB = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def save(path: Path, image: Image.Image, **options: Any) -> Path:
    """Save with Pillow, in the format of the suffix."""
    image.save(path, **options)
    return path


def png(width: int, height: int, depth: int, colour: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A PNG made by hand, for what Pillow does not write."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = extra + chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("name", ["a.png", "ü ñ 画像.png", "a.bmp", "a.tif"])
def test_lossless_formats_keep_every_pixel(tmp_path: Path, name: str) -> None:
    """What a lossless file holds is what is read, whatever its name."""
    image = read_rgb(save(tmp_path / name, Image.fromarray(RGB)))
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, RGB)


def test_lossless_webp_keeps_every_pixel(tmp_path: Path) -> None:
    """A lossless WebP is read as it is."""
    np.testing.assert_array_equal(read_rgb(save(tmp_path / "a.webp", Image.fromarray(RGB), lossless=True)), RGB)


def test_one_pixel(tmp_path: Path) -> None:
    """The smallest image there is can be read."""
    assert read_rgb(save(tmp_path / "a.png", Image.fromarray(RGB[:1, :1]))).shape == (1, 1, 3)


@pytest.mark.parametrize(("depth", "scale"), [(1, 255), (2, 85), (4, 17), (8, 1)])
def test_grayscale_is_replicated(tmp_path: Path, depth: int, scale: int) -> None:
    """Grayscale of any depth up to 8 bits spans 0..255 and fills all three channels."""
    path = tmp_path / "gray.png"
    path.write_bytes(png(2, 1, depth, 0, b"\0" + bytes([1 << (8 - depth)]) + b"\0" * (depth == 8)))
    np.testing.assert_array_equal(read_rgb(path), [[[scale] * 3, [0] * 3]])


def test_palette_is_expanded(tmp_path: Path) -> None:
    """A palette image gives its colours."""
    image = Image.fromarray(RGB).quantize(16)
    np.testing.assert_array_equal(
        read_rgb(save(tmp_path / "p.png", image)), np.asarray(image.convert("RGB"), dtype=np.uint8)
    )


def test_opaque_alpha_is_dropped(tmp_path: Path) -> None:
    """A fully opaque alpha channel changes nothing."""
    rgba = np.dstack([RGB, np.full(RGB.shape[:2], 255, np.uint8)])
    np.testing.assert_array_equal(read_rgb(save(tmp_path / "a.png", Image.fromarray(rgba))), RGB)


def test_one_transparent_pixel_is_refused(tmp_path: Path) -> None:
    """Transparency has no place in RGB: the error names the file and the remedy."""
    rgba = np.dstack([RGB, np.full(RGB.shape[:2], 255, np.uint8)])
    rgba[3, 4, 3] = 254
    with pytest.raises(UserError, match=r"see-through\.png has transparent pixels; flatten"):
        read_rgb(save(tmp_path / "see-through.png", Image.fromarray(rgba)))


@pytest.mark.parametrize(("key", "refused"), [(7, True), (8, False)])
def test_colour_key_counts_as_transparency(tmp_path: Path, key: int, refused: bool) -> None:
    """A PNG colour key (tRNS) is transparency where it hits a pixel, and nothing where it does not."""
    path = tmp_path / "key.png"
    path.write_bytes(png(1, 1, 8, 2, b"\0\x07\x07\x07", chunk(b"tRNS", struct.pack(">HHH", key, key, key))))
    if refused:
        with pytest.raises(UserError, match="transparent"):
            read_rgb(path)
    else:
        np.testing.assert_array_equal(read_rgb(path), [[[7, 7, 7]]])


@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_16_bit_png_is_refused(tmp_path: Path, colour: int, channels: int) -> None:
    """Pillow silently reads 16-bit RGB as 8-bit; we do not."""
    path = tmp_path / "deep.png"
    path.write_bytes(png(2, 1, 16, colour, b"\0" + b"\xff" * (2 * 2 * channels)))
    with pytest.raises(UserError, match=r"deep\.png has more than 8 bits per sample; convert"):
        read_rgb(path)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_deep_tiff_is_refused(tmp_path: Path, dtype: type) -> None:
    """16-bit and float TIFF have no lossless 8-bit form."""
    path = save(tmp_path / "deep.tif", Image.fromarray(np.zeros((4, 4), dtype)))
    with pytest.raises(UserError, match="more than 8 bits"):
        read_rgb(path)


@pytest.mark.parametrize(("name", "mode"), [("a.jpg", "CMYK"), ("a.tif", "CMYK"), ("a.tif", "YCbCr"), ("a.tif", "LAB")])
def test_other_colour_spaces_are_refused(tmp_path: Path, name: str, mode: str) -> None:
    """A conversion of colour space would be a choice of ours, so it is the user's."""
    source = Image.frombytes(mode, (15, 10), RGB.tobytes()[: 15 * 10 * (4 if mode == "CMYK" else 3)])
    with pytest.raises(UserError, match=f"has colour mode {mode}"):
        read_rgb(save(tmp_path / name, source))


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
def test_several_pictures_are_refused(tmp_path: Path, name: str) -> None:
    """Which image of an animation is meant is not ours to guess."""
    image = Image.fromarray(RGB)
    path = save(tmp_path / name, image, save_all=True, append_images=[image.rotate(180)])
    with pytest.raises(UserError, match="holds several images"):
        read_rgb(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.bmp", "a.tif"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_truncated_files_are_refused(tmp_path: Path, name: str, share: float) -> None:
    """A file cut anywhere gives an error that names it, never a partly grey image."""
    path = save(tmp_path / name, Image.fromarray(RGB))
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(UserError, match=name):
        read_rgb(path)


@pytest.mark.parametrize("missing", [12, 16])
def test_a_png_without_its_end_is_refused(tmp_path: Path, missing: int) -> None:
    """A PNG that lost its end chunk, or the checksum before it, is refused though all its pixels decode."""
    path = save(tmp_path / "a.png", Image.fromarray(RGB))
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(UserError, match=r"a\.png"):
        read_rgb(path)


def test_every_flipped_bit_of_png_data_is_noticed(tmp_path: Path) -> None:
    """A PNG damaged in transfer is refused even where it still decodes."""
    path = save(tmp_path / "a.png", Image.fromarray(RGB))
    data = path.read_bytes()
    for position in range(60, len(data) - 20, 97):
        path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        with pytest.raises(UserError, match=r"a\.png"):
            read_rgb(path)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n", png(0, 4, 8, 2, b""), b"GIF89a"])
def test_what_is_no_image_is_refused(tmp_path: Path, data: bytes) -> None:
    """Text, an empty file, a header alone or an image without pixels: the error names file and remedy."""
    path = tmp_path / "odd.png"
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"odd\.png .*(replace|intact)"):
        read_rgb(path)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    """A path that is not there, or is a folder, is named."""
    with pytest.raises(UserError, match=r"gone\.png does not exist"):
        read_rgb(tmp_path / "gone.png")
    with pytest.raises(UserError, match="is a folder"):
        read_rgb(tmp_path)


def test_icc_profile_and_orientation_are_ignored(tmp_path: Path) -> None:
    """The stored samples count, whatever a profile or an orientation tag says."""
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees to view
    path = save(tmp_path / "a.png", Image.fromarray(RGB), exif=exif, icc_profile=b"not a profile")
    np.testing.assert_array_equal(read_rgb(path), RGB)


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_tiff_is_read_as_stored(tmp_path: Path, orientation: int, compression: str | None) -> None:
    """Pillow turns a TIFF by its orientation when it loads it; what is coded are the samples in the file's order."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[274] = orientation
    path = save(tmp_path / "a.tif", Image.fromarray(RGB), tiffinfo=tags, compression=compression)
    np.testing.assert_array_equal(read_rgb(path), RGB)


def test_text_beside_the_pixels_does_not_matter(tmp_path: Path) -> None:
    """A PNG with 3 MiB of text, more than Pillow unpacks, is read; one whose pixels are damaged too is not."""
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a" * 3 * 2**20, zip=True)
    path = save(tmp_path / "a.png", Image.fromarray(RGB), pnginfo=text)
    np.testing.assert_array_equal(read_rgb(path), RGB)
    data = bytearray(path.read_bytes())
    data[data.rindex(b"IDAT") + 9] ^= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"cannot read .*a\.png"):
        read_rgb(path)


def test_an_image_of_too_many_pixels_is_named_for_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is said, not an attack suspected; a piece of the image, as advised, is read."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    path = save(tmp_path / "a.png", Image.fromarray(np.zeros((4, 6, 3), np.uint8)))
    with pytest.raises(UserError, match=r"more than 20 pixels, the most that are read; cut it into smaller images"):
        read_rgb(path)
    assert read_rgb(save(path, Image.fromarray(np.zeros((4, 5, 3), np.uint8)))).shape == (4, 5, 3)


def test_written_png_is_read_back(tmp_path: Path) -> None:
    """Writing makes missing folders, keeps every pixel and leaves no temporary file."""
    path = tmp_path / "new" / "a.png"
    write_png(path, RGB)
    np.testing.assert_array_equal(read_rgb(path), RGB)
    assert [file.name for file in path.parent.iterdir()] == ["a.png"]


def test_hash_is_that_of_the_raw_pixels() -> None:
    """The hash is the one `sha256(PIL.Image.open(f).convert("RGB").tobytes())` gives, in any memory layout."""
    # printf '\0\1\2\3\4\5' | sha256sum
    expected = "17e88db187afd62c16e5debf3e6527cd006bc012bc90b51a810cd80c2d511f43"
    image = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    assert sha256_rgb(image) == expected
    assert sha256_rgb(np.asfortranarray(image)) == expected


def test_png_bytes_do_not_depend_on_the_run(tmp_path: Path) -> None:
    """Equal pixels give equal files, so results can be compared by hash."""
    write_png(tmp_path / "a.png", RGB)
    write_png(tmp_path / "b.png", np.asfortranarray(RGB))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(io.BytesIO((tmp_path / "a.png").read_bytes())) as image:
        assert image.info == {}


def test_the_images_of_a_folder_are_those_a_user_sees(tmp_path: Path) -> None:
    """Formats read and not read, of every depth, by path; nothing hidden, no half of a file by macOS, no other file.

    A folder that is itself hidden, or lies in one, may hold images.
    """
    root = tmp_path / ".cache" / "set"
    wanted = ["a.png", "a.tif", "b/B.JPG", "c.heic"]
    for name in [*wanted, ".a.png", ".d/a.png", "__MACOSX/a.png", "@eaDir/a.png/T.jpg", "b/._B.JPG", "notes.txt"]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / "folder.png").mkdir()
    assert [path.relative_to(root).as_posix() for path in images_in(root)] == wanted
    assert [is_readable(path) for path in images_in(root)] == [True, True, True, False]


def test_linked_images_and_folders_are_followed(tmp_path: Path) -> None:
    """Each folder once, in its own place before links to it; a link back to where it lies is no endless tree."""
    root, other = tmp_path / "set", tmp_path / "other"
    for path in (root / "sub" / "a.png", other / "b.png"):
        path.parent.mkdir(parents=True)
        path.touch()
    (root / "again").symlink_to("sub")
    (root / "c.png").symlink_to("../other/b.png")
    (root / "more").symlink_to("../other")
    (root / "sub" / "up").symlink_to("..")
    (root / "top").symlink_to("../..")
    found = [path.relative_to(root).as_posix() for path in images_in(root)]
    assert found == ["c.png", "more/b.png", "sub/a.png"]


@pytest.mark.parametrize("name", ["a.png", "subset"])
def test_a_link_to_nothing_is_named(tmp_path: Path, name: str) -> None:
    """An image or folder that is not there any more is not left out without a word; without the link all is well."""
    (tmp_path / "b.png").touch()
    (tmp_path / name).symlink_to("gone/away")
    with pytest.raises(UserError, match=rf"{name} is a link to gone/away, which is not there; .*remove the link"):
        images_in(tmp_path)
    (tmp_path / name).unlink()
    assert images_in(tmp_path) == [tmp_path / "b.png"]


def test_a_locked_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images in a folder that this user may not read are not left out without a word."""
    (tmp_path / "locked").mkdir()

    def refuse(path: Path) -> Iterator[Path]:
        if path.name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied")
        return original(path)

    original = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(UserError, match=r"cannot read the folder .*locked \(Permission denied\); let this user"):
        images_in(tmp_path)
