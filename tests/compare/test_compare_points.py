"""A comparison of one point: its tables, its closing text, and what is gone from its folder."""

from pathlib import Path

import pandas as pd
import pytest

from lic_tcm.compare import compare as module
from lic_tcm.compare.compare import compare
from lic_tcm.rd.measured import FOLDER

ROWS = FOLDER / "kodak/rows"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No rows of earlier runs are at hand."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LIC_TCM_DATA", raising=False)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables only."""
    monkeypatch.setattr(module, "draw", lambda _, folder: (folder / "index.html").touch())


def one_lambda(path: Path, factor: float = 0.9) -> Path:
    """A file of images at one lambda: those of TCM-nano at a share of their rate."""
    rows = pd.read_csv(ROWS / "tcm-nano.csv")
    rows = rows[rows["point"] == 0.013].assign(bpp=lambda frame: factor * frame["bpp"])
    rows.rename(columns={"point": "lambda"})[["image", "lambda", "bpp", "psnr"]].to_csv(path, index=False)
    return path


@pytest.mark.usefixtures("undrawn")
def test_one_point_has_its_differences_and_no_bd_rate(tmp_path: Path) -> None:
    """Against the measured curve it is a copy of, -10 % at its quality in both averages; no line calls it BD-rate."""
    found = compare([one_lambda(tmp_path / "mine.csv")], "kodak", ["tcm-nano", "measured:webp"], tmp_path / "out")
    frame = pd.read_csv(tmp_path / "out/data/point_differences.csv", keep_default_na=False)
    nano = frame[(frame["anchor"] == "tcm-nano") & (frame["series"] == "mine")]
    assert nano["averaging"].tolist() == ["mean curve", "per image"]
    assert nano["rate_difference"].astype(float).to_numpy() == pytest.approx(-10)
    assert set(nano["kind"]) == {"given"}
    first, *rest = found.text.splitlines()
    assert first == "no BD-rate of mine, too few points; point by point:"
    line = next(one for one in rest if " tcm-nano " in one and "mean curve" in one)
    assert "30.42 dB" in line
    assert "10.00 % fewer bits" in line
    assert not any("BD-rate" in one for one in rest)


@pytest.mark.usefixtures("undrawn")
def test_networks_of_one_lambda_are_compared_by_their_loss(tmp_path: Path) -> None:
    """The user's column is called lambda and TCM's points are lambdas: the loss differs by a tenth of the rate."""
    found = compare([one_lambda(tmp_path / "mine.csv")], "kodak", ["tcm-nano"], tmp_path / "out")
    (loss,) = pd.read_csv(tmp_path / "out/data/loss_differences.csv").to_dict("records")
    rows = pd.read_csv(ROWS / "tcm-nano.csv")
    expected = -0.1 * rows[rows["point"] == 0.013]["bpp"].mean()
    assert (loss["anchor"], loss["series"], loss["point"]) == ("tcm-nano", "mine", 0.013)
    assert loss["difference"] == pytest.approx(expected, rel=1e-6)
    assert loss["ci_lo"] < expected < loss["ci_hi"]
    assert f"{loss['difference']:.4f}".replace("-", "−") in found.text


@pytest.mark.usefixtures("undrawn")
def test_from_four_points_on_the_bd_rate_leads(tmp_path: Path) -> None:
    """The points are in their table, and the closing text is that of BD-rates."""
    rows = pd.read_csv(ROWS / "webp.csv").assign(bpp=lambda frame: 0.8 * frame["bpp"])
    rows[["image", "point", "bpp", "psnr"]].to_csv(tmp_path / "own.csv", index=False)
    found = compare([tmp_path / "own.csv"], "kodak", ["measured:webp"], tmp_path / "out")
    frame = pd.read_csv(tmp_path / "out/data/point_differences.csv")
    assert len(frame[frame["series"] == "own"]) == 2 * rows["point"].nunique()
    assert "−20.00 %" in found.text
    assert "point by point" not in found.text


def test_the_whole_report_of_one_point(tmp_path: Path) -> None:
    """Sentences, section, LaTeX and CSV are there, by the point's quality; the paper's tables are not."""
    compare([one_lambda(tmp_path / "mine.csv")], "kodak", ["tcm-nano"], tmp_path / "out")
    out = tmp_path / "out"
    said = (out / "summary.txt").read_text(encoding="utf-8").splitlines()[0]
    assert said.startswith("On Kodak at 30.42 dB (PSNR), mine (given) needs 10.0")
    page = (out / "index.html").read_text(encoding="utf-8")
    assert said.replace("'", "&#39;") in page
    assert page.index('<section id="points" data-leads') < page.index('<section id="bd-rate"')
    assert 'id="points-kodak-psnr"' in page
    assert 'id="losses-kodak"' in page
    tex = (out / "tables/points.tex").read_text(encoding="utf-8")
    assert "These are no BD-rates" in tex
    assert r"mine & $30.42$ &" in tex
    assert (out / "tables/point_differences.csv").stat().st_size > 500
    assert (out / "tables/loss_differences.csv").stat().st_size > 100
    for folder in ("tables", "data"):
        assert not [*(out / folder).glob("table1*"), *(out / folder).glob("table2*")]
    assert r"\input{points}" in (out / "tables/tables.tex").read_text(encoding="utf-8")
    assert "table1" not in (out / "tables/tables.tex").read_text(encoding="utf-8")
