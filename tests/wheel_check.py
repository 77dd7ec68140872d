"""Build the source archive and the wheel from it, install that into fresh environments, use it: `make wheel-test`.

The environments lie outside the checkout. Of the packages of the one that runs this they see what the wheel's metadata
ask for, with some extras or none: what is used but not asked for is missing there, as it would be for a user.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
from packaging.requirements import Requirement
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
LARGEST = 5 * 2**20  # bytes of a file of the wheel; images of measured runs stay in the checkout
NAME = "lic-tcm"
JPEG_POINTS = ("10.0", "30.0", "50.0", "70.0", "90.0")


def main() -> None:
    """Exit non-zero unless the installed wheel gives right results, with the checkout out of reach."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        assert not folder.is_relative_to(ROOT), f"{folder} lies in the checkout; set TMPDIR to another folder"
        wheel = build(folder)
        for extras, checks in CHECKS.items():
            place = folder / "-".join(["with", *extras])
            python, package = install(wheel, place / "venv", extras)
            names = check_files(package)
            (place / "work").mkdir()
            for check in checks:
                check(Lic(python.with_name("lic-tcm"), place / "work"), package)
                print(f"{'+'.join(extras) or 'base'}: {check.__name__.removeprefix('check_')}: right", flush=True)
    print(f"{wheel.name}: {len(names)} files, usable outside the checkout")


def build(folder: Path) -> Path:
    """The wheel, built from the source archive: what that lacks is missing from the wheel too.

    It is built in a copy of the files that git knows or would add, so that nothing else can get into it. The archive
    has them all but the links to what it has elsewhere; without git, in an unpacked archive, all there is is built.
    """
    clone, names = folder / "clone", _names()
    for source in (ROOT / name for name in names):
        target = clone / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(clone)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (wheel,), (archive,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        packed = {name.partition("/")[2] for name in file.getnames()}
    missing = {name for name in names if not (ROOT / name).is_symlink()} - packed
    assert not missing, f"{archive.name} lacks {sorted(missing)[:5]}"
    return wheel


def _names() -> list[str]:
    """The files of the checkout, or of the unpacked source archive."""
    if not (ROOT / ".git").exists():
        made = ("dist", "build", ".venv", "__pycache__", ".snakemake")
        found = (path for path in ROOT.rglob("*") if not set(path.relative_to(ROOT).parts) & set(made))
        return [path.relative_to(ROOT).as_posix() for path in found if path.is_symlink() or path.is_file()]
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split("\0")
    return [name for name in names if name and ((ROOT / name).is_symlink() or (ROOT / name).is_file())]


def install(wheel: Path, folder: Path, extras: Iterable[str]) -> tuple[Path, Path]:
    """A fresh environment with the wheel and what these extras need; returns its Python and where the package lies."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(wheel)]
    subprocess.run(command, check=True)
    site = Path(output(python, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    found = Path(output(python, "import lic_tcm; print(lic_tcm.__file__)"))
    assert found.is_relative_to(site), f"lic_tcm is imported from {found}, not from the wheel"
    (own,) = metadata.distributions(name="lic-tcm", path=[str(site)])
    for name in wanted(own, extras):
        link(metadata.distribution(name), site, python)
    return python, site / "lic_tcm"


def wanted(own: metadata.Distribution, extras: Iterable[str]) -> set[str]:
    """The names of all packages that the wheel with these extras asks for, and those in turn."""
    todo, found = {(NAME, extra) for extra in ("", *extras)}, set()
    while todo:
        name, extra = todo.pop()
        found.add((name, extra))
        for text in (own.requires if name == NAME else metadata.requires(name)) or []:
            requirement = Requirement(text)
            if not requirement.marker or requirement.marker.evaluate({"extra": extra}):
                todo |= {(requirement.name, inner) for inner in ("", *requirement.extras)} - found
    return {name for name, _ in found} - {NAME}


def link(package: metadata.Distribution, site: Path, python: Path) -> None:
    """Show an installed package to the environment: links to its files and folders, and its programs."""
    for file in package.files or []:
        source, top = Path(str(file.locate())), file.parts[0]
        if top == ".." and source.parent.name == "bin" and source.is_file():
            text = source.read_bytes()
            if text.startswith(b"#!") and b"python" in text.splitlines()[0]:
                rest = text.partition(b"\n")[2]
                (python.parent / source.name).write_bytes(b"#!" + bytes(python) + b"\n" + rest)
                (python.parent / source.name).chmod(0o755)
        elif top != "..":
            home = Path(str(package.locate_file(top)))
            if not (site / top).exists():
                (site / top).symlink_to(home)


def output(python: Path, code: str) -> str:
    """What a line of Python prints there."""
    done = subprocess.run(
        [str(python), "-c", code], check=True, capture_output=True, text=True, cwd=python.parent, env=environment()
    )
    return done.stdout.strip()


def environment() -> dict[str, str]:
    """This process's, without what would lead to the checkout or to data of this machine."""
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "LIC_TCM_DATA", "VIRTUAL_ENV")}


def check_files(package: Path) -> list[str]:
    """The wheel has every JSON, CSV and stream of the checkout's data, no tests and no large file."""
    names = [path.relative_to(package.parent).as_posix() for path in package.rglob("*") if path.is_file()]
    data = [path for path in (ROOT / "lic_tcm/data").rglob("*") if path.suffix in (".json", ".csv", ".266")]
    assert data, "the checkout has no data"
    missing = [path for path in data if path.relative_to(ROOT).as_posix() not in names]
    assert not missing, f"the wheel lacks {len(missing)} of {len(data)} files of lic_tcm/data, such as {missing[0]}"
    large = [name for name in names if (package.parent / name).stat().st_size > LARGEST]
    pictures = [name for name in names if name.startswith("lic_tcm/data/") and name.endswith((".png", ".pdf"))]
    assert not large + pictures, f"the wheel holds {large + pictures}"
    for name in ("tests", "anchors", "workflow", "config"):
        assert not (package.parent / name).exists(), f"the wheel holds a top-level {name}"
    return names


class Lic:
    """The installed `lic-tcm`, run in an otherwise empty folder."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.folder = program, folder

    def __call__(self, *arguments: str | Path, code: int = 0) -> str:
        """What a verb prints; fails unless it exits with the code."""
        command = [str(self.program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, env=environment(), check=False)
        assert done.returncode == code, f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout if code < 2 else done.stderr

    def refusal(self, *arguments: str | Path) -> str:
        """What a verb says on stderr when it refuses."""
        return self(*arguments, code=2)

    def photo(self) -> Path:
        """A small image."""
        path = self.folder / "photo.png"
        y, x = np.mgrid[:96, :128]
        Image.fromarray(np.stack([x, y, (x + y) // 2], axis=2).astype(np.uint8)).save(path)
        return path


def check_doctor(lic: Lic, package: Path) -> None:
    """Codecs, packages, a stream of VTM and the demo dataset, whose list is a file of the package."""
    found = json.loads(lic("doctor", "--json"))
    assert found["codecs"]["webp"]["works"] is True
    assert found["vtm_decoders"]["ffmpeg"] == "agrees"  # on a stream of the package
    lic("fetch", "demo", "--out", "demo.csv")
    listed = (package / "datasets/demo.tsv").read_text(encoding="utf-8").splitlines()
    assert len((lic.folder / "demo.csv").read_text(encoding="utf-8").splitlines()) == len(listed) > 1


def check_missing_extras(lic: Lic, package: Path) -> None:  # noqa: ARG001
    """What needs an extra says so in one line, and `doctor` runs without any."""
    for arguments, extra in (
        (["run", "tiny"], "workflow"),
        (["encode", lic.photo(), "-o", "x.tcm", "--model", "nano", "--lambda", "0.013"], "tcm"),
        (["encode", lic.photo(), "-o", "x.jxl", "--codec", "jpegxl", "--point", "80"], "codecs"),
        (["encode", lic.photo(), "-o", "x.264", "--codec", "avc", "--point", "30"], "codecs"),
        (["train", "--model", "nano", "--lambda", "0.01", "--data", ".", "--out", "trained"], "tcm"),
        (["fetch", "demo", "--out", "demo.csv"], "workflow"),
    ):
        message = lic.refusal(*arguments)
        assert f"needs lic-tcm[{extra}]: pip install 'lic-tcm[{extra}]'" in message, message
        assert message.startswith("lic-tcm: "), message
        assert message.count("\n") == 1, message
    found = json.loads(lic("doctor", "--json"))
    assert found["codecs"]["webp"]["works"] is True
    assert found["codecs"]["tcm"]["reason"] == "tcm needs lic-tcm[tcm]: pip install 'lic-tcm[tcm]'", found["codecs"]


def check_init_and_run(lic: Lic, package: Path) -> None:
    """In an empty folder, `init` and `run` end in a report; the workflow and its images are those of the package."""
    lic("init", "--ci")
    assert {path.name for path in lic.folder.iterdir()} == {"lic-tcm.yaml", ".github", "baseline"}
    assert "is there already" in lic.refusal("init")
    printed = lic("run", "--cores", "2")
    page = lic.folder / "reports/mine/index.html"
    assert printed.splitlines()[-1] == f"Report: {page}", printed
    assert "WebP" in page.read_text(encoding="utf-8")
    manifest = (lic.folder / "results/datasets/tiny.csv").read_text(encoding="utf-8")
    assert str(package / "_workflow/config/tiny/coffee.png") in manifest
    fresh, baseline = "results/tables/mine/images.csv", "baseline/mine.csv"
    lic("check", fresh, "--baseline", baseline, "--update")
    lic("check", fresh, "--baseline", baseline)


def check_models(lic: Lic, package: Path) -> None:  # noqa: ARG001
    """TCM-L has its 75.88 million parameters, as the paper counts."""
    (large,) = json.loads(lic("models", "large", "--json"))
    assert round(large["parameters_paper"] / 1e6, 2) == 75.88, large


def check_bdrate(lic: Lic, package: Path) -> None:
    """The paper's -12.30 % of TCM-L against its VTM curve on Kodak."""
    kodak = package / "data/published/kodak"
    found = json.loads(lic("bdrate", kodak / "vtm-12.1-tcm-figure.json", kodak / "tcm-large.json", "--json"))
    assert abs(found["bd_rate"]["cubic"] + 12.30) < 0.01, found


def check_compare(lic: Lic, package: Path) -> None:
    """A copy of WebP's rows at 0.8 of the rate has -20 % against them; VTM and a published curve are found."""
    kept = ("image", "point", "psnr", "ms_ssim")
    lines = [{key: line[key] for key in kept} | {"bpp": 0.8 * float(line["bpp"])} for line in rows(package, "webp")]
    write_rows(lic.folder / "mine.csv", lines)
    lic("compare", "mine.csv", "--dataset", "kodak", "--against", "tcm-large,vtm,measured:webp")
    with (lic.folder / "reports/mine/data/bd_rate.csv").open(encoding="utf-8", newline="") as file:
        found = [line for line in csv.DictReader(file) if line["series"] == "mine" and line["metric"] == "psnr"]
    rates = {line["anchor"]: float(line["bd_rate"]) for line in found if line["averaging"] == "mean curve"}
    assert abs(rates["webp"] + 20) < 1e-6, rates
    assert {"tcm-large", "vtm", "webp"} <= set(rates), rates
    assert "mine" in (lic.folder / "reports/mine/index.html").read_text(encoding="utf-8")


def check_tables_and_report(lic: Lic, package: Path) -> None:
    """Rows of two measured methods become tables beside a published curve, and those a page."""
    files = []
    for name in ("jpeg", "webp"):
        files.append(lic.folder / "results/rows/kodak" / f"{name}.csv")
        write_rows(files[-1], [line for line in rows(package, name) if line["image"] <= "kodim06"])
        machines = package / "data/measured/kodak/environments.json"
        files[-1].with_suffix(".environments.json").write_bytes(machines.read_bytes())
    settings = {
        **{"name": "small", "title": "Six images", "datasets": ["kodak"], "anchors": ["jpeg"], "resamples": 100},
        **{"published": ["tcm-large"], "metrics": ["psnr"], "bd_methods": ["pchip"]},
        "methods": {n: {"label": n, "codec": n, "options": {}, "points": []} for n in ("jpeg", "webp")},
    }
    (lic.folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    lic("tables", *files, "--settings", "settings.json", "--out", "results/tables/small")
    with (lic.folder / "results/tables/small/bd_rate.csv").open(encoding="utf-8", newline="") as file:
        found = {line["series"]: float(line["bd_rate"]) for line in csv.DictReader(file) if line["bd_rate"]}
    assert found["jpeg"] == 0, found
    assert -80 < found["tcm-large"] < found["webp"] < -20, found
    lic("report", "results/tables/small", "--out", "reports/small")
    assert "Six images" in (lic.folder / "reports/small/index.html").read_text(encoding="utf-8")
    for kind in ("pdf", "svg", "png", "csv"):
        assert (lic.folder / f"reports/small/figures/rd_kodak_psnr.{kind}").is_file()


def check_check(lic: Lic, package: Path) -> None:
    """Rows pass against themselves; 1 % more rate is a regression."""
    lines = rows(package, "webp")
    write_rows(lic.folder / "base.csv", lines)
    write_rows(lic.folder / "worse.csv", [{**line, "bpp": 1.01 * float(line["bpp"])} for line in lines])
    assert "| same |" in lic("check", "base.csv", "--baseline", "base.csv")
    assert "| regression | +1.000 |" in lic("check", "worse.csv", "--baseline", "base.csv", code=1)


def check_encode_and_decode(lic: Lic, package: Path) -> None:  # noqa: ARG001
    """WebP decodes to what Pillow reads of the stream; TCM-nano, by the weights in the wheel, to a similar image."""
    original = pixels(lic.photo())
    lic("encode", "photo.png", "-o", "photo.webp", "--codec", "webp", "--point", "80")
    lic("decode", "photo.webp", "-o", "webp.png", "--codec", "webp")
    assert np.array_equal(pixels(lic.folder / "webp.png"), pixels(lic.folder / "photo.webp"))
    lic("encode", "photo.png", "-o", "photo.tcm", "--model", "nano", "--lambda", "0.013")
    lic("decode", "photo.tcm", "-o", "tcm.png")
    error = np.mean((pixels(lic.folder / "tcm.png").astype(float) - original) ** 2)
    assert 10 * np.log10(255**2 / error) > 30, f"mean squared error {error}"
    assert (lic.folder / "photo.tcm").stat().st_size < original.size / 20


CHECKS: Mapping[tuple[str, ...], tuple[Callable[[Lic, Path], None], ...]] = {  # by the extras that are installed
    (): (check_missing_extras, check_bdrate, check_compare, check_tables_and_report, check_check),
    ("workflow", "codecs"): (check_init_and_run, check_doctor),
    ("all",): (check_models, check_encode_and_decode),
}


def rows(package: Path, method: str) -> list[dict[str, str]]:
    """The rows of a measured method of Kodak in the wheel, of JPEG at a few points."""
    with (package / f"data/measured/kodak/rows/{method}.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    return [line for line in lines if method != "jpeg" or line["point"] in JPEG_POINTS]


def write_rows(path: Path, lines: Sequence[Mapping[str, object]]) -> None:
    """Write rows as a CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def pixels(path: Path) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """The RGB samples of an image."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


if __name__ == "__main__":
    main()
