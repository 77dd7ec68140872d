"""What an entropy model makes of latents: rate, squared error and the loss of both, in training and in validation."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from lic_tcm.nn.entropy import Estimate, bits_of
from lic_tcm.nn.model import Model
from lic_tcm.training.latents import Latents


class Measured(NamedTuple):
    """Means over crops of a step or a validation."""

    loss: float
    bpp: float  # of y and z
    latent_mse: float


def entropy_loss(model: Model, y: Tensor, z_hat: Tensor, distortion: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return loss, bits per pixel and squared error of the latents, each a mean over y (B, M, H/16, W/16).

    `distortion` weighs the squared error, in bits per pixel. In training mode likelihoods have noise.
    """
    coder = Estimate(y, model.gaussian_conditional, model.training)
    y_hat = model.context.reconstruct(model.hyper(z_hat), coder)
    # z_hat is rounded already: its likelihood has no noise, and nothing in it is trained
    _, likelihood = model.entropy_bottleneck(z_hat, training=False)
    pixels = 256 * y.shape[-2] * y.shape[-1]
    bpp = (coder.bits + bits_of(likelihood)).mean() / pixels
    latent_mse = functional.mse_loss(y_hat, y)
    return bpp + distortion * latent_mse, bpp, latent_mse


def evaluate(model: Model, latents: Latents, distortion: float, batch: int) -> Measured:
    """Loss, rate and squared error of the crops to validate on, rounded as in coding; the model's mode is restored."""
    training, device = model.training, next(model.parameters()).device
    model.eval()
    try:
        with torch.inference_mode():
            found = []
            for i in range(0, latents.valid, batch):
                part = slice(i, min(i + batch, latents.valid))
                values = entropy_loss(model, latents.y[part].to(device), latents.z_hat[part].to(device), distortion)
                found.append((part.stop - part.start, *map(float, values)))
    finally:
        model.train(training)
    total = sum(count for count, *_ in found)
    return Measured(*(sum(line[0] * line[k] for line in found) / total for k in (1, 2, 3)))
