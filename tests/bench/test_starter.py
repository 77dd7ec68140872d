"""`lic-tcm init`: what it writes is valid, fits together and overwrites nothing."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from lic_tcm import resources
from lic_tcm.bench.config import parse
from lic_tcm.bench.config_checks import complete
from lic_tcm.bench.starter import CI, write_starter
from lic_tcm.cli import app
from lic_tcm.errors import UserError

HOME = resources.home()


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _parse(text: str) -> object:
    return parse(complete(yaml.safe_load(text), HOME / "config/methods.yaml"), HOME / "workflow/config.schema.yaml")


def test_the_starter_is_valid_and_so_is_what_its_comments_show(place: Path) -> None:
    """As it is, and with each commented key in the place of the one it explains."""
    assert write_starter(ci=False) == [Path("lic-tcm.yaml")]
    text = (place / "lic-tcm.yaml").read_text(encoding="utf-8")
    _parse(text)
    shown = re.findall(r"^#   (\w+): (.*)$", text, flags=re.MULTILINE)
    assert [key for key, _ in shown] == ["folders", "datasets", "methods"]
    for key, value in shown:
        changed = re.sub(rf"^{key}: .*$", f"{key}: {value}", text, flags=re.MULTILINE)
        changed = changed.replace("datasets: [tiny]", "datasets: [photos]") if key == "folders" else changed
        assert changed != text
        _parse(changed)
    _parse(
        text.replace("  # webp-slow:", "  webp-slow:").replace("methods: [jpeg, webp]", "methods: [jpeg, webp-slow]")
    )


def test_nothing_is_overwritten(place: Path) -> None:
    """A file that is there is refused, and none of the others is written."""
    (place / "baseline").mkdir()
    (place / "baseline/README.md").write_text("mine")
    with pytest.raises(UserError, match=r"baseline/README.md is there already"):
        write_starter(ci=True)
    assert [path.name for path in place.iterdir()] == ["baseline"]
    assert (place / "baseline/README.md").read_text() == "mine"


def test_the_gate_can_be_added_to_a_configuration(place: Path) -> None:
    """`--ci` later keeps the configuration that is there."""
    (place / "lic-tcm.yaml").write_text("name: own")
    assert write_starter(ci=True) == list(CI)
    assert (place / "lic-tcm.yaml").read_text() == "name: own"


def test_the_commands_of_the_gate_are_ours(place: Path) -> None:
    """Verbs and options that exist, on the files of the run that the configuration names."""
    write_starter(ci=True)
    name = yaml.safe_load((place / "lic-tcm.yaml").read_text(encoding="utf-8"))["name"]
    steps = yaml.safe_load((place / ".github/workflows/lic-tcm.yml").read_text(encoding="utf-8"))["jobs"]["gate"][
        "steps"
    ]
    text = "\n".join(
        [step.get("run", "") for step in steps] + [(place / "baseline/README.md").read_text(encoding="utf-8")]
    )
    commands = [shlex.split(line) for line in re.findall(r"^lic-tcm (.*)$", text, flags=re.MULTILINE)]
    assert {command[0] for command in commands} == {"run", "check"}
    for verb, *arguments in commands:
        known = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "200"}).stdout
        assert [option for option in arguments if option.startswith("--") and option not in known] == []
        assert {path for path in arguments if "/" in path} <= {
            f"results/tables/{name}/images.csv",
            f"baseline/{name}.csv",
            "reports/check",
        }
