"""VVC intra at 4:2:0: Fraunhofer's VVenC through ffmpeg, and ffmpeg's own VVC decoder."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lic_tcm.anchors import chroma, ffmpeg, framing, pixels
from lic_tcm.anchors.checks import check_choice, check_image, check_integer, check_timeout
from lic_tcm.anchors.codec import CodecError, QualityRange, UInt8Image


@dataclass(frozen=True)
class Vvenc:
    """One intra picture at constant QP, 10-bit 4:2:0, the only format VVenC codes.

    It loses chroma that VTM at 4:4:4 keeps, so it never stands in for VTM. `-qpa 0` switches off perceptual
    quantisation, `intraqpoffset=0` makes the picture's QP the one asked for (VVenC lowers it by 3 otherwise), `-r 1`
    (in ffmpeg.py) selects all-intra coding, and the access unit delimiter (NAL type 20) is taken out.
    """

    preset: str = "medium"
    convention: str = "rgb-10bit"  # of pixels.CONVENTIONS
    threads: int = 1
    timeout: float = 3600.0  # seconds, per image

    name: ClassVar[str] = "vvenc"
    label: ClassVar[str] = "VVenC 4:2:0"
    quality_range: ClassVar[QualityRange] = QualityRange(0, 63, "QP")

    def __post_init__(self) -> None:
        check_choice(self.name, "preset", self.preset, ("faster", "fast", "medium", "slow", "slower"))
        check_integer(self.name, "threads", self.threads, 1, 64)
        check_timeout(self.name, self.timeout)
        if pixels.convention_named(self.name, self.convention).bits != 10:
            raise CodecError(f"{self.name} codes 10-bit 4:2:0 only: choose the convention 'rgb-10bit'")

    def version(self) -> str:
        """Return ffmpeg's version, which fixes VVenC's: the wheel carries both."""
        return ffmpeg.version(self.name, "libvvenc")

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Return W, H, checksum and a VVC bitstream of the image (H, W, 3)."""
        qp = int(self.quality_range.check(self.name, quality))
        check_image(self.name, image)
        height, width = image.shape[:2]
        convention = pixels.CONVENTIONS[self.convention]
        luma, *colours = pixels.rgb_to_planes(ffmpeg.pad(image, 2), convention)
        planes = [luma, *(chroma.downsample(plane, convention.bits) for plane in colours)]
        codec = ["-c:v", "libvvenc", "-preset", self.preset, "-qp", str(qp), "-qpa", "0"]
        parameters = ["-vvenc-params", "intraqpoffset=0", "-bsf:v", "filter_units=remove_types=20", "-f", "vvc"]
        bitstream = ffmpeg.encode(self.name, planes, "yuv420p10le", codec + parameters, self.threads, self.timeout)
        return framing.pack(self.name, convention.bits, height, width, bitstream)

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the decoded image (H, W, 3)."""
        convention = pixels.CONVENTIONS[self.convention]
        bits = convention.bits
        height, width, bitstream = framing.unpack(self.name, bits, stream)
        full = ffmpeg.padded_shape(height, width, 2)
        half = (full[0] // 2, full[1] // 2)
        luma, *colours = ffmpeg.decode(
            self.name, bitstream, "vvc", [full, half, half], bits, self.threads, self.timeout
        )
        planes = np.stack([luma, *(chroma.upsample(plane, *full, bits) for plane in colours)])
        return pixels.planes_to_rgb(planes[:, :height, :width], convention)
