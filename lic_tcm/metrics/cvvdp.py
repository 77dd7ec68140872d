"""ColorVideoVDP by the package cvvdp."""

import functools
import importlib
from typing import Any

from lic_tcm.metrics.metric import ONE_AT_A_TIME, Image, Metric, library

DISPLAY = "standard_4k"  # 30 inches, 3840x2160, 200 cd/m2, seen from 0.75 m: the package's default


class CVVDP(Metric):
    """ColorVideoVDP of RGB in just-objectionable differences: 10 for equal images, a display of 4K seen from 0.75 m.

    Mantiuk and others, "ColorVideoVDP: a visual difference predictor for image, video and display distortions", 2024.
    """

    name = "cvvdp"
    label = "CVVDP"
    unit = value_unit = "JOD"
    ceiling = 10.0
    decimals = value_decimals = 3
    tolerance = 0.005
    least_side = 16
    aliases = ("colorvideovdp",)
    needs = ("cvvdp",)
    imports = ("pycvvdp",)

    def measure(self, original: Image, decoded: Image) -> float | None:
        """The quality in JOD, on the CPU."""
        if not self.fits(original, decoded):
            return None
        with ONE_AT_A_TIME:  # the predictor keeps a pyramid of the last size
            quality, _ = _predictor(library(self, "pycvvdp")).predict(decoded, original, dim_order="HWC")
        return float(quality)

    def version(self) -> str:
        """The package and the display."""
        return f"{super().version()}, {DISPLAY}"


@functools.cache
def _predictor(package: Any) -> Any:
    device = importlib.import_module("torch").device("cpu")
    return package.cvvdp(display_name=DISPLAY, heatmap=None, device=device)
