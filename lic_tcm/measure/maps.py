"""Maps of trained networks for figures 3 and 5: effective receptive field, and deviation that rounding causes.

Each file is an .npz: float32 maps by key and "about", a JSON of what they show. lic_tcm.report.figures.maps draws them,
so that the report itself never loads torch.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lic_tcm.anchors.pixels import to_uint8
from lic_tcm.coding.network import picture
from lic_tcm.datasets.manifest import load, read_manifest
from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes
from lic_tcm.metrics import psnr
from lic_tcm.nn import checkpoints
from lic_tcm.nn.entropy import Region, bits_of
from lic_tcm.nn.layers import GaussianConditional
from lic_tcm.nn.model import Model
from lic_tcm.nn.padding import PADDINGS

PADDING = PADDINGS["replicate"]
FloatArray = npt.NDArray[np.float32]


def receptive_field(model: Model, x: Tensor, position: tuple[int, int]) -> FloatArray:
    """|d x_hat_p / d x| of an image x (1, 3, H, W) at p = (column, row): mean over colour channels of both, (H, W).

    Rounding passes gradients straight through. Raises UserError for a position outside the image.
    """
    height, width = x.shape[-2:]
    column, row = position
    if not (0 <= column < width and 0 <= row < height):
        raise UserError(f"position ({column}, {row}) is outside the image of {width}x{height}; it is (column, row)")
    x = x.detach().requires_grad_()
    x_hat = PADDING.crop(model(PADDING.pad(x)).x_hat, height, width)
    total = torch.zeros(height, width)
    for channel in range(3):
        (gradient,) = torch.autograd.grad(x_hat[0, channel, row, column], x, retain_graph=channel < 2)
        total += gradient[0].abs().mean(0).cpu()
    return np.asarray(total.numpy() / 3, dtype=np.float32)


@dataclass(frozen=True)
class Deviation:
    """How far rounding moves y, and what y costs."""

    deviation: FloatArray  # mean over channels of |Q(y - mu) - (y - mu)|, times gamma; (H/16, W/16)
    bits: FloatArray  # of the channel with the highest entropy, (H/16, W/16)
    channel: int
    epsilon: float  # epsilon_s; the mean of the map `deviation`
    gamma: float
    channel_bits: float
    total_bits: float  # of y, estimated
    bpp: float  # of y and z, estimated, over the picture's pixels
    psnr: float  # dB, of the image in 8 bits


def deviation(model: Model, x: Tensor) -> Deviation:
    """Scaled deviation and bits of y, for an image x (1, 3, H, W) in [0, 1].

    epsilon_s = sum |Q(y - mu) - (y - mu)| / sum |y| (Liu 2023, equations 6 and 7), Q rounding half to even and both
    sums over all of y, that of the padding too where the sides are no multiples of 64. The paper scales the map of
    |Q(y - mu) - (y - mu)| by a gamma; gamma = 1 / mean |y|, by which the mean of the map is epsilon_s, is our reading.
    """
    height, width = x.shape[-2:]
    with torch.no_grad():
        y = model.analyse(PADDING.pad(x))
        z = model.h_a(y)
        recorder = _Recorder(y, model.gaussian_conditional)
        y_hat = model.context.reconstruct(model.hyper(model.round_z(z)), recorder)
        bits_z = float(bits_of(model.entropy_bottleneck(z)[1]))
    of_channels = recorder.bits[0].sum((1, 2), dtype=torch.float64)
    channel = int(of_channels.argmax())
    gamma = 1 / float(y.abs().mean(dtype=torch.float64))
    return Deviation(
        deviation=_array(gamma * recorder.deviation[0].mean(0)),
        bits=_array(recorder.bits[0, channel]),
        channel=channel,
        epsilon=gamma * float(recorder.deviation.mean(dtype=torch.float64)),
        gamma=gamma,
        channel_bits=float(of_channels[channel]),
        total_bits=float(of_channels.sum()),
        bpp=(float(of_channels.sum()) + bits_z) / (height * width),
        psnr=psnr(to_uint8(_array(255 * x[0].permute(1, 2, 0))), picture(model, y_hat, PADDING, height, width)),
    )


class _Recorder:
    """Coder that rounds y and keeps how far, and the bits of every value."""

    guess = None

    def __init__(self, y: Tensor, gaussian: GaussianConditional) -> None:
        self.y = y
        self.gaussian = gaussian
        self.deviation = torch.zeros_like(y)  # |Q(y - mu) - (y - mu)|
        self.bits = torch.zeros_like(y)

    def __call__(self, region: Region, mean: Tensor, scale: Tensor) -> Tensor:
        """Keep how far rounding moves the region; return its rounded values."""
        y = self.y[region]
        _, likelihood = self.gaussian(y, scale, mean, training=False)
        symbols = torch.round(y - mean)
        self.deviation[region] = (symbols - (y - mean)).abs()
        self.bits[region] = -likelihood.log2()
        return symbols + mean


# --- files --------------------------------------------------------------------------------------------------------


def write_receptive(
    manifest: Path,
    image: str,
    position: tuple[int, int],
    clips: Sequence[float],
    weights: Mapping[str, Path],
    out: Path,
) -> None:
    """Write the receptive fields of networks (label -> checkpoint) at one position of an image of the manifest.

    `clips` are the values the figure clips at. Raises UserError for an unknown image or checkpoint.
    """
    x = _picture(manifest, image)
    maps = {label: receptive_field(_model(path), x, position) for label, path in weights.items()}
    about = {"image": image, "position": list(position), "clips": list(clips)}
    _write(out, maps, {**about, "labels": list(weights), "checkpoints": _names(weights)})


def write_deviation(manifest: Path, images: Sequence[str], weights: Mapping[str, Path], out: Path) -> None:
    """Write the deviation maps of networks (label -> checkpoint) for images of the manifest; errors as above."""
    maps: dict[str, FloatArray] = {}
    numbers: dict[str, dict[str, float | str]] = {}
    for label, path in weights.items():
        model = _model(path)
        for image in images:
            found = deviation(model, _picture(manifest, image))
            maps[f"deviation/{image}/{label}"], maps[f"bits/{image}/{label}"] = found.deviation, found.bits
            numbers[f"{image}/{label}"] = {
                "epsilon_s": found.epsilon,
                "gamma": found.gamma,
                "channel": found.channel,
                "channel_bits": found.channel_bits,
                "bits": found.total_bits,
                "bpp": found.bpp,
                "psnr": found.psnr,
                "attention": model.config.attention if model.config.context == "channel" else "none",
            }
    about = {"images": list(images), "labels": list(weights), "checkpoints": _names(weights), "numbers": numbers}
    _write(out, maps, about)


def labelled(pairs: Sequence[str]) -> dict[str, Path]:
    """{label: path} of texts "label=path"; raises UserError for another form."""
    found = {}
    for pair in pairs:
        label, equals, path = pair.partition("=")
        if not (equals and label and path):
            raise UserError(f"checkpoint {pair!r} is not of the form label=path, such as TCM=weights.safetensors")
        found[label] = Path(path)
    return found


def _picture(manifest: Path, image: str) -> Tensor:
    """An image of the manifest as (1, 3, H, W) in [0, 1]."""
    found = [original for original in read_manifest(manifest) if original.image == image]
    if not found:
        raise UserError(f"{manifest} has no image {image!r}; fetch its dataset or choose another image")
    pixels = torch.from_numpy(load(found[0])).permute(2, 0, 1)[None]
    return pixels.float() / 255


def _model(path: Path) -> Model:
    return checkpoints.load(path).model.requires_grad_(False)


def _names(weights: Mapping[str, Path]) -> dict[str, str]:
    return {label: str(path) for label, path in weights.items()}


def _array(values: Tensor) -> FloatArray:
    return np.asarray(values.cpu().numpy(), dtype=np.float32)


def _write(out: Path, maps: Mapping[str, FloatArray], about: Mapping[str, Any]) -> None:
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {**maps, "about": np.array(json.dumps(about))}
    np.savez_compressed(buffer, **arrays)
    write_bytes(out, buffer.getvalue())
