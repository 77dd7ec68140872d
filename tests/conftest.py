"""Fixtures the tests share."""

from pathlib import Path

import pytest
from support.pictures import photo

from lic_tcm.datasets.fetch import fetch
from lic_tcm.datasets.manifest import Original
from lic_tcm.images import write_png


@pytest.fixture
def originals(tmp_path: Path) -> list[Original]:
    """Three small images as a user's folder dataset; the manifest is `tmp_path/set.csv`."""
    folder = tmp_path / "pictures"
    for seed, name in enumerate(("café", "plain", "z.dotted")):
        write_png(folder / f"{name}.png", photo(170 + seed, 180, seed))
    return fetch("set", tmp_path / "set.csv", folder=folder)
