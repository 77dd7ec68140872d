"""Parameters and multiply-accumulates of a network, by the paper's convention and in full."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lic_tcm.nn.entropy import Region
from lic_tcm.nn.model import Config, Model


@dataclass(frozen=True)
class Complexity:
    """Size and work of a network for one image."""

    height: int
    width: int
    parameters: int  # all of them
    parameters_paper: int  # of convolutions and linear layers only
    macs: int  # of convolutions, linear layers, attention products and GDN
    macs_paper: int  # convolutions with bias, linear layers without, one per ReLU or LeakyReLU output


def complexity(config: Config, height: int = 512, width: int = 768) -> Complexity:
    """Count what `Model(config)` does in one forward pass; no arithmetic happens, so it takes a second or two."""
    model = Model(config).to("meta").eval()
    paper = _PaperCounter()
    for module in model.modules():
        module.register_forward_hook(paper.hook(module))
    with torch.no_grad(), FlopCounterMode(display=False) as flops:
        _pass(model, torch.empty(1, 3, height, width, device="meta"))
    counted = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)]
    return Complexity(
        height,
        width,
        parameters=sum(p.numel() for p in model.parameters()),
        parameters_paper=sum(p.numel() for m in counted for p in m.parameters()),
        macs=flops.get_total_flops() // 2,
        macs_paper=paper.macs,
    )


class FreeCoder:
    """Coder that costs nothing; the context is known, so a spatial model counts each position once."""

    def __init__(self, y: Tensor) -> None:
        self.guess = y

    def __call__(self, region: Region, mean: Tensor, scale: Tensor) -> Tensor:  # noqa: ARG002
        """Take the mean for the value."""
        return mean


def _pass(model: Model, x: Tensor) -> Tensor:
    """A forward pass without the likelihoods."""
    y = model.analyse(x)
    hyper = model.hyper(model.round_z(model.h_a(y)))
    return model.synthesise(model.context.reconstruct(hyper, FreeCoder(y)))


class _PaperCounter:
    """Adds up the operations the paper's "FLOPs" consist of."""

    def __init__(self) -> None:
        self.macs = 0

    def hook(self, module: nn.Module) -> Callable[..., None]:
        """The forward hook for a module."""
        per_output = _macs_per_output(module)

        def add(_module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
            if isinstance(module, nn.ConvTranspose2d):  # its weights are applied at each input position
                self.macs += inputs[0].numel() * module.weight[0].numel() + output.numel()
            else:
                self.macs += per_output * output.numel() if per_output else 0

        return add


def _macs_per_output(module: nn.Module) -> int:
    """What one output value of a module costs."""
    if isinstance(module, nn.Conv2d):
        return module.weight[0].numel() + (module.bias is not None)
    if isinstance(module, nn.Linear):
        return module.in_features
    return int(isinstance(module, nn.ReLU | nn.LeakyReLU))
