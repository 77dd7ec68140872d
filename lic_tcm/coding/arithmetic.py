"""The networks that decide symbols, in the precision a stream was made with.

A scale that one machine finds just above a level of the table, another just below, is coded with one table and read
with the other, and nothing after it can be read. Version 1 of the stream has these networks in float32, where machines
differ by 1e-6 and more: some scale of every second picture. Version 2 has them in float64, where they differ by about
1e-14, and tells the decoder of the scales that lie within GUARD of a level (docs/portability.md).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lic_tcm.nn import wide
from lic_tcm.nn.entropy import ChannelContext, Hyper, SpatialContext
from lic_tcm.nn.model import Model

GUARD = 2.0**-30  # relative; machines were seen to differ by less than a thousandth of it
FLOAT64_DEVICES = ("cpu", "cuda")


@dataclass(frozen=True)
class SymbolNetworks:
    """Medians of z, hyper decoders and entropy model of y, in one precision on one device."""

    medians: Tensor  # (1, Z, 1, 1)
    h_mean_s: nn.Module
    h_scale_s: nn.Module
    context: ChannelContext | SpatialContext
    guard: float  # scales this near to a level, relatively, are told to the decoder

    def hyper(self, z_symbols: Tensor) -> Hyper:
        """What the hyper decoders say of y where z is `z_symbols` away from its medians."""
        z_hat = z_symbols.to(self.medians) + self.medians
        return Hyper(self.h_mean_s(z_hat), self.h_scale_s(z_hat))


def in_float32(model: Model) -> SymbolNetworks:
    """The model's own networks."""
    return SymbolNetworks(model.medians(), model.h_mean_s, model.h_scale_s, model.context, guard=0.0)


def in_float64(model: Model) -> SymbolNetworks:
    """Copies of the model's networks in float64; on the CPU where the model's device knows no float64."""
    device = model.medians().device
    device = device if device.type in FLOAT64_DEVICES else torch.device("cpu")
    mean, scale = (wide.in_float64(part).to(device) for part in (model.h_mean_s, model.h_scale_s))
    context = wide.in_float64(model.context).to(device)
    for part in (mean, scale, context):
        part.requires_grad_(False)
    return SymbolNetworks(model.medians().to(device, torch.float64), mean, scale, context, GUARD)
