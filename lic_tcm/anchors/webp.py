"""WebP: libwebp through Pillow, exactly as the TCM paper runs it (appendix A.2)."""

from dataclasses import dataclass
from typing import ClassVar

from lic_tcm.anchors import pillow
from lic_tcm.anchors.checks import check_integer
from lic_tcm.anchors.codec import QualityRange, UInt8Image


@dataclass(frozen=True)
class WebP:
    """Lossy WebP (VP8, 4:2:0); the point is `quality`.

    With the default method, 4, which is Pillow's, this is `img.save(buf, format="WEBP", quality=q)`.
    """

    method: int = 4

    name: ClassVar[str] = "webp"
    label: ClassVar[str] = "WebP"
    quality_range: ClassVar[QualityRange] = QualityRange(0, 100, "quality")

    def __post_init__(self) -> None:
        check_integer(self.name, "method", self.method, 0, 6)

    def version(self) -> str:
        """Return libwebp's and Pillow's versions."""
        return pillow.version(self.name, "webp", "libwebp")

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Return a WebP file of the image (H, W, 3), at most 16383 pixels a side."""
        q = int(self.quality_range.check(self.name, quality))
        return pillow.save(self.name, image, "WEBP", quality=q, method=self.method)

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the image (H, W, 3) of a WebP file."""
        return pillow.load(self.name, stream, "WEBP")
