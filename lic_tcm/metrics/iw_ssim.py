"""IW-SSIM by the package piq."""

import numpy as np

from lic_tcm.metrics.metric import Image, Similarity, library
from lic_tcm.metrics.tensors import tensor


class IWSSIM(Similarity):
    """Information-content weighted SSIM of luma at five scales; images with a side under 161 pixels have none.

    Wang and Li, "Information content weighting for perceptual image quality assessment", 2011.
    """

    name = "iw-ssim"
    label = "IW-SSIM"
    least_side = 161
    aliases = ("iwssim",)
    needs = ("piq",)
    imports = ("piq",)
    sources = ("lic_tcm.metrics.tensors",)

    def measure(self, original: Image, decoded: Image) -> float | None:
        """IW-SSIM, 0..1, computed in float64; None also where the original has no texture to weight by."""
        if not self.fits(original, decoded):
            return None
        if np.array_equal(original, decoded):
            return 1.0  # not 1 less its rounding, which would have a finite place on the axis
        piq, double = library(self, "piq"), (tensor(decoded, double=True), tensor(original, double=True))
        try:
            return min(1.0, float(piq.information_weighted_ssim(*double)))
        except RuntimeError as error:
            if "singular" in str(error) or "linalg" in str(error):  # the covariance of a flat image
                return None
            raise
