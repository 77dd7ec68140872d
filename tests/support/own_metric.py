"""Metrics as users write them."""

import numpy as np

from lic_tcm.metrics import Distance, Image, Metric


class MeanAbsolute(Distance):
    """Mean absolute error, 0..255."""

    name = "mean-error"
    label = "Mean error"
    tolerance = 0.5

    def measure(self, original: Image, decoded: Image) -> float:
        """The mean of the absolute differences."""
        return float(np.abs(original.astype(float) - decoded).mean())


class Nameless(Metric):
    """A metric that was forgotten to be named."""

    def measure(self, original: Image, decoded: Image) -> float:  # noqa: ARG002
        """Nothing."""
        return 0.0


class Taken(MeanAbsolute):
    """Another metric of a name that is taken."""

    name = "psnr"


class NoMetric:
    """A class that is none."""
