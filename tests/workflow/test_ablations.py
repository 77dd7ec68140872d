"""The ablations, as `snakemake ablations` runs them: end to end with the smoke budget, and what the plans say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from support.pictures import photo

from lic_tcm.bench.ablations import FIGURES
from lic_tcm.images import write_png
from lic_tcm.tables.schema import AblationRow, columns

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "LIC_TCM_DATA"} | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
}


def snakemake(place: Path, budget: str, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run snakemake in `place` on config/ablations.yaml with a budget and other settings."""
    command = [str(Path(sys.executable).with_name("snakemake")), "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(place), "--cores", "2", "--configfile", str(ROOT / "config/ablations.yaml")]
    command += [
        "--config",
        f"budget={budget}",
        *(f"{key}={value}" for key, value in settings.items()),
        "--",
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT, cwd=place)


def dry_run(place: Path, budget: str) -> str:
    """What a dry run of all ablations says."""
    command = [str(Path(sys.executable).with_name("snakemake")), "--snakefile", str(ROOT / "Snakefile"), "--dry-run"]
    command += ["--directory", str(place), "--configfile", str(ROOT / "config/ablations.yaml")]
    command += ["--config", f"budget={budget}", "--", "ablations"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT, cwd=place)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_smoke_budget_goes_from_images_to_curves(tmp_path: Path) -> None:
    """One lambda is trained, the other starts from it; networks are coded and scored; every output has the budget."""
    for seed in range(4):
        write_png(tmp_path / f"train/{seed}.png", photo(72, 80, seed))
    write_png(tmp_path / "pictures/p.png", photo(70, 90, 9))
    done = snakemake(
        tmp_path,
        "smoke",
        "ablations",
        datasets="[mine]",
        folders="{mine: pictures}",
        training="{data: train}",
        ablations="{figures: [fig12]}",
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "results/ablations/smoke"
    curves = pd.read_csv(folder / "fig12.csv")
    assert tuple(curves.columns) == (*columns(AblationRow), "psnr", "ms_ssim")
    assert list(curves["variant"]) == [name for name in FIGURES["fig12"].variants for _ in range(2)]
    assert (set(curves["budget"]), set(curves["point"])) == ({"smoke"}, {0.013, 0.05})
    assert set(pd.read_csv(folder / "fig12_bd_rate.csv")["budget"]) == {"smoke"}
    records = {
        lmbda: json.loads((folder / f"models/medium-spatial-seed0/{lmbda}.json").read_text())
        for lmbda in ("0.013", "0.05")
    }
    assert records["0.013"]["init_sha256"] is None
    assert records["0.05"]["init_sha256"] is not None
    assert {record["budget"] for record in records.values()} == {"smoke"}
    rows = pd.read_csv(tmp_path / "results/rows/mine/cheng-spatial-seed0@smoke.csv")
    assert set(rows["method"]) == {"cheng-spatial-seed0@smoke"}
    assert (rows["bpp_estimated"] > 0).all()


@pytest.mark.parametrize(("budget", "trainings"), [("paper", 228), ("small", 114), ("smoke", 38)])
def test_a_dry_run_counts_the_trainings_and_guesses_no_time(tmp_path: Path, budget: str, trainings: int) -> None:
    """Without network, GPU or data; the time is not known as long as no speed was measured here."""
    said = dry_run(tmp_path, budget)
    assert f"{budget} budget: 19 networks" in said
    assert f"{trainings} trainings" in said
    assert "time is not known" in said
    assert not (tmp_path / "results").exists()


def test_the_frozen_budget_trains_each_entropy_model_once_per_seed(tmp_path: Path) -> None:
    """Twelve entropy models and two seeds, whatever the figures share; a figure of transforms alone is refused."""
    said = dry_run(tmp_path, "frozen")
    assert "frozen budget: 12 networks at 1 lambdas with 2 seeds, 24 trainings" in said
    done = snakemake(tmp_path, "frozen", "ablations", "--dry-run", ablations="{figures: [fig10a]}")
    assert "the frozen budget is for fig10b, fig10c, fig13, fig14 only" in done.stderr


def test_a_dry_run_says_the_time_at_the_measured_speeds(tmp_path: Path) -> None:
    """19 networks, 6 lambdas, 2 seeds, two million steps at 10 steps/s are 527 days and 18 hours."""
    for network in {network for figure in FIGURES.values() for network in figure.variants.values()}:
        path = tmp_path / f"results/ablations/paper/speed/{network}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("10 steps/s on a GPU, 5.00 GiB at the peak; the whole recipe takes 2 d 7 h\n")
    assert "one after another 527 d 18 h" in dry_run(tmp_path, "paper")


def test_an_unknown_budget_or_figure_is_named(tmp_path: Path) -> None:
    """The error lists what there is."""
    assert "choose one of paper, small, frozen, smoke" in snakemake(tmp_path, "tiny", "ablations").stderr
    done = snakemake(tmp_path, "smoke", "ablations", ablations="{figures: [fig11]}")
    assert "there is no ablation 'fig11'" in done.stderr
