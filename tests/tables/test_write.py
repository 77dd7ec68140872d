"""The tables of a run as files: what the settings say of a method reaches them."""

import json
from pathlib import Path

import pandas as pd
import pytest

from lic_tcm.tables.write import write_tables

MEASURED = Path(__file__).resolve().parents[2] / "results" / "measured" / "kodak"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings of a run of two methods, one optimised for MS-SSIM."""
    methods = {
        name: {"label": name.upper(), "codec": name, "options": {}, "points": [1], "optimised_for": target}
        for name, target in (("jpeg", "mse"), ("webp", "ms-ssim"))
    }
    run = {
        "name": "try",
        "title": "Try",
        "datasets": ["kodak"],
        "anchors": ["jpeg"],
        "published": ["tcm-small"],
        "metrics": ["psnr", "ms-ssim"],
        "bd_methods": ["pchip"],
        "intervals": "jackknife",
        "resamples": 100,
        "figures": {},
        "methods": methods,
    }
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(run), encoding="utf-8")
    return path


def rows(tmp_path: Path) -> list[Path]:
    """Committed rows of two methods, with the machines they name beside them."""
    found = []
    for name in ("jpeg", "webp"):
        path = tmp_path / f"{name}.csv"
        path.write_bytes((MEASURED / "rows" / f"{name}.csv").read_bytes())
        path.with_suffix(".environments.json").write_bytes((MEASURED / "environments.json").read_bytes())
        found.append(path)
    return found


def test_what_a_method_is_optimised_for_reaches_the_tables(tmp_path: Path, settings: Path) -> None:
    """rd_points has it on every measured line, and a pair of two targets carries a note."""
    write_tables(rows(tmp_path), settings, tmp_path / "out")
    points = pd.read_csv(tmp_path / "out" / "rd_points.csv")
    measured = points[points.kind == "measured"].groupby("series")["optimised_for"].unique()
    assert {name: list(targets) for name, targets in measured.items()} == {"jpeg": ["mse"], "webp": ["ms-ssim"]}
    bd = pd.read_csv(tmp_path / "out" / "bd_rate.csv")
    assert bd[(bd.anchor == "jpeg") & (bd.series == "webp")]["notes"].str.contains("optimised for different").all()


def test_the_licence_of_a_dataset_goes_with_its_numbers(tmp_path: Path, settings: Path) -> None:
    """run.json has it for the datasets the suite knows."""
    write_tables(rows(tmp_path), settings, tmp_path / "out")
    run = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert run["datasets"]["kodak"]["licence"] == "released by the Eastman Kodak Company for unrestricted usage"


def test_the_settings_choose_the_kind_of_interval(tmp_path: Path, settings: Path) -> None:
    """The tables' intervals are of the kind the settings name, and say so."""
    run = json.loads(settings.read_text(encoding="utf-8")) | {"intervals": "bootstrap"}
    settings.write_text(json.dumps(run), encoding="utf-8")
    write_tables(rows(tmp_path), settings, tmp_path / "out")
    bd = pd.read_csv(tmp_path / "out" / "bd_rate.csv")
    assert set(bd["ci_method"].dropna()) == {"percentile bootstrap"}


def test_rows_that_were_there_stand_beside_those_of_the_run(
    tmp_path: Path, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A measured method among the anchors: its rows, label and machines as its own run says them, intervals too."""
    monkeypatch.chdir(tmp_path)  # no rows of another run lie here
    run = json.loads(settings.read_text(encoding="utf-8"))
    run |= {"anchors": ["webp", "vvenc"], "measured": {"vvenc": ["kodak"]}}
    settings.write_text(json.dumps(run), encoding="utf-8")
    write_tables(rows(tmp_path), settings, tmp_path / "out")
    bd = pd.read_csv(tmp_path / "out" / "bd_rate.csv")
    mean = bd[(bd.metric == "psnr") & (bd.averaging == "mean curve") & (bd.series == "webp") & (bd.anchor == "vvenc")]
    assert mean.anchor_kind.item() == "measured"
    assert 0 < mean.ci_lo.item() <= mean.bd_rate.item() <= mean.ci_hi.item()
    points = pd.read_csv(tmp_path / "out" / "rd_points.csv")
    assert set(points[points.series == "vvenc"].label) == {"VVenC 4:2:0"}
    described = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["methods"]["vvenc"]
    assert "libvvenc" in described["codec_version"]
    machines = json.loads((tmp_path / "out" / "environments.json").read_text(encoding="utf-8"))
    assert set(pd.read_csv(MEASURED / "rows/vvenc.csv").environment) <= machines.keys()
