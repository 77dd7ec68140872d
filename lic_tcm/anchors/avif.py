"""AVIF: libavif (libaom encoder, dav1d decoder) through Pillow."""

from dataclasses import dataclass
from typing import ClassVar

from PIL import AvifImagePlugin

from lic_tcm.anchors import pillow
from lic_tcm.anchors.checks import check_choice, check_integer
from lic_tcm.anchors.codec import QualityRange, UInt8Image


@dataclass(frozen=True)
class Avif:
    """AV1 intra picture, 8 bit, full range; the point is libavif's quality."""

    subsampling: str = "4:2:0"
    speed: int = 6  # 0 slowest and best
    threads: int = 1  # another number is another stream: libavif cuts the image in tiles for them

    name: ClassVar[str] = "avif"
    label: ClassVar[str] = "AVIF"
    quality_range: ClassVar[QualityRange] = QualityRange(0, 100, "quality")

    def __post_init__(self) -> None:
        check_choice(self.name, "subsampling", self.subsampling, ("4:2:0", "4:2:2", "4:4:4"))
        check_integer(self.name, "speed", self.speed, 0, 10)
        check_integer(self.name, "threads", self.threads, 1, 64)

    def version(self) -> str:
        """Return libavif's and Pillow's versions."""
        return pillow.version(self.name, "avif", "libavif")

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Return an AVIF file of the image (H, W, 3)."""
        q = int(self.quality_range.check(self.name, quality))
        return pillow.save(
            self.name,
            image,
            "AVIF",
            quality=q,
            speed=self.speed,
            subsampling=self.subsampling,
            max_threads=self.threads,
        )

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the image (H, W, 3) of an AVIF file."""
        AvifImagePlugin.DEFAULT_MAX_THREADS = self.threads  # Pillow takes decoder options nowhere else
        return pillow.load(self.name, stream, "AVIF")
