"""Validation while training: real 8-bit PSNR and the estimated rate, as the suite measures them but for the stream."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from lic_tcm.anchors.codec import UInt8Image
from lic_tcm.anchors.pixels import to_uint8
from lic_tcm.errors import UserError
from lic_tcm.images import images_in, read_rgb
from lic_tcm.metrics import psnr
from lic_tcm.nn.model import Model
from lic_tcm.nn.padding import PADDINGS


class Quality(NamedTuple):
    """Means over images."""

    bpp: float  # estimated, of the picture's own pixels
    psnr: float  # dB, 8-bit RGB


def find_images(folder: Path) -> list[Path]:
    """The images of a folder tree (`images_in`); raises UserError when there is none."""
    paths = images_in(folder)
    if not paths:
        raise UserError(f"the validation folder {folder} has no images; choose another")
    return paths


def validate(model: Model, images: Sequence[Path], device: torch.device) -> Quality:
    """Code images without a stream, in evaluation mode and float32; the model's mode is restored."""
    training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            results = [_measure(model, read_rgb(path), device) for path in images]
    finally:
        model.train(training)
    return Quality(*(float(np.mean(column)) for column in zip(*results, strict=True)))


def _measure(model: Model, image: UInt8Image, device: torch.device) -> Quality:
    height, width = image.shape[:2]
    padding = PADDINGS["replicate"]
    x = torch.from_numpy(image).to(device).permute(2, 0, 1)[None].float() / 255
    output = model(padding.pad(x))
    x_hat = padding.crop(output.x_hat, height, width)[0].permute(1, 2, 0).double().cpu()
    bits = float(output.bits_y + output.bits_z)
    return Quality(bits / (height * width), psnr(image, to_uint8((255 * x_hat).numpy().astype(np.float64))))
