"""Entropy models of y: the channel-wise one with slices (TCM) and the spatial one in raster order (Minnen 2018).

Both walk through y one region after another. What happens to a region is the coder's business: estimate its rate,
write its symbols, or read them. So estimating, encoding and decoding share the one loop of each model.
"""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from lic_tcm.nn.attention import HEAD_DIM, make_attention
from lic_tcm.nn.layers import GaussianConditional, MaskedConv2d, conv1x1, conv3x3, round_straight_through

Region = tuple[slice, slice, slice, slice]  # a part of y: batch, channels, rows, columns
ALL: Region = (slice(None), slice(None), slice(None), slice(None))


class Hyper(NamedTuple):
    """What the hyper decoder says of y; both (B, M, H/16, W/16)."""

    mean: Tensor
    scale: Tensor


class Coder(Protocol):
    """What is done with one region of y once its distribution is known."""

    @property
    def guess(self) -> Tensor | None:
        """All of y_hat in advance, where a model may use it as its context at once (training), else None."""
        ...

    def __call__(self, region: Region, mean: Tensor, scale: Tensor) -> Tensor:
        """Return symbols + mean of the region, in the shape of `mean`; `scale` is not yet bounded below."""
        ...


class Estimate:
    """Coder that rounds y and adds up its estimated rate; in training with uniform noise instead of rounding."""

    def __init__(self, y: Tensor, gaussian: GaussianConditional, training: bool) -> None:
        self.y = y
        self.gaussian = gaussian
        self.training = training
        self.guess = y + torch.empty_like(y).uniform_(-0.5, 0.5) if training else None
        self.bits = torch.zeros(len(y), dtype=torch.float64, device=y.device)  # per image

    def __call__(self, region: Region, mean: Tensor, scale: Tensor) -> Tensor:
        """Add the region's bits; return its rounded values, with the gradient of the identity."""
        y = self.y[region]
        _, likelihood = self.gaussian(y, scale, mean, training=self.training)
        self.bits = self.bits + bits_of(likelihood)
        return round_straight_through(y - mean) + mean


def bits_of(likelihood: Tensor) -> Tensor:
    """Sum of -log2 over all but the batch dimension, in float64: (B,)."""
    return -likelihood.log2().flatten(1).sum(1, dtype=torch.float64)


def slice_depths(latent: int, slices: int) -> list[int]:
    """Channels of each slice: all alike where `slices` divides `latent`, else nearly so, the first slices larger.

    The difference is then 16 channels, a head of SWAtten, where there are enough of them, and 1 where there are not.

    >>> slice_depths(320, 5), slice_depths(96, 5), slice_depths(96, 10)
    ([64, 64, 64, 64, 64], [32, 16, 16, 16, 16], [10, 10, 10, 10, 10, 10, 9, 9, 9, 9])
    """
    heads = latent % HEAD_DIM == 0 and latent // HEAD_DIM >= slices and latent % slices != 0
    unit = HEAD_DIM if heads else 1
    each, more = divmod(latent // unit, slices)
    return [unit * (each + (i < more)) for i in range(slices)]


class ChannelContext(nn.Module):
    """Channel-wise autoregressive entropy model (Minnen & Singh 2020) with attention on its support (Liu 2023).

    y is cut into slices of M / s channels, or nearly so (`slice_depths`). For slice i, with y_hat of the first
    min(i, max_support) slices:
    ```
    mean support  = [hyper mean | y_hat]  -> attention -+-> 3 convs -> mu
    scale support = [hyper scale | y_hat] -> attention -|-> 3 convs -> sigma
                                                        +-> [ | symbol + mu] -> 3 convs -> 0.5 tanh = residual
    y_hat_i = symbol + mu + residual
    ```
    """

    def __init__(
        self, latent: int, slices: int, max_support: int, attention: str, squeeze: int | None, widths: tuple[int, int]
    ) -> None:
        super().__init__()
        self.slices = slices
        self.max_support = max_support
        self.depths = depths = slice_depths(latent, slices)
        support = [latent + sum(depths[: min(i, max_support)]) for i in range(slices)]
        self.atten_mean = nn.ModuleList(make_attention(attention, n, squeeze) for n in support)
        self.atten_scale = nn.ModuleList(make_attention(attention, n, squeeze) for n in support)
        self.cc_mean_transforms = nn.ModuleList(
            _three_convs(n, widths, d) for n, d in zip(support, depths, strict=True)
        )
        self.cc_scale_transforms = nn.ModuleList(
            _three_convs(n, widths, d) for n, d in zip(support, depths, strict=True)
        )
        self.lrp_transforms = nn.ModuleList(
            _three_convs(n + d, widths, d) for n, d in zip(support, depths, strict=True)
        )

    def reconstruct(self, hyper: Hyper, coder: Coder) -> Tensor:
        """Pass y's slices through the coder; return y_hat (B, M, H/16, W/16), what the synthesis transform gets."""
        y_hat: list[Tensor] = []
        for i in range(self.slices):
            support, mean, scale = self.predict(i, hyper, y_hat)
            start = sum(self.depths[:i])
            region = (slice(None), slice(start, start + self.depths[i]), slice(None), slice(None))
            y_i = coder(region, mean, scale)
            y_hat.append(y_i + self.residual(i, support, y_i))
        return torch.cat(y_hat, dim=1)

    def predict(self, i: int, hyper: Hyper, y_hat: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Return the attended mean support, mu and sigma of slice i."""
        known = y_hat[: self.max_support]
        mean_support = self.atten_mean[i](torch.cat((hyper.mean, *known), dim=1))
        scale_support = self.atten_scale[i](torch.cat((hyper.scale, *known), dim=1))
        return mean_support, self.cc_mean_transforms[i](mean_support), self.cc_scale_transforms[i](scale_support)

    def residual(self, i: int, support: Tensor, y_i: Tensor) -> Tensor:
        """Latent residual prediction: an estimate of the rounding error of slice i, within +-0.5."""
        return 0.5 * torch.tanh(self.lrp_transforms[i](torch.cat((support, y_i), dim=1)))


class SpatialContext(nn.Module):
    """Spatial autoregressive entropy model (Minnen 2018): one position of y after another, in raster order.

    ```
    y_hat above and left -> 5x5 masked conv M->2M -+-> cat -> 1x1 convs 4M -> 10M/3 -> 8M/3 -> 2M -> mu, sigma
    [hyper mean | hyper scale] (2M) ---------------+
    ```
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.context_prediction = MaskedConv2d(latent, 2 * latent, kernel_size=5, padding=2)
        self.entropy_parameters = nn.Sequential(
            conv1x1(4 * latent, 10 * latent // 3),
            nn.LeakyReLU(),
            conv1x1(10 * latent // 3, 8 * latent // 3),
            nn.LeakyReLU(),
            conv1x1(8 * latent // 3, 2 * latent),
        )

    def reconstruct(self, hyper: Hyper, coder: Coder) -> Tensor:
        """Pass y through the coder, position by position, or at once where all of the context is known."""
        if coder.guess is not None:
            context = self.context_prediction(coder.guess)
            return coder(ALL, *self.predict(hyper.mean, hyper.scale, context))
        return self._raster(hyper, coder)

    def _raster(self, hyper: Hyper, coder: Coder) -> Tensor:
        """The loop over positions; y_hat grows inside a border of two zeros."""
        height, width = hyper.mean.shape[-2:]
        y_hat = functional.pad(torch.zeros_like(hyper.mean), (2, 2, 2, 2))
        conv = self.context_prediction
        weight = conv.weight * conv.mask
        for i in range(height):
            for j in range(width):
                region = (slice(None), slice(None), slice(i, i + 1), slice(j, j + 1))
                context = functional.conv2d(y_hat[:, :, i : i + 5, j : j + 5], weight, conv.bias)
                mean, scale = self.predict(hyper.mean[region], hyper.scale[region], context)
                y_hat[:, :, i + 2 : i + 3, j + 2 : j + 3] = coder(region, mean, scale)
        return y_hat[:, :, 2:-2, 2:-2]

    def predict(self, hyper_mean: Tensor, hyper_scale: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and sigma where the hyper parameters and the context are given, each in its shape."""
        mean, scale = self.entropy_parameters(torch.cat((hyper_mean, hyper_scale, context), dim=1)).chunk(2, dim=1)
        return mean, scale


def _three_convs(in_channels: int, widths: tuple[int, int], out_channels: int) -> nn.Sequential:
    """Three 3x3 convolutions with GELU between them."""
    first, second = widths
    return nn.Sequential(
        conv3x3(in_channels, first), nn.GELU(), conv3x3(first, second), nn.GELU(), conv3x3(second, out_channels)
    )
