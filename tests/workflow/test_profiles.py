"""Profiles lie where snakemake finds them, and jobs are cut, limited and placed as a cluster wants them."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def planned(place: Path, *options: str) -> str:
    """What a dry run in a folder says."""
    program = str(Path(sys.executable).with_name("snakemake"))
    command = [program, "--snakefile", str(ROOT / "Snakefile"), "--directory", str(place), "--dry-run", *options]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def counts(said: str) -> dict[str, int]:
    """Jobs by rule."""
    return {rule: int(number) for rule, number in re.findall(r"^(\w+) +(\d+)$", said, re.MULTILINE)}


def test_the_papers_jobs_are_few(tmp_path: Path) -> None:
    """A bare snakemake loads profiles/default; cheap methods are a job for all points, weights are one for a method."""
    said = planned(tmp_path, "--cores", "8")
    assert f"workflow specific profile {ROOT}/profiles/default" in said
    found = counts(said)
    methods, datasets = {"webp": 2, "jpeg": 2}, 3
    given = 2  # VTM on Kodak, in two conventions
    assert found["code_all_points"] == datasets * sum(methods.values()) + given
    assert found["weights"] == 4
    weights, code = (said.index(text) for text in ("fetch the weights of tcm-small", "with tcm-small at 0.0025"))
    assert weights < code


def test_what_moves_declared_files_only_is_refused(tmp_path: Path) -> None:
    """Before any job: streams and images are not declared, and would not be there."""
    program = str(Path(sys.executable).with_name("snakemake"))
    command = [program, "--snakefile", str(ROOT / "Snakefile"), "-n", "--configfile", str(ROOT / "config/tiny.yaml")]
    command += ["--shared-fs-usage", "persistence", "sources"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "all jobs must see one file system" in done.stdout + done.stderr


def test_the_profile_for_slurm_is_found_by_its_name(tmp_path: Path) -> None:
    """It sets no limit on GPUs, which is Slurm's, and uses no job arrays, which would give all jobs one's resources."""
    tiny = ["--configfile", str(ROOT / "config/tiny.yaml")]
    assert f"workflow specific profile {ROOT}/profiles/slurm" in planned(tmp_path, "--workflow-profile", "slurm", *tiny)
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text(encoding="utf-8"))
    assert profile["executor"] == "slurm"
    assert profile["retries"] >= 1
    assert not any("array" in key for key in profile)
    assert "resources" not in profile
