"""LPIPS by the package lpips."""

import contextlib
import functools
import io
import warnings
from typing import Any

from lic_tcm.errors import UserError
from lic_tcm.metrics import backbones
from lic_tcm.metrics.metric import ONE_AT_A_TIME, Distance, Image, checked, library
from lic_tcm.metrics.tensors import tensor

WEIGHTS = "alexnet-owt-7be5be79.pth"


class LPIPS(Distance):
    """Learned perceptual distance of RGB through AlexNet (version 0.1); 0 for equal images, lower is better.

    Zhang, Isola, Efros, Shechtman and Wang, "The unreasonable effectiveness of deep features as a perceptual metric",
    2018. torchvision's weights of AlexNet are not downloaded by this suite: see `missing`.
    """

    name = "lpips"
    label = "LPIPS"
    least_side = 63  # below, AlexNet's last layer is empty
    aliases = ("lpips-alex",)
    needs = ("lpips",)
    imports = ("lpips",)
    sources = ("lic_tcm.metrics.tensors", "lic_tcm.metrics.backbones")

    def measure(self, original: Image, decoded: Image) -> float | None:
        """The distance; raises UserError where the weights are not at hand."""
        checked(original, decoded)
        if min(original.shape[:2]) < self.least_side:
            return None
        if reason := self.missing():
            raise UserError(f"metric {self.name}: {reason}")
        with ONE_AT_A_TIME:
            network = _network(library(self, "lpips"), str(backbones.weights(WEIGHTS)))
        return float(network(tensor(original), tensor(decoded), normalize=True))

    def version(self) -> str:
        """The package and the hash of AlexNet's weights."""
        return f"{super().version()}, {backbones.hashed(self.name, WEIGHTS)}"

    def missing(self) -> str:
        """Whether package and weights are there."""
        return super().missing() or backbones.absent(WEIGHTS)


@functools.cache
def _network(package: Any, weights: str) -> Any:  # noqa: ARG001 - other weights are another network
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # the package calls torchvision and torch by names they have deprecated
        return package.LPIPS(net="alex", version="0.1", verbose=False).eval().requires_grad_(False)
