"""A model of one's own: CompressAI's mean-scale hyperprior with a gate before its synthesis."""

import torch
from compressai.models import MeanScaleHyperprior
from torch import Tensor, nn


class Gated(MeanScaleHyperprior):
    """`compress`, `decompress` and `forward` are inherited; what they call is what counts."""

    def __init__(self, N: int = 32, M: int = 48) -> None:
        super().__init__(N, M)
        self.g_s = nn.Sequential(Gate(M), *self.g_s)


class Gate(nn.Module):
    """Each latent is weighted by a function of its neighbours."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weigh = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, y: Tensor) -> Tensor:
        """Latents (B, M, h, w) in and out."""
        return y * 2 * torch.sigmoid(self.weigh(y))
