"""The documentation site builds without a warning, its generated parts are the program's, its notebook runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
import yaml

from lic_tcm.bench.records import Row
from lic_tcm.cli import PANELS
from lic_tcm.compare.catalogue import catalogue

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; mkdocs.yml makes every warning an error, dead links among them."""
    pytest.importorskip("mkdocs", reason="needs lic-tcm[docs]")
    folder = tmp_path_factory.mktemp("site")
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "GITHUB_REPOSITORY": "somebody/lic-tcm"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_every_page_has_its_place_in_the_menu() -> None:
    """A page that nobody can find is none."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    menu = json.dumps(yaml.safe_load(text)["nav"])
    assert [page.name for page in (ROOT / "docs").glob("*.md") if f'"{page.name}"' not in menu] == []


@pytest.mark.slow
def test_the_generated_pages_are_the_program_s(site: Path) -> None:
    """Every verb, every column of the rows and every curve is on its page."""
    commands, schemas, curves = ((site / name / "index.html").read_text() for name in ("cli", "schemas", "curves"))
    verbs = [verb.__name__.replace("_", "-") for panel in PANELS.values() for verb in panel]
    assert [verb for verb in verbs if f"lic-tcm {verb}" not in commands] == []
    assert [column for column in Row.__annotations__ if f"<code>{column}</code>" not in schemas] == []
    assert [one.key for one in catalogue() if f"<code>{one.key}</code>" not in curves] == []
    assert "generate:" not in commands + schemas + curves
    assert list((site / "assets").glob("curves-kodak-psnr.svg"))


@pytest.mark.slow
def test_links_out_of_the_pages_go_to_the_repository(site: Path) -> None:
    """Where its name is known, as it is in the workflow that publishes the site."""
    assert "https://github.com/somebody/lic-tcm/blob/main/config/README.md" in (site / "demo/index.html").read_text()


def test_the_notebook_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its cells, in their order, in one process; it is committed without outputs."""
    monkeypatch.chdir(tmp_path)
    mpl.use("agg")
    cells = json.loads((ROOT / "docs/quickstart.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert len(code) == 5
    names: dict[str, object] = {}
    for cell in code:
        exec(compile(cell, "quickstart.ipynb", "exec"), names)
    assert not any(cell.get("outputs") for cell in cells)
