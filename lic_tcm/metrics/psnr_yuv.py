"""PSNR of luma and chroma, weighted 6:1:1."""

import numpy as np

from lic_tcm.metrics.metric import FloatArray, Image, Metric, checked
from lic_tcm.metrics.psnr_rgb import psnr

WEIGHTS = (6 / 8, 1 / 8, 1 / 8)
KR, KG, KB = 2126, 7152, 722  # ITU-R BT.709, in 1/10000: sums of 8-bit samples are exact


def planes(image: Image) -> FloatArray:
    """Y, Cb and Cr (3, H, W) of RGB on 0..255 by BT.709: full range on 0..255, neither rounded nor clipped."""
    red, green, blue = np.moveaxis(np.asarray(image, dtype=np.float64), 2, 0)
    luma = KR * red + KG * green + KB * blue
    chroma = [(10000 * one - luma) / (2 * (10000 - share)) + 127.5 for one, share in ((blue, KB), (red, KR))]
    return np.stack([luma / 10000, *chroma])


class PSNRYUV(Metric):
    """(6 PSNR(Y) + PSNR(Cb) + PSNR(Cr)) / 8 at 4:4:4, BT.709; infinite where one plane is equal, as of grey images.

    The planes are those of float arithmetic, so that no rounding of the conversion counts.
    """

    name = "psnr-yuv"
    label = "PSNR-YUV"
    unit = value_unit = "dB"
    takes_floats = True
    aliases = ("psnr-ycbcr", "psnr-611")

    def measure(self, original: Image, decoded: Image) -> float:
        """The weighted mean in dB."""
        checked(original, decoded)
        pairs = zip(WEIGHTS, planes(original), planes(decoded), strict=True)
        return sum(weight * psnr(one, other) for weight, one, other in pairs)
