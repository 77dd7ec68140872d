"""The composite action's own steps, run in the example repository as a runner would run them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs/examples/gate"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with its fresh rows, and the check installed where the action looks for it."""
    folder = tmp_path_factory.mktemp("gate")
    shutil.copytree(EXAMPLE, folder / "repository")
    subprocess.run([sys.executable, "measure.py"], cwd=folder / "repository", check=True)
    program = folder / "lic-tcm/bin/lic-tcm"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lic_tcm "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder / "repository"


def run_action(repository: Path, **inputs: str) -> tuple[int, str]:
    """The exit code of the first step that fails, else 0, and the job's summary; later steps run if they must."""
    values = {name: str(spec.get("default", "")) for name, spec in ACTION["inputs"].items()} | inputs
    summary = repository / "summary.md"
    summary.write_text("", encoding="utf-8")
    failed = 0
    for step in ACTION["runs"]["steps"]:
        if "run" not in step or step["name"] == "Install" or (failed and step.get("if") != "always()"):
            continue
        said = {name: _filled(text, values) for name, text in step["env"].items()}
        environment = os.environ | said | {"RUNNER_TEMP": str(repository.parent), "GITHUB_STEP_SUMMARY": str(summary)}
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", step["run"]], cwd=repository, env=environment, check=False
        )
        failed = failed or done.returncode
    return failed, summary.read_text(encoding="utf-8")


def _filled(text: str, values: dict[str, str]) -> str:
    assert text.startswith("${{ inputs.")
    return values[text.removeprefix("${{ inputs.").removesuffix(" }}")]


def test_the_committed_baseline_is_that_of_the_example(repository: Path) -> None:
    """The same codec passes, with a table in the summary and a JUnit file without failures."""
    code, summary = run_action(repository, rows="rows.csv", baseline="baseline.csv")
    assert code == 0
    assert "| given | dct | PSNR | same |" in summary
    assert ElementTree.parse(repository / "bd-rate/check.xml").getroot().get("failures") == "0"


def test_a_worse_codec_fails_and_the_summary_says_how_much(repository: Path) -> None:
    """Another level of the entropy coder: the same pictures for more bits."""
    text = (EXAMPLE / "codec.py").read_text(encoding="utf-8")
    (repository / "codec.py").write_text(text.replace("LEVEL = 9", "LEVEL = 1"), encoding="utf-8")
    (repository / "rows.csv").rename(repository / "good.csv")
    subprocess.run([sys.executable, "measure.py"], cwd=repository, check=True)
    code, summary = run_action(repository, rows="rows.csv", baseline="baseline.csv", out="worse")
    assert code == 1
    assert "| given | dct | PSNR | regression | +52" in summary
    assert ElementTree.parse(repository / "worse/check.xml").getroot().get("failures") == "2"  # in both metrics
    tolerant = {"bd-rate": "60", "bpp": "80"}
    assert run_action(repository, rows="rows.csv", baseline="baseline.csv", **tolerant)[0] == 0
    (repository / "good.csv").replace(repository / "rows.csv")


def test_a_missing_image_cannot_be_compared(repository: Path) -> None:
    """Exit code 2, and nothing in the summary that could be taken for a result."""
    lines = (repository / "rows.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (repository / "fewer.csv").write_text("".join(line for line in lines if "drawn-3" not in line), encoding="utf-8")
    assert run_action(repository, rows="fewer.csv", baseline="baseline.csv", out="none") == (2, "")


def test_a_name_that_is_a_command_is_not_run(repository: Path) -> None:
    """Inputs reach the shell through the environment, quoted."""
    code, _ = run_action(repository, rows="$(touch taken).csv", baseline="baseline.csv", out="none")
    assert code == 2
    assert not (repository / "taken").exists()


def test_every_input_is_documented_and_the_example_is_the_guide_s() -> None:
    """docs/ci.md names each input, and shows the workflow of the example as it stands."""
    page = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    assert [name for name in ACTION["inputs"] if f"`{name}`" not in page] == []
    assert (EXAMPLE / ".github/workflows/bd-rate.yml").read_text(encoding="utf-8") in page
