"""Convolutions in float64 that are matrix products."""

import pytest
import torch
from torch import nn

from lic_tcm.nn.wide import Pointwise, Winograd, in_float64


@pytest.mark.parametrize("size", [(1, 1), (4, 4), (5, 3), (16, 24), (33, 7)])
@pytest.mark.parametrize("bias", [True, False])
def test_winograd_is_the_convolution(size: tuple[int, int], bias: bool) -> None:
    """To 1e-12, for any sides and batch, with channels first or last."""
    torch.manual_seed(0)
    conv = nn.Conv2d(7, 5, 3, padding=1, bias=bias)
    x = torch.randn(2, 7, *size, dtype=torch.float64)
    expected = nn.functional.conv2d(
        x, conv.weight.double(), conv.bias.double() if conv.bias is not None else None, padding=1
    )
    for layout in (torch.contiguous_format, torch.channels_last):
        found = Winograd(conv)(x.contiguous(memory_format=layout))
        assert found.shape == expected.shape
        assert torch.allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("bias", [True, False])
def test_a_pointwise_convolution_is_a_linear_layer(bias: bool) -> None:
    """To the last few bits."""
    conv = nn.Conv2d(7, 5, 1, bias=bias)
    x = torch.randn(2, 7, 3, 4, dtype=torch.float64)
    expected = nn.functional.conv2d(x, conv.weight.double(), conv.bias.double() if conv.bias is not None else None)
    assert torch.allclose(Pointwise(conv)(x), expected, rtol=1e-14, atol=1e-14)


def test_only_what_fits_is_exchanged() -> None:
    """Strides, groups, other kernels and paddings stay convolutions; the original module stays as it was."""
    module = nn.Sequential(
        nn.Conv2d(4, 4, 3, padding=1),
        nn.Sequential(nn.Conv2d(4, 4, 1), nn.GELU()),
        nn.Conv2d(4, 4, 3, padding=1, stride=2),
        nn.Conv2d(4, 4, 3, padding=1, groups=2),
        nn.Conv2d(4, 4, 5, padding=2),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(4, 4, 1, stride=2),
    )
    wide = in_float64(module)
    assert [type(part).__name__ for part in wide] == ["Winograd", "Sequential", *["Conv2d"] * 5]
    assert isinstance(wide[1][0], Pointwise)
    assert isinstance(module[0], nn.Conv2d)
    assert module[0].weight.dtype == torch.float32
    x = torch.randn(1, 4, 16, 16, dtype=torch.float64)
    assert torch.allclose(wide(x), module.double()(x), rtol=1e-12, atol=1e-12)


def test_one_convolution_by_itself_is_exchanged() -> None:
    """Also where it is the module."""
    assert isinstance(in_float64(nn.Conv2d(3, 4, 1)), Pointwise)
