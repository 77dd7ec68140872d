"""Maps of networks for figures 3 and 5, on tiny ones with random weights."""

import copy
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

import lic_tcm
from lic_tcm.datasets.fetch import fetch
from lic_tcm.errors import UserError
from lic_tcm.images import read_rgb, write_png
from lic_tcm.measure import maps
from lic_tcm.nn import checkpoints, zoo
from lic_tcm.nn.model import Model

WEIGHTS = Path(lic_tcm.__file__).parent / "weights"
SIZE = {"channels": 32, "latent": 32, "hyper": 16, "slices": 2, "squeeze": 16, "context_widths": (16, 16)}


@pytest.fixture(scope="module")
def tiny() -> Model:
    """A TCM with attention."""
    torch.manual_seed(0)
    return zoo.build("medium", **SIZE).eval().requires_grad_(False)


def picture(height: int = 64, width: int = 128) -> torch.Tensor:
    """An image (1, 3, H, W)."""
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
    """The padding is cut off again; a position outside the image is refused."""
    assert maps.receptive_field(tiny, picture(50, 70), (69, 49)).shape == (50, 70)
    with pytest.raises(UserError, match=r"position \(70, 49\) is outside the image of 70x50"):
        maps.receptive_field(tiny, picture(50, 70), (70, 49))


def test_bits_of_the_deviation_are_those_the_model_estimates(tiny: Model) -> None:
    """Walking through y to record it changes nothing: the sum of bits equals the forward pass's."""
    x = picture()
    found = maps.deviation(tiny, x)
    assert found.total_bits == pytest.approx(float(tiny(x).bits_y[0]), rel=1e-5)
    assert found.deviation.shape == found.bits.shape == (4, 8)
    assert float(found.bits.sum()) == pytest.approx(found.channel_bits, rel=1e-5)
    assert found.channel_bits >= found.total_bits / 32  # no channel has more
    output = tiny(x)
    assert found.bpp == pytest.approx(float(output.bits_y[0] + output.bits_z[0]) / (64 * 128), rel=1e-5)
    error = (output.x_hat.clamp(0, 1) * 255).round() - (x * 255).round()
    assert found.psnr == pytest.approx(float(10 * torch.log10(255**2 / error.square().mean())), abs=1e-3)


def epsilon_s(model: Model, x: torch.Tensor) -> tuple[float, torch.Tensor]:
    """Equations 6 and 7 by themselves, the whole network in float64: epsilon_s, and |Q(y - mu) - (y - mu)| of y."""
    model = copy.deepcopy(model).double()
    with torch.no_grad():
        y = model.g_a(x.double())
        hyper = model.hyper(model.round_z(model.h_a(y)))
        found: list[torch.Tensor] = []
        y_hat: list[torch.Tensor] = []
        for i, y_i in enumerate(y.chunk(model.config.slices, dim=1)):
            support, mu, _ = model.context.predict(i, hyper, y_hat)
            distance = y_i - mu
            found.append((distance.round() - distance).abs())
            y_bar = distance.round() + mu
            y_hat.append(y_bar + model.context.residual(i, support, y_bar))
        deviation = torch.cat(found, dim=1)
    return float(deviation.sum() / y.abs().sum()), deviation


def test_the_scaled_deviation_is_that_of_equations_6_and_7(tiny: Model) -> None:
    """epsilon_s is what rounding adds to y - mu, in sums over all of y, over the sum of |y|; the map's mean is it."""
    found, (expected, of_values) = maps.deviation(tiny, picture()), epsilon_s(tiny, picture())
    assert found.epsilon == pytest.approx(expected, rel=1e-4)
    assert 0 < of_values.max() <= 0.5
    assert np.allclose(found.deviation, found.gamma * of_values[0].mean(0), rtol=1e-3, atol=1e-5)
    assert found.deviation.mean(dtype=np.float64) == pytest.approx(found.epsilon, rel=1e-6)


def test_rounding_is_measured_from_the_mean_in_units_of_y(tiny: Model) -> None:
    """Values at whole distances from mu deviate by nothing, half-way ones by a half, whatever sigma is."""
    y = torch.tensor([[[[1.75, 4.0, 3.25]]]])
    recorder = maps._Recorder(y, tiny.gaussian_conditional)
    coded = recorder((slice(None),) * 4, torch.tensor([[[[0.75, 1.5, 1.0]]]]), torch.tensor([[[[0.01, 2.0, 9.0]]]]))
    assert recorder.deviation.flatten().tolist() == [0.0, 0.5, 0.25]
    assert coded.flatten().tolist() == [1.75, 3.5, 3.0]  # halves go to the even neighbour
    assert (recorder.bits >= 0).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("image", "expected"), [pytest.param("kodim01", 0.2084, marks=pytest.mark.long), ("kodim05", 0.1726)]
)
def test_the_scaled_deviation_of_nano_on_kodak(image: str, expected: float) -> None:
    """With the weights of lambda 0.013 epsilon_s is known to four digits, and what the equations give in float64."""
    folder = os.environ.get("LIC_TCM_DATA")
    if not folder:
        pytest.skip("needs Kodak: set LIC_TCM_DATA to a folder that has kodak/")
    pixels = torch.from_numpy(read_rgb(Path(folder) / "kodak" / f"{image}.png")).permute(2, 0, 1)[None]
    nano = checkpoints.load(WEIGHTS / "nano-0.013.safetensors").model
    found = maps.deviation(nano, pixels.float() / 255)
    by_hand, _ = epsilon_s(nano, pixels.double() / 255)
    assert found.epsilon == pytest.approx(by_hand, rel=1e-4)
    assert found.epsilon == pytest.approx(expected, abs=5e-5)


def test_files_of_maps_hold_what_the_report_draws(tiny: Model, tmp_path: Path) -> None:
    """Both kinds of file name images, networks and checkpoints, and have a map for each."""
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
        numbers = json.loads(str(file["about"]))["numbers"]["one/TCM"]
        assert numbers["epsilon_s"] > 0
        assert numbers["attention"] == "swatten"
        assert file["deviation/one/TCM"].shape == (4, 4)
    with pytest.raises(UserError, match="has no image 'two'"):
        maps.write_deviation(manifest, ["two"], {"TCM": weights}, tmp_path / "deviation.npz")


def test_checkpoints_have_labels() -> None:
    """Only label=path is taken."""
    assert maps.labelled(["TCM=a/b=c"]) == {"TCM": Path("a/b=c")}
    with pytest.raises(UserError, match="label=path"):
        maps.labelled(["weights.safetensors"])
