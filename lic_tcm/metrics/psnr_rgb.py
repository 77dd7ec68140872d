"""PSNR over all RGB samples."""

import math

import numpy as np
import numpy.typing as npt

from lic_tcm.metrics.metric import Image, Metric, checked

PEAK = 255.0


def psnr(original: npt.ArrayLike, decoded: npt.ArrayLike) -> float:
    """PSNR in dB over all pixels and channels of two images of the same shape on 0..255; inf when they are equal."""
    a, b = np.asarray(original), np.asarray(decoded)
    checked(a, b)
    difference = a.astype(np.float64) - b
    mse = float(np.mean(np.square(difference, out=difference)))
    return math.inf if mse == 0 else 10 * math.log10(PEAK**2 / mse)


class PSNR(Metric):
    """PSNR of the mean squared error over all RGB samples, peak 255; infinite for equal images."""

    name = "psnr"
    label = "PSNR"
    unit = value_unit = "dB"
    takes_floats = True
    target = "mse"

    def measure(self, original: Image, decoded: Image) -> float:
        """PSNR in dB."""
        return psnr(original, decoded)
