"""VIFp by the package piq."""

from lic_tcm.metrics.metric import Image, Metric, checked, library
from lic_tcm.metrics.tensors import tensor


class VIF(Metric):
    """Visual information fidelity of luma in the pixel domain (VIFp); 1 for equal images, more for more contrast.

    Sheikh and Bovik, "Image information and visual quality", 2006, in the approximation the authors published later.
    """

    name = "vif"
    label = "VIF"
    floor = 0.0
    decimals = value_decimals = 4
    tolerance = 0.001
    least_side = 41
    aliases = ("vifp", "vif-p")
    needs = ("piq",)
    imports = ("piq",)
    sources = ("lic_tcm.metrics.tensors",)

    def measure(self, original: Image, decoded: Image) -> float | None:
        """VIFp, computed in float64."""
        checked(original, decoded)
        if min(original.shape[:2]) < self.least_side:
            return None
        return float(library(self, "piq").vif_p(tensor(decoded, double=True), tensor(original, double=True)))
