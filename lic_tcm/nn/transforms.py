"""Analysis and synthesis transforms, one pair of functions per kind.

Main path: x (B, 3, H, W) <-> y (B, M, H/16, W/16). Hyper path: y <-> z (B, Z, H/64, W/64); the hyper decoder exists
twice, once for the means and once for the scales.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from einops.layers.torch import Rearrange
from torch import Tensor, nn

from lic_tcm.nn.layers import (
    GDN,
    AttentionBlock,
    ResidualBlock,
    ResidualBlockUpsample,
    ResidualBlockWithStride,
    conv1x1,
    conv3x3,
    conv5x5_down,
    conv5x5_up,
    subpel_conv3x3,
)
from lic_tcm.nn.window import SwinBlock, from_windows, to_windows

HEAD_DIMS = (8, 16, 32)  # of the analysis transform; the synthesis transform has them in reverse
WINDOW = 8
HYPER_WINDOW = 4
HYPER_HEAD_DIM = 32
SWIN_DEPTHS = (2, 2, 6, 2)  # blocks per stage, Zhu 2022, appendix A2
SWIN_HYPER_DEPTHS = (5, 1)


class TCMStage(nn.Module):
    """One stage of the parallel transformer-CNN mixture block (Liu 2023, figure 2, right), (B, C, H, W) -> same shape.

    ```
    x -> 1x1 -+-> first half:  ResidualBlock + its input -+-> cat -> 1x1 -> + x
              +-> second half: SwinBlock (W or SW) -------+
    ```
    The paper's TCM block is two of these, W then SW. The residual block already adds its input, so the convolutional
    branch carries it twice, as the published weights expect (equation 4 shows it once).
    """

    def __init__(self, channels: int, head_dim: int, window: int, shifted: bool) -> None:
        super().__init__()
        self.window = window
        half = channels // 2
        self.conv1_1 = conv1x1(channels, channels)
        self.conv_block = ResidualBlock(half, half)
        self.trans_block = SwinBlock(half, head_dim, window, shifted)
        self.conv1_2 = conv1x1(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Transform x (B, C, H, W) of any size."""
        out: Tensor = x + self.conv1_2(self._branches(x))
        return out

    def _branches(self, x: Tensor) -> Tensor:
        """Both branches, (B, C, H, W); a function of its own, whose feature maps are gone when it returns."""
        near, far = self.conv1_1(x).chunk(2, dim=1)
        near = self.conv_block(near) + near
        far = from_windows(self.trans_block(to_windows(far, self.window)), *x.shape[-2:])
        return torch.cat((near, far), dim=1)


class ConvStage(nn.Module):
    """The TCM stage without its transformer: the convolutional branch at full width."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1_1 = conv1x1(channels, channels)
        self.conv_block = ResidualBlock(channels, channels)
        self.conv1_2 = conv1x1(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Transform x (B, C, H, W)."""
        near = self.conv1_1(x)
        out: Tensor = x + self.conv1_2(self.conv_block(near) + near)
        return out


@dataclass(frozen=True)
class Sizes:
    """Channels of the transforms: C = 2N of the hidden layers, M of y, Z of z."""

    channels: int
    latent: int
    hyper: int


Pair = tuple[nn.Sequential, nn.Sequential]
Stages = Callable[[int, int, int], list[nn.Module]]  # channels, head_dim, window -> the two stages of a TCM block


def tcm_stages(channels: int, head_dim: int, window: int) -> list[nn.Module]:
    """A TCM block."""
    return [TCMStage(channels, head_dim, window, shifted) for shifted in (False, True)]


def conv_stages(channels: int, _head_dim: int, _window: int) -> list[nn.Module]:
    """A TCM block without transformers."""
    return [ConvStage(channels), ConvStage(channels)]


def residual_main(sizes: Sizes, stages: Stages) -> Pair:
    """Main path of TCM (Liu 2023, figure 2, left), with the given stages.

    ```
    g_a: x -> RBS 3->C (H/2) -> block -> RBS (H/4) -> block -> RBS (H/8) -> block -> conv3x3 stride 2, C->M (H/16)
    g_s: y -> RBU M->C (H/8) -> block -> RBU (H/4) -> block -> RBU (H/2) -> block -> subpixel conv3x3, C->3 (H)
    ```
    """
    c = sizes.channels
    down: list[nn.Module] = [ResidualBlockWithStride(3, c, 2)]
    up: list[nn.Module] = [ResidualBlockUpsample(sizes.latent, c, 2)]
    for i in range(3):
        down += stages(c, HEAD_DIMS[i], WINDOW)
        down.append(ResidualBlockWithStride(c, c, 2) if i < 2 else conv3x3(c, sizes.latent, stride=2))
        up += stages(c, HEAD_DIMS[2 - i], WINDOW)
        up.append(ResidualBlockUpsample(c, c, 2) if i < 2 else subpel_conv3x3(c, 3, 2))
    return nn.Sequential(*down), nn.Sequential(*up)


def residual_hyper(sizes: Sizes, stages: Stages) -> Pair:
    """Hyper path of TCM, with the given stages.

    ```
    h_a: y -> RBS M->C (H/32) -> block -> conv3x3 stride 2, C->Z (H/64)
    h_s: z -> RBU Z->C (H/32) -> block -> subpixel conv3x3, C->M (H/16)
    ```
    """
    c = sizes.channels
    down = [
        ResidualBlockWithStride(sizes.latent, c, 2),
        *stages(c, HYPER_HEAD_DIM, HYPER_WINDOW),
        conv3x3(c, sizes.hyper, stride=2),
    ]
    up = [
        ResidualBlockUpsample(sizes.hyper, c, 2),
        *stages(c, HYPER_HEAD_DIM, HYPER_WINDOW),
        subpel_conv3x3(c, sizes.latent, 2),
    ]
    return nn.Sequential(*down), nn.Sequential(*up)


def conv_main(sizes: Sizes) -> Pair:
    """Main path of Minnen & Singh 2020: four 5x5 convolutions of stride 2, GDN between them."""
    c = sizes.channels
    down = [conv5x5_down(3, c), GDN(c), conv5x5_down(c, c), GDN(c), conv5x5_down(c, c), GDN(c)]
    up = [GDN(c, inverse=True), conv5x5_up(c, c), GDN(c, inverse=True), conv5x5_up(c, c), GDN(c, inverse=True)]
    return (
        nn.Sequential(*down, conv5x5_down(c, sizes.latent)),
        nn.Sequential(conv5x5_up(sizes.latent, c), *up, conv5x5_up(c, 3)),
    )


def conv_hyper(sizes: Sizes) -> Pair:
    """Hyper path of Minnen & Singh 2020: widths M, (M + Z) / 2, Z; ReLU; strides 1, 2, 2."""
    m, z = sizes.latent, sizes.hyper
    middle = (m + z) // 2
    down = [conv3x3(m, m), nn.ReLU(), conv5x5_down(m, middle), nn.ReLU(), conv5x5_down(middle, z)]
    up = [conv5x5_up(z, z), nn.ReLU(), conv5x5_up(z, middle), nn.ReLU(), conv3x3(middle, m)]
    return nn.Sequential(*down), nn.Sequential(*up)


def cheng_main(sizes: Sizes) -> Pair:
    """Main path of Cheng 2020 with attention, which has C = M (192, or 128 at low rates).

    ```
    g_a: x -> RBS (H/2) -> RB -> RBS (H/4) -> attention -> RB -> RBS (H/8) -> RB -> conv3x3 stride 2 (H/16) -> attention
    g_s: attention -> RB -> RBU (H/8) -> RB -> RBU (H/4) -> attention -> RB -> RBU (H/2) -> RB -> subpixel conv3x3 (H)
    ```
    """
    c, m = sizes.channels, sizes.latent
    down = [
        ResidualBlockWithStride(3, c, 2),
        ResidualBlock(c, c),
        ResidualBlockWithStride(c, c, 2),
        AttentionBlock(c),
        ResidualBlock(c, c),
        ResidualBlockWithStride(c, c, 2),
        ResidualBlock(c, c),
        conv3x3(c, m, stride=2),
        AttentionBlock(m),
    ]
    up = [
        AttentionBlock(m),
        ResidualBlock(m, c),
        ResidualBlockUpsample(c, c, 2),
        ResidualBlock(c, c),
        ResidualBlockUpsample(c, c, 2),
        AttentionBlock(c),
        ResidualBlock(c, c),
        ResidualBlockUpsample(c, c, 2),
        ResidualBlock(c, c),
        subpel_conv3x3(c, 3, 2),
    ]
    return nn.Sequential(*down), nn.Sequential(*up)


def cheng_hyper(sizes: Sizes) -> Pair:
    """Hyper path of Cheng 2020, widths Z and 3 Z / 2, LeakyReLU between 3x3 convolutions.

    Cheng's one decoder ends in 2 M channels, means and scales; here there are two that end in M, as everywhere.
    """
    m, z = sizes.latent, sizes.hyper
    wide = 3 * z // 2
    down = [conv3x3(m, z), conv3x3(z, z), conv3x3(z, z, stride=2), conv3x3(z, z), conv3x3(z, z, stride=2)]
    up = [conv3x3(z, z), subpel_conv3x3(z, z, 2), conv3x3(z, wide), subpel_conv3x3(wide, wide, 2), conv3x3(wide, m)]
    return _leaky(down), _leaky(up)


def _leaky(layers: Sequence[nn.Module]) -> nn.Sequential:
    """The layers with a LeakyReLU after each but the last."""
    return nn.Sequential(*[part for layer in layers for part in (layer, nn.LeakyReLU())][:-1])


def swin_main(sizes: Sizes) -> Pair:
    """Main path of SwinT-ChARM (Zhu 2022, appendix A2), widths C, 1.5 C, 2 C, M.

    ```
    g_a: x -> [patch merging, Swin blocks] x 4 -> y        g_s: y -> [Swin blocks, patch splitting] x 4 -> x_hat
    ```
    """
    c = sizes.channels
    return _swin_path((3, c, 3 * c // 2, 2 * c, sizes.latent), SWIN_DEPTHS, WINDOW)


def swin_hyper(sizes: Sizes) -> Pair:
    """Hyper path of SwinT-ChARM, widths Z, Z."""
    return _swin_path((sizes.latent, sizes.hyper, sizes.hyper), SWIN_HYPER_DEPTHS, HYPER_WINDOW)


def _swin_path(widths: tuple[int, ...], depths: tuple[int, ...], window: int) -> Pair:
    """Stages of patch merging + Swin blocks, and their mirror image."""
    down: list[nn.Module] = []
    up: list[nn.Module] = []
    for i, depth in enumerate(depths):
        down += [patch_merging(widths[i], widths[i + 1]), SwinBlocks(widths[i + 1], depth, window)]
    for i in reversed(range(len(depths))):
        up += [SwinBlocks(widths[i + 1], depths[i], window), patch_splitting(widths[i + 1], widths[i])]
    return nn.Sequential(*down), nn.Sequential(*up)


class SwinBlocks(nn.Module):
    """Swin blocks, W and SW in turn, (B, C, H, W) -> same shape."""

    def __init__(self, channels: int, depth: int, window: int) -> None:
        super().__init__()
        self.window = window
        self.blocks = nn.Sequential(*(SwinBlock(channels, HYPER_HEAD_DIM, window, i % 2 == 1) for i in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        """Transform x of any size."""
        return from_windows(self.blocks(to_windows(x, self.window)), *x.shape[-2:])


def patch_merging(in_channels: int, out_channels: int) -> nn.Module:
    """Halve both sides: 2x2 neighbours to channels -> Linear -> LayerNorm.

    The norm comes last: over the twelve values of an RGB patch it would erase the patch's brightness.
    """
    return nn.Sequential(
        Rearrange("b c (h p) (w q) -> b h w (c p q)", p=2, q=2),
        nn.Linear(4 * in_channels, out_channels),
        nn.LayerNorm(out_channels),
        Rearrange("b h w c -> b c h w"),
    )


def patch_splitting(in_channels: int, out_channels: int) -> nn.Module:
    """Double both sides, the mirror image of merging: LayerNorm -> Linear -> channels to 2x2 neighbours."""
    return nn.Sequential(
        Rearrange("b c h w -> b h w c"),
        nn.LayerNorm(in_channels),
        nn.Linear(in_channels, 4 * out_channels),
        Rearrange("b h w (c p q) -> b c (h p) (w q)", p=2, q=2),
    )


MAIN: dict[str, Callable[[Sizes], Pair]] = {
    "tcm": lambda sizes: residual_main(sizes, tcm_stages),
    "conv-only": lambda sizes: residual_main(sizes, conv_stages),
    "conv": conv_main,
    "swin-only": swin_main,
    "cheng": cheng_main,
}
HYPER: dict[str, Callable[[Sizes], Pair]] = {
    "tcm": lambda sizes: residual_hyper(sizes, tcm_stages),
    "conv-only": lambda sizes: residual_hyper(sizes, conv_stages),
    "conv": conv_hyper,
    "swin-only": swin_hyper,
    "cheng": cheng_hyper,
}
