"""Window attention of the TCM and SWAtten blocks (Liu 2023, section 3.2; Swin Transformer, Liu 2021)."""

import math
from typing import cast

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

BAND_TOKENS = 8192


class WindowAttention(nn.Module):
    """Multi-head self-attention inside windows (W-MSA), or inside windows shifted by half a window (SW-MSA).

    ```
    x (B, H, W, C) -> [roll] -> Linear C->3C (q | k | v, each heads x head_dim) -> windows of w x w tokens
      -> softmax(q k / sqrt(head_dim) + bias[q - k]) v -> Linear C->C -> [roll back] -> (B, H, W, C)
    ```
    H and W are multiples of the window. Where head_dim does not divide C, their greatest common divisor takes its
    place. After the roll only the last row and the last column of windows join parts
    of the image that are not neighbours, so only those are masked.
    """

    relative_index: Tensor
    shift_masks: Tensor

    def __init__(self, channels: int, head_dim: int, window: int, shifted: bool) -> None:
        super().__init__()
        self.heads = channels // math.gcd(channels, head_dim)
        self.window = window
        self.shift = window // 2 if shifted else 0
        self.embedding_layer = nn.Linear(channels, 3 * channels)
        self.relative_position_params = nn.Parameter(torch.zeros(self.heads, 2 * window - 1, 2 * window - 1))
        self.linear = nn.Linear(channels, channels)
        nn.init.trunc_normal_(self.relative_position_params, std=0.02)
        self.register_buffer("relative_index", _relative_index(window), persistent=False)
        self.register_buffer("shift_masks", _shift_masks(window), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Attend; x and the result are (B, H, W, C) with H, W multiples of the window."""
        return self.unroll(self.attend(self.roll(x), self.bias(), bottom=True))

    def roll(self, x: Tensor) -> Tensor:
        """Shift x (B, H, W, C) so that windows lie on multiples of their size."""
        return torch.roll(x, (-self.shift, -self.shift), dims=(1, 2)) if self.shift else x

    def unroll(self, x: Tensor) -> Tensor:
        """Undo `roll`."""
        return torch.roll(x, (self.shift, self.shift), dims=(1, 2)) if self.shift else x

    def attend(self, x: Tensor, bias: Tensor, bottom: bool) -> Tensor:
        """Attend within each window of some rows of a rolled x; `bottom`: they are its last."""
        return self._attend_shifted(x, bias, bottom) if self.shift else self._attend(x, bias)

    def bias(self) -> Tensor:
        """Position bias of every pair of tokens: (heads, w*w, w*w)."""
        bias = self.relative_position_params.flatten(1).index_select(1, self.relative_index)
        return bias.view(self.heads, self.window**2, self.window**2)

    def _attend(self, x: Tensor, bias: Tensor) -> Tensor:
        """Attend within each window of x, adding bias (heads, w*w, w*w) to the scores."""
        b, h, w, _ = x.shape
        tokens = rearrange(x, "b (h p) (w q) c -> (b h w) (p q) c", p=self.window, q=self.window)
        qkv = rearrange(self.embedding_layer(tokens), "n t (k heads d) -> k n heads t d", k=3, heads=self.heads)
        out = _attention(qkv, bias[None])
        out = self.linear(rearrange(out, "n heads t d -> n t (heads d)"))
        rows, columns = h // self.window, w // self.window
        out = rearrange(out, "(b h w) (p q) c -> b (h p) (w q) c", b=b, h=rows, w=columns, p=self.window)
        return cast(Tensor, out)

    def _attend_shifted(self, x: Tensor, bias: Tensor, bottom: bool) -> Tensor:
        """Attend, with masks for the last column and, at the bottom, the last row and the last window."""
        last_column, last_row, last_window = self.shift_masks
        masks = ((None, last_column), (last_row, last_window))
        top = x.shape[1] - (self.window if bottom else 0)
        left = x.shape[2] - self.window
        rows = []
        for band, band_masks in zip(x.tensor_split((top,), dim=1), masks, strict=True):
            parts = zip(band.tensor_split((left,), dim=2), band_masks, strict=True)
            done = [self._attend(part, bias if mask is None else bias + mask) for part, mask in parts if part.numel()]
            rows.append(torch.cat(done, dim=2) if done else band)
        return torch.cat(rows, dim=1)


class SwinBlock(nn.Module):
    """Pre-norm transformer block on windows, (B, H, W, C) -> (B, H, W, C).

    ```
    x -> LayerNorm -> W-MSA or SW-MSA -> + x -> LayerNorm -> Linear C->4C -> GELU -> Linear 4C->C -> + -> out
    ```
    All of it stays inside windows, so on a CPU without gradients one band of windows is done after
    another: the intermediate values, twelve times as large as x, are a band's and stay in the cache.
    """

    def __init__(self, channels: int, head_dim: int, window: int, shifted: bool) -> None:
        super().__init__()
        self.ln1 = nn.LayerNorm(channels)
        self.msa = WindowAttention(channels, head_dim, window, shifted)
        self.ln2 = nn.LayerNorm(channels)
        self.mlp = nn.Sequential(nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        """Transform x; H and W are multiples of the window."""
        bias = self.msa.bias()
        x = self.msa.roll(x)
        whole = torch.is_grad_enabled() or x.is_cuda
        bands = (x,) if whole else torch.split(x, self._band_rows(x), dim=1)
        out = [self._transform(band, bias, bottom=i == len(bands) - 1) for i, band in enumerate(bands)]
        return self.msa.unroll(torch.cat(out, dim=1) if len(out) > 1 else out[0])

    def _transform(self, x: Tensor, bias: Tensor, bottom: bool) -> Tensor:
        """Transform some rows of a rolled x."""
        x = x + self.msa.attend(self.ln1(x), bias, bottom)
        out: Tensor = x + self.mlp(self.ln2(x))
        return out

    def _band_rows(self, x: Tensor) -> int:
        """Rows of a band: whole windows, about BAND_TOKENS tokens, all rows at most."""
        tokens = x.shape[0] * x.shape[2] * self.msa.window
        return self.msa.window * max(1, BAND_TOKENS // max(tokens, 1))


class SwinPair(nn.Module):
    """A W block, then a SW block, on feature maps (B, C, H, W) of any size."""

    def __init__(self, channels: int, head_dim: int, window: int) -> None:
        super().__init__()
        self.window = window
        self.block_1 = SwinBlock(channels, head_dim, window, shifted=False)
        self.block_2 = SwinBlock(channels, head_dim, window, shifted=True)

    def forward(self, x: Tensor) -> Tensor:
        """Transform x (B, C, H, W)."""
        h, w = x.shape[-2:]
        tokens = self.block_2(self.block_1(to_windows(x, self.window)))
        return from_windows(tokens, h, w)


def _attention(qkv: Tensor, bias: Tensor) -> Tensor:
    """Attention of q, k, v (3, n, heads, t, d), with bias added to the scores.

    With gradients on a CPU torch's own function takes a path that guards against rows masked whole, which these windows
    do not have: written out, forward and backward of `nano` take 0.77 of the time (AMD EPYC, one thread).
    """
    q, k, v = qkv.unbind()
    if qkv.is_cuda or not torch.is_grad_enabled():
        return functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    scores = (q * q.shape[-1] ** -0.5) @ k.mT + bias
    out: Tensor = scores.softmax(-1, dtype=v.dtype) @ v
    return out


def to_windows(x: Tensor, window: int) -> Tensor:
    """Turn (B, C, H, W) into (B, H', W', C), zero-padded right and below to multiples of the window."""
    h, w = x.shape[-2:]
    x = functional.pad(x, (0, -w % window, 0, -h % window)) if h % window or w % window else x
    return x.permute(0, 2, 3, 1)


def from_windows(x: Tensor, height: int, width: int) -> Tensor:
    """Undo `to_windows`: (B, H', W', C) to (B, C, height, width)."""
    return x.permute(0, 3, 1, 2)[..., :height, :width]


def _relative_index(window: int) -> Tensor:
    """Where the table row of (q - k), both offset by window - 1, lies for every pair of tokens: (w*w * w*w)."""
    tokens = torch.cartesian_prod(torch.arange(window), torch.arange(window))
    offset = tokens[:, None] - tokens[None] + window - 1
    return (offset[..., 0] * (2 * window - 1) + offset[..., 1]).flatten()


def _shift_masks(window: int) -> Tensor:
    """Masks (0 or -inf) of windows at the last column, the last row and the last corner: (3, w*w, w*w)."""
    tokens = torch.cartesian_prod(torch.arange(window), torch.arange(window)) >= window - window // 2
    row, column = (tokens[:, None] != tokens[None]).unbind(-1)
    apart = torch.stack((column, row, row | column))
    return torch.zeros(apart.shape).masked_fill(apart, float("-inf"))
