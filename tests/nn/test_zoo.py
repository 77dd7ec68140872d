"""Every named network: construction, training, overrides and their errors."""

import warnings
from typing import Any

import pytest
import torch
from torch import Tensor

from lic_tcm.errors import UserError
from lic_tcm.nn import zoo
from lic_tcm.nn.entropy import Region, slice_depths
from lic_tcm.nn.model import Config, Model

TINY: dict[str, Any] = {"channels": 64, "latent": 64, "hyper": 32, "slices": 4, "context_widths": (16, 16)}


def loss_of(model: Model, x: Tensor) -> Tensor:
    """A rate-distortion loss: 100 * 255^2 / 1000 * MSE + bits per pixel."""
    output = model(x)
    bits = (output.bits_y + output.bits_z).sum().float()
    return 0.01 * 255**2 * (output.x_hat - x).square().mean() + bits / x[:, 0].numel()


@pytest.mark.parametrize("name", zoo.ZOO)
def test_a_training_step_reaches_every_parameter(name: str) -> None:
    """Each network gives a finite loss on a crop, and a finite gradient to each of its parameters."""
    squeeze = None if zoo.ZOO[name].squeeze is None else 16
    torch.manual_seed(0)
    model = zoo.build(name, **TINY, squeeze=squeeze)
    x = torch.rand(1, 3, 64, 128)
    assert model(x).x_hat.shape == x.shape
    loss = loss_of(model, x) + model.entropy_bottleneck.loss()
    loss.backward()
    assert torch.isfinite(loss)
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None, key
        assert torch.isfinite(parameter.grad).all(), key


def test_a_few_steps_lower_the_loss() -> None:
    """Ten Adam steps on one crop bring the loss below four fifths of its first value."""
    torch.manual_seed(0)
    model = zoo.build("nano", **TINY, main_path="conv", attention="none")
    x = torch.rand(1, 3, 64, 64)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-4)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = loss_of(model, x)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_only_networks_with_attention_have_five_slices() -> None:
    """Section 4.1.3: five slices for all models with attention modules; the others keep the ten of Minnen and Singh."""
    own = {"nano"} | {f"conv-swatten-s{n}" for n in (2, 4, 8, 10)}  # not the paper's, or figure 13's
    sliced = {name: found for name, found in zoo.ZOO.items() if found.context == "channel" and name not in own}
    assert {name: found.slices for name, found in sliced.items()} == {
        name: 10 if found.attention == "none" else 5 for name, found in sliced.items()
    }
    ten = {name for name, found in sliced.items() if found.slices == 10}
    assert ten == {"medium-no-attention", "swin-only", "conv-only", "conv"}


def test_chengs_paths_are_compressais() -> None:
    """Weights of CompressAI's Cheng 2020 fit the main path and the hyper encoder, and give the same values."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from compressai.models import Cheng2020Attention
    torch.manual_seed(0)
    theirs, ours = Cheng2020Attention(32).eval(), zoo.build("cheng-spatial", channels=32, latent=32, hyper=32).eval()
    x = torch.rand(1, 3, 64, 128)
    with torch.no_grad():
        for name in ("g_a", "g_s", "h_a"):
            getattr(ours, name).load_state_dict(getattr(theirs, name).state_dict())
        y = theirs.g_a(x)
        torch.testing.assert_close(ours.g_a(x), y, rtol=0, atol=1e-6)
        torch.testing.assert_close(ours.h_a(y), theirs.h_a(y), rtol=0, atol=1e-6)
        torch.testing.assert_close(ours.g_s(y), theirs.g_s(y), rtol=0, atol=1e-6)
        # their decoder's last layer has twice the channels: means and scales
        decoder = dict(theirs.h_s.state_dict())
        for half, one in enumerate((ours.h_scale_s, ours.h_mean_s)):
            last = {key: decoder[key].chunk(2)[half] for key in ("8.weight", "8.bias")}
            one.load_state_dict(decoder | last)
        z = theirs.h_a(y)
        found = torch.cat((ours.h_scale_s(z), ours.h_mean_s(z)), dim=1)
        torch.testing.assert_close(found, theirs.h_s(z), rtol=0, atol=1e-6)


@pytest.mark.parametrize("slices", [2, 4, 5, 8, 10])
def test_any_divisor_is_a_number_of_slices(slices: int) -> None:
    """Later slices see the first `max_support` slices only, so their networks stop growing."""
    model = zoo.build("nano", channels=64, latent=80, slices=slices, max_support=3, attention="none")
    widths = [net[0].in_channels for net in model.context.cc_mean_transforms]
    assert widths == [80 + 80 // slices * min(i, 3) for i in range(slices)]
    assert model.eval()(torch.rand(1, 3, 64, 64)).x_hat.shape == (1, 3, 64, 64)


@pytest.mark.parametrize(
    ("slices", "depths"), [(5, [32, 16, 16, 16, 16]), (10, [10] * 6 + [9] * 4), (4, [24] * 4), (96, [1] * 96)]
)
def test_slices_that_do_not_divide_y_are_nearly_alike(slices: int, depths: list[int]) -> None:
    """All channels are in one slice each; each slice sees those before it, and the network codes what it predicts."""
    assert slice_depths(96, slices) == depths
    if slices == 96:
        return
    torch.manual_seed(0)
    model = zoo.build("nano", slices=slices, attention="none", context_widths=(16, 16)).eval()
    known = [96 + sum(depths[: min(i, 5)]) for i in range(slices)]
    assert [net[0].in_channels for net in model.context.cc_scale_transforms] == known
    assert [net[-1].out_channels for net in model.context.lrp_transforms] == depths
    seen: list[slice] = []

    class Note:
        guess = None

        def __call__(self, region: Region, mean: Tensor, scale: Tensor) -> Tensor:
            seen.append(region[1])
            assert mean.shape == scale.shape == (1, region[1].stop - region[1].start, 4, 8)
            return mean

    y_hat = model.context.reconstruct(model.hyper(torch.randn(1, 48, 1, 2)), Note())
    assert y_hat.shape == (1, 96, 4, 8)
    assert [n for part in seen for n in range(96)[part]] == list(range(96))


def test_support_is_the_first_slices() -> None:
    """Slice i sees the slices before it, up to the first `max_support`, and never a later one."""
    model = zoo.build("nano", latent=80, hyper=64, slices=5, max_support=2, attention="none").eval()
    hyper = model.hyper(torch.randn(1, 64, 1, 1))
    slices = [torch.randn(1, 16, 4, 4, requires_grad=True) for _ in range(4)]
    _, mean, scale = model.context.predict(4, hyper, slices)
    (mean.sum() + scale.sum()).backward()
    assert [bool(y.grad is not None and y.grad.abs().sum() > 0) for y in slices] == [True, True, False, False]


@pytest.mark.parametrize("name", ["medium-spatial", "swin-spatial", "cheng-spatial"])
def test_the_raster_model_codes_what_it_predicts(name: str) -> None:
    """In evaluation, y_hat of the raster models is y rounded about means that see only what came before."""
    torch.manual_seed(0)
    model = zoo.build(name, **TINY).eval()
    with torch.no_grad():
        y = 4 * torch.randn(1, 64, 4, 8)
        hyper = model.hyper(model.round_z(model.h_a(y)))
        means = torch.zeros_like(y)

        class Keep:
            guess = None

            def __call__(self, region: Any, mean: Tensor, scale: Tensor) -> Tensor:  # noqa: ARG002
                means[region] = mean
                return torch.round(y[region] - mean) + mean

        y_hat = model.context.reconstruct(hyper, Keep())
        predicted, _ = model.context.predict(hyper.mean, hyper.scale, model.context.context_prediction(y_hat))
    torch.testing.assert_close(means, predicted, rtol=0, atol=1e-5)
    assert (y_hat - y).abs().max() <= 0.5 + 1e-5


@pytest.mark.parametrize(
    ("name", "overrides", "message"),
    [
        ("smal", {}, "did you mean 'small'"),
        ("small", {"depth": 3}, "no field 'depth'"),
        ("small", {"slices": 321}, "slices = 321 is more than the latent channels"),
        ("large-no-squeeze", {"slices": 40}, "latent / slices = 8 does not fit"),
        ("small", {"slices": 0}, "slices = 0"),
        ("small", {"channels": 100}, "channels = 100"),
        ("small", {"attention": "swaten"}, "attention = 'swaten'"),
        ("small", {"main_path": "dct"}, "main_path = 'dct'"),
        ("small", {"squeeze": 20}, "squeeze = 20"),
        ("swin-only", {"latent": 40}, "latent = 40"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, overrides: dict[str, Any], message: str) -> None:
    """An unknown name or field and values that do not fit together raise an error that names them."""
    with pytest.raises(UserError, match=message):
        zoo.build(name, **overrides)


def test_the_slices_of_a_model_without_slices_do_not_matter() -> None:
    """The raster-order model accepts any number of slices, having none."""
    assert zoo.config("medium-spatial", slices=7) == Config(context="spatial", attention="none", slices=7)


def test_a_side_that_is_no_multiple_of_64_is_refused() -> None:
    """The model names the size and the remedy."""
    with pytest.raises(UserError, match="100x64 does not fit; pad"):
        zoo.build("nano", **TINY)(torch.rand(1, 3, 100, 64))
