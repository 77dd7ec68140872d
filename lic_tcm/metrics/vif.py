"""VIFp: visual information fidelity in the pixel domain.

Sheikh and Bovik, "Image information and visual quality", 2006, in the multi-scale approximation that the authors
published later: at four scales, how much of the information in the original the eye still finds in the decoded image.
Ours, in float64: a variance is the small difference of two large means, so that in float32, in which `piq` computes by
default, an image with little texture gets a wrong value. In float64 `piq` agrees to 1e-6.
"""

from dataclasses import dataclass

import numpy as np

from lic_tcm.metrics.metric import FloatArray, Image, Measure, Metric, checked

WINDOWS = (17, 9, 5, 3)  # taps at each scale, of a Gaussian whose sigma is a fifth of that
NOISE = 2.0  # variance of the eye's own noise, on 0..255
LUMA = (0.299, 0.587, 0.114)
LEAST = 1e-8  # a variance below is none


@dataclass(frozen=True)
class _Scale:
    """What a scale needs of the original."""

    taps: FloatArray
    luma: FloatArray  # (h, w)
    mean: FloatArray  # (h - taps + 1, w - taps + 1)
    variance: FloatArray  # 0 where below LEAST

    def information(self) -> float:
        """Of the original, as the eye gets it."""
        return float(np.log10(1 + self.variance / NOISE).sum())

    def kept(self, luma: FloatArray) -> float:
        """How much of it a decoded image (h, w) keeps: it is the original times a gain, and noise besides."""
        mean = _blur(luma, self.taps)
        variance = np.maximum(_blur(luma * luma, self.taps) - mean * mean, 0)
        covariance = _blur(self.luma * luma, self.taps) - self.mean * mean
        gain = covariance / (self.variance + LEAST)
        noise = variance - gain * covariance
        nothing = self.variance == 0  # to keep
        gain[nothing], noise[nothing] = 0, variance[nothing]
        flat = variance < LEAST
        gain[flat], noise[flat] = 0, 0
        opposite = gain < 0
        gain[opposite], noise[opposite] = 0, variance[opposite]
        return float(np.log10(1 + gain * gain * self.variance / (np.maximum(noise, LEAST) + NOISE)).sum())


class VIF(Metric):
    """VIFp of BT.601 luma; 1 for equal images, more for more contrast. An original without any texture has none."""

    name = "vif"
    label = "VIF"
    floor = 0.0
    decimals = value_decimals = 4
    tolerance = 0.001
    least_side = 41  # the last scale's window is inside
    takes_floats = True
    aliases = ("vifp", "vif-p")

    def measure(self, original: Image, decoded: Image) -> float | None:
        """VIFp."""
        return self.against(original)(decoded)

    def against(self, original: Image) -> Measure:
        """The original's means, variances and information are computed once."""
        small = min(original.shape[:2]) < self.least_side
        scales = [] if small else _scales(_luma(original))
        information = sum(scale.information() for scale in scales)

        def measure(decoded: Image) -> float | None:
            checked(original, decoded)
            if not information:
                return None
            luma, kept = _luma(decoded), 0.0
            for index, scale in enumerate(scales):
                luma = _smaller(luma, scale.taps) if index else luma
                kept += scale.kept(luma)
            return kept / information

        return measure


def _scales(luma: FloatArray) -> list[_Scale]:
    scales = []
    for index, taps in enumerate(_window(count) for count in WINDOWS):
        luma = _smaller(luma, taps) if index else luma
        mean = _blur(luma, taps)
        variance = _blur(luma * luma, taps) - mean * mean
        scales.append(_Scale(taps, luma, mean, np.where(variance < LEAST, 0, variance)))
    return scales


def _window(count: int) -> FloatArray:
    taps = np.exp(-((np.arange(count) - count // 2) ** 2) / (2 * (count / 5) ** 2))
    return np.asarray(taps / taps.sum())


def _smaller(luma: FloatArray, taps: FloatArray) -> FloatArray:
    return _blur(luma, taps)[::2, ::2]


def _blur(image: FloatArray, taps: FloatArray) -> FloatArray:
    """Filtered along both axes, where the window is inside."""
    from scipy.ndimage import correlate1d  # takes as long to load as everything else that the curves need

    half = len(taps) // 2
    for axis in (0, 1):
        image = correlate1d(image, taps, axis=axis)
    return image[half:-half, half:-half]


def _luma(image: Image) -> FloatArray:
    return np.asarray(np.asarray(image, dtype=np.float64) @ np.array(LUMA))
