"""NLPD: the distance of two images in a normalised Laplacian pyramid.

Laparra, Ballé, Berardino and Simoncelli, "Perceptual image quality assessment using a normalized Laplacian pyramid",
2016, with the constants of the authors' published program: the image is taken apart into five bands and what is left,
each coefficient is divided by a weighted sum of its neighbours' magnitudes, and the distance is the mean over the bands
of the root mean squared difference. Ours, since no maintained library with a free licence has it.
"""

from typing import NamedTuple

import numpy as np

from lic_tcm.metrics.metric import Distance, FloatArray, Image, Measure, checked

TAPS = np.array([0.05, 0.25, 0.4, 0.25, 0.05])  # Burt and Adelson's filter, along each axis
LUMA = (0.299, 0.587, 0.114)


class Neighbours(NamedTuple):
    """How much the neighbours above, left, right and below count in a band's divisor, and its constant."""

    above: float
    left: float
    right: float
    below: float
    constant: float


BANDS = (  # from the finest on; the last is the low-pass residue
    Neighbours(0.1015, 0.1460, 0.1493, 0.1011, 0.0248),
    Neighbours(0.0837, 0.1846, 0.1986, 0.0757, 0.0185),
    Neighbours(0.0467, 0.2243, 0.2138, 0.0477, 0.0179),
    Neighbours(0.0, 0.2616, 0.2503, 0.0, 0.0191),
    Neighbours(0.0, 0.2552, 0.2598, 0.0, 0.0220),
    Neighbours(0.0, 0.0717, 0.2215, 0.0, 0.2782),
)


class NLPD(Distance):
    """NLPD of BT.601 luma on 0..1; 0 for equal images, lower is better."""

    name = "nlpd"
    label = "NLPD"
    least_side = 64  # below, the residue of five halvings is hardly more than its border
    takes_floats = True

    def measure(self, original: Image, decoded: Image) -> float | None:
        """The distance."""
        return self.against(original)(decoded)

    def against(self, original: Image) -> Measure:
        """The original's pyramid is computed once."""
        small = min(original.shape[:2]) < self.least_side
        first = [] if small else pyramid(_luma(original))

        def measure(decoded: Image) -> float | None:
            checked(original, decoded)
            if small:
                return None
            pairs = zip(first, pyramid(_luma(decoded)), strict=True)
            return float(np.mean([np.sqrt(np.mean(np.square(one - other))) for one, other in pairs]))

        return measure


def pyramid(luma: FloatArray) -> list[FloatArray]:
    """The normalised bands of an image (H, W), the finest first."""
    bands = []
    for neighbours in BANDS[:-1]:
        low = _smaller(luma)
        bands.append(_normalised(luma - _larger(low, luma.shape), neighbours))
        luma = low
    return [*bands, _normalised(luma, BANDS[-1])]


def _luma(image: Image) -> FloatArray:
    return np.asarray(np.asarray(image, dtype=np.float64) @ np.array(LUMA) / 255)


def _smaller(image: FloatArray) -> FloatArray:
    """Filtered and every second row and column, from the first on; the border is mirrored."""
    from scipy.ndimage import correlate1d  # takes as long to load as everything else that the curves need

    for axis in (0, 1):
        image = correlate1d(image, TAPS, axis=axis, mode="reflect")
    return image[::2, ::2]


def _larger(image: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Zeros between rows and columns, filtered to the same mean; the border repeats."""
    from scipy.ndimage import correlate1d

    padded = np.pad(image, 1, mode="edge")
    sparse = np.zeros((2 * padded.shape[0], 2 * padded.shape[1]))
    sparse[::2, ::2] = 4 * padded
    for axis in (0, 1):
        sparse = correlate1d(sparse, TAPS, axis=axis, mode="constant")
    return sparse[2 : 2 + shape[0], 2 : 2 + shape[1]]


def _normalised(band: FloatArray, neighbours: Neighbours) -> FloatArray:
    """The band divided by its neighbours' weighted magnitudes; there are none beyond its border."""
    around = np.pad(np.abs(band), 1)
    divisor = neighbours.constant + neighbours.above * around[:-2, 1:-1] + neighbours.below * around[2:, 1:-1]
    divisor += neighbours.left * around[1:-1, :-2] + neighbours.right * around[1:-1, 2:]
    return np.asarray(band / divisor)
