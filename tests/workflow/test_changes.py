"""Results are keyed by what they were made of: a changed picture or codec changes the numbers, all else stays."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from support.pictures import photo

from lic_tcm.bench import codecs
from lic_tcm.bench.edits import code_of
from lic_tcm.images import write_png

ROOT = Path(__file__).resolve().parents[2]
ROWS = "results/rows/mine/jpeg.csv"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout whose codecs may be edited, with a run of three pictures at one point.

    It lies in a folder whose name, and its method has a label, that would run a command in a shell.
    """
    copy = tmp_path / "check out $(touch X) `touch X` 'q' \"d\" %s; touch X"
    heavy = shutil.ignore_patterns("__pycache__", "weights", "measured", "streams")
    for name in ("lic_tcm", "workflow", "config", "profiles", "envs"):
        shutil.copytree(ROOT / name, copy / name, ignore=heavy)
    shutil.copy(ROOT / "Snakefile", copy)
    for seed in range(3):
        write_png(copy / f"pictures/p{seed}.png", photo(176, 180, seed))
    config = {"name": "tiny", "datasets": ["mine"], "folders": {"mine": "pictures"}, "methods": ["jpeg"]}
    label = "a;b$(touch X) 'q' \"d\" {x} %s"
    config |= {"anchors": ["jpeg"], "definitions": {"jpeg": {"points": [30], "label": label}}}
    (copy / "tiny.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return copy


def run(checkout: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run the workflow as far as the rows."""
    program = str(Path(sys.executable).with_name("snakemake"))
    hidden = ("LIC_TCM_DATA", "PYTHONPATH")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    command = [program, ROWS, *options, "--cores", "1", "--configfile", "tiny.yaml"]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def rows(checkout: Path) -> pd.DataFrame:
    """Run the workflow as far as the rows; returns them by image."""
    done = run(checkout)
    assert done.returncode == 0, done.stderr
    assert not list(checkout.rglob("X"))
    return pd.read_csv(checkout / ROWS).set_index("image")


def stamp(checkout: Path, image: str) -> int:
    """When a stream was written."""
    return (checkout / f"results/coded/mine/jpeg/30/{image}.bin").stat().st_mtime_ns


@pytest.mark.slow
def test_pictures_that_come_go_or_change_change_the_rows(checkout: Path) -> None:
    """Only what changed is coded anew; the rows are those of the folder as it is now."""
    first, kept = rows(checkout), stamp(checkout, "p0")
    write_png(checkout / "pictures/p3.png", photo(176, 180, 3))
    assert list(rows(checkout).index) == ["p0", "p1", "p2", "p3"]
    write_png(checkout / "pictures/p1.png", photo(176, 180, 7))
    replaced = rows(checkout)
    assert replaced.loc["p1", "sha256_stream"] != first.loc["p1", "sha256_stream"]
    assert replaced.loc["p0", "sha256_stream"] == first.loc["p0", "sha256_stream"]
    (checkout / "pictures/p2.png").unlink()
    assert list(rows(checkout).index) == ["p0", "p1", "p3"]
    assert stamp(checkout, "p0") == kept


def test_a_checkout_in_a_folder_with_braces_is_told_to_move(checkout: Path) -> None:
    """Snakemake would take them for wildcards: said in a line, and following it makes the run start."""
    moved = checkout.rename(checkout.with_name("a {checkout}"))
    done = run(moved, "--dry-run")
    assert done.returncode == 1
    assert "snakemake takes braces in the path of a workflow" in done.stdout + done.stderr
    assert run(moved.rename(checkout), "--dry-run").returncode == 0


@pytest.mark.slow
def test_an_edited_codec_codes_anew(checkout: Path) -> None:
    """Another statement in the codec's file or in a module it imports; a comment codes nothing."""
    first, kept = rows(checkout), stamp(checkout, "p0")
    codec, shared = checkout / "lic_tcm/anchors/jpeg.py", checkout / "lic_tcm/anchors/checks.py"
    text = codec.read_text(encoding="utf-8")
    codec.write_text(text + "\n# a remark\n", encoding="utf-8")
    rows(checkout)
    assert stamp(checkout, "p0") == kept
    codec.write_text(text.replace("quality=q,", "quality=q + 5,"), encoding="utf-8")
    edited = rows(checkout)
    assert (edited["num_bytes"] > first["num_bytes"]).all()
    kept = stamp(checkout, "p0")
    shared.write_text(shared.read_text(encoding="utf-8") + "\nUNUSED = 1\n", encoding="utf-8")
    rows(checkout)
    assert stamp(checkout, "p0") > kept


OWN = """
class Own:
    def version(self):
        return "own 1"

    def encode(self, image, point):
        return image.shape[0].to_bytes(2, "big") + image.shape[1].to_bytes(2, "big") + image.tobytes()

    def decode(self, stream):
        import numpy as np

        height, width = (int.from_bytes(stream[at : at + 2], "big") for at in (0, 2))
        return np.frombuffer(stream[4:], np.uint8).reshape(height, width, 3)
"""


def replace_by_older(path: Path, text: str) -> None:
    """Another file in the place of one, with a date before it, as a copy of a backup has."""
    before = path.stat()
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns - 10**12, before.st_mtime_ns - 10**12))


@pytest.mark.long
def test_every_input_starts_its_job_again_and_no_other(checkout: Path) -> None:
    """Each in turn, in a finished run: what must be done again is; without a change, nothing is.

    A user's codec replaced by an older file, a metric, what computes BD-rates, settings, and every intermediate file.
    """
    config = yaml.safe_load((checkout / "tiny.yaml").read_text(encoding="utf-8"))
    config["methods"] = ["jpeg", "own"]
    config["definitions"]["own"] = {"codec": "python", "options": {"path": "mine.py", "class": "Own"}, "points": [1]}
    (checkout / "tiny.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (checkout / "mine.py").write_text(OWN, encoding="utf-8")
    tables = "results/tables/tiny/rd_points.csv"
    done = run(checkout, tables)
    assert done.returncode == 0, done.stderr

    def again() -> set[str]:
        said = run(checkout, tables, "--dry-run")
        assert said.returncode == 0, said.stdout + said.stderr
        stages = ("fetch", "code", "score", "settings", "networks", "tables")
        return {name for name in stages if f"\n{name} " in said.stdout}

    assert again() == set()
    for file, wanted in (
        ("mine.py", {"code", "score", "tables"}),
        ("lic_tcm/metrics/psnr_rgb.py", {"score", "tables"}),
        ("lic_tcm/rd/bdrate.py", {"tables"}),
    ):
        path = checkout / file
        text, dates = path.read_text(encoding="utf-8"), path.stat()
        replace_by_older(path, text + "\nUNUSED = 1\n")
        assert again() == wanted, file
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(dates.st_atime_ns, dates.st_mtime_ns))
    assert again() == set()
    for file, wanted in (
        ("results/tables/tiny/settings.json", {"tables"}),
        ("results/rows/mine/own.csv", {"tables"}),
        ("results/coded/mine/own/1/batch-0-of-1.csv", {"score", "tables"}),
        ("results/datasets/mine.csv", {"code", "score", "tables"}),
    ):
        path = checkout / file
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")  # touched alone it is the same file
        assert wanted <= again(), file


def test_the_code_of_a_codec_is_its_own_and_what_it_imports() -> None:
    """Two codecs have two hashes, and one that takes other options has the same."""
    hashes = {name: code_of(codecs.create(name, {})) for name in ("jpeg", "webp", "vvenc")}
    assert len(set(hashes.values())) == 3
    assert code_of(codecs.create("webp", {"method": 2})) == hashes["webp"]
