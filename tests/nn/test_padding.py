"""Paddings, and windows that do not divide the feature map."""

import pytest
import torch

from lic_tcm.nn import zoo
from lic_tcm.nn.padding import PADDINGS
from lic_tcm.nn.transforms import TCMStage


@pytest.mark.parametrize("name", PADDINGS)
@pytest.mark.parametrize("size", [(1, 1), (5, 130), (64, 128), (127, 129)])
def test_crop_undoes_pad(name: str, size: tuple[int, int]) -> None:
    """The padded image has the sides promised, multiples of 64 at least, and holds the image."""
    x = torch.rand(1, 3, *size)
    padding = PADDINGS[name]
    padded = padding.pad(x)
    assert padded.shape[-2:] == padding.padded(*size)
    assert padded.shape[-2] % 64 == padded.shape[-1] % 64 == 0
    assert torch.equal(padding.crop(padded, *size), x)


def test_paddings_are_what_their_names_say() -> None:
    """ "replicate" repeats the last row and column; "paper" centres the image in zeros."""
    x = torch.ones(1, 1, 60, 128)
    assert torch.equal(PADDINGS["replicate"].pad(x), torch.ones(1, 1, 64, 128))
    paper = PADDINGS["paper"].pad(x)
    assert paper.shape == (1, 1, 128, 128)
    assert paper[0, 0, :, 0].nonzero().flatten().tolist() == list(range(34, 94))


@torch.no_grad()
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (64, 64), (70, 130)])
def test_any_size_goes_through(size: tuple[int, int]) -> None:
    """An image of any size is padded, reconstructed and cropped to its own size, with finite values."""
    model = zoo.build("nano").eval()
    x = torch.rand(1, 3, *size)
    padding = PADDINGS["replicate"]
    output = model(padding.pad(x))
    x_hat = padding.crop(output.x_hat, *size)
    assert x_hat.shape == x.shape
    assert torch.isfinite(x_hat).all()
    assert output.bits_y > 0


@torch.no_grad()
def test_padding_stays_in_its_own_windows() -> None:
    """On a map of 8x12, the first 8x8 window is what it is alone, but for two columns the convolutions reach."""
    stage = TCMStage(32, 8, 8, shifted=False)
    x = torch.rand(1, 32, 8, 12)
    out = stage(x)
    assert out.shape == x.shape
    torch.testing.assert_close(out[..., :6], stage(x[..., :8])[..., :6], rtol=0, atol=1e-5)
