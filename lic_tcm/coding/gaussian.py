"""The Gaussian prior of y as numbers that are the same on every machine: 64 standard deviations and a table for each.

The levels are the reference's float32, `exp(linspace(log(0.11), log(256), 64))` as torch computes it with AVX2; with
other instructions torch's differ in the last bit. The tables are those CompressAI makes of the levels; the tests make
them again.
"""

import functools
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lic_tcm.nn.tables import Tables

FILE = Path(__file__).with_suffix(".cdf")  # zlib of 64 lengths of rows, then the frequencies of all rows, 16 bits each
LEVELS = (
    0.10999999940395355, 0.12440409511327744, 0.14069437980651855, 0.15911780297756195,
    0.1799536943435669, 0.20351797342300415, 0.2301679253578186, 0.2603076100349426,
    0.294393926858902, 0.33294373750686646, 0.3765415549278259, 0.4258483052253723,
    0.48161160945892334, 0.5446768999099731, 0.6160004138946533, 0.6966634392738342,
    0.7878890037536621, 0.8910602331161499, 1.0077413320541382, 1.13970148563385,
    1.2889412641525269, 1.4577234983444214, 1.6486071348190308, 1.8644862174987793,
    2.1086339950561523, 2.384752035140991, 2.6970267295837402, 3.0501928329467773,
    3.4496042728424072, 3.9013173580169678, 4.412181377410889, 4.989940643310547,
    5.6433539390563965, 6.382330894470215, 7.218074798583984, 8.163254737854004,
    9.232203483581543, 10.441128730773926, 11.808356285095215, 13.35461711883545,
    15.103355407714844, 17.081085205078125, 19.317794799804688, 21.847389221191406,
    24.708223342895508, 27.943681716918945, 31.60280418395996, 35.7410774230957,
    40.42123794555664, 45.71425247192383, 51.70037841796875, 58.4703369140625,
    66.1268310546875, 74.7859115600586, 84.5788345336914, 95.65414428710938,
    108.17973327636719, 122.34544372558594, 138.3661651611328, 156.4847412109375,
    176.97579956054688, 200.15017700195312, 226.3590545654297, 256.0,
)  # fmt: skip


@functools.cache
def gaussian_tables() -> Tables:
    """Tables of the Gaussian prior; an index is a level of `LEVELS`."""
    numbers = np.frombuffer(zlib.decompress(FILE.read_bytes()), "<u2").astype(int)
    lengths, frequencies = numbers[: len(LEVELS)], numbers[len(LEVELS) :]
    rows = np.split(frequencies, np.cumsum(lengths - 1)[:-1])
    cdfs = [[0, *np.cumsum(row).tolist()] for row in rows]
    return Tables(cdfs, lengths.tolist(), [-((length - 3) // 2) for length in lengths.tolist()])


def scale_indexes(scale: Tensor) -> Tensor:
    """Index of the smallest level that is at least each scale; the last level for larger ones."""
    levels = torch.tensor(LEVELS, dtype=scale.dtype, device=scale.device)
    return torch.bucketize(scale.contiguous(), levels[:-1])
