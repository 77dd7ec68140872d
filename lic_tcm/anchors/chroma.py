"""Chroma at half size (4:2:0) and back.

Chroma samples sit as HEVC and VVC assume by default (type 0, "left"): on the even columns, between two rows.
Both directions filter with the Catmull-Rom cubic (stretched to twice its width going down), the picture's edge
repeated; odd sizes round up, as everywhere: a plane (H, W) becomes (ceil(H/2), ceil(W/2)).
"""

import numpy as np

from lic_tcm.anchors.pixels import Floats, Planes

DOWN_COSITED = np.array([-1, 0, 9, 16, 9, 0, -1]) / 32  # around sample 2k
DOWN_BETWEEN = np.array([-3, -9, 29, 111, 111, 29, -9, -3]) / 256  # around 2k + 1/2
UP_HALF = np.array([-1, 9, 9, -1]) / 16  # half way between two samples
UP_QUARTER = np.array([-9, 111, 29, -3]) / 128  # a quarter of the way from a sample to the next


def downsample(plane: Planes, bits: int) -> Planes:
    """Return a chroma plane (H, W) at half its size, rounded and clipped to `bits`."""
    rows = _filter(plane.astype(np.float64).T, DOWN_COSITED, 3)[::2].T
    return _quantise(_filter(rows, DOWN_BETWEEN, 3)[::2], bits, plane)


def upsample(plane: Planes, height: int, width: int, bits: int) -> Planes:
    """Return a half-size chroma plane at its full size (H, W), rounded and clipped to `bits`."""
    values = plane.astype(np.float64)
    tall = np.empty((2 * values.shape[0], values.shape[1]))
    tall[0::2] = _filter(values, UP_QUARTER[::-1], 2)  # row 2k lies a quarter above chroma row k
    tall[1::2] = _filter(values, UP_QUARTER, 1)
    wide = np.empty((2 * values.shape[1], tall.shape[0]))
    wide[0::2] = tall.T
    wide[1::2] = _filter(tall.T, UP_HALF, 1)
    return _quantise(wide.T[:height, :width], bits, plane)


def _filter(values: Floats, taps: Floats, before: int) -> Floats:
    """Filter along the first axis; output i is the sum of taps[j] * values[i - before + j], edges repeated."""
    length = values.shape[0]
    padded = np.pad(values, ((before, len(taps) - 1 - before), (0, 0)), mode="edge")
    return sum((tap * padded[j : j + length] for j, tap in enumerate(taps)), np.zeros_like(values))


def _quantise(values: Floats, bits: int, like: Planes) -> Planes:
    """Round to whole numbers of `bits` bits, in the type of `like`."""
    return np.rint(np.clip(values, 0, 2**bits - 1)).astype(like.dtype)
