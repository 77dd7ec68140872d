"""LPIPS by the package lpips."""

import contextlib
import functools
import io
import warnings
from pathlib import Path
from typing import Any

from lic_tcm.metrics.backbones import ThroughBackbone
from lic_tcm.metrics.metric import Image
from lic_tcm.metrics.tensors import tensor


class LPIPS(ThroughBackbone):
    """Learned perceptual distance of RGB through AlexNet (version 0.1); 0 for equal images, lower is better.

    Zhang, Isola, Efros, Shechtman and Wang, "The unreasonable effectiveness of deep features as a perceptual metric",
    2018.
    """

    name = "lpips"
    label = "LPIPS"
    least_side = 63  # below, AlexNet's last layer is empty
    aliases = ("lpips-alex",)
    needs = ("lpips",)
    imports = ("lpips",)
    weights_file = "alexnet-owt-7be5be79.pth"

    def network(self, package: Any, weights: Path) -> Any:
        """AlexNet with the package's linear layers."""
        return _network(package, weights)

    def distance(self, network: Any, original: Image, decoded: Image) -> float:
        """Of images on 0..1, which the package puts on -1..1."""
        return float(network(tensor(original), tensor(decoded), normalize=True))


@functools.cache
def _network(package: Any, weights: Path) -> Any:  # noqa: ARG001 - other weights are another network
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # the package calls torchvision and torch by names they have deprecated
        return package.LPIPS(net="alex", version="0.1", verbose=False).eval().requires_grad_(False)
