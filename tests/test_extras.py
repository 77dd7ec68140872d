"""Optional packages: what is missing is one line with the extra that installs it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from lic_tcm import extras
from lic_tcm.anchors.extras import EXTRAS
from lic_tcm.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("all", "dev", "docs", "metrics")  # extras whose packages no verb imports


def test_every_optional_package_has_its_extra() -> None:
    """The messages name the extra under which pyproject.toml has the package."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = {
        extra: {re.split(r"[^\w-]", requirement)[0] for requirement in requirements}
        for extra, requirements in document["project"]["optional-dependencies"].items()
        if extra not in TOOLS
    }
    assert declared.keys() == EXTRAS.keys()
    for extra, packages in declared.items():
        assert packages <= set(EXTRAS[extra]), extra


def test_a_missing_package_of_the_base_is_a_bug_and_not_a_users_mistake() -> None:
    """Its error goes through as it is."""
    with pytest.raises(ModuleNotFoundError), extras.explained():
        raise ModuleNotFoundError(name="numpy")


def test_what_is_needed_is_asked_for_without_importing_it() -> None:
    """`require` passes for what is installed and names the extra of what is not."""
    extras.require("snakemake")
    assert extras.installed("snakemake")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("importlib.util.find_spec", lambda _: None)
        with pytest.raises(UserError, match=r"^needs lic-tcm\[workflow\]: pip install 'lic-tcm\[workflow\]'$"):
            extras.require("snakemake")


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [
        ("torch", ["models", "nano", "--count"], "tcm"),
        ("torch", ["complexity", "nano", "--out", "x.csv"], "tcm"),
        ("compressai", ["encode", "photo.png", "-o", "x", "--model", "nano", "--lambda", "0.013"], "tcm"),
        ("pillow_jxl", ["encode", "photo.png", "-o", "x", "--codec", "jpegxl", "--point", "80"], "codecs"),
        ("imageio_ffmpeg", ["encode", "photo.png", "-o", "x", "--codec", "avc", "--point", "30"], "codecs"),
    ],
)
def test_a_verb_without_its_package_says_what_to_install(
    missing: str, arguments: list[str], extra: str, tmp_path: Path
) -> None:
    """One line and exit code 2, as for any mistake of a user's."""
    code = f"import sys; sys.modules[{missing!r}] = None; from lic_tcm.cli import main; main()"
    make = (
        "import numpy as np; from PIL import Image; Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save('photo.png')"
    )
    subprocess.run([sys.executable, "-c", make], check=True, cwd=tmp_path)
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("lic-tcm: ")
    assert done.stderr.endswith(f"needs lic-tcm[{extra}]: pip install 'lic-tcm[{extra}]'\n")
    assert done.stderr.count("\n") == 1
