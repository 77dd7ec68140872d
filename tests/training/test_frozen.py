"""Entropy models between frozen transforms: what stays, what is trained, and that the result codes like any network."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from support.pictures import photo

from lic_tcm import resources
from lic_tcm.anchors.files import sha256_file
from lic_tcm.bench.codecs import create
from lic_tcm.errors import UserError
from lic_tcm.images import write_png
from lic_tcm.nn import checkpoints, zoo
from lic_tcm.nn.model import Config, Model
from lic_tcm.training import frozen
from lic_tcm.training.frozen import (
    FROZEN,
    STARTED,
    EntropyJob,
    drawn,
    frozen_config,
    started,
    step,
    train_entropy,
)
from lic_tcm.training.latent_loss import entropy_loss, evaluate
from lic_tcm.training.latents import Latents, make_latents, read_latents, write_latents
from lic_tcm.training.names import ENTROPY_MODELS, entropy_model, seeded, split_seed
from lic_tcm.training.recipe import Recipe
from lic_tcm.training.state import State

RECIPE = Recipe(
    crop=64, batch=2, steps=3, lr=1e-3, muon_lr=1e-2, ema=0.9, log_every=2, checkpoint_every=2, validate_every=2
)
GIVEN = Config(channels=16, latent=48, hyper=16, slices=3, squeeze=16, context_widths=(16, 16))
SHIPPED = resources.WEIGHTS / "nano-0.013.safetensors"  # rounding costs a trained network something, as `gain` wants


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photographs, a small network's weights of lambda 0.013, and latents that pass for its own."""
    folder = tmp_path_factory.mktemp("frozen")
    for i in range(6):
        write_png(folder / f"photos/{i}.png", photo(72, 80, i))
    torch.manual_seed(1)
    checkpoints.save(Model(GIVEN), folder / "given.safetensors", {"lambda": 0.013, "model": "tiny"})
    weights = sha256_file(folder / "given.safetensors")
    y, z_hat = 3 * torch.randn(8, 48, 4, 4), torch.randn(8, 16, 1, 1).round()
    write_latents(
        Latents(y, z_hat, 3, 64, 1e-3, weights, {"name": "photos", "seed": 0}), folder / "latents.safetensors"
    )
    return folder


@pytest.fixture(autouse=True)
def uncounted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting a network takes two seconds; one test is enough."""
    if request.node.name != "test_only_the_entropy_model_is_trained":
        monkeypatch.setattr(frozen, "counts", lambda config: {})  # noqa: ARG005


def job(folder: Path, out: Path, **changes: object) -> EntropyJob:
    """A job on the folder's weights and latents."""
    common = EntropyJob("swatten-s2", 0.013, folder / "given.safetensors", folder / "latents.safetensors", out)
    return dataclasses.replace(common, **changes)  # type: ignore[arg-type]


def test_the_latents_are_the_given_networks_and_no_image_is_on_both_sides(folder: Path, tmp_path: Path) -> None:
    """y and z_hat of each crop are what the network makes of its pixels; crops to validate on are of other images."""
    from lic_tcm.training.data import Crops
    from lic_tcm.training.sources import open_source

    made = make_latents(SHIPPED, folder / "photos", RECIPE, tmp_path / "latents.safetensors", count=8)
    found = read_latents(tmp_path / "latents.safetensors")
    assert (found.gain, found.fingerprint) == (made.gain, made.fingerprint)
    assert found.gain > 0
    assert (found.y.shape, found.z_hat.shape, found.valid) == ((8, 96, 4, 4), (8, 48, 1, 1), 3)
    crops = Crops(open_source(folder / "photos", 64, True, 1, 0), 64, RECIPE.seed)
    model = checkpoints.load(SHIPPED).model
    numbers, n = [0, 1, 2], 3
    while len(numbers) < 8:
        if crops.image_of(n) not in {crops.image_of(k) for k in range(3)}:
            numbers.append(n)
        n += 1
    with torch.inference_mode():
        x = torch.tensor(np.stack([crops.sample(n) for n in numbers])).permute(0, 3, 1, 2).float() / 255
        y = model.analyse(x)
        torch.testing.assert_close(found.y, y, rtol=0, atol=1e-4)
        torch.testing.assert_close(found.z_hat, model.round_z(model.h_a(y)), rtol=0, atol=1e-4)


def test_only_the_entropy_model_is_trained(folder: Path, tmp_path: Path) -> None:
    """g_a, h_a, g_s and the prior of z are the given ones to the bit, all else has changed, and the record says so."""
    path = train_entropy(job(folder, tmp_path, budget="frozen", seed=1), RECIPE)
    given = dict(_given(folder).named_parameters())
    loaded = checkpoints.load(path)
    latents = read_latents(folder / "latents.safetensors")
    fresh = dict(
        started(loaded.model.config, _given(folder), latents, _seed(1), torch.device("cpu")).model.named_parameters()
    )
    for name, p in loaded.model.named_parameters():
        if name.startswith(FROZEN):
            assert torch.equal(p, given[name]), name
        else:
            assert not torch.equal(p, fresh[name]), f"{name} was not trained"
        if name.startswith(FROZEN + STARTED):
            assert torch.equal(fresh[name], given[name]), name
    record = loaded.record
    assert (record["budget"], record["seed"], record["steps"], record["lambda"]) == ("frozen", 1, 3, 0.013)
    assert [line["step"] for line in record["validations"]] == [0, 2, 3]
    assert record["counts"]["parameters"] == sum(p.numel() for p in loaded.model.parameters())
    assert json.loads((tmp_path / "record.json").read_text()) == record


def _given(folder: Path) -> Model:
    return checkpoints.load(folder / "given.safetensors").model


def _seed(seed: int) -> Recipe:
    return dataclasses.replace(RECIPE, seed=seed)


def test_a_stopped_training_goes_on_as_if_it_had_not_been(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that is stopped after its second step gives, started again, the weights of one that was not."""
    whole = checkpoints.load(train_entropy(job(folder, tmp_path / "whole"), RECIPE)).model.state_dict()

    def stop(state: State, *rest: object) -> object:
        if state.step == 2:
            raise KeyboardInterrupt
        return step(state, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(frozen, "step", stop)
    with pytest.raises(KeyboardInterrupt):
        train_entropy(job(folder, tmp_path / "cut"), RECIPE)
    monkeypatch.setattr(frozen, "step", step)
    again = checkpoints.load(train_entropy(job(folder, tmp_path / "cut"), RECIPE)).model.state_dict()
    assert all(torch.equal(whole[name], again[name]) for name in whole)
    log = (tmp_path / "cut/log.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in log] == ["step", "0", "2", "3"]


def test_the_seed_decides_the_weights_and_the_order_of_crops(folder: Path) -> None:
    """Another seed gives another network; each crop is drawn once per epoch."""
    count = 5
    orders = {seed: [drawn(_seed(seed), count, i) for i in range(5)] for seed in (0, 1)}
    assert orders[0] != orders[1]
    assert all(sorted(n for batch in order for n in batch) == sorted([*range(count)] * 2) for order in orders.values())
    latents = read_latents(folder / "latents.safetensors")
    config = frozen_config(GIVEN, "no-attention")
    states = [started(config, _given(folder), latents, _seed(seed), torch.device("cpu")) for seed in (0, 1)]
    first, second = (dict(state.model.context.named_parameters()) for state in states)
    assert not torch.equal(first["cc_mean_transforms.0.0.weight"], second["cc_mean_transforms.0.0.weight"])


def test_the_loss_is_the_networks_rate_and_the_weighted_error_of_its_latents(folder: Path) -> None:
    """In evaluation the bits are those `estimate` gives for the crops, and the error is y_hat's to y."""
    latents, model = read_latents(folder / "latents.safetensors"), _given(folder)
    with torch.inference_mode():
        loss, bpp, error = entropy_loss(model, latents.y, latents.z_hat, 7.0)
        from lic_tcm.nn.entropy import Estimate, bits_of

        coder = Estimate(latents.y, model.gaussian_conditional, False)
        y_hat = model.context.reconstruct(model.hyper(latents.z_hat), coder)
        _, likelihood = model.entropy_bottleneck(latents.z_hat)
    assert float(bpp) == pytest.approx(float((coder.bits + bits_of(likelihood)).mean()) / 64**2)
    assert float(error) == pytest.approx(float((y_hat - latents.y).square().mean()))
    assert float(loss) == pytest.approx(float(bpp) + 7 * float(error))
    assert evaluate(model, latents, 7.0, 2).bpp > 0


def test_training_lowers_the_loss(folder: Path) -> None:
    """On latents with structure, a few steps lower the loss from where all entropy models start."""
    torch.manual_seed(0)
    y = 3 * torch.randn(1, 48, 4, 4) + 0.1 * torch.randn(6, 48, 4, 4)
    latents = Latents(y, torch.zeros(6, 16, 1, 1), 2, 64, 1e-4, "", {})
    recipe = dataclasses.replace(RECIPE, steps=12, ema=None, lr=1e-2, muon_lr=5e-2)
    state = started(frozen_config(GIVEN, "no-attention"), _given(folder), latents, recipe, torch.device("cpu"))
    before = evaluate(state.model, latents, 1.0, 2).loss
    for _ in range(recipe.steps):
        step(state, recipe, latents, 1.0)
    assert evaluate(state.model, latents, 1.0, 2).loss < 0.9 * before


def test_the_assembled_network_codes_a_picture(folder: Path, tmp_path: Path) -> None:
    """Its weights are an ordinary file: the codec encodes with it and decodes what it encoded."""
    path = train_entropy(job(folder, tmp_path, model="no-attention"), dataclasses.replace(RECIPE, steps=1))
    codec = create("tcm", {"checkpoint": str(path)})
    image = photo(64, 64, 9)
    stream = codec.encode(image, 0.013)
    assert codec.decode(stream).shape == image.shape


def test_entropy_models_are_those_of_the_paper_and_differ_in_nothing_else() -> None:
    """Of the networks that one name stands for the entropy models are alike; frozen ones keep the given transforms."""
    fields = ("context", "slices", "max_support", "attention", "squeeze")
    for name, networks in ENTROPY_MODELS.items():
        kinds = {tuple(getattr(zoo.ZOO[network], field) for field in fields) for network in networks}
        assert len(kinds) == 1, name
        found = frozen_config(zoo.ZOO["nano"], name)
        (context, slices, support, attention, squeeze) = kinds.pop()
        assert (found.context, found.slices, found.max_support, found.attention) == (
            context,
            slices,
            support,
            attention,
        )
        assert found.squeeze == (None if squeeze is None else 32)
        assert dataclasses.replace(found, **{f: getattr(zoo.ZOO["nano"], f) for f in fields}) == zoo.ZOO["nano"]
    assert len({frozen_config(zoo.ZOO["nano"], name) for name in ENTROPY_MODELS}) == len(ENTROPY_MODELS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "swaten"}, "did you mean 'swatten'"),
        ({"lmbda": 0.05}, "was trained with lambda 0.013, not 0.05"),
        ({"latents": Path("none")}, "cannot read latents from none"),
    ],
)
def test_what_does_not_belong_together_is_refused(
    folder: Path, tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    """An unknown entropy model, another lambda and missing latents are named."""
    with pytest.raises(UserError, match=message):
        train_entropy(job(folder, tmp_path, **changes), RECIPE)


def test_a_dry_run_measures_and_writes_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its steps are those of the training; the folder for results is not made."""
    monkeypatch.setattr(frozen, "DRY_STEPS", 1)
    found = frozen.dry_run(job(folder, tmp_path / "out", model="no-attention"), RECIPE)
    assert found.steps_per_s > 0
    assert found.hours == pytest.approx(RECIPE.steps / found.steps_per_s / 3600)
    assert not (tmp_path / "out").exists()


def test_latents_of_other_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    """Latents belong to one file of weights."""
    torch.manual_seed(2)
    checkpoints.save(Model(GIVEN), tmp_path / "other.safetensors", {"lambda": 0.013})
    with pytest.raises(UserError, match="latents of other weights"):
        train_entropy(job(folder, tmp_path, weights=tmp_path / "other.safetensors"), RECIPE)
    with pytest.raises(UserError, match="too few crops for a batch of 6"):
        train_entropy(job(folder, tmp_path), dataclasses.replace(RECIPE, batch=6))
    with pytest.raises(UserError, match="too few to train on some"):
        make_latents(SHIPPED, folder / "photos", RECIPE, tmp_path / "l.safetensors", count=3)


def test_names_hold_network_and_seed() -> None:
    """A seed is read back from a name; a network that is compared for its transforms has no entropy model of a name."""
    assert split_seed(seeded("swatten-s10", 12)) == ("swatten-s10", 12)
    assert split_seed("swatten-s10") == ("swatten-s10", None)
    assert entropy_model("conv-swatten") == entropy_model("medium") == "swatten"
    with pytest.raises(UserError, match="compared for its transforms"):
        entropy_model("swin-only")
