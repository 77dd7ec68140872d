"""Networks of torchvision that perceptual distances look through: where their weights lie, and what is said without."""

import functools
import hashlib
import os
from pathlib import Path

from lic_tcm.errors import UserError

SOURCE = "https://download.pytorch.org/models"


def weights(file: str) -> Path:
    """Where torch keeps a downloaded file of weights, by its environment variables and without importing it."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", f"{cache}/torch")
    return Path(home).expanduser() / "hub" / "checkpoints" / file


def absent(file: str) -> str:
    """Why a metric cannot look through a network on this machine, and what to do; "" where it can."""
    path = weights(file)
    return "" if path.is_file() else f"its weights are not at hand: put {SOURCE}/{file} at {path}"


def hashed(metric: str, file: str) -> str:
    """The file of weights with its hash, for a version; raises UserError where it is not there."""
    if reason := absent(file):
        raise UserError(f"metric {metric}: {reason}")
    return f"{file} {_sha256(weights(file))[:12]}"


@functools.cache
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
