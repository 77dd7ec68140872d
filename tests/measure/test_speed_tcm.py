"""The naive path of the TCM benchmark."""

import copy

import torch

from lic_tcm.measure.speed_tcm import make_naive
from lic_tcm.nn import zoo


def test_the_naive_path_computes_the_same() -> None:
    """Its analysis and slice networks give our values within 1e-4: the benchmark compares equals."""
    torch.manual_seed(0)
    sizes = {"channels": 64, "latent": 32, "hyper": 32, "slices": 2, "squeeze": 16, "context_widths": (16, 16)}
    ours = zoo.build("nano", **sizes).eval()
    naive = make_naive(copy.deepcopy(ours))
    x = torch.rand(1, 3, 128, 192)
    with torch.no_grad():
        y = ours.analyse(x)
        torch.testing.assert_close(naive.g_a(x), y, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(naive.g_s(y), ours.synthesise(y), rtol=1e-4, atol=1e-5)
