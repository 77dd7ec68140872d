"""Measured rows that the gate is tried with."""

from pathlib import Path

import pandas as pd
import pytest

ROWS = Path(__file__).resolve().parents[2] / "lic_tcm/data/measured/kodak/rows"


@pytest.fixture
def rows() -> pd.DataFrame:
    """Measured rows of two methods on Kodak."""
    return pd.concat([pd.read_csv(ROWS / f"{method}.csv") for method in ("webp", "vvenc")])
