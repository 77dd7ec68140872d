"""Model cards."""

import csv
import hashlib
from pathlib import Path

import pytest

from lic_tcm.errors import UserError
from lic_tcm.nn import checkpoints, zoo
from lic_tcm.training.card import write_card

RECORD = {
    "model": "nano",
    "lambda": 0.013,
    "loss": "mse",
    "seed": 3,
    "steps": 1234,
    "seconds": 600.0,
    "init_sha256": "f00d",
    "processes": 1,
    "device": "cpu",
    "recipe": {"batch": 4},
    "data": {"name": "train", "images": 810, "left_out": 0, "sha256": "abcd"},
    "environment": {"cpu": "a processor"},
}
HEAD = ("dataset", "series", "kind", "metric", "point", "bpp", "value", "n_images")


def table(path: Path, *lines: tuple[object, ...]) -> Path:
    """An rd_points.csv."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEAD, *lines])
    return path


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Weights with a record."""
    path = tmp_path / "nano-0.013.safetensors"
    checkpoints.save(zoo.build("nano"), path, RECORD, "float16")
    return path


def test_a_card_says_what_was_done_and_measured(weights: Path, tmp_path: Path) -> None:
    """Hash, data, steps, machine and this lambda's measured points stand in it; other lambdas' and curves' do not."""
    points = table(
        tmp_path / "rd_points.csv",
        ("kodak", "tcm-nano", "measured", "psnr", 0.013, 0.41234, 27.126, 24),
        ("kodak", "tcm-nano", "measured", "psnr", 0.05, 1.5, 33.33, 24),
        ("kodak", "tcm-nano", "published", "psnr", 0.013, 9.9, 44.44, 24),
    )
    text = write_card(weights, points, "tcm-nano", "lic-tcm train --model nano").read_text()
    assert hashlib.sha256(weights.read_bytes()).hexdigest() in text
    assert "| kodak | 24 | 0.4123 | psnr | 27.13 |" in text
    for said in ("1,234 steps in 10.0 minutes", "810 images", "f00d", "a processor", "lic-tcm train --model nano"):
        assert said in text
    assert "33.33" not in text
    assert "44.44" not in text


def test_a_card_needs_measurements_and_a_record(weights: Path, tmp_path: Path) -> None:
    """Without a point at this lambda, a readable table or a record there is no card."""
    other = table(tmp_path / "other.csv", ("kodak", "tcm-nano", "measured", "psnr", 0.05, 1.5, 33.3, 24))
    with pytest.raises(UserError, match=r"no measured point of tcm-nano at lambda 0\.013"):
        write_card(weights, other, "tcm-nano", "x")
    with pytest.raises(UserError, match=r"none\.csv does not exist; name an rd_points\.csv"):
        write_card(weights, tmp_path / "none.csv", "tcm-nano", "x")
    checkpoints.save(zoo.build("nano"), weights, {})
    with pytest.raises(UserError, match="no record of its training"):
        write_card(weights, other, "tcm-nano", "x")
