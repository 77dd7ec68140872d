"""VVC at 4:4:4: the reference software VTM, run as CompressAI's bench and the TCM paper run it (appendix A.1)."""

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from lic_tcm.anchors import ffmpeg, files, framing, given, pixels, tool, vtm_streams
from lic_tcm.anchors.checks import check_choice, check_image, check_timeout
from lic_tcm.anchors.codec import CodecError, Given, QualityRange, UInt8Image

FFMPEG = "ffmpeg"  # as option decoder: the VVC decoder of the imageio-ffmpeg wheel
OURS = "given"  # as option streams: those that come with this suite
INTERNAL_BITS = 10  # of encoder_intra_vtm.cfg, whatever the input's


@dataclass(frozen=True)
class Vtm:
    """EncoderAppStatic and DecoderAppStatic of VTM-12.1 with cfg/encoder_intra_vtm.cfg, planar 4:4:4 YCbCr.

    A Kodak image takes 20 s (QP 47) to 170 s (QP 12) to encode. The paper's points are QP 26, 28, ..., 40. Under every
    8-bit convention that truncates, the streams are the same; only what is made of the decoded planes differs. With
    `streams` nothing is encoded: they are given, and `decoder: ffmpeg` then needs nothing of VTM at all.
    """

    encoder: str = "EncoderAppStatic"  # a path, or a name on PATH
    decoder: str = "DecoderAppStatic"  # or FFMPEG
    cfg: str = "encoder_intra_vtm.cfg"
    convention: str = "rgb-8bit"  # of pixels.CONVENTIONS
    streams: str = ""  # OURS, or a path with {point} and {image} in it; with or without the bytes of framing.py
    timeout: float = 14400.0  # seconds, per image

    name: ClassVar[str] = "vtm"
    label: ClassVar[str] = "VTM 4:4:4"
    quality_range: ClassVar[QualityRange] = QualityRange(0, 63, "QP")

    def __post_init__(self) -> None:
        for option in ("encoder", "decoder", "cfg"):
            if not isinstance(getattr(self, option), str) or not getattr(self, option):
                raise CodecError(f"{self.name}: option {option} is {getattr(self, option)!r}: give a path")
        check_timeout(self.name, self.timeout)
        check_choice(self.name, "convention", self.convention, list(pixels.CONVENTIONS))
        if self.streams not in ("", OURS):
            given.check_template(self.name, "streams", self.streams)

    def version(self) -> str:
        """Return the number the encoder prints and the hashes of what decides a stream: encoder, decoder and cfg.

        Of given streams, what is known of their encoder. ffmpeg as decoder is named with its version.
        """
        if self.decoder == FFMPEG:
            decoder = ffmpeg.decoder_version(self.name, "vvc")
        else:
            decoder = files.fingerprint(_find(self.name, self.decoder))[:12]
        if self.streams:
            return f"{vtm_streams.ENCODED_BY if self.streams == OURS else 'VTM'}, streams given, decoder {decoder}"
        paths = [_find(self.name, path) for path in (self.encoder, self.cfg)]
        banner = tool.run(self.name, [self.encoder], timeout=60, any_exit=True).decode("utf-8", "replace")
        number = re.search(r"VTM Encoder Version (\S+)", banner)
        encoder, cfg = (files.fingerprint(path)[:12] for path in paths)
        return f"VTM {number[1] if number else '?'} (encoder {encoder}, decoder {decoder}, cfg {cfg})"

    def given(self, name: str, image: UInt8Image, quality: float) -> Given | None:
        """The given stream of an image, with its frame header; None without the option streams."""
        qp = int(self.quality_range.check(self.name, quality))
        check_image(self.name, image)
        if not self.streams:
            return None
        convention = pixels.CONVENTIONS[self.convention]
        if self.streams == OURS:
            found = vtm_streams.find(image, convention, qp).read()
        else:
            found = given.read(self.name, "streams", given.path_of(self.streams, name, qp))
        height, width = image.shape[:2]
        framed = found if _is_framed(found) else framing.pack(self.name, convention.bits, height, width, found)
        stated = framing.unpack(self.name, convention.bits, framed)[:2]
        if stated != (height, width):
            raise CodecError(
                f"{self.name}: the given stream of {name} is of {stated[1]}x{stated[0]} pixels, the image of "
                f"{width}x{height}: is it another image's?"
            )
        return Given(len(framed), framed, None)

    def given_files(self, quality: float) -> list[Path]:
        """The streams of a template at a point; the suite's own are checked by hash."""
        return given.files_at(self.streams, quality) if self.streams not in ("", OURS) else []

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Return W, H, checksum and a VVC bitstream of the image (H, W, 3)."""
        qp = int(self.quality_range.check(self.name, quality))
        check_image(self.name, image)
        if self.streams:
            raise CodecError(f"{self.name} encodes nothing with the option streams: leave it out to encode with VTM")
        _find(self.name, self.cfg)
        convention = pixels.CONVENTIONS[self.convention]
        height, width = image.shape[:2]
        with tempfile.TemporaryDirectory() as folder:
            source, coded = Path(folder, "in.yuv"), Path(folder, "out.bin")
            source.write_bytes(pixels.rgb_to_planes(image, convention).tobytes())
            paths = ["-i", str(source), "-c", self.cfg, "-q", str(qp), "-o", "/dev/null", "-b", str(coded)]
            picture = ["-wdt", str(width), "-hgt", str(height), "-fr", "1", "-f", "1", "--InputChromaFormat=444"]
            form = [f"--InputBitDepth={convention.bits}", "--ConformanceWindowMode=1"]
            tool.run(self.name, [self.encoder, *paths, *picture, *form], self.timeout)
            bitstream = _read(self.name, self.encoder, coded)
        return framing.pack(self.name, convention.bits, height, width, bitstream)

    def decode_ycbcr(self, stream: bytes) -> pixels.Planes:
        """Return the decoded YCbCr planes (3, H, W), those of this suite's streams checked against VTM's own output."""
        bits = pixels.CONVENTIONS[self.convention].bits
        height, width, bitstream = framing.unpack(self.name, bits, stream)
        if self.decoder == FFMPEG:
            planes = _decode_by_ffmpeg(self.name, bitstream, bits, (height, width), self.timeout)
        else:
            planes = self._decode_by_vtm(bitstream, bits, (height, width))
        vtm_streams.check(bitstream, planes, self.decoder)
        return planes

    def _decode_by_vtm(self, bitstream: bytes, bits: int, shape: tuple[int, int]) -> pixels.Planes:
        with tempfile.TemporaryDirectory() as folder:
            coded, decoded = Path(folder, "out.bin"), Path(folder, "rec.yuv")
            coded.write_bytes(bitstream)
            tool.run(self.name, [self.decoder, "-b", str(coded), "-o", str(decoded), "-d", str(bits)], self.timeout)
            raw = _read(self.name, self.decoder, decoded)
        planes: pixels.Planes = np.frombuffer(raw, np.uint8 if bits == 8 else "<u2")
        expected = 3 * shape[0] * shape[1]
        if planes.size != expected:
            raise CodecError(
                f"{self.name}: {self.decoder} wrote {planes.size} samples where {expected} belong: "
                "is it a decoder of the encoder's version?"
            )
        return planes.reshape(3, *shape)

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the decoded image (H, W, 3)."""
        return pixels.planes_to_rgb(self.decode_ycbcr(stream), pixels.CONVENTIONS[self.convention])


def decoders(own: str = Vtm.decoder) -> dict[str, str]:
    """Whether ffmpeg and VTM's own decoder decode a stream that ships as VTM did: "agrees", or why not, by decoder."""
    one, found = vtm_streams.sample(), {}
    convention = next(c for c in pixels.CONVENTIONS.values() if vtm_streams.conversion(c) == one.conversion)
    stream = framing.pack(Vtm.name, convention.bits, one.height, one.width, one.read())
    for decoder in (FFMPEG, own):
        try:
            Vtm(decoder=decoder, convention=convention.name, timeout=60).decode_ycbcr(stream)
            found[decoder] = "agrees"
        except CodecError as error:
            found[decoder] = str(error)
    return found


def _decode_by_ffmpeg(name: str, bitstream: bytes, bits: int, shape: tuple[int, int], timeout: float) -> pixels.Planes:
    """Planes (3, H, W) of a 4:4:4 bitstream; 8-bit ones as VTM's `-d 8` rounds its internal 10 bits."""
    planes: pixels.Planes = np.stack(ffmpeg.decode(name, bitstream, "vvc", [shape] * 3, INTERNAL_BITS, 1, timeout))
    return planes if bits == INTERNAL_BITS else np.minimum((planes + 2) >> 2, 255).astype(np.uint8)


def _is_framed(stream: bytes) -> bool:
    """Whether a stream begins with the width of framing.py, not with the start code 0 0 1 or 0 0 0 1 of a bitstream."""
    return stream[:2] != b"\0\0"


def _find(name: str, path: str) -> Path:
    """Return where a file of VTM lies; raises CodecError telling how to get it."""
    found = shutil.which(path) or path
    if not Path(found).is_file():
        raise CodecError(
            f"{name} cannot find {path}: build VTM-12.1 (python -m lic_tcm.anchors.vtm_build ARCHIVE FOLDER) and set "
            "the options encoder, decoder and cfg"
        )
    return Path(found)


def _read(name: str, program: str, path: Path) -> bytes:
    """Return what a program was to write; raises CodecError when it wrote nothing."""
    content = path.read_bytes() if path.is_file() else b""
    if not content:
        raise CodecError(f"{name}: {program} succeeded but wrote nothing: run it by hand to see why")
    return content
