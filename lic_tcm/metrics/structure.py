"""The maps of SSIM at one scale, by which SSIM and MS-SSIM are made.

The conventions are those of `pytorch_msssim`: an 11-tap Gaussian window of sigma 1.5 applied without padding, per
channel, and a zero-padded 2x2 mean between scales. It is written in numpy so that scoring needs no torch, and so that
what depends on the original alone is computed once for all points of all methods.

Everything is float64. A variance is the small difference of two large means, so that in float32 an image with little
texture gets a wrong MS-SSIM: pytorch_msssim, as it is called by most, is off by 1e-4 and more on flat images. In
float64 it agrees with this module to 1e-6; what is left is its window, which it rounds to float32.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float64]

PEAK = 255.0
C1 = (0.01 * PEAK) ** 2
C2 = (0.03 * PEAK) ** 2
TAPS = np.exp(-((np.arange(11) - 5.0) ** 2) / (2 * 1.5**2))
TAPS = TAPS / TAPS.sum()
_BAND = 16  # rows worked on at a time: what they need stays in the cache, which halves the time


@dataclass(frozen=True)
class Scale:
    """What one scale of MS-SSIM needs of the original: the image, its local mean and its local variance."""

    pixels: FloatImage  # (3, h, w)
    mean: FloatImage  # (3, h - 10, w - 10)
    variance: FloatImage

    @classmethod
    def of(cls, pixels: FloatImage) -> Self:
        """The scale of these pixels (3, h, w)."""
        channels, height, width = pixels.shape
        mean = np.empty((channels, height - len(TAPS) + 1, width - len(TAPS) + 1))
        scale = cls(pixels, mean, np.empty_like(mean))
        for _, band in scale.bands():
            band.mean[:] = _blur(band.pixels)
            band.variance[:] = _blur(band.pixels * band.pixels) - band.mean * band.mean
        return scale

    def bands(self) -> Iterator[tuple[slice, Self]]:
        """The scale in bands of rows of the mean, and the rows of pixels their windows reach; views, not copies."""
        for top in range(0, self.mean.shape[1], _BAND):
            rows, reach = slice(top, top + _BAND), slice(top, top + _BAND + len(TAPS) - 1)
            yield reach, type(self)(self.pixels[:, reach], self.mean[:, rows], self.variance[:, rows])

    def similarity(self, y: FloatImage, luminance: bool) -> FloatImage:
        """Mean of the contrast-structure map against an image (3, h, w), times luminance if wanted; per channel."""
        total: FloatImage = np.zeros(len(y))
        for reach, band in self.bands():
            total += _similarity(band, y[:, reach], luminance).sum(axis=(1, 2))
        total /= self.mean[0].size
        return total


def _similarity(scale: Scale, y: FloatImage, with_luminance: bool) -> FloatImage:
    """Contrast-structure map of SSIM at one scale, times the luminance map if wanted."""
    mean = _blur(y)
    covariance = _blur(scale.pixels * y) - scale.mean * mean
    variance = _blur(y * y) - mean * mean
    contrast: FloatImage = (2 * covariance + C2) / (scale.variance + variance + C2)
    if not with_luminance:
        return contrast
    luminance = (2 * scale.mean * mean + C1) / (scale.mean * scale.mean + mean * mean + C1)
    return luminance * contrast


def planar(picture: npt.ArrayLike) -> FloatImage:
    """An image (H, W, 3) as planes (3, H, W)."""
    return np.ascontiguousarray(np.moveaxis(np.asarray(picture), 2, 0), dtype=np.float64)


def _blur(x: FloatImage) -> FloatImage:
    """Separable 11-tap Gaussian over the last two axes, without padding."""
    return _taps(_taps(x, 1), 2)


def _taps(x: FloatImage, axis: int) -> FloatImage:
    n = x.shape[axis] - len(TAPS) + 1
    half = len(TAPS) // 2

    def shifted(offset: int) -> FloatImage:
        return x[:, offset : offset + n] if axis == 1 else x[:, :, offset : offset + n]

    out: FloatImage = shifted(half) * TAPS[half]
    pair = np.empty_like(out)
    for i in range(half):  # the window is symmetric: one multiplication serves two taps
        np.add(shifted(i), shifted(2 * half - i), out=pair)
        pair *= TAPS[i]
        out += pair
    return out


def halve(x: FloatImage) -> FloatImage:
    """2x2 mean; an odd side is first padded with a zero at both ends, as torch's avg_pool2d does."""
    pad_h, pad_w = x.shape[1] % 2, x.shape[2] % 2
    if pad_h or pad_w:
        x = np.pad(x, ((0, 0), (pad_h, pad_h), (pad_w, pad_w)))
    h, w = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
    total: FloatImage = x[:, :h:2, :w:2] + x[:, 1:h:2, :w:2]
    total += x[:, :h:2, 1:w:2]
    total += x[:, 1:h:2, 1:w:2]
    total /= 4
    return total
