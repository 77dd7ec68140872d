"""Pictures made for tests."""

import numpy as np


def photo(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth image with edges and a little noise: codes like a photograph, needs no file."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = 128 + 70 * np.sin(x / (9 + seed))[..., None] * np.cos(y / 13)[..., None] + np.array([0, 12, -20])
    waves[y > x] -= 40
    return np.clip(waves + rng.normal(0, 4, (height, width, 3)), 0, 255).astype(np.uint8)
