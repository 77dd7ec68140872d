"""DISTS by the package dists-pytorch."""

import functools
import importlib
import warnings
from pathlib import Path
from typing import Any

from lic_tcm.errors import UserError
from lic_tcm.metrics import backbones
from lic_tcm.metrics.metric import ONE_AT_A_TIME, Distance, Image, checked, library
from lic_tcm.metrics.tensors import tensor

WEIGHTS = "vgg16-397923af.pth"


class DISTS(Distance):
    """Structure and texture distance of RGB through VGG-16; 0 for equal images, lower is better.

    Ding, Ma, Wang and Simoncelli, "Image quality assessment: unifying structure and texture similarity", 2020.
    torchvision's weights of VGG-16 are not downloaded by this suite: see `missing`.
    """

    name = "dists"
    label = "DISTS"
    least_side = 32  # below, VGG's last stage is empty
    needs = ("dists-pytorch",)
    imports = ("DISTS_pytorch",)
    sources = ("lic_tcm.metrics.tensors", "lic_tcm.metrics.backbones")

    def measure(self, original: Image, decoded: Image) -> float | None:
        """The distance of the images at their own size; raises UserError where the weights are not at hand."""
        checked(original, decoded)
        if min(original.shape[:2]) < self.least_side:
            return None
        if reason := self.missing():
            raise UserError(f"metric {self.name}: {reason}")
        with ONE_AT_A_TIME:
            network = _network(library(self, "DISTS_pytorch"), str(backbones.weights(WEIGHTS)))
        return max(0.0, float(network(tensor(original), tensor(decoded))))

    def version(self) -> str:
        """The package and the hash of VGG's weights."""
        return f"{super().version()}, {backbones.hashed(self.name, WEIGHTS)}"

    def missing(self) -> str:
        """Whether package and weights are there."""
        return super().missing() or backbones.absent(WEIGHTS)


@functools.cache
def _network(package: Any, weights: str) -> Any:  # noqa: ARG001 - other weights are another network
    torch = importlib.import_module("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package calls torchvision by a name it has deprecated
        network = package.DISTS(load_weights=False)
    own = torch.load(Path(package.__file__).with_name("weights.pt"), weights_only=True)
    network.alpha.data, network.beta.data = own["alpha"], own["beta"]
    return network.eval().requires_grad_(False)
