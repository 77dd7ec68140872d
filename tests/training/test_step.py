"""One training step against the formulas, written out in float64."""

import copy
import math
from pathlib import Path

import pytest
import torch
from support.pictures import photo
from support.training_setup import CONV, TCM, photos, quick
from torch import Tensor

from lic_tcm.metrics import MSSSIM
from lic_tcm.nn import zoo
from lic_tcm.nn.model import Config, Model
from lic_tcm.training.data import Crops
from lic_tcm.training.loop import NotFiniteError, Run, train_step
from lic_tcm.training.losses import rate_distortion
from lic_tcm.training.optimiser import main_parameters
from lic_tcm.training.parallel import Processes
from lic_tcm.training.recipe import Recipe
from lic_tcm.training.sources import Folder
from lic_tcm.training.state import fresh_state

ALONE = Processes(0, 1, torch.device("cpu"))


def fields(overrides: dict[str, object]) -> dict[str, object]:
    """Overrides as the config takes them."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in overrides.items()}


def tiny(name: str) -> Config:
    """A network of a few thousand weights, convolutional or with all the blocks of TCM."""
    return zoo.config("conv", **fields(CONV)) if name == "conv" else zoo.config("medium", **fields(TCM))


def make_run(folder: Path, recipe: Recipe, lmbda: float = 0.013) -> Run:
    """A run on a folder of photographs."""
    source = Folder(photos(folder / "data"), recipe.crop, skip_unfit=False)
    return Run(recipe, lmbda, Crops(source, recipe.crop, recipe.seed), folder, identity={})


def batch_of(count: int) -> Tensor:
    """Crops (count, 3, 64, 64), uint8."""
    return torch.stack([torch.from_numpy(photo(64, 64, seed)).permute(2, 0, 1) for seed in range(count)])


def noise_like(x: Tensor) -> Tensor:
    """Noise in [-0.5, 0.5) that is the same in every precision."""
    return (torch.arange(x.numel(), dtype=torch.float64) * 0.6180339887498949 % 1 - 0.5).reshape(x.shape)


def straight_through(value: Tensor, rounded: Tensor) -> Tensor:
    """`rounded` with the gradient of `value`."""
    return value + (rounded - value).detach()


def bounded(value: Tensor, bound: float) -> Tensor:
    """At least `bound`; where that acts, only gradients that raise the value come back."""
    out = straight_through(value, value.clamp_min(bound))
    out.register_hook(lambda gradient: gradient * ((value >= bound) | (gradient < 0)))
    return out


def factorised_bits(model: Model, z: Tensor) -> Tensor:
    """Bits of noisy z under the factorised prior (Balle 2018, appendix 6.1)."""
    prior = model.entropy_bottleneck

    def cumulative(values: Tensor) -> Tensor:
        for i in range(5):
            values = torch.nn.functional.softplus(prior.matrices[i]) @ values + prior.biases[i]
            if i < 4:
                values = values + torch.tanh(prior.factors[i]) * torch.tanh(values)
        return torch.sigmoid(values)

    values = z.transpose(0, 1).reshape(z.shape[1], 1, -1)
    values = values + noise_like(values)
    return -torch.log2((cumulative(values + 0.5) - cumulative(values - 0.5)).clamp_min(1e-9)).sum()


def gaussian_bits(y: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    """Bits of noisy y under normal distributions integrated over one unit, scales at least 0.11."""
    scale = bounded(scale, 0.11)
    distance = (y + noise_like(y) - mean).abs()

    def below(value: Tensor) -> Tensor:
        return 0.5 * torch.erfc(-value / math.sqrt(2))

    likelihood = below((0.5 - distance) / scale) - below((-0.5 - distance) / scale)
    return -torch.log2(likelihood.clamp_min(1e-9)).sum()


def reference_loss(model: Model, x: Tensor, lmbda: float) -> Tensor:
    """lambda * 255^2 * MSE + bpp of a float64 model, from its transforms alone."""
    y = model.g_a(x)
    z = model.h_a(y)
    bits = factorised_bits(model, z)
    medians = model.entropy_bottleneck.quantiles[:, 0, 1].detach().view(1, -1, 1, 1)
    z_hat = straight_through(z, torch.round(z - medians) + medians)
    means, scales = model.h_mean_s(z_hat), model.h_scale_s(z_hat)
    context, parts = model.context, []
    for i, y_i in enumerate(y.chunk(context.slices, dim=1)):
        support = context.atten_mean[i](torch.cat([means, *parts], dim=1))
        mean = context.cc_mean_transforms[i](support)
        scale = context.cc_scale_transforms[i](context.atten_scale[i](torch.cat([scales, *parts], dim=1)))
        bits = bits + gaussian_bits(y_i, mean, scale)
        y_hat = straight_through(y_i, torch.round(y_i - mean) + mean)
        parts.append(y_hat + 0.5 * torch.tanh(context.lrp_transforms[i](torch.cat([support, y_hat], dim=1))))
    x_hat = model.g_s(torch.cat(parts, dim=1))
    pixels = x.shape[0] * x.shape[2] * x.shape[3]
    return lmbda * 255**2 * ((x_hat - x) ** 2).mean() + bits / pixels


@pytest.mark.parametrize("name", ["conv", "tcm"])
def test_a_step_is_what_the_formulas_say(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss agrees with a float64 recomputation to 1e-5, the gradient too; each weight's to 1e-4."""
    recipe = quick(clip=1e9)
    state = fresh_state(tiny(name), recipe, ALONE.device)
    monkeypatch.setattr(torch.Tensor, "uniform_", lambda self, _low, _high: self.copy_(noise_like(self)))
    double = copy.deepcopy(state.model).double()
    crops = batch_of(2)
    expected = reference_loss(double, crops.double() / 255, 0.013)
    expected.backward()
    auxiliary = double.entropy_bottleneck.loss()
    auxiliary.backward()
    result = train_step(state, crops, range(1), make_run(tmp_path, recipe), ALONE)
    assert result.loss == pytest.approx(float(expected.detach()), rel=1e-5)
    assert result.aux_loss == pytest.approx(float(auxiliary.detach()), rel=1e-5)
    theirs = {key: p.grad for key, p in double.named_parameters() if p.grad is not None}
    ours = {key: p.grad.double() for key, p in state.model.named_parameters() if p.grad is not None}
    assert set(ours) == set(theirs)
    norms = {key: (float((ours[key] - theirs[key]).norm()), float(theirs[key].norm())) for key in ours}
    for key, (error, norm) in norms.items():
        assert error <= 1e-4 * norm, key
    errors, sizes = zip(*norms.values(), strict=True)
    assert math.hypot(*errors) <= 1e-5 * math.hypot(*sizes)
    norm = math.hypot(*(float(g.norm()) for key, g in theirs.items() if not key.endswith("quantiles")))
    assert result.grad_norm == pytest.approx(norm, rel=1e-5)


def test_weights_move_by_adam_on_clipped_gradients(tmp_path: Path) -> None:
    """The first step of Adam, written out; the quantiles move by their own rate."""
    recipe = quick(clip=0.5, lr=1e-3, aux_lr=1e-2)
    state = fresh_state(tiny("conv"), recipe, ALONE.device)
    before = {key: p.detach().clone() for key, p in state.model.named_parameters()}
    result = train_step(state, batch_of(2), range(1), make_run(tmp_path, recipe), ALONE)
    assert result.grad_norm > 0.5
    clipped = [p.grad for p in main_parameters(state.model).values() if p.grad is not None]
    assert float(torch.stack([g.norm() for g in clipped]).norm()) == pytest.approx(0.5, rel=1e-5)
    for key, p in state.model.named_parameters():
        lr = 1e-2 if key.endswith("quantiles") else 1e-3
        assert p.grad is not None
        moved = lr * p.grad / (p.grad.abs() + 1e-8)  # Adam's first step: both moments are unbiased
        torch.testing.assert_close(before[key] - p.detach(), moved, rtol=1e-3, atol=1e-3 * lr)
    assert state.step == 1


def test_muon_moves_matrices_by_orthogonal_steps_and_the_rest_by_adam(tmp_path: Path) -> None:
    """The first step of a convolution is lr times a matrix with singular values near 1; biases move as with Adam."""
    recipe = quick(clip=1e9, lr=1e-3, muon_lr=1e-2)
    state = fresh_state(tiny("conv"), recipe, ALONE.device)
    layer = state.model.g_a[2]
    weight, bias = layer.weight.detach().clone(), layer.bias.detach().clone()
    train_step(state, batch_of(2), range(1), make_run(tmp_path, recipe), ALONE)
    values = torch.linalg.svdvals((weight - layer.weight.detach()).flatten(1)) / 1e-2
    assert float(values.min()) > 0.5  # five iterations come this near to one
    assert float(values.max()) < 1.5
    assert layer.bias.grad is not None
    torch.testing.assert_close(bias - layer.bias.detach(), 1e-3 * layer.bias.grad.sign(), rtol=1e-3, atol=1e-6)


def test_muon_follows_the_schedule() -> None:
    """Both rates fall together."""
    optimiser = fresh_state(tiny("conv"), quick(lr=1e-3, muon_lr=1e-2), ALONE.device).optimiser
    optimiser.set_lr(5e-4)
    rates = optimiser.state_dict()
    assert rates["adam"]["param_groups"][0]["lr"] == optimiser.lr == 5e-4
    assert rates["muon"]["param_groups"][0]["lr"] == pytest.approx(5e-3)


def test_parts_of_a_batch_sum_to_the_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without noise, a batch in two parts gives the loss and the gradients of the whole."""
    results = []
    for parts in (1, 2):
        recipe = quick(clip=1e9, parts=parts)
        state = fresh_state(tiny("conv"), recipe, ALONE.device)
        run = make_run(tmp_path / str(parts), recipe)
        with monkeypatch.context() as patch:
            patch.setattr(torch.Tensor, "uniform_", lambda self, _low, _high: self.zero_())
            result = train_step(state, batch_of(2), range(parts), run, ALONE)
        results.append((result.loss, torch.cat([p.grad.flatten() for p in main_parameters(state.model).values()])))
    (one, gradient), (two, accumulated) = results
    assert one == pytest.approx(two, rel=1e-6)
    torch.testing.assert_close(gradient, accumulated, rtol=1e-4, atol=1e-5 * float(gradient.abs().max()))


def test_noise_is_a_function_of_seed_step_and_part(tmp_path: Path) -> None:
    """The same step has the same loss whatever was drawn before; another step or seed has another."""

    def loss(seed: int = 0, step: int = 0) -> float:
        recipe = quick(seed=seed)
        state = fresh_state(tiny("conv"), quick(), ALONE.device)
        state.step = step
        torch.rand(7)
        return train_step(state, batch_of(2), range(1), make_run(tmp_path, recipe), ALONE).loss

    assert loss() == loss()
    assert len({loss(), loss(step=1), loss(seed=1)}) == 3


def test_the_ms_ssim_loss() -> None:
    """lambda * (1 - MS-SSIM) + bpp, with the MS-SSIM the suite measures with."""
    model = fresh_state(tiny("conv"), quick(), ALONE.device).model.eval()
    pixels = photo(192, 192)
    x = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        output = model(x)
    decoded = (x + 0.05 * torch.sin(torch.arange(192.0))).clamp(0, 1).mul(255).round() / 255
    losses = rate_distortion(output._replace(x_hat=decoded), x, 8, "ms-ssim")
    expected = MSSSIM(pixels)((255 * decoded)[0].permute(1, 2, 0).round().to(torch.uint8).numpy())
    assert expected is not None
    assert 0.3 < expected < 0.99
    assert float(losses.loss) == pytest.approx(8 * (1 - expected) + float(losses.bpp), abs=1e-4)
    assert float(losses.bpp) == pytest.approx(float((output.bits_y + output.bits_z).sum()) / 192**2)


def test_bfloat16_and_recomputation_leave_evaluation_alone(tmp_path: Path) -> None:
    """bfloat16 changes the loss a little, recomputation not a bit; in evaluation mode nothing changes."""
    results = {}
    for name, changes in {"plain": {}, "bf16": {"bf16": True}, "less": {"gradient_checkpointing": True}}.items():
        recipe = quick(clip=1e9, **changes)
        state = fresh_state(tiny("tcm"), recipe, ALONE.device)
        x = batch_of(1).float() / 255
        with torch.no_grad():
            evaluated = state.model.eval()(x).x_hat
        state.model.train()
        result = train_step(state, batch_of(2), range(1), make_run(tmp_path / name, recipe), ALONE)
        gradient = torch.cat([p.grad.flatten() for p in main_parameters(state.model).values() if p.grad is not None])
        results[name] = (evaluated, result.loss, gradient)
    plain, bf16, less = results["plain"], results["bf16"], results["less"]
    assert torch.equal(plain[0], bf16[0])
    assert torch.equal(plain[0], less[0])
    assert plain[1] == less[1]
    assert torch.equal(plain[2], less[2])
    assert plain[1] != bf16[1]
    assert bf16[1] == pytest.approx(plain[1], rel=0.01)
    assert torch.nn.functional.cosine_similarity(plain[2], bf16[2], dim=0) > 0.98


def test_a_loss_that_is_no_number_changes_nothing(tmp_path: Path) -> None:
    """The step, the images and the kept state are named; no weight, moment or counter has changed."""
    recipe = quick()
    state = fresh_state(tiny("conv"), recipe, ALONE.device)
    run = make_run(tmp_path, recipe)
    train_step(state, batch_of(2), range(1), run, ALONE)
    with torch.no_grad():
        broken = next(state.model.h_a.parameters()).view(-1)[:1]
        good = broken.clone()
        broken.fill_(float("nan"))
    before = [p.detach().clone() for p in state.model.parameters()]
    with pytest.raises(
        NotFiniteError, match=r"^at step 1 the loss is nan.*crops of part\d/\d\.png, part\d/\d\.png; .*state"
    ):
        train_step(state, batch_of(2), range(1), run, ALONE)
    assert all(
        torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(before, state.model.parameters(), strict=True)
    )
    assert state.step == 1
    with torch.no_grad():
        broken.copy_(good)
    assert math.isfinite(train_step(state, batch_of(2), range(1), run, ALONE).loss)


def test_a_tiny_network_learns_one_crop_by_heart(tmp_path: Path) -> None:
    """Within 300 steps on one crop the loss falls, each third below the one before, to more than 30 dB."""
    recipe = quick(lr=3e-3, batch=1, schedule="cosine", decay=0.05, steps=300)
    state = fresh_state(tiny("conv"), recipe, ALONE.device)
    run = make_run(tmp_path, recipe, lmbda=0.1)
    crop = batch_of(1)
    results = [train_step(state, crop, range(1), run, ALONE) for _ in range(300)]
    thirds = [sum(r.loss for r in results[i : i + 100]) for i in (0, 100, 200)]
    assert thirds[0] > thirds[1] > thirds[2]
    psnr = -10 * math.log10(sum(r.mse for r in results[-20:]) / 20)
    assert psnr > 30
