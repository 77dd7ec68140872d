"""What `lic-tcm doctor` calls ok has worked on this machine, a moment ago."""

import sys
from typing import Any

import pytest

from lic_tcm.anchors.webp import WebP
from lic_tcm.bench import doctor


def test_a_codec_that_is_installed_and_broken_is_not_called_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that says its version and fails when it codes: the reason is there, in one line."""

    def broken(*_: Any) -> bytes:
        raise OSError("libwebp.so.7: cannot open shared object file\nmore")

    assert doctor._codec("webp")["works"] is True
    monkeypatch.setattr(WebP, "encode", broken)
    found = doctor._codec("webp")
    assert found["works"] is False
    assert found["reason"] == "OSError: libwebp.so.7: cannot open shared object file; install its packages again"


@pytest.mark.parametrize(("name", "module"), [("mbt2018", "compressai"), ("tcm", "torch")])
def test_what_weights_compute_with_is_imported(name: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package whose metadata are there and which does not import makes a codec missing, not ok."""
    for loaded in list(sys.modules):
        if loaded.partition(".")[0] == "compressai" or loaded.startswith("lic_tcm.coding.network"):
            monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    found = doctor._codec(name)
    assert found["works"] is False
    assert module in found["reason"]
