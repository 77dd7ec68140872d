"""Given streams and decoded images in the workflow."""

import csv
from pathlib import Path

import pandas as pd
import yaml
from support.pictures import photo
from workflow.test_workflow import SNAKEMAKE, snakemake

from lic_tcm.anchors import create
from lic_tcm.images import write_png

assert SNAKEMAKE
POINTS = (5, 50, 80)


def place(folder: Path) -> Path:
    """Six small images, what somebody else made of them, and a configuration that compares it with JPEG."""
    webp, sizes = create("webp"), [("image", "point", "num_bytes")]
    for seed in range(6):
        image = photo(176, 180 + 9 * seed, seed)
        write_png(folder / f"pictures/p{seed}.png", image)
        for point in POINTS:
            stream = webp.encode(image, point)
            write_png(folder / f"their/{point}/p{seed}.png", webp.decode(stream))
            sizes.append((f"p{seed}", str(point), str(len(stream))))
    with (folder / "their/sizes.csv").open("w", newline="") as file:
        csv.writer(file).writerows(sizes)
    theirs = {
        "codec": "files",
        "label": "Theirs",
        "points": list(POINTS),
        "options": {"decoded": "their/{point}/{image}.png", "sizes": "their/sizes.csv"},
    }
    config = {
        "name": "tiny",
        "datasets": ["mine"],
        "folders": {"mine": "pictures"},
        "methods": ["webp", "theirs"],
        "anchors": ["webp"],
        "metrics": ["psnr"],
        "definitions": {"webp": {"points": list(POINTS)}, "theirs": theirs},
    }
    (folder / "tiny.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return folder


def test_existing_decodes_become_a_report_and_a_replaced_file_is_scored_again(tmp_path: Path) -> None:
    """From pictures and byte counts to tables with intervals and the page, always as "given"; then one file changes."""
    folder = place(tmp_path)
    done = snakemake(folder)
    assert done.returncode == 0, done.stderr
    bd = pd.read_csv(folder / "results/tables/tiny/bd_rate.csv")
    theirs = bd[(bd.series == "theirs") & (bd.averaging == "mean curve")]
    assert set(theirs.kind) == {"given"}
    assert abs(theirs.bd_rate.item()) < 1e-9
    assert theirs[["ci_lo", "ci_hi"]].notna().all(axis=None)
    assert "this suite scored the images, it saw no stream and decoded none" in theirs.notes.item()
    page = (folder / "reports/tiny/index.html").read_text(encoding="utf-8")
    assert "kind-given" in page
    assert "it saw no stream and decoded none" in page
    assert "Theirs" in (folder / "reports/tiny/tables/bd_rate.tex").read_text(encoding="utf-8")
    before = pd.read_csv(folder / "results/rows/mine/theirs.csv")
    write_png(folder / "their/50/p0.png", photo(176, 180, 0))  # as if decoded without loss
    assert snakemake(folder, "--", "results/rows/mine/theirs.csv").returncode == 0
    after = pd.read_csv(folder / "results/rows/mine/theirs.csv")
    changed = before[before.psnr != after.psnr]
    assert list(zip(changed.image, changed.point, strict=True)) == [("p0", 50)]


def test_the_papers_run_on_kodak_needs_no_vtm(tmp_path: Path) -> None:
    """A dry run neither fetches nor builds it; with `streams: coded`, and on Tecnick, it does."""
    folder = place(tmp_path)
    config = {"name": "tiny", "methods": ["vtm", "vtm-paper", "vtm-truncated"], "anchors": ["vtm"], "metrics": ["psnr"]}

    def jobs(**change: object) -> str:
        (folder / "tiny.yaml").write_text(yaml.safe_dump(config | change), encoding="utf-8")
        done = snakemake(folder, "--dry-run")
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    given = jobs(datasets=["kodak"])
    assert "vtm_build" not in given
    assert given.count("code kodak with") == 3  # a job for all points of a method
    assert "vtm_build" in jobs(datasets=["kodak"], vtm={"streams": "coded"})
    shared = jobs(datasets=["tecnick"])
    assert "vtm_build" in shared
    assert shared.count("code tecnick with vtm-truncated") == 8  # a job per point: nothing is encoded
    assert shared.count("code tecnick with vtm-paper") == 48
