"""The rate-distortion losses of the paper (Liu 2023, section 4.1)."""

from typing import NamedTuple, cast

from torch import Tensor
from torch.nn import functional

from lic_tcm.nn.model import Output


class Losses(NamedTuple):
    """Means over a batch; scalars."""

    loss: Tensor
    bpp: Tensor  # estimated bits per pixel
    mse: Tensor  # on [0, 1], of the reconstruction as it is: neither clamped nor rounded


def rate_distortion(output: Output, x: Tensor, lmbda: float, loss: str) -> Losses:
    """Return lambda * 255^2 * MSE + bpp ("mse") or lambda * (1 - MS-SSIM) + bpp ("ms-ssim") of x (B, 3, H, W)."""
    bpp = (output.bits_y + output.bits_z).mean() / (x.shape[-2] * x.shape[-1])
    mse = functional.mse_loss(output.x_hat, x)
    distortion = 255**2 * mse if loss == "mse" else 1 - _ms_ssim(output.x_hat, x)
    return Losses(lmbda * distortion + bpp, bpp, mse)


def _ms_ssim(x_hat: Tensor, x: Tensor) -> Tensor:
    """MS-SSIM, averaged over the batch."""
    from pytorch_msssim import ms_ssim

    return cast(Tensor, ms_ssim(x_hat, x, data_range=1.0))
