"""Plausible per-image points for tests of what is computed over images."""

import numpy as np

from lic_tcm.rd.curves import ImageRD


def image_rd(name, images=24, points=10, seed=0, saving=0.9, noise=0.02, metric="psnr"):
    """Plausible per-image points: difficulty differs between images, both coordinates rise with the point."""
    difficulty = np.random.default_rng(1).uniform(0.5, 2, size=images)
    rng = np.random.default_rng(seed)
    rate = np.geomspace(0.1, 2, points)[:, None] * difficulty * saving * rng.normal(1, noise, size=images)
    value = np.linspace(28, 42, points)[:, None] - 3 * difficulty + rng.uniform(0, 0.1, size=(points, images))
    if metric == "ms-ssim":
        value = 1 - 10 ** (-(value - 15) / 10)
    samples = {(float(p), f"img{i:03d}"): (rate[p, i], value[p, i]) for p in range(points) for i in range(images)}
    return ImageRD.from_samples(name, "set", metric, samples)


ANCHOR, TEST = image_rd("anchor", seed=1, saving=1), image_rd("test", seed=2)
