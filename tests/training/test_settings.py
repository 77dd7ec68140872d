"""How trained weights enter a configuration: which file starts from which, and that a budget is never hidden."""

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from lic_tcm import resources
from lic_tcm.bench.config import Config, parse
from lic_tcm.errors import UserError
from lic_tcm.training.names import split_seed
from lic_tcm.training.settings import UNSQUEEZED, Training, located

ROOT = Path(__file__).resolve().parents[2]


def read(name: str, **changes: Any) -> Config:
    """A shipped configuration with changes, merged over the catalogue as the workflow does."""
    files = [yaml.safe_load((ROOT / "config" / file).read_text(encoding="utf-8")) for file in ("methods.yaml", name)]
    merged = {**files[0], **files[1], "figures": {}, **changes}  # the figures choose among other methods
    for key in ("definitions", "training"):
        merged[key] = {**files[0][key], **files[1].get(key, {}), **changes.get(key, {})}
    return parse(merged, ROOT / "workflow/config.schema.yaml")


def test_the_base_is_trained_fully_and_the_others_start_from_it() -> None:
    """Files, recipes and time budgets of a lambda are those of its part."""
    plan = Training(base=0.013, fine_tune="ft.yaml", time_budget="2h", fine_tune_time_budget="20m")
    assert plan.init("medium", 0.013) is None
    assert plan.init("medium", 0.05) == "results/models/medium/0.013.safetensors"
    assert (plan.recipe_of(0.013), plan.recipe_of(0.05)) == ("config/train/paper.yaml", "ft.yaml")
    assert (plan.time_budget_of(0.013), plan.time_budget_of(0.05)) == ("2h", "20m")


def test_the_arguments_are_those_of_the_command() -> None:
    """What differs from the defaults is said, quoted for a shell; nothing else is."""
    plan = Training(base=0.013, fine_tune="ft.yaml", network=(("context_widths", [16, 16]),), valid="my images")
    start = ["--model", "conv", "--lambda", "0.05", "--init", "results/models/conv/0.013.safetensors"]
    own = ["--valid", "my images", "--option", "context_widths=[16, 16]"]
    assert shlex.split(plan.arguments("conv", 0.05)) == start + own
    assert Training().arguments("conv", 0.05) == "--model conv --lambda 0.05"
    assert Training(gpus=4).launcher.startswith("torchrun --standalone --nproc-per-node 4")
    assert plan.arguments("conv-seed3", 0.013).split()[:6] == ["--model", "conv", "--lambda", "0.013", "--valid", "'my"]
    assert "--seed 3" in plan.arguments("conv-seed3", 0.013)
    assert (plan.verb, plan.latents(0.013), plan.given(0.013)) == ("train", None, None)


def test_frozen_transforms_are_shipped_weights_or_a_file(tmp_path: Path) -> None:
    """A name with a lambda stands for weights of the package; entropy models have latents, and no fields."""
    plan = Training(home="home/models", transforms="nano-{lambda}", network=(("channels", 64),), gpus=4)
    assert plan.given(0.013) == str(resources.WEIGHTS / "nano-0.013.safetensors")
    assert plan.latents(0.013) == "home/latents/0.013.safetensors"
    assert plan.arguments("swatten-seed1", 0.013) == (
        f"--model swatten --lambda 0.013 --weights {plan.given(0.013)} --seed 1"
    )
    assert (plan.verb, plan.launcher) == ("train-entropy", "python -m")
    own = tmp_path / "mine-0.05.safetensors"
    assert Training(transforms=str(tmp_path / "mine-{lambda}.safetensors")).given(0.05) == str(own)
    with pytest.raises(UserError, match="leave it out beside transforms"):
        Training(transforms="nano-{lambda}", base=0.013, fine_tune="ft.yaml")


def test_a_recipe_of_ones_own_is_taken_before_the_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is looked for where one works, then in the project."""
    monkeypatch.chdir(tmp_path)
    assert located("config/train/paper.yaml", ROOT) == str(ROOT / "config/train/paper.yaml")
    (tmp_path / "mine.yaml").write_text("steps: 5\n", encoding="utf-8")
    assert located("mine.yaml", ROOT) == "mine.yaml"


def test_without_a_base_every_lambda_is_trained_fully() -> None:
    """As in the paper; a base without a recipe for the others is a mistake."""
    plan = Training(time_budget="2h")
    assert [plan.init("medium", lmbda) for lmbda in (0.013, 0.05)] == [None, None]
    assert plan.recipe_of(0.05) == "config/train/paper.yaml"
    assert plan.time_budget_of(0.05) == "2h"
    with pytest.raises(UserError, match="belong together"):
        Training(base=0.013)


def test_only_networks_that_squeeze_get_another_squeeze() -> None:
    """The list of networks without agrees with the zoo."""
    from lic_tcm.nn import zoo

    assert set(UNSQUEEZED) == {name for name, config in zoo.ZOO.items() if config.squeeze is None}
    plan = Training(network=(("channels", 64),), squeeze=16)
    assert plan.fields("medium") == {"channels": 64, "squeeze": 16}
    assert plan.fields("medium-nonlocal") == {"channels": 64}


@pytest.mark.parametrize("budget", ["paper", "small", "smoke"])
def test_every_network_of_every_budget_can_be_built(budget: str) -> None:
    """The narrow widths fit all transforms and attentions; recipes exist and are read."""
    from lic_tcm.nn import zoo
    from lic_tcm.training.recipe import read_recipe

    run = read("ablations.yaml", budget=budget)
    assert len(run.methods) == 19 * len(run.training.seeds)
    for method in run.methods:
        model, seed = split_seed(str(dict(method.options)["model"]))
        assert seed in run.training.seeds
        fields = run.training.fields(model)
        zoo.config(model, **{key: tuple(v) if isinstance(v, list) else v for key, v in fields.items()})
    for lmbda in run.methods[0].points:
        assert (read_recipe(ROOT / run.training.recipe_of(lmbda)).steps == 2_000_000) == (budget == "paper")


@pytest.mark.parametrize("budget", ["paper", "small", "frozen", "smoke"])
def test_the_budget_is_in_every_name_of_a_run_of_ablations(budget: str) -> None:
    """Run, title, methods, labels, anchors and folder of weights."""
    run = read("ablations.yaml", budget=budget)
    assert run.name == f"ablations-{budget}"
    assert run.title.endswith(f"({budget} budget)")
    for method in run.methods:
        assert method.name.endswith(f"@{budget}")
        assert method.label.endswith(f"({budget} budget)")
        assert dict(method.options)["folder"] == f"results/ablations/{budget}/models"
    assert all(anchor.endswith(f"@{budget}") for anchor in run.anchors)


def test_a_small_method_in_the_papers_run_is_labelled_so() -> None:
    """Whatever label its definition gives: the settings, from which tables and figures are named, say small.

    Under a name without the budget its weights are refused (test_weights_of_a_budget_need_a_method_that_says_so).
    """
    small = {"codec": "tcm", "label": "TCM-M", "points": [0.013], "options": {"model": "medium"}}
    run = read("paper.yaml", methods=["medium@small", "vtm"], anchors=["vtm"], definitions={"medium@small": small})
    assert run.method("medium@small").label == "TCM-M (small budget)"
    assert "TCM-M (small budget)" in run.to_json()


def test_trained_weights_are_for_tcm_alone() -> None:
    """Another codec has none to train; the error names the definition."""
    jpeg = {"codec": "jpeg", "points": [50], "weights": "trained"}
    with pytest.raises(UserError, match=r"definitions\.mine: weights: trained is for codec tcm"):
        read("paper.yaml", methods=["mine"], anchors=["mine"], definitions={"mine": jpeg})


def test_the_papers_medium_and_large_are_trained_by_the_workflow() -> None:
    """They are ordinary methods whose weights lie where the workflow trains them."""
    run = read("paper.yaml", methods=["tcm-medium", "tcm-large", "vtm"], anchors=["vtm"])
    for method in run.methods[:2]:
        assert method.weights == "trained"
        assert dict(method.options)["folder"] == "results/models"
    assert run.training.init("large", 0.05) == "results/models/large/0.013.safetensors"
