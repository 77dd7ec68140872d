"""What the tests of datasets share: folders of small images, and a set they are."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lic_tcm.anchors.files import sha256_file
from lic_tcm.datasets import fetch as fetching
from lic_tcm.datasets.catalogue import Dataset, KnownImage
from lic_tcm.images import read_rgb, sha256_rgb

# A set like Tecnick in small: no public hashes, an archive, one size, a total.
SMALL = Dataset(
    "small", "Small", 3, "none", "made here", r"im\d", ("small", "alias"), size=(4, 6), total_pixels=3 * 4 * 6
)


def pixels(seed: int, height: int = 4, width: int = 6) -> np.ndarray:
    """A small image of noise."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def write_images(folder: Path, *stems: str, suffix: str = ".png") -> Path:
    """Write an image per stem; its pixels depend on the stem."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem in stems:
        Image.fromarray(pixels(sum(os.fsencode(stem)))).save(folder / f"{stem}{suffix}")
    return folder


def public_hashes(monkeypatch: pytest.MonkeyPatch, folder: Path) -> dict[str, KnownImage]:
    """Declare the images of a folder to be the published ones; return what was declared."""
    known = {
        path.stem: KnownImage(path.name, sha256_file(path), sha256_rgb(read_rgb(path)))
        for path in sorted(folder.iterdir())
    }
    monkeypatch.setattr(fetching, "known_images", lambda _: known)
    return known
