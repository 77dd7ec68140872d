"""PSNR and MS-SSIM of 8-bit RGB images, the same for every codec.

MS-SSIM is Wang, Simoncelli and Bovik 2003 with the conventions of `pytorch_msssim` (11-tap Gaussian window of
sigma 1.5 applied without padding, five scales, zero-padded 2x2 mean between scales, per channel and then averaged),
which is the implementation learned-compression papers report. It is written in numpy so that scoring needs no
torch, and so that what depends on the original alone is computed once for all points of all methods.

Everything is float64. A variance is the small difference of two large means, so that in float32 an image with little
texture gets a wrong MS-SSIM: pytorch_msssim, as it is called by most, is off by 1e-4 and more on flat images. In
float64 it agrees with this module to 1e-6; what is left is its window, which it rounds to float32.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float64]

PEAK = 255.0
MIN_SIDE = 161  # five scales of an 11-tap window: (11 - 1) * 2**4 + 1
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
C1 = (0.01 * PEAK) ** 2
C2 = (0.03 * PEAK) ** 2
_TAPS = np.exp(-((np.arange(11) - 5.0) ** 2) / (2 * 1.5**2))
_TAPS = _TAPS / _TAPS.sum()
_BAND = 16  # rows worked on at a time: what they need stays in the cache, which halves the time


def psnr(original: npt.ArrayLike, decoded: npt.ArrayLike) -> float:
    """PSNR in dB over all pixels and channels of two images of the same shape on 0..255; inf when they are equal."""
    a, b = np.asarray(original), np.asarray(decoded)
    if a.shape != b.shape:
        raise ValueError(f"images of different shape: {a.shape} and {b.shape}")
    difference = a.astype(np.float64) - b
    mse = float(np.mean(np.square(difference, out=difference)))
    return math.inf if mse == 0 else 10 * math.log10(PEAK**2 / mse)


@dataclass(frozen=True)
class _Scale:
    """What one scale of MS-SSIM needs of the original: the image, its local mean and its local variance."""

    pixels: FloatImage  # (3, h, w)
    mean: FloatImage  # (3, h - 10, w - 10)
    variance: FloatImage

    @classmethod
    def of(cls, pixels: FloatImage) -> Self:
        """The scale of these pixels (3, h, w)."""
        channels, height, width = pixels.shape
        mean = np.empty((channels, height - len(_TAPS) + 1, width - len(_TAPS) + 1))
        scale = cls(pixels, mean, np.empty_like(mean))
        for _, band in scale.bands():
            band.mean[:] = _blur(band.pixels)
            band.variance[:] = _blur(band.pixels * band.pixels) - band.mean * band.mean
        return scale

    def bands(self) -> Iterator[tuple[slice, Self]]:
        """The scale in bands of rows of the mean, and the rows of pixels their windows reach; views, not copies."""
        for top in range(0, self.mean.shape[1], _BAND):
            rows, reach = slice(top, top + _BAND), slice(top, top + _BAND + len(_TAPS) - 1)
            yield reach, type(self)(self.pixels[:, reach], self.mean[:, rows], self.variance[:, rows])

    def similarity(self, y: FloatImage, luminance: bool) -> FloatImage:
        """Mean of the contrast-structure map against an image (3, h, w), times luminance if wanted; per channel."""
        total: FloatImage = np.zeros(len(y))
        for reach, band in self.bands():
            total += _similarity(band, y[:, reach], luminance).sum(axis=(1, 2))
        total /= self.mean[0].size
        return total


class MSSSIM:
    """MS-SSIM against one original; call it with each decoded image.

    >>> import numpy as np
    >>> image = np.zeros((170, 180, 3), np.uint8)
    >>> MSSSIM(image)(image)
    1.0
    """

    def __init__(self, original: npt.ArrayLike) -> None:
        x = _planar(original)
        self.shape = x.shape
        self.scales: list[_Scale] = []
        if not self.defined:
            return
        for _ in WEIGHTS:
            self.scales.append(_Scale.of(x))
            x = _halve(x)

    @property
    def defined(self) -> bool:
        """Whether the image is large enough for five scales."""
        return bool(min(self.shape[1:]) >= MIN_SIDE)

    def __call__(self, decoded: npt.ArrayLike) -> float | None:
        """MS-SSIM of a decoded image (H, W, 3) on 0..255; None when a side is under 161 pixels."""
        y = _planar(decoded)
        if y.shape != self.shape:
            raise ValueError(f"images of different shape: {self.shape} and {y.shape}")
        if not self.defined:
            return None
        terms = []
        for level, scale in enumerate(self.scales):
            last = level == len(WEIGHTS) - 1
            per_channel = scale.similarity(y, luminance=last)
            terms.append(np.maximum(per_channel, 0.0) ** WEIGHTS[level])
            if not last:
                y = _halve(y)
        return float(np.prod(terms, axis=0).mean())


def _similarity(scale: _Scale, y: FloatImage, with_luminance: bool) -> FloatImage:
    """Contrast-structure map of SSIM at one scale, times the luminance map if wanted."""
    mean = _blur(y)
    covariance = _blur(scale.pixels * y) - scale.mean * mean
    variance = _blur(y * y) - mean * mean
    contrast: FloatImage = (2 * covariance + C2) / (scale.variance + variance + C2)
    if not with_luminance:
        return contrast
    luminance = (2 * scale.mean * mean + C1) / (scale.mean * scale.mean + mean * mean + C1)
    return luminance * contrast


def _planar(picture: npt.ArrayLike) -> FloatImage:
    return np.ascontiguousarray(np.moveaxis(np.asarray(picture), 2, 0), dtype=np.float64)


def _blur(x: FloatImage) -> FloatImage:
    """Separable 11-tap Gaussian over the last two axes, without padding."""
    return _taps(_taps(x, 1), 2)


def _taps(x: FloatImage, axis: int) -> FloatImage:
    n = x.shape[axis] - len(_TAPS) + 1
    half = len(_TAPS) // 2

    def shifted(offset: int) -> FloatImage:
        return x[:, offset : offset + n] if axis == 1 else x[:, :, offset : offset + n]

    out: FloatImage = shifted(half) * _TAPS[half]
    pair = np.empty_like(out)
    for i in range(half):  # the window is symmetric: one multiplication serves two taps
        np.add(shifted(i), shifted(2 * half - i), out=pair)
        pair *= _TAPS[i]
        out += pair
    return out


def _halve(x: FloatImage) -> FloatImage:
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
