"""The curves that come with the package, and the links to them under `results/`."""

import shutil
import subprocess
from pathlib import Path

import lic_tcm
from lic_tcm.rd.measured import FOLDER
from lic_tcm.rd.published import DEFAULT_FOLDER

ROOT = Path(__file__).resolve().parents[1]


def test_curves_lie_in_the_package_and_results_links_to_them() -> None:
    """One copy: a checkout's results/published and results/measured are relative links to the package's folders."""
    for name, folder in (("published", DEFAULT_FOLDER), ("measured", FOLDER)):
        assert folder == Path(lic_tcm.__file__).resolve().parent / "data" / name
        link = ROOT / "results" / name
        assert link.readlink() == Path("../lic_tcm/data", name)
        assert link.resolve() == folder
        assert any(folder.iterdir())


def test_clean_deletes_what_runs_made_and_keeps_the_links_and_what_they_lead_to(tmp_path: Path) -> None:
    """`make clean` in a checkout with the outputs of a run."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    kept = ["lic_tcm/data/published/kodak/a.json", "lic_tcm/data/measured/kodak/rows/a.csv", "results/baseline/a.csv"]
    made = ["results/tables/demo/run.json", "results/datasets/kodak.csv", "reports/demo/index.html", "build/lib/a.py"]
    for name in (*kept, *made):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in ("published", "measured"):
        (tmp_path / "results" / name).symlink_to(f"../lic_tcm/data/{name}")
    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, capture_output=True)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"Makefile", *kept}
    assert {path.name for path in (tmp_path / "results").iterdir()} == {"published", "measured", "baseline"}
