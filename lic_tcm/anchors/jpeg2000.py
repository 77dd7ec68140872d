"""JPEG 2000: OpenJPEG through Pillow."""

from dataclasses import dataclass
from typing import ClassVar

from lic_tcm.anchors import pillow
from lic_tcm.anchors.checks import check_choice
from lic_tcm.anchors.codec import QualityRange, UInt8Image


@dataclass(frozen=True)
class Jpeg2000:
    """JPEG 2000, one quality layer; the point is the PSNR in dB the encoder aims at (`quality_mode="dB"`).

    A PSNR target, not a compression ratio, so that more is better as in every other codec, and images of one point
    have one quality. The defaults are the standard's lossy path: 9/7 wavelet and YCbCr. Pillow's own defaults
    (5/3 wavelet, no colour transform) need more than twice the bytes at 30 dB.
    """

    irreversible: bool = True  # 9/7 wavelet; False is 5/3
    colour_transform: bool = True  # code YCbCr; False codes R, G and B apart

    name: ClassVar[str] = "jpeg2000"
    label: ClassVar[str] = "JPEG 2000"
    quality_range: ClassVar[QualityRange] = QualityRange(10, 60, "target PSNR in dB", integer=False)

    def __post_init__(self) -> None:
        check_choice(self.name, "irreversible", self.irreversible, (False, True))
        check_choice(self.name, "colour_transform", self.colour_transform, (False, True))

    def version(self) -> str:
        """Return OpenJPEG's and Pillow's versions."""
        return pillow.version(self.name, "jpg_2000", "OpenJPEG")

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Return a bare JPEG 2000 codestream of the image (H, W, 3), without the JP2 container's 85 bytes."""
        target = float(self.quality_range.check(self.name, quality))
        return pillow.save(
            self.name,
            image,
            "JPEG2000",
            quality_mode="dB",
            quality_layers=[target],
            irreversible=self.irreversible,
            mct=int(self.colour_transform),
            no_jp2=True,
        )

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the image (H, W, 3) of a JPEG 2000 codestream."""
        return pillow.load(self.name, stream, "JPEG2000")
