"""Folders outside of a run: the user's data, and where downloads are kept."""

import os
from pathlib import Path

DATA_VARIABLE = "LIC_TCM_DATA"


def data_folder() -> Path | None:
    """The user's folder of datasets and checkpoints, $LIC_TCM_DATA; None where that is unset."""
    given = os.environ.get(DATA_VARIABLE)
    return Path(given) if given else None


def cache_folder(*parts: str) -> Path:
    """Where downloads are kept: $XDG_CACHE_HOME/lic-tcm, else ~/.cache/lic-tcm; with `parts`, a folder in it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "lic-tcm", *parts)
