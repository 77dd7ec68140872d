"""Networks in float64, with convolutions that are as fast as matrix products.

oneDNN has no convolutions in float64, and PyTorch's own copy each input value nine times for the matrix product. So 3x3
convolutions are Winograd's F(4x4, 3x3) (Lavin & Gray 2016), which copies each 6x6 tile once for 4x4 outputs and needs a
quarter of the products, and 1x1 convolutions are linear layers, both with the channels last (docs/portability.md has
times). Winograd's transforms multiply values by up to 100 before they cancel, so an output's error is about 1e-14 of
its size instead of 1e-15: too much in float32, nothing in float64.
"""

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

Module = TypeVar("Module", bound=nn.Module)
OUT, TILE = 4, 6  # sides of a tile of outputs and of the inputs it needs
_INPUT = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
_WEIGHT = ((6, 0, 0), (-4, -4, -4), (-4, 4, -4), (1, 2, 4), (1, -2, 4), (0, 0, 24))  # / 24
_OUTPUT = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))


def in_float64(module: Module) -> Module:
    """Return a copy of a module in float64, its convolutions exchanged for those below where they are such."""
    exchanged: dict[int, nn.Module] = {}
    for part in module.modules():
        if type(part) is nn.Conv2d and _has_geometry(part, 3, 1):
            exchanged[id(part)] = Winograd(part)
        elif type(part) is nn.Conv2d and _has_geometry(part, 1, 0):
            exchanged[id(part)] = Pointwise(part)
    return copy.deepcopy(module, memo=exchanged).to(torch.float64)


class Pointwise(nn.Module):
    """A 1x1 convolution in float64 as a linear layer: (B, C, H, W) -> (B, O, H, W)."""

    weight: Tensor
    bias: Tensor

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.register_buffer("weight", conv.weight.detach().double()[..., 0, 0])
        self.register_buffer("bias", _bias(conv))

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        return functional.linear(x.permute(0, 2, 3, 1), self.weight, self.bias).permute(0, 3, 1, 2)


class Winograd(nn.Module):
    """A 3x3 convolution of stride 1 and padding 1 in float64: (B, C, H, W) -> (B, O, H, W).

    ```
    x -> tiles of 6x6, 4 apart -> B^T d B (36, tiles, C) -> bmm with G g G^T (36, C, O) -> A^T m A -> tiles of 4x4
    ```
    Its weights take four times the memory of the convolution's.
    """

    into: Tensor
    out_of: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        into, weigh, out_of = (_both_sides(rows, conv.weight.device) for rows in (_INPUT, _WEIGHT, _OUTPUT))
        outputs, inputs = conv.weight.shape[:2]
        kernel = conv.weight.detach().permute(2, 3, 1, 0).reshape(9, -1).double()
        self.register_buffer("into", into)
        self.register_buffer("out_of", out_of)
        self.register_buffer("weight", (weigh / 24**2 @ kernel).view(-1, inputs, outputs))
        self.register_buffer("bias", _bias(conv))

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        b, c, h, w = x.shape
        rows, columns = -(-h // OUT), -(-w // OUT)
        border = (0, 0, 1, 1 + columns * OUT - w, 1, 1 + rows * OUT - h)
        x = functional.pad(x.permute(0, 2, 3, 1), border)
        tiles = x.unfold(1, TILE, OUT).unfold(2, TILE, OUT).permute(4, 5, 0, 1, 2, 3)
        products = torch.bmm((self.into @ tiles.reshape(TILE**2, -1)).view(TILE**2, -1, c), self.weight)
        out = (self.out_of @ products.view(TILE**2, -1)).view(OUT, OUT, b, rows, columns, -1)
        out = out.permute(2, 3, 0, 4, 1, 5).reshape(b, rows * OUT, columns * OUT, -1)
        return (out[:, :h, :w] + self.bias).permute(0, 3, 1, 2)


def _has_geometry(conv: nn.Conv2d, side: int, padding: int) -> bool:
    """Whether a convolution has this kernel, zeros of this padding, and nothing else that is unusual."""
    geometry = (conv.kernel_size, conv.padding, conv.stride, conv.dilation, conv.groups, conv.padding_mode)
    return geometry == ((side, side), (padding, padding), (1, 1), (1, 1), 1, "zeros")


def _bias(conv: nn.Conv2d) -> Tensor:
    """The bias of each output; zeros where there is none."""
    return conv.weight.new_zeros(conv.out_channels).double() if conv.bias is None else conv.bias.detach().double()


def _both_sides(rows: tuple[tuple[int, ...], ...], device: torch.device) -> Tensor:
    """The matrix that applies a transform to rows and columns of flattened tiles; made of whole numbers, so exact."""
    matrix = torch.tensor(rows, dtype=torch.float64, device=device)
    return torch.kron(matrix, matrix)
