"""SSIMULACRA2 by the package ssimulacra2."""

import io

from PIL import Image as Pillow

from lic_tcm.metrics.metric import Image, Metric, library


class SSIMULACRA2(Metric):
    """SSIMULACRA2 of RGB: 100 for equal images, 90 about visually lossless, below 0 for very bad ones.

    Sneyers, Cloudinary, 2023 (version 2.1), in the Python port of the C++ of libjxl.
    """

    name = "ssimulacra2"
    label = "SSIMULACRA2"
    ceiling = 100.0
    tolerance = 0.05
    least_side = 8
    aliases = ("ssimulacra-2", "ssim-2")
    needs = ("ssimulacra2",)
    imports = ("ssimulacra2",)

    def measure(self, original: Image, decoded: Image) -> float | None:
        """The score; images are handed over as uncompressed files in memory, which is what the package takes."""
        if not self.fits(original, decoded):
            return None
        return float(library(self, "ssimulacra2").compute_ssimulacra2(_file(original), _file(decoded)))


def _file(image: Image) -> io.BytesIO:
    file = io.BytesIO()
    Pillow.fromarray(image).save(file, "PPM")
    file.seek(0)
    return file
