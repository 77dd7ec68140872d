"""Maps of networks for figures 3 and 5, on tiny ones with random weights."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lic_tcm.bench import maps
from lic_tcm.bench.datasets import fetch
from lic_tcm.bench.images import write_png
from lic_tcm.errors import UserError
from lic_tcm.nn import checkpoints, zoo
from lic_tcm.nn.model import Model

SIZE = {"channels": 32, "latent": 32, "hyper": 16, "slices": 2, "squeeze": 16, "context_widths": (16, 16)}


@pytest.fixture(scope="module")
def tiny() -> Model:
    """A TCM with attention."""
    torch.manual_seed(0)
    return zoo.build("medium", **SIZE).eval().requires_grad_(False)


def picture(height: int = 64, width: int = 128) -> torch.Tensor:
    """A picture (1, 3, H, W)."""
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1))


def test_the_receptive_field_is_the_jacobian_of_one_pixel(tiny: Model) -> None:
    """It equals torch's own Jacobian, averaged over colour channels of input and output, and p lies in its midst."""
    x, (column, row) = picture(), (70, 30)
    found = maps.receptive_field(tiny, x, (column, row))
    jacobian = torch.autograd.functional.jacobian(lambda x: tiny(x).x_hat[0, :, row, column], x)
    expected = jacobian[:, 0].abs().mean((0, 1))
    assert found.shape == (64, 128)
    assert np.allclose(found, expected, rtol=1e-4, atol=1e-7)
    assert found[row - 16 : row + 17, column - 16 : column + 17].mean() > found.mean()


def test_any_size_of_picture_has_a_field_of_its_size(tiny: Model) -> None:
    """The padding is cut off again; a position outside the picture is refused."""
    assert maps.receptive_field(tiny, picture(50, 70), (69, 49)).shape == (50, 70)
    with pytest.raises(UserError, match=r"position \(70, 49\) is outside the picture of 70x50"):
        maps.receptive_field(tiny, picture(50, 70), (70, 49))


def test_bits_of_the_deviation_are_those_the_model_estimates(tiny: Model) -> None:
    """Walking through y to record it changes nothing: the sum of bits equals the forward pass's."""
    x = picture()
    found = maps.deviation(tiny, x)
    assert found.total_bits == pytest.approx(float(tiny(x).bits_y[0]), rel=1e-5)
    assert found.deviation.shape == found.bits.shape == (4, 8)
    assert float(found.bits.sum()) == pytest.approx(found.channel_bits, rel=1e-5)
    assert found.channel_bits >= found.total_bits / 32  # no channel has more


def test_the_scaled_deviation_is_in_units_of_sigma(tiny: Model) -> None:
    """epsilon_s of a single region is (y - mu) / sigma, sigma raised to the entropy model's least."""
    y = torch.tensor([[[[1.0, 4.0]]]])
    recorder = maps._Recorder(y, tiny.gaussian_conditional)
    recorder((slice(None),) * 4, torch.tensor([[[[0.75, 1.0]]]]), torch.tensor([[[[0.01, 2.0]]]]))
    assert recorder.deviation.flatten().tolist() == pytest.approx([0.25 / 0.11, 1.5])
    assert (recorder.bits > 0).all()


def test_files_of_maps_hold_what_the_report_draws(tiny: Model, tmp_path: Path) -> None:
    """Both kinds of file name pictures, networks and checkpoints, and have a map for each."""
    weights = tmp_path / "tiny.safetensors"
    checkpoints.save(tiny, weights, {})
    (tmp_path / "pictures").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    write_png(tmp_path / "pictures" / "one.png", pixels)
    manifest = tmp_path / "mine.csv"
    fetch("mine", manifest, folder=tmp_path / "pictures")
    maps.write_receptive(manifest, "one", (5, 6), [0.1], {"TCM": weights}, tmp_path / "receptive.npz")
    maps.write_deviation(manifest, ["one"], {"TCM": weights}, tmp_path / "deviation.npz")
    with np.load(tmp_path / "receptive.npz") as file:
        assert json.loads(str(file["about"]))["labels"] == ["TCM"]
        assert file["TCM"].shape == (64, 64)
    with np.load(tmp_path / "deviation.npz") as file:
        assert json.loads(str(file["about"]))["numbers"]["one/TCM"]["deviation"] > 0
        assert file["deviation/one/TCM"].shape == (4, 4)
    with pytest.raises(UserError, match="has no picture 'two'"):
        maps.write_deviation(manifest, ["two"], {"TCM": weights}, tmp_path / "deviation.npz")


def test_checkpoints_have_labels() -> None:
    """Only label=path is taken."""
    assert maps.labelled(["TCM=a/b=c"]) == {"TCM": Path("a/b=c")}
    with pytest.raises(UserError, match="label=path"):
        maps.labelled(["weights.safetensors"])
