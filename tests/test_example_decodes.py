"""docs/examples/existing-decodes.sh, as a reader runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_existing_decodes_become_a_latex_table_with_intervals(tmp_path: Path) -> None:
    """From nothing to LaTeX: every line is "given", with intervals against measured codecs and none against TCM's."""
    if not Path(os.environ.get("LIC_TCM_DATA", "none"), "kodak").is_dir():
        pytest.skip("LIC_TCM_DATA has no Kodak")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["sh", str(ROOT / "docs/examples/existing-decodes.sh")]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name in ("theirs", "WebP", "TCM"):
        assert name in done.stdout
    bd = pd.read_csv(tmp_path / "report/data/bd_rate.csv")
    theirs = bd[(bd.series == "theirs") & (bd.metric == "psnr") & (bd.bd_method == "pchip")]
    assert set(theirs.kind) == {"given"}
    assert theirs.notes.str.contains("decoded none of them").all()
    mean = theirs[theirs.averaging == "mean curve"].set_index("anchor")
    assert mean.loc[["webp", "vvenc", "vtm"], ["ci_lo", "ci_hi"]].notna().all(axis=None)
    assert mean.loc["tcm-large", ["ci_lo", "ci_hi"]].isna().all()
    assert (mean.bd_rate > 0).all()  # JPEG needs more bits than each
    assert set(bd[bd.series == "webp"].kind) == {"measured"}
