"""The one model class: analysis, synthesis and hyper transforms around an entropy model, chosen by a frozen config."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lic_tcm.anchors.hints import choose
from lic_tcm.errors import UserError
from lic_tcm.nn import attention, transforms
from lic_tcm.nn.entropy import ChannelContext, Estimate, Hyper, SpatialContext, bits_of, slice_depths
from lic_tcm.nn.layers import EntropyBottleneck, GaussianConditional, round_straight_through
from lic_tcm.stopwatch import timed

STRIDE = 64  # sides of the model's input are multiples of this; see lic_tcm.nn.padding
_CHANNELS_LAST = torch.channels_last  # pixels are tokens: faster where transformers meet convolutions
CONTEXTS = ("channel", "spatial")


@dataclass(frozen=True)
class Config:
    """Which network; the defaults are the paper's Medium model.

    Raises UserError, naming the field, for values that do not fit together.
    """

    channels: int = 192  # C = 2N of the hidden layers
    latent: int = 320  # M, channels of y
    hyper: int = 192  # Z, channels of z
    main_path: str = "tcm"
    hyper_path: str = "tcm"
    context: str = "channel"  # entropy model of y: "channel" (slices) or "spatial" (raster order)
    slices: int = 5
    max_support: int = 5  # how many of the first slices the later ones see
    attention: str = "swatten"  # on the support of the slices
    squeeze: int | None = 128  # width inside the attention; None: as wide as the support
    context_widths: tuple[int, int] = (224, 128)  # of the slices' three-convolution networks

    def __post_init__(self) -> None:
        _one_of("main_path", self.main_path, tuple(transforms.MAIN))
        _one_of("hyper_path", self.hyper_path, tuple(transforms.HYPER))
        _one_of("context", self.context, CONTEXTS)
        _one_of("attention", self.attention, attention.KINDS)
        for field in ("channels", "latent", "hyper", "slices", "max_support"):
            _multiple(field, getattr(self, field), 1)
        if not isinstance(self.context_widths, tuple) or len(self.context_widths) != 2:
            raise UserError(f"context_widths = {self.context_widths!r} does not fit; give two whole numbers")
        for width in self.context_widths:
            _multiple("context_widths", width, 1)
        self._check_swin()
        if self.context == "channel":
            self._check_slices()

    def _check_slices(self) -> None:
        """The slices and the attention on their support."""
        if self.slices > self.latent:
            raise UserError(f"slices = {self.slices} is more than the latent channels ({self.latent}); choose fewer")
        if self.attention in ("swatten", "swatten-no-cnn"):
            if self.squeeze is not None:
                _multiple("squeeze", self.squeeze, attention.HEAD_DIM)
            else:
                _multiple("latent", self.latent, attention.HEAD_DIM)
                for depth in set(slice_depths(self.latent, self.slices)):
                    _multiple("latent / slices", depth, attention.HEAD_DIM)

    def _check_swin(self) -> None:
        """Widths that attention heads divide."""
        if "tcm" in (self.main_path, self.hyper_path):
            _multiple("channels", self.channels, 2 * min(transforms.HEAD_DIMS))
        if self.main_path == "swin-only":
            _multiple("channels", self.channels, 2 * transforms.HYPER_HEAD_DIM)
            _multiple("latent", self.latent, transforms.HYPER_HEAD_DIM)
        if self.hyper_path == "swin-only":
            _multiple("hyper", self.hyper, transforms.HYPER_HEAD_DIM)


def _one_of(field: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UserError(f"{field} = {value!r} is unknown; {choose(value, allowed)}")


def _multiple(field: str, value: object, of: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1 or value % of:
        raise UserError(f"{field} = {value!r} does not fit; it must be a positive multiple of {of}")


class Output(NamedTuple):
    """Result of a forward pass."""

    x_hat: Tensor  # (B, 3, H, W), not clamped
    bits_y: Tensor  # (B,) estimated bits, float64
    bits_z: Tensor  # (B,)


class Model(nn.Module):
    """Learned image codec without the bitstream (Liu 2023, figure 2).

    ```
    x (B, 3, H, W) -> g_a -> y (B, M, H/16, W/16) -> context + coder -> y_hat -> g_s -> x_hat (B, 3, H, W)
                             y -> h_a -> z (B, Z, H/64, W/64) -> round -> z_hat -> h_mean_s, h_scale_s -> context
    ```
    x is in [0, 1], its sides are multiples of 64.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        sizes = transforms.Sizes(config.channels, config.latent, config.hyper)
        self.g_a, self.g_s = transforms.MAIN[config.main_path](sizes)
        self.h_a, self.h_mean_s = transforms.HYPER[config.hyper_path](sizes)
        _, self.h_scale_s = transforms.HYPER[config.hyper_path](sizes)
        self.entropy_bottleneck = EntropyBottleneck(config.hyper)
        self.gaussian_conditional = GaussianConditional(None)
        self.context = _make_context(config)

    def forward(self, x: Tensor) -> Output:
        """Reconstruct x (B, 3, H, W) and estimate its rate; in training with noise in the likelihoods.

        Raises UserError when a side is not a multiple of 64.
        """
        y_hat, bits_y, bits_z = self.estimate(x)
        return Output(self.synthesise(y_hat), bits_y, bits_z)

    def estimate(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return y_hat, bits_y and bits_z of x, as `forward`, without reconstructing it."""
        y = self.analyse(x)
        z = self.h_a(y)
        _, z_likelihood = self.entropy_bottleneck(z)
        coder = Estimate(y, self.gaussian_conditional, self.training)
        y_hat = self.context.reconstruct(self.hyper(self.round_z(z)), coder)
        return y_hat, coder.bits, bits_of(z_likelihood)

    @timed("transform")
    def analyse(self, x: Tensor) -> Tensor:
        """Return y of x; raises UserError when a side is not a multiple of 64."""
        if x.shape[-2] % STRIDE or x.shape[-1] % STRIDE:
            raise UserError(
                f"an input of {x.shape[-2]}x{x.shape[-1]} does not fit; pad its sides to multiples of {STRIDE}"
            )
        # oneDNN's backward pass of a strided 1x1 convolution of 3 channels corrupts memory in the other layout
        first = self.g_a[0](x.contiguous()).contiguous(memory_format=_CHANNELS_LAST)
        y: Tensor = self.g_a[1:](first)
        return y.contiguous()

    @timed("transform")
    def synthesise(self, y_hat: Tensor) -> Tensor:
        """Return x_hat of y_hat, not clamped."""
        x_hat: Tensor = self.g_s(y_hat.contiguous(memory_format=_CHANNELS_LAST))
        return x_hat.contiguous()

    def medians(self) -> Tensor:
        """Medians of z, what it is rounded about: (1, Z, 1, 1)."""
        medians: Tensor = self.entropy_bottleneck.quantiles[:, :, 1:2].detach()
        return medians.reshape(1, -1, 1, 1)

    def round_z(self, z: Tensor) -> Tensor:
        """Return z_hat, with the gradient of the identity."""
        return round_straight_through(z - self.medians()) + self.medians()

    def hyper(self, z_hat: Tensor) -> Hyper:
        """Return what the hyper decoders say of y."""
        return Hyper(self.h_mean_s(z_hat), self.h_scale_s(z_hat))


def _make_context(config: Config) -> ChannelContext | SpatialContext:
    """The entropy model of y that the config names."""
    if config.context == "spatial":
        return SpatialContext(config.latent)
    return ChannelContext(
        config.latent, config.slices, config.max_support, config.attention, config.squeeze, config.context_widths
    )
