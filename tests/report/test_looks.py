"""The colours of curves: as many as promised, and far enough apart to be told from each other."""

import itertools

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from lic_tcm.report.looks import COLOURS, DARK_COLOURS, MARKERS


def lab(colour: str) -> np.ndarray:
    """A colour in CIELAB."""
    return rgb2lab(np.array([[[int(colour[k : k + 2], 16) for k in (1, 3, 5)]]]) / 255.0)[0, 0]


@pytest.mark.parametrize("colours", [COLOURS, DARK_COLOURS], ids=["light", "dark"])
def test_fourteen_colours_can_be_told_apart(colours: tuple[str, ...]) -> None:
    """Every two are 13 CIEDE2000 apart or more; 2 is where a trained eye begins to see a difference."""
    assert len(colours) == 14
    assert min(float(deltaE_ciede2000(lab(a), lab(b))) for a, b in itertools.combinations(colours, 2)) > 13


def test_more_methods_than_colours_differ_by_their_markers() -> None:
    """Colours and markers share no factor: a look comes again after all pairs only."""
    looks = {(k % len(COLOURS), k % len(MARKERS)) for k in range(len(COLOURS) * len(MARKERS))}
    assert len(looks) == len(COLOURS) * len(MARKERS)
