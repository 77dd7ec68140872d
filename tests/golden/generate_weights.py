"""Deterministic weights for parity tests, made from names and shapes alone; numpy only.

Names are the authors', with CompressAI >= 1.2.5 spelling (entropy_bottleneck.matrices.0, ...). Each tensor depends on
its own name and shape: n = RandomState(crc32(prefix + name)).standard_normal(shape), then the first rule of `one`
that matches, then a cast to float32.
"""

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

EPS = 2.0**-36  # pedestal of GDN's parameters
GAIN = [  # substring of the name -> gain of weights; the first match wins, else 1
    ("g_a.9.", 1.5),  # last analysis convolution: y of several quantisation bins
    ("h_a.3.", 1.2),  # z of several bins
    ("h_mean_s.3.0.", 0.5),
    ("h_scale_s.3.0.", 0.5),
    ("cc_mean_transforms.", 1.0),
    ("cc_scale_transforms.", 1.0),
    ("lrp_transforms.", 1.3),
    ("g_s.9.0.", 0.015),  # x_hat around 0.5
    ("conv_block.", 0.6),  # TCM and Swin blocks
    ("conv1_1.", 0.7),
    ("conv1_2.", 0.5),
    (".mlp.", 0.7),
    (".msa.linear.", 0.7),
    (".conv_a.", 0.7),  # SWAtten
    (".conv_b.", 0.7),
    (".in_conv.", 0.7),
    (".out_conv.", 0.7),
    ("subpel_conv.", 0.7),  # upsampling residual blocks
    (".upsample.", 0.7),
]
BIAS = [(f"cc_scale_transforms.{i}.4.", 2.2) for i in range(5)] + [("g_s.9.0.", 0.5)]  # else 0


def one(name: str, shape: Sequence[int], prefix: str = "") -> npt.NDArray[np.float32]:
    """Return the tensor of a name and shape."""
    shape = tuple(int(s) for s in shape)
    n = np.random.RandomState(zlib.crc32((prefix + name).encode())).standard_normal(shape)
    leaf = name.rsplit(".", 1)[-1]
    if leaf in ("beta", "gamma", "quantiles", "relative_position_params"):
        w = _special(leaf, name, n)
    elif name.endswith(("ln1.weight", "ln2.weight")):
        w = 1 + 0.1 * n
    elif "matrices." in name:  # CompressAI's init_scale 10 with 4 filters, plus noise
        w = np.log(np.expm1(1 / 10**0.2 / shape[1])) + 0.2 * n
    elif "biases." in name or "factors." in name:
        w = (0.3 if "biases." in name else 0.2) * n
    elif len(shape) >= 2:
        w = _first(GAIN, name, 1.0) * n / np.sqrt(np.prod(shape[1:]))
    else:
        w = _first(BIAS, name, 0.0) + 0.05 * n
    return w.astype(np.float32)


def _special(leaf: str, name: str, n: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """GDN, quantiles of the factorised prior, and position tables."""
    if leaf == "beta":
        return np.sqrt(1 + 0.2 * np.abs(n) + EPS)
    if leaf == "gamma":
        a, b = (0.02, 0.05) if ".igdn." in "." + name else (0.1, 0.5)
        return np.sqrt(a * np.eye(n.shape[0]) + b / n.shape[0] * np.abs(n) + EPS)
    if leaf == "quantiles":
        m = 0.3 * n[..., 1]
        return np.stack([m - 12 - 2 * np.abs(n[..., 0]), m, m + 12 + 2 * np.abs(n[..., 2])], -1)
    return 0.5 * n


def _first(table: list[tuple[str, float]], name: str, default: float) -> float:
    """Value of the first substring found in the name."""
    return next((value for part, value in table if part in name), default)
