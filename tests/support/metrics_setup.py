"""What the tests of metrics share: which can be computed on this machine, and at which qualities."""

import pytest

from lic_tcm import metrics

QUALITIES = (90, 60, 30, 10)
WITHOUT_WEIGHTS = {"lpips": "alexnet-owt-7be5be79.pth", "dists": "vgg16-397923af.pth"}


def usable(name: str) -> metrics.Metric:
    """The metric, where this machine has what it needs; else the test is skipped with the reason."""
    metric = metrics.get(name)
    if reason := metric.missing():
        pytest.skip(f"{name}: {reason}")
    return metric
