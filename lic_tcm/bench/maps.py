"""Maps of trained networks for figures 3 and 5: effective receptive field, and deviation from the predicted mean.

Each file is an .npz: float32 maps by key and "about", a JSON of what they show; lic_tcm.report.maps draws them. The
report itself never loads torch.
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

from lic_tcm.bench.datasets import load, read_manifest
from lic_tcm.coding.priors import SCALE_RANGE
from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes
from lic_tcm.nn import checkpoints
from lic_tcm.nn.entropy import Region
from lic_tcm.nn.layers import GaussianConditional
from lic_tcm.nn.model import Model
from lic_tcm.nn.padding import PADDINGS

PADDING = PADDINGS["replicate"]
FloatArray = npt.NDArray[np.float32]


def receptive_field(model: Model, x: Tensor, position: tuple[int, int]) -> FloatArray:
    """|d x_hat_p / d x| of a picture x (1, 3, H, W) at p = (column, row): mean over colour channels of both, (H, W).

    Rounding passes gradients straight through. Raises UserError for a position outside the picture.
    """
    height, width = x.shape[-2:]
    column, row = position
    if not (0 <= column < width and 0 <= row < height):
        raise UserError(f"position ({column}, {row}) is outside the picture of {width}x{height}; it is (column, row)")
    x = x.detach().requires_grad_()
    x_hat = PADDING.crop(model(PADDING.pad(x)).x_hat, height, width)
    total = torch.zeros(height, width)
    for channel in range(3):
        (gradient,) = torch.autograd.grad(x_hat[0, channel, row, column], x, retain_graph=channel < 2)
        total += gradient[0].abs().mean(0).cpu()
    return np.asarray(total.numpy() / 3, dtype=np.float32)


@dataclass(frozen=True)
class Deviation:
    """How far y lies from its predicted mean, in predicted standard deviations, and what it costs."""

    deviation: FloatArray  # mean over channels of |epsilon_s|, (H/16, W/16)
    bits: FloatArray  # of the channel with the highest entropy, (H/16, W/16)
    channel: int
    mean_deviation: float  # |epsilon_s| over all of y
    channel_bits: float
    total_bits: float  # of y


def deviation(model: Model, x: Tensor) -> Deviation:
    """epsilon_s = (y - mu) / sigma (equations 6 and 7) and bits of y, for a picture x (1, 3, H, W)."""
    with torch.no_grad():
        x = PADDING.pad(x)
        y = model.analyse(x)
        recorder = _Recorder(y, model.gaussian_conditional)
        model.context.reconstruct(model.hyper(model.round_z(model.h_a(y))), recorder)
    of_channels = recorder.bits[0].sum((1, 2), dtype=torch.float64)
    channel = int(of_channels.argmax())
    return Deviation(
        deviation=_array(recorder.deviation[0].abs().mean(0)),
        bits=_array(recorder.bits[0, channel]),
        channel=channel,
        mean_deviation=float(recorder.deviation.abs().mean(dtype=torch.float64)),
        channel_bits=float(of_channels[channel]),
        total_bits=float(of_channels.sum()),
    )


class _Recorder:
    """Coder that rounds y and keeps epsilon_s and the bits of every value."""

    guess = None

    def __init__(self, y: Tensor, gaussian: GaussianConditional) -> None:
        self.y = y
        self.gaussian = gaussian
        self.deviation = torch.zeros_like(y)
        self.bits = torch.zeros_like(y)

    def __call__(self, region: Region, mean: Tensor, scale: Tensor) -> Tensor:
        """Keep what the region deviates; return its rounded values."""
        y = self.y[region]
        _, likelihood = self.gaussian(y, scale, mean, training=False)
        self.deviation[region] = (y - mean) / scale.clamp(min=SCALE_RANGE[0])
        self.bits[region] = -likelihood.log2()
        return torch.round(y - mean) + mean


# --- files --------------------------------------------------------------------------------------------------------


def write_receptive(
    manifest: Path,
    image: str,
    position: tuple[int, int],
    clips: Sequence[float],
    weights: Mapping[str, Path],
    out: Path,
    device: str = "cpu",
) -> None:
    """Write the receptive fields of networks (label -> checkpoint) at one position of a picture of the manifest.

    `clips` are the values the figure clips at. Raises UserError for an unknown picture or checkpoint.
    """
    x = _picture(manifest, image, device)
    maps = {label: receptive_field(_model(path, device), x, position) for label, path in weights.items()}
    about = {"image": image, "position": list(position), "clips": list(clips)}
    _write(out, maps, {**about, "labels": list(weights), "checkpoints": _names(weights)})


def write_deviation(
    manifest: Path, images: Sequence[str], weights: Mapping[str, Path], out: Path, device: str = "cpu"
) -> None:
    """Write the deviation maps of networks (label -> checkpoint) for pictures of the manifest; errors as above."""
    maps: dict[str, FloatArray] = {}
    numbers: dict[str, dict[str, float]] = {}
    for label, path in weights.items():
        model = _model(path, device)
        for image in images:
            found = deviation(model, _picture(manifest, image, device))
            maps[f"deviation/{image}/{label}"], maps[f"bits/{image}/{label}"] = found.deviation, found.bits
            numbers[f"{image}/{label}"] = {
                "deviation": found.mean_deviation,
                "channel": found.channel,
                "channel_bits": found.channel_bits,
                "bits": found.total_bits,
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


def _picture(manifest: Path, image: str, device: str) -> Tensor:
    """A picture of the manifest as (1, 3, H, W) in [0, 1]."""
    found = [original for original in read_manifest(manifest) if original.image == image]
    if not found:
        raise UserError(f"{manifest} has no picture {image!r}; fetch its data set or choose another picture")
    pixels = torch.from_numpy(load(found[0])).permute(2, 0, 1)[None]
    return pixels.to(device, torch.float32) / 255


def _model(path: Path, device: str) -> Model:
    return checkpoints.load(path).model.to(device).requires_grad_(False)


def _names(weights: Mapping[str, Path]) -> dict[str, str]:
    return {label: str(path) for label, path in weights.items()}


def _array(values: Tensor) -> FloatArray:
    return np.asarray(values.cpu().numpy(), dtype=np.float32)


def _write(out: Path, maps: Mapping[str, FloatArray], about: Mapping[str, Any]) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, about=np.array(json.dumps(about)), **maps)
    write_bytes(out, buffer.getvalue())
