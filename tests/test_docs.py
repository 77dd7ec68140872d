"""What the documents show is valid: YAML and JSON parse, files are read, links lead somewhere, the baseline fits."""

import json
import os
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

from lic_tcm.bench.config import parse
from lic_tcm.bench.config_checks import check_structure
from lic_tcm.bench.figure_choices import FOR_PAPERS, choices
from lic_tcm.compare.series import read_series

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "DESIGN.md", "CHANGELOG.md", "config/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "lic_tcm").rglob("README.md")),
]


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_blocks_parse_and_links_lead_to_files(page: Path) -> None:
    """Every YAML and JSON block, and every relative link."""
    for block in _blocks(page, "yaml"):
        assert yaml.safe_load(block)
    for block in _blocks(page, "json"):
        assert json.loads(block)
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
    # a repository's web page does not follow symbolic links
    whole = [(link, Path(os.path.normpath(page.parent / link))) for link in links if "//" not in link]
    assert [link for link, target in whole if target != target.resolve()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_and_targets_named_are_there(page: Path) -> None:
    """Every file of the package a document names, and every `make` target, exists."""
    text = page.read_text(encoding="utf-8")
    if page.name == "CHANGELOG.md":
        text = text[: text.index("### Numbers that changed")]
    paths = re.findall(r"`((?:anchors|lic_tcm|tests|workflow|config|docs)/[\w./-]+\.\w+)`", text)
    yours = {"config/gate.yaml"}  # the name of an example of the reader's own
    assert [path for path in paths if not (ROOT / path).exists() and path not in yours] == []
    rules = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = [target for line in re.findall(r"`make ([a-z -]+)", text) for target in line.split()]
    assert [target for target in named if target not in rules] == []


def test_the_configuration_of_the_gate_s_guide_is_valid() -> None:
    """The second YAML block, over the catalogue of methods."""
    _, gate = _blocks(ROOT / "docs/ci.md", "yaml")
    catalogue = yaml.safe_load((ROOT / "config/methods.yaml").read_text(encoding="utf-8"))
    config = parse(catalogue | yaml.safe_load(gate), ROOT / "workflow/config.schema.yaml")
    assert (config.name, [method.name for method in config.methods]) == ("gate", ["webp"])


def test_the_choices_of_the_papers_guide_are_valid() -> None:
    """Its first YAML block is a file that `lic-tcm compare --figures` takes, with every key that a comparison has."""
    first, _ = _blocks(ROOT / "docs/paper-output.md", "yaml")
    raw = yaml.safe_load(first)["figures"]
    check_structure({"figures": raw}, ROOT / "workflow/config.schema.yaml", ("figures",))
    assert choices(raw, ["mine", "tcm-large", "vtm"], ()) == raw
    assert tuple(raw) == FOR_PAPERS


def test_the_files_of_the_compare_guide_are_read(tmp_path: Path) -> None:
    """The CSV and JSON shown there are usable as they stand."""
    page = ROOT / "docs/compare.md"
    for number, block in enumerate(_blocks(page, "csv")):
        (tmp_path / f"{number}.csv").write_text(block, encoding="utf-8")
        assert read_series(tmp_path / f"{number}.csv", "kodak")
    (document,) = _blocks(page, "json")
    (tmp_path / "x.json").write_text(document, encoding="utf-8")
    assert read_series(tmp_path / "x.json", "kodak")[0].metrics() == ["psnr", "ms-ssim"]


def test_the_baseline_of_the_gate_is_that_of_its_configuration() -> None:
    """Every method, point and image of config/tiny.yaml, nothing else."""
    config = yaml.safe_load((ROOT / "config/tiny.yaml").read_text(encoding="utf-8"))
    images = [path.stem for path in (ROOT / config["folders"]["tiny"]).glob("*.png")]
    rows = pd.read_csv(ROOT / "results/baseline/tiny.csv")
    expected = {(m, p, i) for m in config["methods"] for p in config["definitions"][m]["points"] for i in images}
    assert set(zip(rows["method"], rows["point"], rows["image"], strict=True)) == expected
    assert len(rows) == len(expected) == 18
