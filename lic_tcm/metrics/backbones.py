"""Distances that look through a network of torchvision: where its weights lie, and what is said without them."""

import functools
import hashlib
import os
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from lic_tcm.errors import UserError
from lic_tcm.metrics.metric import ONE_AT_A_TIME, Distance, Image, library

SOURCE = "https://download.pytorch.org/models"


class ThroughBackbone(Distance):
    """A distance by a package that needs torchvision's weights of a network, which this suite does not download."""

    weights_file: ClassVar[str]
    sources = ("lic_tcm.metrics.tensors", "lic_tcm.metrics.backbones")

    @abstractmethod
    def network(self, package: Any, weights: Path) -> Any:
        """The package's network on the CPU, made once for each file of weights."""

    @abstractmethod
    def distance(self, network: Any, original: Image, decoded: Image) -> float:
        """Its distance of two images that are large enough."""

    def measure(self, original: Image, decoded: Image) -> float | None:
        """The distance of the images at their own size; raises UserError where the weights are not at hand."""
        if not self.fits(original, decoded):
            return None
        if reason := self.missing():
            raise UserError(f"metric {self.name}: {reason}")
        with ONE_AT_A_TIME:
            network = self.network(library(self, self.imports[0]), weights(self.weights_file))
        return self.distance(network, original, decoded)

    def version(self) -> str:
        """The package and the hash of the weights."""
        return f"{super().version()}, {hashed(self.name, self.weights_file)}"

    def missing(self) -> str:
        """Whether package and weights are there."""
        return super().missing() or absent(self.weights_file)


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
