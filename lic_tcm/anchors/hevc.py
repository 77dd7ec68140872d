"""HEVC intra at 4:4:4: x265 through ffmpeg, tuned for PSNR."""

from dataclasses import dataclass
from typing import ClassVar

from lic_tcm.anchors import ffmpeg, pixels
from lic_tcm.anchors.checks import check_choice, check_timeout
from lic_tcm.anchors.codec import QualityRange, UInt8Image

PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo")


@dataclass(frozen=True)
class Hevc:
    """One intra picture at constant QP; x265, not the reference software HM.

    `ipratio=1` makes the picture's QP the one asked for (x265 lowers it by 3 for I pictures otherwise), `-tune psnr`
    switches off what serves the eye only, and the encoder's name and timing, 2 kB, are left out of the stream. Always
    one thread: with more, x265 codes wavefronts, another and larger stream.
    """

    preset: str = "veryslow"
    convention: str = "rgb-10bit"  # of pixels.CONVENTIONS
    timeout: float = 600.0  # seconds, per image

    name: ClassVar[str] = "hevc"
    label: ClassVar[str] = "HEVC intra 4:4:4 (x265)"
    quality_range: ClassVar[QualityRange] = QualityRange(0, 51, "QP")

    def __post_init__(self) -> None:
        check_choice(self.name, "preset", self.preset, PRESETS)
        check_timeout(self.name, self.timeout)
        check_choice(self.name, "convention", self.convention, list(pixels.CONVENTIONS))

    def version(self) -> str:
        """Return ffmpeg's version, which fixes x265's: the wheel carries both."""
        return ffmpeg.version(self.name, "libx265")

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Return W, H, checksum and an HEVC bitstream of the image (H, W, 3)."""
        qp = int(self.quality_range.check(self.name, quality))
        quiet = "log-level=none:info=0:vui-timing-info=0:vui-hrd-info=0"
        parameters = f"qp={qp}:ipratio=1:keyint=1:pools=none:frame-threads=1:{quiet}"
        codec = ["-c:v", "libx265", "-preset", self.preset, "-tune", "psnr", "-x265-params", parameters, "-f", "hevc"]
        return ffmpeg.encode_444(self.name, image, pixels.CONVENTIONS[self.convention], codec, self.timeout)

    def decode_ycbcr(self, stream: bytes) -> pixels.Planes:
        """Return the decoded YCbCr planes (3, H, W)."""
        return ffmpeg.decode_444(self.name, stream, pixels.CONVENTIONS[self.convention], "hevc", self.timeout)

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the decoded image (H, W, 3)."""
        return pixels.planes_to_rgb(self.decode_ycbcr(stream), pixels.CONVENTIONS[self.convention])
