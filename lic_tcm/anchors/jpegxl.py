"""JPEG XL: libjxl through pillow-jxl-plugin."""

import importlib
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, ClassVar

from lic_tcm.anchors import extras, pillow
from lic_tcm.anchors.checks import check_integer
from lic_tcm.anchors.codec import CodecError, QualityRange, UInt8Image


@dataclass(frozen=True)
class JpegXL:
    """Lossy JPEG XL (VarDCT, XYB); the point is libjxl's quality, 90 is visually lossless.

    libjxl optimises for the eye, not for PSNR, so expect its PSNR curve below what its images look like.
    """

    effort: int = 7
    threads: int = 1

    name: ClassVar[str] = "jpegxl"
    label: ClassVar[str] = "JPEG XL"
    quality_range: ClassVar[QualityRange] = QualityRange(0, 99, "quality")  # 100 would be lossless

    def __post_init__(self) -> None:
        check_integer(self.name, "effort", self.effort, 1, 9)
        check_integer(self.name, "threads", self.threads, 1, 64)

    def version(self) -> str:
        """Return the plugin's version, which fixes libjxl's: the wheel carries it and does not report its version."""
        self._plugin()
        return f"pillow-jxl-plugin {version('pillow-jxl-plugin')}"

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Return a bare JPEG XL codestream of the image (H, W, 3)."""
        q = int(self.quality_range.check(self.name, quality))
        self._plugin()
        return pillow.save(self.name, image, "JXL", quality=q, effort=self.effort, num_threads=self._extra_threads())

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the image (H, W, 3) of a JPEG XL codestream."""
        self._plugin().DECODE_THREADS = self._extra_threads()  # it takes decoder options nowhere else
        return pillow.load(self.name, stream, "JXL")

    def _extra_threads(self) -> int:
        """The plugin's number of worker threads; 0 is its word for none."""
        return self.threads if self.threads > 1 else 0

    def _plugin(self) -> Any:
        """Import the plugin, which registers the format with Pillow."""
        try:
            with extras.needing(self.name):
                return importlib.import_module("pillow_jxl.JpegXLImagePlugin")
        except ImportError as error:
            raise CodecError(f"{self.name} needs pillow-jxl-plugin ({error}): pip install pillow-jxl-plugin") from error
