"""Build the wheel, install it alone into a fresh folder and use it from there: `make wheel-test`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MUST_HOLD = ("lic_tcm/cli.py", "anchors/webp.py", "lic_tcm/datasets/kodak.tsv", "lic_tcm/report/page/templates/")


def main() -> None:
    """Exit non-zero unless the wheel holds its data and works outside the checkout."""
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, str(ROOT)]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        (wheel,) = Path(folder).glob("*.whl")
        site = Path(folder) / "site"
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)]
        subprocess.run(install, check=True)
        names = [path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()]
        missing = [wanted for wanted in MUST_HOLD if not any(name.startswith(wanted) for name in names)]
        assert not missing, f"the wheel lacks {missing}"
        assert not [name for name in names if name.startswith("tests/")], "the wheel holds tests"
        for arguments in (["doctor"], ["--help"], ["fetch", "demo", "--out", "demo.csv"]):
            run = [sys.executable, "-m", "lic_tcm", *arguments]
            subprocess.run(run, check=True, cwd=folder, env={**os.environ, "PYTHONPATH": str(site)})
    print(f"{wheel.name}: {len(names)} files, usable outside the checkout")


if __name__ == "__main__":
    main()
