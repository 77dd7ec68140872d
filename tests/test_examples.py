"""The journeys under docs/examples, run as their readers run them, on a few small images."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from support.pictures import photo

from lic_tcm.images import write_png

EXAMPLES = Path(__file__).resolve().parents[1] / "docs/examples"
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "LIC_TCM_DATA"} | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
}
SMALL = ("datasets=[mine]", "published_datasets=[kodak]", "bd_methods=[pchip]")


def journey(name: str, place: Path, *config: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a journey in a folder that has six small images; it may take some minutes on a busy machine."""
    for seed in range(6):
        write_png(place / f"pictures/p{seed}.png", photo(176, 180 + 3 * seed, seed))
    folders = f"folders={{mine: {place / 'pictures'}}}"
    command = ["sh", str(EXAMPLES / name / "run.sh"), str(place / "work"), "--config", *SMALL, folders, *config]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=ENVIRONMENT | environment, cwd=place
    )


def check_tables(place: Path, name: str, *methods: str) -> pd.DataFrame:
    """The LaTeX table has every method, with intervals where both series are measured; TCM and VVenC stand on Kodak."""
    latex = (place / f"work/reports/{name}/tables/bd_rate.tex").read_text(encoding="utf-8")
    assert r"\begin{tabular}" in latex
    bd = pd.read_csv(place / f"work/results/tables/{name}/bd_rate.csv")
    kodak = bd[(bd.dataset == "kodak") & (bd.series == "tcm-large") & (bd.anchor == "vvenc") & (bd.metric == "psnr")]
    assert kodak.bd_rate.item() < -10  # of TCM's published points against VVenC's measured rows
    own = bd[(bd.dataset == "mine") & (bd.anchor == "webp") & (bd.metric == "psnr") & (bd.averaging == "mean curve")]
    assert {*methods} <= {*own.series}
    return own.set_index("series")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_binary_becomes_a_method(tmp_path: Path) -> None:
    """A script beside the configuration: checked, coded, decoded elsewhere, scored, in the table with an interval."""
    done = journey("binary", tmp_path, "methods=[script,webp]")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass  round trip" in done.stdout
    own = check_tables(tmp_path, "binary", "script")
    assert own.ci_lo["script"] <= own.bd_rate["script"] <= own.ci_hi["script"]
    rows = pd.read_csv(tmp_path / "work/results/rows/mine/script.csv")
    assert len(rows) == 24
    for row in rows.itertuples():
        path = tmp_path / f"work/results/coded/mine/script/{row.point:g}/{row.image}.bin"
        assert row.num_bytes == path.stat().st_size


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.skipif(not (shutil.which("cwebp") and shutil.which("dwebp")), reason="needs cwebp and dwebp")
def test_binaries_of_others_become_methods(tmp_path: Path) -> None:
    """cwebp agrees with the WebP of Pillow to some percent, x265 at 4:2:0 is better than both."""
    done = journey("binary", tmp_path, "methods=[cwebp,x265,webp]")
    assert done.returncode == 0, done.stdout + done.stderr
    own = check_tables(tmp_path, "binary", "cwebp", "x265")
    assert abs(own.bd_rate["cwebp"]) < 10
    assert own.bd_rate["x265"] < 0


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_python_class_becomes_a_method(tmp_path: Path) -> None:
    """A class in a file; an edit of it codes all images again."""
    done = journey("python_class", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "of 12 cut or changed streams 12 are refused" in done.stdout
    own = check_tables(tmp_path, "python_class", "blocks")
    assert own.ci_lo["blocks"] <= own.bd_rate["blocks"] <= own.ci_hi["blocks"]
    versions = set(pd.read_csv(tmp_path / "work/results/rows/mine/blocks.csv").codec_version)
    assert len(versions) == 1
    again = journey("python_class", tmp_path)
    assert "Nothing to be done" in again.stdout + again.stderr  # the same file, copied once more
    edited = tmp_path / "work/block_dct.py"
    edited.write_text(edited.read_text(encoding="utf-8").replace("DCT 1", "DCT 2"), encoding="utf-8")
    snakemake = [
        str(Path(sys.executable).with_name("snakemake")),
        "--snakefile",
        str(EXAMPLES.parents[1] / "Snakefile"),
    ]
    config = [*SMALL, f"folders={{mine: {tmp_path / 'pictures'}}}"]
    command = [*snakemake, "--cores", "2", "--configfile", "config.yaml", "--config", *config]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT, cwd=tmp_path / "work")
    assert done.returncode == 0, done.stderr
    assert versions.isdisjoint(pd.read_csv(tmp_path / "work/results/rows/mine/blocks.csv").codec_version)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_trained_checkpoints_become_methods(tmp_path: Path) -> None:
    """Checkpoints of CompressAI's form, of its architecture and of a subclass: real streams beside the estimates."""
    done = journey("compressai_checkpoint", tmp_path, STEPS="3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        "FAIL  round trip       no point is nearer to the original than" in done.stdout
    )  # three steps give no picture
    check_tables(tmp_path, "compressai_checkpoint", "trained", "own")
    for method in ("trained", "own"):
        rows = pd.read_csv(tmp_path / f"work/results/rows/mine/{method}.csv")
        assert len(rows) == 24
        assert rows.bpp_estimated.between(
            0.5 * rows.bpp, 1.5 * rows.bpp
        ).all()  # three steps: the priors fit nothing yet
        assert rows.codec_version.str.contains("padded to 64").all()
