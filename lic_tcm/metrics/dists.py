"""DISTS by the package dists-pytorch."""

import functools
import importlib
import warnings
from pathlib import Path
from typing import Any

from lic_tcm.metrics.backbones import ThroughBackbone
from lic_tcm.metrics.metric import Image
from lic_tcm.metrics.tensors import tensor


class DISTS(ThroughBackbone):
    """Structure and texture distance of RGB through VGG-16; 0 for equal images, lower is better.

    Ding, Ma, Wang and Simoncelli, "Image quality assessment: unifying structure and texture similarity", 2020.
    """

    name = "dists"
    label = "DISTS"
    least_side = 32  # below, VGG's last stage is empty
    needs = ("dists-pytorch",)
    imports = ("DISTS_pytorch",)
    weights_file = "vgg16-397923af.pth"

    def network(self, package: Any, weights: Path) -> Any:
        """VGG-16 with the package's own weighting of its features."""
        return _network(package, weights)

    def distance(self, network: Any, original: Image, decoded: Image) -> float:
        """Rounding can make it negative for equal images."""
        return max(0.0, float(network(tensor(original), tensor(decoded))))


@functools.cache
def _network(package: Any, weights: Path) -> Any:  # noqa: ARG001 - other weights are another network
    torch = importlib.import_module("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package calls torchvision by a name it has deprecated
        network = package.DISTS(load_weights=False)
    own = torch.load(Path(package.__file__).with_name("weights.pt"), weights_only=True)
    network.alpha.data, network.beta.data = own["alpha"], own["beta"]
    return network.eval().requires_grad_(False)
