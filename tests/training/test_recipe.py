"""The recipe: the paper's values, and what is refused."""

import dataclasses
from pathlib import Path

import pytest

from lic_tcm.errors import UserError
from lic_tcm.nn import model
from lic_tcm.training import recipe as recipes
from lic_tcm.training.recipe import LAMBDAS, Recipe, check_lambda, parse_duration, read_recipe

CONFIG = Path(__file__).resolve().parents[2] / "config" / "train"


def test_the_paper_recipe_is_the_default() -> None:
    """The file shows the defaults, which are the published values; it also leaves out images that are too small."""
    assert read_recipe(CONFIG / "paper.yaml") == dataclasses.replace(Recipe(), skip_unfit=True)
    paper = Recipe()
    assert (paper.crop, paper.batch, paper.clip, paper.aux_lr) == (256, 8, 1.0, 1e-3)
    rates = [paper.lr_at(step, step / paper.steps) for step in (0, 1_799_999, 1_800_000, 1_999_999)]
    assert rates == pytest.approx([1e-4, 1e-4, 1e-5, 1e-5])
    assert paper.steps == 2_000_000
    assert LAMBDAS["mse"] == (0.0025, 0.0035, 0.0067, 0.0130, 0.0250, 0.0500)
    assert LAMBDAS["ms-ssim"] == (3, 5, 8, 16, 36, 64)


@pytest.mark.parametrize("path", sorted(CONFIG.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_recipe_of_the_project_is_valid(path: Path) -> None:
    """All files in config/train are read."""
    assert isinstance(read_recipe(path), Recipe)


def test_the_stride_is_that_of_the_networks() -> None:
    """The recipe knows the networks' stride without importing torch."""
    assert recipes.STRIDE == model.STRIDE


def test_a_cosine_schedule_rises_falls_and_stays() -> None:
    """Warm-up is linear in steps; then the rate falls to lr * decay and no lower."""
    recipe = Recipe(schedule="cosine", lr=1.0, decay=0.01, warmup=4)
    assert [recipe.lr_at(step, 0) for step in range(5)] == [0.25, 0.5, 0.75, 1, 1]
    assert recipe.lr_at(9, 0.5) == pytest.approx(0.505)
    assert recipe.lr_at(9, 1) == recipe.lr_at(9, 1.7) == pytest.approx(0.01)


def test_numbers_are_read_as_people_write_them(tmp_path: Path) -> None:
    """1e-4 without a point is text to YAML 1.1, but a number to us; lists may hold one value."""
    path = tmp_path / "r.yaml"
    path.write_text("lr: 1e-4\nema: null\ndecay_at: [0.5]\nclip: 1\n", encoding="utf-8")
    recipe = read_recipe(path)
    assert (recipe.lr, recipe.ema, recipe.decay_at, recipe.clip) == (1e-4, None, (0.5,), 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stesp: 4", ["'stesp'", "did you mean 'steps'", "decay_at"]),
        ("- 1", ["no mapping"]),
        ("lr: [", ["cannot read", "write the recipe as"]),
        ("loss: l1", ["loss: 'l1'", "mse, ms-ssim"]),
        ("crop: 100", ["crop: 100", "multiple of 64"]),
        ("loss: ms-ssim\ncrop: 128", ["crop: 128", "ms-ssim"]),
        ("batch: 0", ["batch: 0", "at least 1"]),
        ("batch: 1.5", ["batch: 1.5", "int"]),
        ("batch: true", ["batch: True", "int"]),
        ("bf16: 1", ["bf16: 1", "bool"]),
        ("lr: fast", ["lr: 'fast'", "float"]),
        ("lr: -1.0", ["lr: -1.0", "positive"]),
        ("lr: .nan", ["lr: nan", "positive"]),
        ("decay_at: [2]", ["decay_at", "between 0 and 1"]),
        ("decay_at: 0.9", ["decay_at: 0.9", "tuple"]),
        ("ema: 1.0", ["ema: 1.0"]),
        ("parts: 3", ["parts: 3", "divisor of the batch (8)"]),
        ("log_every: 300", ["checkpoint_every: 1000", "multiple of log_every (300)"]),
        ("device: tpu", ["device: 'tpu'", "auto, cpu, cuda"]),
        ("seed: -1", ["seed: -1"]),
    ],
)
def test_a_wrong_recipe_is_refused(tmp_path: Path, text: str, words: list[str]) -> None:
    """The message names the file, the key, the value and what is allowed, in one line."""
    path = tmp_path / "r.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_recipe(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    for word in words:
        assert word in message


def test_lambdas_other_than_the_papers_are_allowed_but_known() -> None:
    """A positive lambda is accepted, and whether it is one of the paper's for that loss is said."""
    assert check_lambda(0.013, "mse")
    assert check_lambda(8, "ms-ssim")
    assert not check_lambda(8, "mse")
    assert not check_lambda(0.1, "mse")
    for wrong in (0, -0.01, float("nan"), float("inf")):
        with pytest.raises(UserError, match="must be a positive number such as"):
            check_lambda(wrong, "mse")


def test_durations() -> None:
    """Units are s, m, h and d; anything else is refused."""
    assert [parse_duration(text) for text in ("90s", "20m", "1.5h", "2d", "7")] == [90, 1200, 5400, 172800, 7]
    for wrong in ("", "m", "-3m", "0", "20 minutes", "inf", "nan"):
        with pytest.raises(UserError, match="no duration"):
            parse_duration(wrong)
