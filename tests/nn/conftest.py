"""Fixtures of the network tests."""

import pytest
from support import reference
from support.one_thread import one_thread

from lic_tcm.nn.model import Model

__all__ = ["golden_model", "one_thread"]


@pytest.fixture(scope="session")
def golden_model() -> Model:
    """The golden model."""
    return reference.golden_model()
