"""What comes from CompressAI, imported in one place, and the few small layers of our own."""

import warnings

from torch import Tensor, nn

with warnings.catch_warnings():
    # CompressAI imports torch_geometric, which still calls torch.jit.script: deprecated, and from torch 2.15 on louder.
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.simplefilter("ignore", FutureWarning)
    from compressai.ans import BufferedRansEncoder, RansDecoder
    from compressai.entropy_models import EntropyBottleneck, GaussianConditional
    from compressai.layers import (
        GDN,
        AttentionBlock,
        MaskedConv2d,
        ResidualBlock,
        ResidualBlockUpsample,
        ResidualBlockWithStride,
        conv1x1,
        conv3x3,
        subpel_conv3x3,
    )

__all__ = [
    "GDN",
    "AttentionBlock",
    "BufferedRansEncoder",
    "EntropyBottleneck",
    "GaussianConditional",
    "MaskedConv2d",
    "RansDecoder",
    "ResidualBlock",
    "ResidualBlockUpsample",
    "ResidualBlockWithStride",
    "conv1x1",
    "conv3x3",
    "conv5x5_down",
    "conv5x5_up",
    "round_straight_through",
    "subpel_conv3x3",
]


def conv5x5_down(in_channels: int, out_channels: int) -> nn.Conv2d:
    """5x5 convolution that halves both sides."""
    return nn.Conv2d(in_channels, out_channels, kernel_size=5, stride=2, padding=2)


def conv5x5_up(in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    """5x5 transposed convolution that doubles both sides."""
    return nn.ConvTranspose2d(in_channels, out_channels, kernel_size=5, stride=2, padding=2, output_padding=1)


def round_straight_through(x: Tensor) -> Tensor:
    """Round half to even; the gradient is that of the identity."""
    return x.round() - x.detach() + x
