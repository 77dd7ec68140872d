"""Where the workflow is found, and what the shell of its jobs starts with."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import lic_tcm
from lic_tcm import resources

ROOT = Path(__file__).resolve().parents[1]


def test_a_checkout_has_the_workflow_at_its_top() -> None:
    """All that a wheel gets is there, under the names that the build hook is given."""
    assert resources.home() == ROOT
    assert all((ROOT / name).exists() for name in resources.FILES)
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert document["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["files"] == [*resources.FILES]


def test_an_installed_package_has_the_workflow_inside(packaged: Path) -> None:
    """What lies at the top of a repository is then no longer looked at."""
    assert resources.home() == packaged
    (packaged / "config").mkdir()
    (packaged / "config/methods.yaml").touch()
    (packaged / "config/mine.yaml").touch()
    assert resources.configs() == {"mine": packaged / "config/mine.yaml"}


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package's folder of the workflow, empty; the current folder is another one, with odd characters."""
    folder, place = tmp_path / "_workflow", tmp_path / "it's {a} place"
    folder.mkdir()
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setattr(resources, "PACKAGED", folder)
    return folder


def test_the_configurations_that_are_shipped() -> None:
    """Those a user can name; the catalogue of methods is none."""
    assert set(resources.configs()) == {"ablations", "demo", "paper", "tiny"}


def _printed(prefix: str, code: str) -> str:
    """What Python prints in a job's shell, where another python is first in PATH."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL"))}
    environment["PATH"] = "/usr/bin:/bin"
    command = ["bash", "-c", f'{prefix} python -c "{code}"']
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.strip()


def test_jobs_use_the_python_that_runs_snakemake() -> None:
    """Whatever PATH says, and the checkout's package."""
    prefix = resources.job_prefix(conda=False)
    code = "import sys, lic_tcm; print(sys.executable, lic_tcm.__file__, sep=chr(10))"
    python, package = _printed(prefix, code).splitlines()
    assert Path(python).parent == Path(sys.executable).parent
    assert package == lic_tcm.__file__


def test_jobs_of_an_installed_package_need_no_path(packaged: Path) -> None:
    """The Python that runs snakemake has the package."""
    assert packaged.is_dir()
    assert "PYTHONPATH" not in resources.job_prefix(conda=False)


@pytest.mark.usefixtures("packaged")
def test_conda_environments_see_the_package_alone() -> None:
    """Their python stays first; the folder they search holds a link to the package and nothing else of the runner's."""
    for _ in range(2):  # a second run finds the link there
        prefix = resources.job_prefix(conda=True)
        assert "export PATH" not in prefix
    (folder,) = (Path.cwd() / ".snakemake").iterdir()
    assert [path.name for path in folder.iterdir()] == ["lic_tcm"]
    assert (folder / "lic_tcm").resolve() == ROOT / "lic_tcm"
    command = ["bash", "-c", f'{prefix} printf %s "$PYTHONPATH"']
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": "/mine"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert done.stdout == f"{folder}:/mine"
