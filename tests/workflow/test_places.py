"""The workflow from other places: without an activated environment, in odd folders, as a module of another workflow."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.pictures import photo

from lic_tcm.images import write_png

ROOT = Path(__file__).resolve().parents[2]
SNAKEMAKE = Path(sys.executable).with_name("snakemake")
BARE = {
    **{key: value for key, value in os.environ.items() if not key.startswith(("LIC_TCM", "PYTHON", "VIRTUAL"))},
    "PATH": "/usr/bin:/bin",
}
CONFIG = {
    "name": "mine",
    "datasets": ["mine"],
    "folders": {"mine": "my pictures"},
    "methods": ["jpeg"],
    "anchors": ["jpeg"],
    "definitions": {"jpeg": {"points": [50]}},
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a space and a brace in its name, an image and a configuration."""
    folder = tmp_path / "my {run}"
    write_png(folder / "my pictures/p.png", photo(64, 80, 1))
    (folder / "mine.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    return folder


def test_snakemake_of_an_environment_that_is_not_activated(place: Path) -> None:
    """By its path, with nothing else of its environment in PATH: jobs run on its Python."""
    options = ["--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml", "--cores", "1"]
    command = [SNAKEMAKE, *options, "results/rows/mine/jpeg.csv"]
    done = subprocess.run(command, cwd=place, env=BARE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len((place / "results/rows/mine/jpeg.csv").read_text(encoding="utf-8").splitlines()) == 2
    assert "profiles/default" in done.stderr + done.stdout  # found without being named


def test_as_a_module_of_another_workflow(place: Path) -> None:
    """With a configuration of its own, over the catalogue of methods; its rules run in the caller's folder."""
    (place / "Snakefile").write_text(
        f"""
configfile: "all.yaml"

module lic:
    snakefile: "{ROOT}/Snakefile"
    config: config["codecs"]

use rule * from lic as lic_*

rule all:
    default_target: True
    input: rules.lic_all.input
""",
        encoding="utf-8",
    )
    (place / "all.yaml").write_text(yaml.safe_dump({"codecs": CONFIG}), encoding="utf-8")
    for options, expected in ((["--dry-run"], "reports/mine/index.html"), (["results/datasets/mine.csv"], "lic_fetch")):
        command = [SNAKEMAKE, "--cores", "1", *options]
        done = subprocess.run(command, cwd=place, env=BARE, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout + done.stderr
    assert (place / "results/datasets/mine.csv").is_file()
