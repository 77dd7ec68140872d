"""Attention modules of the entropy model: SWAtten (Liu 2023, figure 6) and the rivals it is compared with."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from lic_tcm.nn.layers import AttentionBlock, conv1x1
from lic_tcm.nn.window import SwinPair, from_windows, to_windows

HEAD_DIM = 16
WINDOW = 8
FEW_TOKENS = 64
KINDS = ("none", "swatten", "swatten-no-cnn", "nonlocal", "local", "watten")


def make_attention(kind: str, channels: int, squeeze: int | None) -> nn.Module:
    """Return an attention module (B, channels, H, W) -> same shape.

    `squeeze` is the width the module works at, between two 1x1 convolutions; None works at `channels`.
    """
    if kind == "none":
        return nn.Identity()
    return Attention(kind, channels, squeeze)


class Attention(nn.Module):
    """Mask attention whose mask sees a non-local branch.

    ```
    x -> [1x1 to `squeeze`] -+-> conv_a: 3 residual units ---------------------------> * -> + -> [1x1 back] -> out
                             +-> non-local branch -> conv_b: 3 residual units, 1x1 -> sigmoid
                             +------------------------------------------------------------^
    ```
    The non-local branch is the only thing the four published modules differ in:
    swatten: a W and a SW transformer block (Liu 2023); nonlocal: attention over the whole map (Liu 2019);
    watten: the same inside 8x8 windows (Zou 2022); local: nothing (Cheng 2020).
    swatten-no-cnn drops conv_a, conv_b and the mask instead: the output is the Swin branch.
    """

    def __init__(self, kind: str, channels: int, squeeze: int | None) -> None:
        super().__init__()
        width = squeeze or channels
        self.masked = kind != "swatten-no-cnn"
        self.non_local_block = _branch(kind, width)
        self.in_conv = conv1x1(channels, width) if squeeze else nn.Identity()
        self.out_conv = conv1x1(width, channels) if squeeze else nn.Identity()
        if self.masked:
            cnn = AttentionBlock(width)
            self.conv_a = cnn.conv_a
            self.conv_b = cnn.conv_b

    def forward(self, x: Tensor) -> Tensor:
        """Attend over x (B, C, H, W)."""
        x = self.in_conv(x)
        far = self.non_local_block(x)
        out = self.conv_a(x) * torch.sigmoid(self.conv_b(far)) + x if self.masked else far
        result: Tensor = self.out_conv(out)
        return result


class NonLocal(nn.Module):
    """Embedded-Gaussian non-local block (Wang 2018, as Liu 2019 uses it): x + W softmax(theta(x) phi(x)) g(x).

    With a window the softmax runs inside window x window blocks (Zou 2022), else over the whole map.
    """

    def __init__(self, channels: int, window: int | None) -> None:
        super().__init__()
        self.window = window
        self.theta = conv1x1(channels, channels // 2)
        self.phi = conv1x1(channels, channels // 2)
        self.g = conv1x1(channels, channels // 2)
        self.out = conv1x1(channels // 2, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Transform x (B, C, H, W)."""
        b, _, h, w = x.shape
        p = (self.window, self.window) if self.window else (h, w)
        query, key, value = (self._blocks(f(x), p) for f in (self.theta, self.phi, self.g))
        mixed = _mix(query, key, value)
        rows, columns = -(-h // p[0]), -(-w // p[1])
        mixed = mixed.view(b, rows, columns, p[0], p[1], -1).transpose(2, 3)
        mixed = mixed.reshape(b, rows * p[0], columns * p[1], -1)
        out: Tensor = x + self.out(from_windows(mixed, h, w))
        return out

    def _blocks(self, x: Tensor, p: tuple[int, int]) -> Tensor:
        """Cut (B, C, H, W) into (B * blocks, 1, p0 * p1, C)."""
        tokens = to_windows(x, self.window) if self.window else x.permute(0, 2, 3, 1)
        b, h, w, c = tokens.shape
        tokens = tokens.reshape(b, h // p[0], p[0], w // p[1], p[1], c).transpose(2, 3)
        return tokens.reshape(-1, 1, p[0] * p[1], c)


def _mix(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """softmax(query key) value for (B, 1, tokens, C).

    Matrix products of a few tokens round differently from four threads on, so those are written as sums.
    """
    if query.shape[-2] >= FEW_TOKENS:
        return functional.scaled_dot_product_attention(query, key, value, scale=1.0)
    weights = torch.softmax((query.unsqueeze(-2) * key.unsqueeze(-3)).sum(-1), dim=-1)
    return (weights.unsqueeze(-1) * value.unsqueeze(-3)).sum(-2)


def _branch(kind: str, width: int) -> nn.Module:
    """The non-local branch of each kind of attention."""
    if kind in ("swatten", "swatten-no-cnn"):
        return SwinPair(width, HEAD_DIM, WINDOW)
    if kind == "local":
        return nn.Identity()
    return NonLocal(width, WINDOW if kind == "watten" else None)
