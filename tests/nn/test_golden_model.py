"""The whole model against the reference implementation, on a 256x256 crop, with generated weights."""

import pytest
import torch
from support.reference import golden
from torch import Tensor

from lic_tcm.nn.entropy import Hyper, Region
from lic_tcm.nn.layers import EntropyBottleneck, GaussianConditional
from lic_tcm.nn.model import Model

FLOAT32 = 2**-22  # what a difference of two values near 1 can be wrong by


class Recorder:
    """Coder that rounds, and keeps what it was given."""

    guess = None

    def __init__(self, y: Tensor) -> None:
        self.y = y
        self.means: list[Tensor] = []
        self.scales: list[Tensor] = []
        self.symbols: list[Tensor] = []

    def __call__(self, region: Region, mean: Tensor, scale: Tensor) -> Tensor:
        """Round about the mean."""
        self.means.append(mean)
        self.scales.append(scale)
        self.symbols.append(torch.round(self.y[region] - mean))
        return self.symbols[-1] + mean


@pytest.fixture(scope="module")
def x() -> Tensor:
    """The crop, (1, 3, 256, 256) in [0, 1]."""
    pixels: Tensor = golden("tcm_N32_latents")["x_u8"]
    return pixels.permute(2, 0, 1)[None].float() / 255


@torch.no_grad()
def test_latents_symbols_and_reconstruction_equal_the_reference(golden_model: Model, x: Tensor) -> None:
    """y, z, mu, sigma, y_hat and x_hat are the reference's within 1e-4; symbols and scale indexes are equal."""
    expected = golden("tcm_N32_latents") | golden("tcm_N32_recon")
    y = golden_model.analyse(x)
    z = golden_model.h_a(y)
    z_hat = golden_model.round_z(z)
    hyper: Hyper = golden_model.hyper(z_hat)
    coder = Recorder(y)
    y_hat = golden_model.context.reconstruct(hyper, coder)
    found = {
        "y": y,
        "z": z,
        "z_hat": z_hat,
        "latent_means_ch0_31": hyper.mean[:, :32],
        "latent_scales_ch0_31": hyper.scale[:, :32],
        "mu_slice0": coder.means[0],
        "scale_slice0": coder.scales[0],
        "mu_last": coder.means[4],
        "scale_last": coder.scales[4],
        "y_hat": y_hat,
        "x_hat": golden_model.synthesise(y_hat),
    }
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name], rtol=0, atol=1e-4, msg=name)
    table = golden("gaussian_conditional")["scale_table"]
    indexes = torch.bucketize(torch.cat(coder.scales, 1), table).clamp(max=63)
    assert torch.equal(torch.cat(coder.symbols, 1).to(torch.int16), expected["y_symbols"])
    assert torch.equal(indexes.to(torch.uint8), expected["y_indexes"])
    assert torch.equal((z_hat - golden_model.medians()).round().to(torch.int16), expected["z_symbols"])


@torch.no_grad()
def test_forward_estimates_the_reference_rate(golden_model: Model, x: Tensor) -> None:
    """The estimated bits of y and z are the reference's within 1e-6 of them, and x_hat within 1e-4."""
    expected = golden("tcm_N32_latents")
    output = golden_model(x)
    assert output.bits_y.item() == pytest.approx(expected["bits_y"].item(), rel=1e-6)
    assert output.bits_z.item() == pytest.approx(expected["bits_z"].item(), rel=1e-6)
    torch.testing.assert_close(output.x_hat, golden("tcm_N32_recon")["x_hat"], rtol=0, atol=1e-4)


@torch.no_grad()
def test_a_batch_is_its_pictures(golden_model: Model, x: Tensor) -> None:
    """Two images in a batch give the latents, rates and reconstructions of each alone."""
    crops = torch.cat((x[..., :128, :128], x[..., 128:, 128:]))
    y = golden_model.analyse(crops)
    x_hat = golden_model.synthesise(y)
    output = golden_model(crops)
    for i in range(2):
        torch.testing.assert_close(y[i : i + 1], golden_model.analyse(crops[i : i + 1]), rtol=0, atol=1e-4)
        torch.testing.assert_close(x_hat[i : i + 1], golden_model.synthesise(y[i : i + 1]), rtol=0, atol=1e-5)
        alone = golden_model(crops[i : i + 1])
        torch.testing.assert_close(output.bits_y[i : i + 1], alone.bits_y, rtol=1e-3, atol=0)
        torch.testing.assert_close(output.bits_z[i : i + 1], alone.bits_z, rtol=1e-6, atol=0)


def test_the_factorised_prior_equals_the_reference() -> None:
    """Output and likelihoods of the factorised prior are the reference's, and so is the loss of its quantiles."""
    data = golden("entropy_bottleneck")
    prior = EntropyBottleneck(24).eval()
    prior.load_state_dict({key[2:]: value for key, value in data.items() if key.startswith("w:")}, strict=False)
    output, likelihood = prior(data["input"])
    torch.testing.assert_close(output, data["output"], rtol=0, atol=1e-6)
    torch.testing.assert_close(likelihood, data["likelihood"], rtol=1e-5, atol=FLOAT32)
    assert prior.loss().item() == pytest.approx(data["aux_loss"].item(), rel=1e-6)


def test_the_gaussian_prior_equals_the_reference() -> None:
    """Output and likelihoods of the Gaussian prior are the reference's, for any scale."""
    data = golden("gaussian_conditional")
    output, likelihood = GaussianConditional(None).eval()(data["input"], data["scales"], data["means"])
    torch.testing.assert_close(output, data["output"], rtol=0, atol=1e-6)
    torch.testing.assert_close(likelihood, data["likelihood"], rtol=1e-5, atol=1e-9)
