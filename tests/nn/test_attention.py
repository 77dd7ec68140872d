"""Attention against straightforward implementations."""

import pytest
import torch
from torch import Tensor

from lic_tcm.nn.attention import Attention, NonLocal
from lic_tcm.nn.window import WindowAttention


def window_attention(m: WindowAttention, x: Tensor) -> Tensor:
    """W-MSA and SW-MSA with all masks and an explicit softmax, one window and head at a time."""
    w, s = m.window, m.shift
    _, height, width, channels = x.shape
    d = channels // m.heads
    x = torch.roll(x, (-s, -s), (1, 2))
    out = torch.zeros_like(x)
    places = [(i, j) for i in range(w) for j in range(w)]
    for top in range(0, height, w):
        for left in range(0, width, w):
            tokens = x[0, top : top + w, left : left + w].reshape(w * w, channels)
            q, k, v = m.embedding_layer(tokens).chunk(3, dim=1)
            for h in range(m.heads):
                part = slice(h * d, (h + 1) * d)
                scores = q[:, part] @ k[:, part].T / d**0.5
                for a, (i, j) in enumerate(places):
                    for b, (y, z) in enumerate(places):
                        scores[a, b] += m.relative_position_params[h, i - y + w - 1, j - z + w - 1]
                        apart_rows = top + w == height and (i < w - s) != (y < w - s)
                        apart_columns = left + w == width and (j < w - s) != (z < w - s)
                        if s and (apart_rows or apart_columns):
                            scores[a, b] = float("-inf")
                mixed = scores.softmax(1) @ v[:, part]
                out[0, top : top + w, left : left + w, part] = mixed.reshape(w, w, d)
    return torch.roll(m.linear(out), (s, s), (1, 2))


@torch.no_grad()
@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("size", [(4, 4), (4, 12), (12, 4), (8, 12)])
def test_window_attention_is_what_the_paper_says(size: tuple[int, int], shifted: bool) -> None:
    """Any number of rows and columns of windows gives what a loop over windows, heads and tokens gives."""
    torch.manual_seed(0)
    m = WindowAttention(16, 8, 4, shifted)
    torch.nn.init.normal_(m.relative_position_params)
    x = torch.randn(1, *size, 16)
    torch.testing.assert_close(m(x), window_attention(m, x), rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize(("window", "size"), [(None, (5, 7)), (4, (8, 12))])
def test_the_non_local_block_is_a_softmax_over_its_window(window: int | None, size: tuple[int, int]) -> None:
    """Each position adds a mean of g over its window (or the whole map), weighted by exp(theta . phi)."""
    torch.manual_seed(0)
    m = NonLocal(8, window)
    x = torch.randn(2, 8, *size)
    theta, phi, g = m.theta(x), m.phi(x), m.g(x)
    rows, columns = (window, window) if window else size
    mixed = torch.zeros_like(g)
    for top in range(0, size[0], rows):
        for left in range(0, size[1], columns):
            block = (slice(None), slice(None), slice(top, top + rows), slice(left, left + columns))
            q, k, v = (t[block].flatten(2) for t in (theta, phi, g))
            weights = torch.einsum("bcq,bck->bqk", q, k).softmax(-1)
            mixed[block] = torch.einsum("bqk,bck->bcq", weights, v).reshape(g[block].shape)
    torch.testing.assert_close(m(x), x + m.out(mixed), rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("kind", ["swatten", "swatten-no-cnn", "nonlocal", "local", "watten"])
@pytest.mark.parametrize("squeeze", [None, 16])
def test_every_attention_takes_any_size(kind: str, squeeze: int | None) -> None:
    """The shape stays, and the squeezed module has convolutions around it and the other has none."""
    m = Attention(kind, 32, squeeze)
    x = torch.randn(1, 32, 3, 9)
    assert m(x).shape == x.shape
    names = {key.split(".")[0] for key, _ in m.named_parameters()}
    assert ({"in_conv", "out_conv"} <= names) == (squeeze is not None)
    assert ({"conv_a", "conv_b"} <= names) == (kind != "swatten-no-cnn")
    assert ("non_local_block" in names) == (kind != "local")
