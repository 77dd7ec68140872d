"""Ways to pass the gate with worse results: none of them passes, or the verdict says what was not judged."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from lic_tcm.cli import app
from lic_tcm.compare import gate
from lic_tcm.errors import UserError

GOOD = pd.DataFrame(
    [
        {"image": image, "point": point, "bpp": 0.2 * 2**k + shift, "psnr": 30.0 + 3 * k, "ms_ssim": 0.9 + 0.02 * k}
        for image, shift in zip("abcdef", np.linspace(0, 0.05, 6), strict=True)
        for k, point in enumerate((1, 2, 3, 4))
    ]
)


def verdicts(folder: Path, now: pd.DataFrame, then: pd.DataFrame = GOOD) -> dict[str, gate.Verdict]:
    """By metric, as the command line judges two files of rows."""
    then.to_csv(folder / "then.csv", index=False)
    now.to_csv(folder / "now.csv", index=False)
    found = gate.check(folder / "then.csv", folder / "now.csv", gate.tolerance_of(folder / "now.csv"))
    return {verdict.metric: verdict for verdict in found}


def test_a_fall_in_any_metric_of_the_baseline_is_red(tmp_path: Path) -> None:
    """MS-SSIM alone is worse, PSNR is as it was."""
    found = verdicts(tmp_path, GOOD.assign(ms_ssim=GOOD["ms_ssim"] - 0.01))
    assert {metric: verdict.status for metric, verdict in found.items()} == {"psnr": "same", "ms-ssim": "regression"}


def test_one_lossless_image_does_not_hide_the_others(tmp_path: Path) -> None:
    """Five images lose 5 dB at a point, the sixth is infinite there now: the point is judged by the five."""
    worse = GOOD["psnr"] - np.where(GOOD["point"] == 3, 5, 0)
    now = GOOD.assign(psnr=np.where((GOOD["point"] == 3) & (GOOD["image"] == "f"), np.inf, worse))
    found = verdicts(tmp_path, now)["psnr"]
    assert (found.status, found.worst_value) == ("regression", -5)
    assert any("1 image is lossless at a point, left out of the BD-rate" in reason for reason in found.reasons)


def test_an_image_that_is_no_longer_lossless_is_a_fall_without_bounds(tmp_path: Path) -> None:
    """Whatever the others do, also where another one became lossless instead."""
    then, now = (
        GOOD.assign(psnr=np.where((GOOD["point"] == 4) & (GOOD["image"] == image), np.inf, GOOD["psnr"]))
        for image in "ab"
    )
    assert verdicts(tmp_path, GOOD, then)["psnr"].worst_value == -np.inf
    assert verdicts(tmp_path, now, then)["psnr"].worst_value == -np.inf


def test_rows_that_make_no_curve_any_more_are_red(tmp_path: Path) -> None:
    """99 dB everywhere is no improvement that could be believed."""
    found = verdicts(tmp_path, GOOD.assign(psnr=99.0))["psnr"]
    assert found.status == "regression"
    assert found.reasons[0].startswith("no BD-rate any more: ")


def test_images_the_baseline_lacks_are_named(tmp_path: Path) -> None:
    """They are not judged, and the verdict says so."""
    more = GOOD[GOOD["image"] == "a"].assign(image="new", psnr=lambda rows: rows["psnr"] - 20)
    found = verdicts(tmp_path, pd.concat([GOOD, more]))["psnr"]
    assert (found.status, found.reasons) == ("same", ("not judged, since the baseline lacks them: new",))


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.drop(columns="ms_ssim"),
        lambda rows: rows.assign(ms_ssim=np.nan),
        lambda rows: rows.rename(columns={"psnr": "psrn"}),
        lambda rows: rows.assign(ms_ssim=np.where(rows["image"] == "c", np.nan, rows["ms_ssim"])),
    ],
)
def test_values_that_are_gone_cannot_be_compared(
    tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    """A column, a cell or a whole metric."""
    with pytest.raises(UserError, match=r"now\.csv lacks (ms-ssim|psnr) of given"):
        verdicts(tmp_path, change(GOOD))


@pytest.mark.parametrize("place", [".", "folder"])
def test_a_folder_is_no_regression(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Exit code 1 is for regressions only."""
    monkeypatch.chdir(tmp_path)
    GOOD.to_csv("then.csv", index=False)
    Path("folder").mkdir()
    done = CliRunner().invoke(app, ["check", place, "--baseline", "then.csv"])
    assert isinstance(done.exception, UserError)
    assert "is a folder, not a file" in str(done.exception)
