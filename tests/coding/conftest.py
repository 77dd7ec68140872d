"""A small network that codes."""

import numpy as np
import numpy.typing as npt
import pytest
import torch
from support.one_thread import one_thread

from lic_tcm.coding.network import Ready, prepare
from lic_tcm.nn import zoo

__all__ = ["image", "network", "one_thread", "tiny"]


def tiny(seed: int = 0, **overrides: object) -> Ready:
    """A network with random weights whose y has symbols of several kinds."""
    torch.manual_seed(seed)
    sizes = {"channels": 64, "latent": 32, "hyper": 16, "slices": 4, "squeeze": 16, "context_widths": (16, 16)}
    model = zoo.build("nano", **sizes | overrides)
    with torch.no_grad():
        model.g_a[-1].weight.mul_(60)
        model.h_a[-1].weight.mul_(20)
    return prepare(model)


@pytest.fixture(scope="session")
def network() -> Ready:
    """The small network."""
    return tiny()


@pytest.fixture(scope="session")
def image() -> npt.NDArray[np.uint8]:
    """An image of 50x70: a gradient with noise."""
    ramp = np.linspace(0, 200, 50 * 70 * 3).reshape(50, 70, 3)
    return (ramp + np.random.default_rng(0).integers(0, 56, ramp.shape)).astype(np.uint8)
