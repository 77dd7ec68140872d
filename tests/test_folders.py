"""Where data and downloads lie."""

from pathlib import Path

import pytest

from lic_tcm.folders import cache_folder, data_folder


def test_the_cache_is_where_the_system_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    """$XDG_CACHE_HOME where it is set, else .cache of the home folder; an empty variable is an unset one."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_folder() == Path("/caches/lic-tcm")
    assert cache_folder("checkpoints") == Path("/caches/lic-tcm/checkpoints")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cache_folder() == Path.home() / ".cache/lic-tcm"


def test_the_data_folder_is_the_variable_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset or empty there is none."""
    monkeypatch.setenv("LIC_TCM_DATA", "/data")
    assert data_folder() == Path("/data")
    monkeypatch.setenv("LIC_TCM_DATA", "")
    assert data_folder() is None
    monkeypatch.delenv("LIC_TCM_DATA")
    assert data_folder() is None
