"""Releases: one version, metadata that agree, workflows that call what people run and pin what they call."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import lic_tcm

ROOT = Path(__file__).resolve().parents[1]
OURS = sorted((ROOT / ".github/workflows").glob("*.yml"))
WORKFLOWS = [*OURS, ROOT / "config/init/workflow.yml"]  # the last is what `lic-tcm init --ci` writes


@pytest.fixture
def project() -> dict[str, Any]:
    """The metadata of the package."""
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def test_the_version_has_one_home(project: dict[str, Any]) -> None:
    """The citation names the version that the package states, and the metadata are read from there."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(citation["version"]) == lic_tcm.__version__
    assert project["dynamic"] == ["version"]


def test_the_citation_says_what_the_package_says(project: dict[str, Any]) -> None:
    """PyPI shows the one, GitHub and Zenodo the other; .zenodo.json would overrule CITATION.cff."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["type"] == "software"
    assert (citation["abstract"], citation["license"]) == (project["description"], project["license"])
    assert citation["keywords"] == project["keywords"]
    assert citation["authors"] == project["authors"]
    assert citation["title"].startswith(project["name"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", citation["date-released"])
    assert not (ROOT / ".zenodo.json").exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (None, None),
        (("CHANGELOG.md", "[1.2.3] - 2026-01-02", "[Unreleased]"), "CHANGELOG.md has no head ## [1.2.3] - 2026-01-02"),
        (("CHANGELOG.md", "2026-01-02", "2026-01-03"), "CHANGELOG.md has no head ## [1.2.3] - 2026-01-02"),
        (("CITATION.cff", "1.2.3", "1.2.2"), "CITATION.cff has another version than 1.2.3"),
        (("lic_tcm/__init__.py", "1.2.3", "1.2.4"), "the tag is v1.2.3, lic_tcm.__version__ is 1.2.4"),
    ],
)
def test_a_tag_is_released_only_if_all_files_name_its_version(
    change: tuple[str, str, str] | None, reason: str | None, tmp_path: Path
) -> None:
    """The check says which of them does not."""
    files = {
        "lic_tcm/__init__.py": '"""A package."""\n\n__version__ = "1.2.3"\n',
        "CITATION.cff": 'version: 1.2.3\ndate-released: "2026-01-02"\n',
        "CHANGELOG.md": "# Changelog\n\n## [1.2.3] - 2026-01-02\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text.replace(*change[1:]) if change and change[0] == name else text)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/release-check", tmp_path / ".ci")
    command = [tmp_path / ".ci/release-check", "v1.2.3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ("" if reason is None else f"release-check: {reason}")
    assert (done.returncode == 0) == (reason is None)


def _steps(path: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def test_ci_calls_what_people_run() -> None:
    """The workflow's tests are .ci/run on the oldest and a newer Python; nothing of it is written a second time."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    assert [step["run"] for step in jobs["test"]["steps"] if "run" in step] == [".ci/run"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.13"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_commits(path: Path) -> None:
    """A tag can be moved to other code; the version stands behind, for readers and for what proposes updates."""
    uses = re.findall(r"uses: (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert uses
    assert [use for use in uses if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", use)] == []


def test_one_action_has_one_version() -> None:
    """In all workflows."""
    uses = {step["uses"].split("@")[0]: set[str]() for path in WORKFLOWS for step in _steps(path) if "uses" in step}
    for path in WORKFLOWS:
        for step in _steps(path):
            if "uses" in step:
                uses[step["uses"].split("@")[0]].add(step["uses"])
    assert {name: pins for name, pins in uses.items() if len(pins) > 1} == {}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_read_only_and_end(path: Path) -> None:
    """What more a job may do stands with that job; each has a time limit, and runs of one kind do not pile up."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert document["permissions"] == {"contents": "read"}
    assert "concurrency" in document
    assert all("timeout-minutes" in job for job in document["jobs"].values())


def test_a_release_is_published_without_a_token() -> None:
    """Trusted publishing: an identity that only the publishing job has, for what was built and tried before."""
    text = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    assert "secrets." not in text
    assert [name for name, job in jobs.items() if "id-token" in job.get("permissions", {})] == ["publish"]
    assert jobs["publish"]["needs"] == ["build", "try"]
    assert jobs["build"]["steps"][2]["run"].startswith(".ci/release-check")
