"""AVC (H.264) intra at 4:4:4: x264 through ffmpeg, tuned for PSNR."""

from dataclasses import dataclass
from typing import ClassVar

from lic_tcm.anchors import ffmpeg, pixels
from lic_tcm.anchors.checks import check_choice, check_timeout
from lic_tcm.anchors.codec import QualityRange, UInt8Image
from lic_tcm.anchors.hevc import PRESETS


@dataclass(frozen=True)
class Avc:
    """One intra picture at constant QP; x264, not the reference software JM.

    `ipratio=1` makes the picture's QP the one asked for, `-tune psnr` switches off what serves the eye only, and the
    encoder's settings, 600 bytes of text (NAL units of type 6), are taken out of the stream.
    """

    preset: str = "veryslow"
    convention: str = "rgb-10bit"  # of pixels.CONVENTIONS
    timeout: float = 600.0  # seconds, per image

    name: ClassVar[str] = "avc"
    label: ClassVar[str] = "AVC intra 4:4:4 (x264)"
    quality_range: ClassVar[QualityRange] = QualityRange(1, 51, "QP")  # 0 is another, lossless, profile at 8 bit

    def __post_init__(self) -> None:
        check_choice(self.name, "preset", self.preset, PRESETS)
        check_timeout(self.name, self.timeout)
        check_choice(self.name, "convention", self.convention, list(pixels.CONVENTIONS))

    def version(self) -> str:
        """Return ffmpeg's version, which fixes x264's: the wheel carries both."""
        return ffmpeg.version(self.name, "libx264")

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Return W, H, checksum and an AVC bitstream of the image (H, W, 3)."""
        qp = int(self.quality_range.check(self.name, quality))
        convention = pixels.CONVENTIONS[self.convention]
        x264_qp = qp + 6 * (convention.bits - 8)  # x264 counts QP from the lowest of its bit depth
        codec = ["-c:v", "libx264", "-preset", self.preset, "-tune", "psnr", "-qp", str(x264_qp)]
        parameters = ["-x264-params", "ipratio=1:keyint=1", "-bsf:v", "filter_units=remove_types=6", "-f", "h264"]
        return ffmpeg.encode_444(self.name, image, convention, codec + parameters, self.timeout)

    def decode_ycbcr(self, stream: bytes) -> pixels.Planes:
        """Return the decoded YCbCr planes (3, H, W)."""
        return ffmpeg.decode_444(self.name, stream, pixels.CONVENTIONS[self.convention], "h264", self.timeout)

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the decoded image (H, W, 3)."""
        return pixels.planes_to_rgb(self.decode_ycbcr(stream), pixels.CONVENTIONS[self.convention])
