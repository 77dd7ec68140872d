"""Fixtures for codecs whose programs or weights a test machine may lack."""

import sys
from pathlib import Path

import pytest


@pytest.fixture
def vtm_options(tmp_path: Path) -> dict[str, str]:
    """Options of a Vtm codec whose programs are the stand-in fake_vtm.py, installed in tmp_path / "vtm"."""
    folder = tmp_path / "vtm"
    folder.mkdir()
    source = Path(__file__).with_name("fake_vtm.py").read_text(encoding="utf-8")
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
