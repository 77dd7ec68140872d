"""Fixtures of the network tests."""

from collections.abc import Iterator

import pytest
import reference
import torch

from lic_tcm.nn.model import Model


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """One torch thread: the networks here are small, and threads that wait for each other cost more than they bring."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def golden_model() -> Model:
    """The golden model."""
    return reference.golden_model()
