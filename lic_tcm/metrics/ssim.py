"""SSIM: structural similarity at the image's own scale."""

from lic_tcm.metrics.metric import Image, Measure, Similarity, checked
from lic_tcm.metrics.structure import TAPS, Scale, planar


class SSIM(Similarity):
    """SSIM of RGB, per channel and then averaged, without first making the image smaller.

    Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural similarity",
    2004, with the conventions of `pytorch_msssim` (see `structure`). Negative where structures are opposite.
    """

    name = "ssim"
    label = "SSIM"
    floor = -1.0
    least_side = len(TAPS)
    takes_floats = True
    sources = ("lic_tcm.metrics.structure",)

    def measure(self, original: Image, decoded: Image) -> float | None:
        """SSIM, -1..1."""
        return self.against(original)(decoded)

    def against(self, original: Image) -> Measure:
        """The original's means and variances are computed once."""
        small = min(original.shape[:2]) < self.least_side
        scale = None if small else Scale.of(planar(original))

        def measure(decoded: Image) -> float | None:
            checked(original, decoded)
            return None if scale is None else float(scale.similarity(planar(decoded), luminance=True).mean())

        return measure
