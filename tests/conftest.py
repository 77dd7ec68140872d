"""Pictures and manifests the tests share."""

from pathlib import Path

import numpy as np
import pytest

from lic_tcm.bench.datasets import fetch
from lic_tcm.bench.images import write_png
from lic_tcm.bench.rows import Original


def photo(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth picture with edges and a little noise: codes like a photograph, needs no file."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = 128 + 70 * np.sin(x / (9 + seed))[..., None] * np.cos(y / 13)[..., None] + np.array([0, 12, -20])
    waves[y > x] -= 40
    return np.clip(waves + rng.normal(0, 4, (height, width, 3)), 0, 255).astype(np.uint8)


@pytest.fixture
def originals(tmp_path: Path) -> list[Original]:
    """Three small pictures as a user's folder dataset; the manifest is `tmp_path/set.csv`."""
    folder = tmp_path / "pictures"
    for seed, name in enumerate(("café", "plain", "z.dotted")):
        write_png(folder / f"{name}.png", photo(170 + seed, 180, seed))
    return fetch("set", tmp_path / "set.csv", folder=folder)
