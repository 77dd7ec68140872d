"""FSIM by the package piq."""

from lic_tcm.metrics.metric import Image, Similarity, library
from lic_tcm.metrics.tensors import tensor


class FSIM(Similarity):
    """Feature similarity of colour images (FSIMc): phase congruency and gradients of luma, and chroma.

    Zhang, Zhang, Mou and Zhang, "FSIM: a feature similarity index for image quality assessment", 2011.
    """

    name = "fsim"
    label = "FSIM"
    least_side = 16
    aliases = ("fsimc",)
    needs = ("piq",)
    imports = ("piq",)
    sources = ("lic_tcm.metrics.tensors",)

    def measure(self, original: Image, decoded: Image) -> float | None:
        """FSIMc, computed in float32 as the package does."""
        if not self.fits(original, decoded):
            return None
        return min(1.0, float(library(self, "piq").fsim(tensor(decoded), tensor(original))))
