"""Latents of training crops, computed once: what entropy models are trained on while the transforms stay."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor
from torch.nn import functional

from lic_tcm.anchors.files import sha256_file
from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes
from lic_tcm.nn import checkpoints
from lic_tcm.nn.model import Model
from lic_tcm.training.data import Crops
from lic_tcm.training.parallel import processes
from lic_tcm.training.recipe import Recipe
from lic_tcm.training.sources import Source, open_source

FORMAT = "lic-tcm latents 1"
VALID = 24  # images whose crops are validated on
BATCH = 8


@dataclass(frozen=True)
class Latents:
    """Latents of crops of `crop` x `crop` pixels; the first `valid` are of images that no other crop is from."""

    y: Tensor  # (n, M, crop/16, crop/16), float32
    z_hat: Tensor  # (n, Z, crop/64, crop/64)
    valid: int
    crop: int
    gain: float  # mean squared error of the picture, on [0, 1], for one of the latents: of the given network's rounding
    weights: str  # sha256 of the file of the given network
    data: dict[str, Any]  # name, images and checksum of the training images, seed of the crops

    def __len__(self) -> int:
        return len(self.y)

    @property
    def fingerprint(self) -> str:
        """Sha256 over what the latents were made of."""
        made_of = {"weights": self.weights, "data": self.data, "crop": self.crop, "n": len(self), "valid": self.valid}
        return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()


def make_latents(weights: Path, data: Path, recipe: Recipe, out: Path, count: int | None = None) -> Latents:
    """Write the latents of `count` crops of training images (without it, one of each) into a .safetensors file.

    The recipe's crop, seed and device are used. Raises UserError when the weights or the data cannot be read, when
    there are too few images to validate on some, or when writing fails.
    """
    with processes(recipe.device) as world:
        model = checkpoints.load(weights).model.to(world.device)
        source = open_source(data, recipe.crop, recipe.skip_unfit, recipe.workers, cache_mb=0)
        crops = Crops(source, recipe.crop, recipe.seed)
        valid = min(VALID, len(source) // 2)
        numbers = _samples(crops, source, valid, len(source) if count is None else count)
        found = [_analysed(model, crops, numbers[i : i + BATCH], world.device) for i in range(0, len(numbers), BATCH)]
        y, z_hat = (torch.cat(parts) for parts in zip(*found, strict=True))
        latents = Latents(
            y,
            z_hat,
            valid,
            recipe.crop,
            _gain(model, crops, numbers[: min(valid, 2 * BATCH)], world.device),
            sha256_file(weights),
            {
                "name": data.name,
                "images": len(source),
                "left_out": source.left_out,
                "sha256": source.fingerprint(),
                "seed": recipe.seed,
            },
        )
    write_latents(latents, out)
    return latents


def read_latents(path: Path) -> Latents:
    """Read what `make_latents` wrote; raises UserError when the file is missing or damaged."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise UserError(f"{path} is no file of latents of this version; make it with `lic-tcm latents`")
            return Latents(
                file.get_tensor("y"),
                file.get_tensor("z_hat"),
                int(metadata["valid"]),
                int(metadata["crop"]),
                float(metadata["gain"]),
                metadata["weights"],
                json.loads(metadata["data"]),
            )
    except (safetensors.SafetensorError, OSError, KeyError, ValueError) as error:
        raise UserError(f"cannot read latents from {path} ({error}); make them with `lic-tcm latents`") from error


def _samples(crops: Crops, source: Source, valid: int, count: int) -> list[int]:
    """Numbers of crops: first those of `valid` images to validate on, then those of all other images."""
    if valid < 1 or count <= valid:
        raise UserError(
            f"{count} crops of {len(source)} images are too few to train on some and validate on others; give more"
        )
    kept = [crops.image_of(n) for n in range(valid)]
    numbers, n = list(range(valid)), valid
    while len(numbers) < count:
        if crops.image_of(n) not in kept:
            numbers.append(n)
        n += 1
    return numbers


@torch.inference_mode()
def _analysed(model: Model, crops: Crops, numbers: list[int], device: torch.device) -> tuple[Tensor, Tensor]:
    """Latents y and rounded z of some crops, on the CPU."""
    y = model.analyse(_pixels(crops, numbers, device))
    return y.cpu(), model.round_z(model.h_a(y)).cpu()


@torch.inference_mode()
def _gain(model: Model, crops: Crops, numbers: list[int], device: torch.device) -> float:
    """How much squared error of the picture the given network's own y_hat costs, for each of its squared error to y."""
    x = _pixels(crops, numbers, device)
    y = model.analyse(x)
    y_hat, _, _ = model.estimate(x)
    cost = functional.mse_loss(model.synthesise(y_hat), x) - functional.mse_loss(model.synthesise(y), x)
    gain = float(cost / functional.mse_loss(y_hat, y))
    if not gain > 0:
        raise UserError(
            f"rounding the given network's latents changes its pictures' error by {float(cost)}, so the weights are of "
            "no trained codec; choose others"
        )
    return gain


def _pixels(crops: Crops, numbers: list[int], device: torch.device) -> Tensor:
    """Crops (B, 3, crop, crop) in [0, 1]."""
    images = torch.stack([torch.tensor(crops.sample(n)) for n in numbers])
    return images.to(device).permute(0, 3, 1, 2).float() / 255


def write_latents(latents: Latents, out: Path) -> None:
    """Write a file that `read_latents` reads; raises UserError when that fails."""
    metadata = {
        "format": FORMAT,
        "valid": str(latents.valid),
        "crop": str(latents.crop),
        "gain": repr(latents.gain),
        "weights": latents.weights,
        "data": json.dumps(latents.data, sort_keys=True),
    }
    tensors = {"y": latents.y.contiguous(), "z_hat": latents.z_hat.contiguous()}
    write_bytes(out, safetensors.torch.save(tensors, metadata))
