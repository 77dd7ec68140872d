"""Images for libraries that want torch tensors; torch itself is imported when a metric first needs it."""

import importlib
from typing import Any

import numpy as np

from lic_tcm.metrics.metric import Image


def tensor(image: Image, double: bool = False) -> Any:
    """An RGB image (H, W, 3) on 0..255 as a tensor (1, 3, H, W) on 0..1."""
    torch = importlib.import_module("torch")
    planar = np.ascontiguousarray(np.moveaxis(image, 2, 0))[None]
    return torch.from_numpy(planar).to(torch.float64 if double else torch.float32) / 255
