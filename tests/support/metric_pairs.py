"""An original and worse and worse decoded images: a Kodak photograph where it is at hand, else a generated one."""

import functools
import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from lic_tcm.measure.metric_costs import generated

SIDES = slice(100, 276), slice(200, 400)  # a part is enough, and large enough for every metric


@functools.cache
def original() -> np.ndarray:
    """A part of kodim13, or of the generated image."""
    folder = os.environ.get("LIC_TCM_DATA")
    path = Path(folder, "kodak/kodim13.png") if folder else None
    if path and path.is_file():
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))[SIDES]
    return generated()[SIDES]


@functools.cache
def decoded(quality: int) -> np.ndarray:
    """The original as JPEG of that quality."""
    file = io.BytesIO()
    Image.fromarray(original()).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))
