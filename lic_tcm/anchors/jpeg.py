"""JPEG: libjpeg-turbo through Pillow, as CompressAI's bench runs it (quality only, 4:2:0 chroma)."""

from dataclasses import dataclass
from typing import ClassVar

from lic_tcm.anchors import pillow
from lic_tcm.anchors.checks import check_choice
from lic_tcm.anchors.codec import CodecError, QualityRange, UInt8Image

END_OF_IMAGE = b"\xff\xd9"


@dataclass(frozen=True)
class Jpeg:
    """Baseline JPEG; the point is libjpeg's quality. 0 is not a point: Pillow takes it for its default, 75."""

    subsampling: str = "4:2:0"
    optimize: bool = False  # Huffman tables for this image: smaller, same pixels

    name: ClassVar[str] = "jpeg"
    label: ClassVar[str] = "JPEG"
    quality_range: ClassVar[QualityRange] = QualityRange(1, 100, "quality")

    def __post_init__(self) -> None:
        check_choice(self.name, "subsampling", self.subsampling, ("4:2:0", "4:2:2", "4:4:4"))
        check_choice(self.name, "optimize", self.optimize, (False, True))

    def version(self) -> str:
        """Return libjpeg-turbo's and Pillow's versions."""
        return pillow.version(self.name, "libjpeg_turbo", "libjpeg-turbo")

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Return a JPEG file of the image (H, W, 3)."""
        q = int(self.quality_range.check(self.name, quality))
        return pillow.save(self.name, image, "JPEG", quality=q, subsampling=self.subsampling, optimize=self.optimize)

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the image (H, W, 3) of a JPEG file."""
        if not stream.endswith(END_OF_IMAGE):  # libjpeg fills in what was cut off
            raise CodecError(f"{self.name}: a stream of {len(stream)} bytes is cut, or no JPEG: code the image again")
        return pillow.load(self.name, stream, "JPEG")
