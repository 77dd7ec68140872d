"""TCM against a naive forward pass of the same networks, on this machine, as one table.

The naive path computes attention as written in the paper: every score, a mask for every window, the position bias
gathered at each call, channels first, with the allocator's own settings. It runs the networks only, codes nothing.
Both paths have the same seeded random weights, and each run has a process of its own, so peak memory is its own.
"""

import functools
import statistics
import time
from dataclasses import dataclass

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from lic_tcm.coding.network import prepare
from lic_tcm.environment import environment
from lic_tcm.measure.times import SEED, Split, TableRow, in_own_process, measure, peak_memory
from lic_tcm.nn import zoo
from lic_tcm.nn.complexity import FreeCoder
from lic_tcm.nn.model import Model
from lic_tcm.nn.transforms import TCMStage
from lic_tcm.nn.window import SwinBlock, WindowAttention, from_windows, to_windows

SIZE = (512, 768)
LARGE = (1365, 2048)
THREADS = 2
REPEATS = 3
ROUNDS = 2  # of naive and ours in turn, so that a change of the machine's load meets both
GIB = 2**30


@dataclass(frozen=True)
class Naive:
    """Wall seconds and peak bytes of the naive path."""

    encode: float  # g_a, h_a, h_s, slice networks
    decode: float  # h_s, slice networks, g_s
    peak_memory: int


def main() -> None:
    """Print the table as Markdown."""
    print(f"{environment().cpu}, {THREADS} threads, {SIZE[1]}x{SIZE[0]}, random weights (seed {SEED})\n")
    print("| N | | ours s | transform | entropy model | entropy coding | naive s | naive / ours |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    peaks = []
    for model, n in (("small", 64), ("large", 128)):
        rounds = [(in_own_process(naive, model), in_own_process(_ours, model, SIZE, REPEATS)) for _ in range(ROUNDS)]
        for what in ("encode", "decode"):
            print(f"| {n} | {what} | {_line([(getattr(a, what), getattr(b, what)) for a, b in rounds])} |")
        peaks.append(
            (
                n,
                max(a.peak_memory for a, _ in rounds),
                max(b.peak_memory for _, b in rounds),
                in_own_process(_at_rest, model),
            )
        )
    print("\n| N | peak ours GiB | naive | ours / naive | at rest (program and weights) | ours / naive above that |")
    print("|---:|---:|---:|---:|---:|---:|")
    for n, theirs, own, rest in peaks:
        above = (own - rest) / (theirs - rest)
        print(f"| {n} | {own / GIB:.2f} | {theirs / GIB:.2f} | {own / theirs:.2f} | {rest / GIB:.2f} | {above:.2f} |")
    row = in_own_process(_ours, "small", LARGE, 1)
    print(f"\n{LARGE[1]}x{LARGE[0]}, N=64: encode {row.encode.total:.1f} s, decode {row.decode.total:.1f} s, ", end="")
    print(f"peak {row.peak_memory / GIB:.2f} GiB")


def _line(pairs: list[tuple[float, Split]]) -> str:
    """Cells of one direction: medians over the rounds."""
    theirs = statistics.median(seconds for seconds, _ in pairs)
    parts = ("total", "transform", "entropy_model", "entropy_coding")
    ours = [statistics.median(getattr(split, part) for _, split in pairs) for part in parts]
    return " | ".join(f"{value:.2f}" for value in (*ours, theirs, theirs / ours[0]))


def _ours(model: str, size: tuple[int, int], repeats: int) -> TableRow:
    torch.set_num_threads(THREADS)
    return measure(model, size, repeats, "cpu")


def _at_rest(model: str) -> int:
    """Peak bytes of a process that has only made a network ready."""
    prepare(zoo.build(model))
    return peak_memory(torch.device("cpu"))


def naive(model: str) -> Naive:
    """Measure the naive path in this process."""
    torch.set_num_threads(THREADS)
    torch.manual_seed(SEED)
    network = make_naive(zoo.build(model).eval())
    pixels = np.random.default_rng(SEED).integers(0, 256, (1, 3, *SIZE), dtype=np.uint8)
    x = torch.from_numpy(pixels).float() / 255
    encode, decode = [], []
    with torch.inference_mode():
        for _ in range(1 + REPEATS):
            start = time.perf_counter()
            y = network.g_a(x)
            z_hat = network.round_z(network.h_a(y))
            y_hat = network.context.reconstruct(network.hyper(z_hat), FreeCoder(y))
            encode.append(time.perf_counter() - start)
            start = time.perf_counter()
            y_hat = network.context.reconstruct(network.hyper(z_hat), FreeCoder(y))
            network.g_s(y_hat)
            decode.append(time.perf_counter() - start)
    return Naive(statistics.median(encode[1:]), statistics.median(decode[1:]), peak_memory(torch.device("cpu")))


def make_naive(model: Model) -> Model:
    """Replace the blocks of a model by naive ones; the values stay the same up to rounding."""
    for module in model.modules():
        if isinstance(module, TCMStage):
            module.forward = functools.partial(_naive_stage, module)  # type: ignore[method-assign]
        if isinstance(module, SwinBlock):
            attention = _NaiveAttention(module.msa)
            module.forward = functools.partial(_naive_block, module, attention)  # type: ignore[method-assign]
    return model


def _naive_stage(stage: TCMStage, x: Tensor) -> Tensor:
    """A TCM stage whose feature maps all stay until its end."""
    near, far = stage.conv1_1(x).chunk(2, dim=1)
    near = stage.conv_block(near) + near
    far = from_windows(stage.trans_block(to_windows(far, stage.window)), *x.shape[-2:])
    out: Tensor = x + stage.conv1_2(torch.cat((near, far), dim=1))
    return out


def _naive_block(block: SwinBlock, attention: "_NaiveAttention", x: Tensor) -> Tensor:
    """A Swin block on the whole image at once."""
    x = x + attention(block.ln1(x))
    out: Tensor = x + block.mlp(block.ln2(x))
    return out


class _NaiveAttention:
    """W-MSA or SW-MSA with all scores of all windows in memory: (B, H, W, C) -> (B, H, W, C)."""

    def __init__(self, module: WindowAttention) -> None:
        self._module = module

    def __call__(self, x: Tensor) -> Tensor:
        """Attend."""
        m, p = self._module, self._module.window
        x = torch.roll(x, (-m.shift, -m.shift), dims=(1, 2))
        rows, columns = x.shape[1] // p, x.shape[2] // p
        tokens = rearrange(x, "b (h p) (w q) c -> b (h w) (p q) c", p=p, q=p)
        q, k, v = rearrange(m.embedding_layer(tokens), "b n t (k heads d) -> k heads b n t d", k=3, heads=m.heads)
        scores = torch.einsum("hbnid,hbnjd->hbnij", q, k) * q.shape[-1] ** -0.5
        scores = scores + self._bias()[:, None, None]
        if m.shift:
            scores = scores.masked_fill(self._mask(rows, columns).to(scores.device), float("-inf"))
        out = torch.einsum("hbnij,hbnjd->hbnid", torch.softmax(scores, -1), v)
        out = m.linear(rearrange(out, "h b n i d -> b n i (h d)"))
        out = rearrange(out, "b (h w) (p q) c -> b (h p) (w q) c", h=rows, p=p)
        return torch.roll(out, (m.shift, m.shift), dims=(1, 2))

    def _bias(self) -> Tensor:
        """Position bias of every pair of tokens, gathered anew: (heads, w*w, w*w)."""
        m, p = self._module, self._module.window
        tokens = torch.cartesian_prod(torch.arange(p), torch.arange(p))
        offset = tokens[:, None] - tokens[None] + p - 1
        return m.relative_position_params[:, offset[..., 0], offset[..., 1]]

    def _mask(self, rows: int, columns: int) -> Tensor:
        """Pairs of tokens that the shift has brought together, for every window: (1, 1, windows, w*w, w*w)."""
        p, s = self._module.window, self._module.shift
        mask = torch.zeros(rows, columns, p, p, p, p, dtype=torch.bool)
        mask[-1, :, :-s, :, s:, :] = mask[-1, :, s:, :, :-s, :] = True
        mask[:, -1, :, :-s, :, s:] = mask[:, -1, :, s:, :, :-s] = True
        return rearrange(mask, "r c p q i j -> 1 1 (r c) (p q) (i j)")


if __name__ == "__main__":
    main()
