"""Fixtures the tests share."""

import sys
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


@pytest.fixture
def vtm_options(tmp_path: Path) -> dict[str, str]:
    """Options of a Vtm codec whose programs are the stand-in fake_vtm.py, installed in tmp_path / "vtm"."""
    folder = tmp_path / "vtm"
    folder.mkdir()
    source = Path(__file__).with_name("anchors").joinpath("fake_vtm.py").read_text(encoding="utf-8")
    for name in ("EncoderAppStatic", "DecoderAppStatic"):
        script = folder / name
        script.write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
        script.chmod(0o755)
    (folder / "encoder_intra_vtm.cfg").write_text("InternalBitDepth : 10\n")
    return {
        "encoder": str(folder / "EncoderAppStatic"),
        "decoder": str(folder / "DecoderAppStatic"),
        "cfg": str(folder / "encoder_intra_vtm.cfg"),
    }
