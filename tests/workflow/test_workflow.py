"""The whole workflow, as `snakemake` runs it: end to end, resumed, killed, misconfigured, offline dry runs."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from support.pictures import photo

from lic_tcm.coding.codec import SHIPPED
from lic_tcm.images import write_png
from lic_tcm.report.folder import renewed

ROOT = Path(__file__).resolve().parents[2]
SNAKEMAKE = [str(Path(sys.executable).with_name("snakemake")), "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
ENVIRONMENT = {key: value for key, value in os.environ.items() if key not in ("LIC_TCM_DATA", "OMP_NUM_THREADS")} | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty working folder with five small images and a configuration of two methods."""
    for seed in range(5):
        write_png(tmp_path / f"pictures/p{seed}.png", photo(176, 180 + 9 * seed, seed))
    config = {
        "name": "tiny",
        "datasets": ["mine"],
        "folders": {"mine": "pictures"},
        "methods": ["jpeg", "webp"],
        "anchors": ["jpeg"],
        "published": ["tcm-small"],
        "published_datasets": ["kodak"],
        "definitions": {"jpeg": {"points": [10, 30, 50, 90]}, "webp": {"points": [5, 20, 50, 80]}},
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return tmp_path


def snakemake(place: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run snakemake in `place` on its configuration."""
    command = [*SNAKEMAKE, "--directory", str(place), "--configfile", str(place / "tiny.yaml"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT, cwd=place)


def _stamps(place: Path) -> dict[Path, int]:
    return {
        path: path.stat().st_mtime_ns for path in place.rglob("*") if path.is_file() and ".snakemake" not in path.parts
    }


def test_a_run_ends_in_a_report_and_a_second_run_does_nothing(place: Path) -> None:
    """Rows, tables, figures and page exist; running again changes no file; snakemake's own report can be made."""
    done = snakemake(place)
    assert done.returncode == 0, done.stderr
    bd = pd.read_csv(place / "results/tables/tiny/bd_rate.csv")
    webp = bd[
        (bd.series == "webp") & (bd.metric == "psnr") & (bd.averaging == "mean curve") & (bd.bd_method == "pchip")
    ]
    assert len(webp) == 1
    assert webp.ci_lo.item() <= webp.bd_rate.item() <= webp.ci_hi.item()
    rows = pd.read_csv(place / "results/rows/mine/webp.csv")
    assert len(rows) == 20
    for row in rows.itertuples():
        assert row.num_bytes == (place / f"results/coded/mine/webp/{row.point:g}/{row.image}.bin").stat().st_size
    page = (place / "reports/tiny/index.html").read_text(encoding="utf-8")
    assert "WebP" in page
    assert "published curves only" in page
    assert not (place / "reports/tiny/figures/rd_kodak_ms-ssim.svg").exists()  # TCM-S was published in PSNR only
    assert not (place / "reports/tiny/figures/bd_rate_kodak_psnr.svg").exists()  # no anchor there
    assert "BD-rate: Kodak, PSNR</strong>: no BD-rate" in page
    for kind in ("pdf", "svg", "png", "csv"):
        assert (place / f"reports/tiny/figures/rd_mine_psnr.{kind}").stat().st_size > 0
    stamps = _stamps(place)
    assert "Nothing to be done" in snakemake(place).stderr
    assert _stamps(place) == stamps
    assert snakemake(place, "--report", "own.html").returncode == 0
    own = (place / "own.html").read_text(encoding="utf-8")
    assert all(name in own for name in ("rd_mine_psnr", "bd_rate_mine_psnr", "image_rates", "figure_7"))


def test_a_figure_of_published_points_codes_nothing(place: Path) -> None:
    """With `methods: []` figure 7 is drawn of published curves and shipped rows; no dataset is looked for."""
    choice = ("methods=[]", "datasets=[kodak]", 'anchors=["measured:vtm"]', "published=[tcm-large]")
    done = snakemake(place, "--config", *choice, "--", "figure_7")
    assert done.returncode == 0, done.stderr
    series = set(pd.read_csv(place / "reports/tiny/figures/figure_7.csv").series)
    assert series == {"vtm", "tcm-large"}
    assert not (place / "results/datasets").exists()
    assert not (place / "results/coded").exists()


def test_a_report_of_something_else_in_the_place_of_the_run_is_refused(place: Path) -> None:
    """A comparison's report under the run's name is kept whole: nothing starts, and the message says what to do."""
    with renewed(place / "reports/tiny", "the comparison of tiny.csv on kodak") as part:
        (part / "index.html").write_text("a comparison")
    done = snakemake(place)
    assert done.returncode != 0
    assert "reports/tiny holds the report of the comparison of tiny.csv on kodak, not of run 'tiny'" in done.stderr
    assert (place / "reports/tiny/index.html").read_text() == "a comparison"
    assert snakemake(place, "--dry-run", "--config", "name=other").returncode == 0


def test_a_killed_run_ends_like_an_uninterrupted_one(place: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """kill -9 of everything in the middle: the rerun gives the same streams and codes nothing twice."""
    whole = tmp_path_factory.mktemp("whole")
    shutil.copytree(place, whole, dirs_exist_ok=True)
    target = ("--", "results/rows/mine/jpeg.csv", "results/rows/mine/webp.csv")
    assert snakemake(whole, *target).returncode == 0
    command = [*SNAKEMAKE, "--directory", str(place), "--configfile", str(place / "tiny.yaml"), *target]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=ENVIRONMENT, cwd=place, start_new_session=True)
    while process.poll() is None and len(list(place.glob("results/coded/**/p*.json"))) < 4:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.2)  # jobs may be in sessions of their own and finish a file
    finished = {path.with_suffix(".bin") for path in place.glob("results/coded/**/p*.json")}
    stamps = {path: stamp for path, stamp in _stamps(place).items() if path in finished}
    assert stamps
    again = snakemake(place, "--nolock", "--rerun-incomplete", *target)
    assert again.returncode == 0, again.stderr
    assert {path: stamp for path, stamp in _stamps(place).items() if path in finished} == stamps
    columns = ["method", "point", "image", "num_bytes", "psnr", "ms_ssim", "sha256_stream"]
    for method in ("jpeg", "webp"):
        tables = [pd.read_csv(folder / f"results/rows/mine/{method}.csv")[columns] for folder in (whole, place)]
        pd.testing.assert_frame_equal(*tables)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("methodz=[jpeg]", "unknown key 'methodz'; did you mean 'methods'"),
        ("methods=[jpeg,webq]", "unknown methods 'webq'; did you mean 'webp'"),
        ("datasets=[kodiak]", "unknown datasets 'kodiak'; did you mean 'kodak'"),
        ("metrics=[vmfa]", "there is no metric 'vmfa'"),
        ("definitions={jpeg: {points: [101]}}", "jpeg cannot code at 101"),
    ],
)
def test_a_wrong_configuration_stops_before_any_job(place: Path, setting: str, message: str) -> None:
    """The error names the key and what is allowed; nothing has been made."""
    done = snakemake(place, "--config", setting)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (place / "results").exists()


@pytest.mark.parametrize("name", ["paper", "demo"])
def test_dry_runs_work_offline(name: str, tmp_path: Path) -> None:
    """`snakemake -n` plans both shipped configurations with no network and no GPU; paper.yaml is the default."""
    chosen = [] if name == "paper" else ["--configfile", str(ROOT / "config/demo.yaml")]
    command = [*SNAKEMAKE, "--directory", str(tmp_path), "--dry-run", *chosen]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"reports/{name}/index.html" in done.stdout + done.stderr


def test_weights_are_inputs_of_coding(place: Path) -> None:
    """A file of weights that a TCM method takes is an input of its job, so that other weights are coded with anew."""
    (place / "weights").mkdir()
    (place / "weights/nano-0.013.safetensors").touch()
    config = yaml.safe_load((place / "tiny.yaml").read_text(encoding="utf-8"))
    config["methods"].append("tcm-nano")
    config["definitions"]["tcm-nano"] = {"points": [0.013, 0.025], "options": {"model": "nano", "folder": "weights"}}
    (place / "tiny.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert snakemake(place, "--", "results/datasets/mine.csv").returncode == 0
    for point, weights in (("0.013", "weights/nano-0.013"), ("0.025", str(SHIPPED / "nano-0.025"))):
        output = f"results/coded/mine/tcm-nano/{point}/batch-0-of-1.csv"
        (place / output).parent.mkdir(parents=True)
        (place / output).touch()
        os.utime(place / output, (1, 1))  # older than any input
        done = snakemake(place, "--dry-run", output)
        assert done.returncode == 0, done.stderr
        assert re.search(rf"Updated input files:.* {re.escape(weights)}\.safetensors", done.stdout), done.stdout


def test_a_picture_that_cannot_be_read_stops_its_dataset_with_a_reason(place: Path) -> None:
    """A truncated file in the user's folder: the log names it; no row is made without it."""
    picture = place / "pictures/p1.png"
    picture.write_bytes(picture.read_bytes()[:2000])
    assert snakemake(place).returncode != 0
    assert "p1.png" in (place / "results/logs/fetch/mine.log").read_text(encoding="utf-8")
    assert not list(place.glob("results/rows/**/*.csv"))


def test_settings_hold_what_the_tables_depend_on(place: Path) -> None:
    """Changing a label remakes tables and report, and codes nothing again."""
    assert snakemake(place).returncode == 0
    before = {path: stamp for path, stamp in _stamps(place).items() if "coded" in path.parts}
    done = snakemake(place, "--config", "definitions={webp: {label: Another name}}")
    assert done.returncode == 0, done.stderr
    assert {path: stamp for path, stamp in _stamps(place).items() if "coded" in path.parts} == before
    settings = json.loads((place / "results/tables/tiny/settings.json").read_text(encoding="utf-8"))
    assert settings["methods"]["webp"]["label"] == "Another name"
    assert "Another name" in (place / "reports/tiny/index.html").read_text(encoding="utf-8")
