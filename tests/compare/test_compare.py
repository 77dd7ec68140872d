"""lic-tcm compare: a user's curves against published and measured ones, by the report's own tables."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from support.command import run

from lic_tcm.bench import against
from lic_tcm.compare import compare as module
from lic_tcm.compare.compare import Comparison, compare
from lic_tcm.errors import UserError
from lic_tcm.rd.bdrate import bd_rate
from lic_tcm.rd.measured import FOLDER
from lic_tcm.rd.published import load_published
from lic_tcm.report.folder import owner, renewed
from lic_tcm.report.summary import format_rates

ROWS = FOLDER / "kodak/rows"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No rows of earlier runs and no data are at hand; the report is drawn by one test only, it takes seconds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LIC_TCM_DATA", raising=False)
    monkeypatch.setattr(module, "RESAMPLES", 200)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables only."""
    monkeypatch.setattr(module, "draw", lambda _, folder: (folder / "index.html").touch())


def _copy_of(curve: str, path: Path, factor: float = 0.9) -> Path:
    """A file with the PSNR points of a published curve at a share of its rate."""
    (found,) = (c for c in load_published(keys=[curve]) if (c.dataset, c.metric) == ("kodak", "psnr"))
    frame = pd.DataFrame({"bpp": [factor * bpp for bpp in found.bpp], "psnr": found.distortion})
    frame.to_csv(path, index=False)
    return path


def _images(method: str, path: Path, factor: float) -> Path:
    """A file of images with a measured method's images at a share of its rate, and no column but the needed ones."""
    rows = pd.read_csv(ROWS / f"{method}.csv")
    rows.assign(bpp=factor * rows["bpp"])[["image", "point", "bpp", "psnr", "ms_ssim"]].to_csv(path, index=False)
    return path


def _rates(found: Comparison) -> dict[tuple[str, str, str], float | None]:
    return {(row.metric, row.series, row.anchor): row.bd_rate for row in found.rates}


def test_points_images_and_json_at_once_make_the_whole_report(tmp_path: Path) -> None:
    """A copy at 0.9 of the rate has -10 %; images have intervals; figures, tables and page are there."""
    files = [_copy_of("tcm-large", tmp_path / "mine.csv"), _images("webp", tmp_path / "own.csv", 0.8)]
    results = {"bpp": [0.2, 0.4, 0.8], "psnr-rgb": [30, 33, 36.5], "ms-ssim-rgb": [0.95, 0.97, 0.99]}
    (tmp_path / "cai.json").write_text(json.dumps({"name": "cai", "results": results}), encoding="utf-8")
    files.append(tmp_path / "cai.json")
    found = compare(files, "kodak", ["tcm-large", "vtm", "published:vtm", "elic", "measured:webp"], tmp_path / "out")
    rates = _rates(found)
    assert rates["psnr", "mine", "tcm-large"] == pytest.approx(-10)
    assert rates["psnr", "own", "webp"] == pytest.approx(-20)
    intervals = {(row.series, row.anchor): (row.ci_lo, row.ci_hi) for row in found.rates if row.metric == "psnr"}
    assert intervals["own", "webp"] == pytest.approx((-20, -20))
    assert intervals["mine", "tcm-large"] == intervals["mine", "vtm"] == (None, None)
    low, high = intervals["own", "vtm"]
    assert low < rates["psnr", "own", "vtm"] < high  # rows per image on both sides
    assert {anchor for _, _, anchor in rates} == {"tcm-large", "vtm", "vtm-18.0-duan", "he2022-elic", "webp"}
    assert ("ms-ssim", "cai", "he2022-elic") in rates
    assert "own" in found.page.read_text(encoding="utf-8")
    for name in (
        "figures/rd_kodak_psnr.pdf",
        "figures/rd_kodak_ms-ssim.svg",
        "tables/bd_rate.tex",
        "tables/tables.tex",
    ):
        assert (tmp_path / "out" / name).stat().st_size > 100
    text = found.page.read_text(encoding="utf-8")
    for id in ("answer", "curves", "bd-rate", "images", "figures", "overview", "machine"):
        assert f'<section id="{id}"' in text
    for id in ("table-1", "table-2", "sensitivity", "pictures"):  # a comparison is the user's and nothing else
        assert f'id="{id}"' not in text
        assert f'href="#{id}"' not in text
    assert "Not drawn" not in text
    assert "measured by this run" not in text.lower()
    assert not [*(tmp_path / "out/figures").glob("figure_*"), *(tmp_path / "out/figures").glob("costs_*")]
    bd = pd.read_csv(tmp_path / "out/data/bd_rate.csv")
    for name in ("mine", "own", "cai"):
        assert set(bd[bd.series == name].kind) == {"given"}
        assert bd[bd.series == name].notes.str.contains(f"{name} is given: its numbers are the user's").all()
    points = pd.read_csv(tmp_path / "out/data/rd_points.csv")
    own = points[points["series"] == "own"]
    assert set(own["n_images"]) == {24}
    assert (own["bpp_lo"] < own["bpp"]).all()
    assert own["source"].str.contains("own.csv, sha256 [0-9a-f]{64}").all()


@pytest.mark.usefixtures("undrawn")
def test_the_numbers_are_those_of_bd_rate(tmp_path: Path) -> None:
    """Against a published curve the user's points give what the maths gives for the two curves."""
    path = _copy_of("tcm-small", tmp_path / "mine.csv", 1.0)
    found = compare([path], "kodak", ["tcm-large", "published:vtm"], tmp_path / "out")
    curves = {c.name: c for c in load_published(keys=["tcm-small", "tcm-large", "vtm-18.0-duan"])
              if (c.dataset, c.metric) == ("kodak", "psnr")}  # fmt: skip
    for row in found.rates:
        assert row.bd_rate == pytest.approx(bd_rate(curves[row.anchor], curves["tcm-small"]), abs=1e-6)


@pytest.mark.usefixtures("undrawn")
def test_without_against_the_first_file_is_the_anchor(tmp_path: Path) -> None:
    """Two versions of one's own codec need no published curve."""
    files = [_copy_of("tcm-large", tmp_path / "old.csv", 1.0), _copy_of("tcm-large", tmp_path / "new.csv", 0.95)]
    assert _rates(compare(files, "kodak", [], tmp_path / "out")) == {("psnr", "new", "old"): pytest.approx(-5)}
    with pytest.raises(UserError, match=r"old\.csv has one method; say with --against"):
        compare(files[:1], "kodak", [], tmp_path / "out")


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("bpp,psnr\n0.5,34\n", "has 1 point, and a BD-rate needs at least 3"),
        ("bpp,psnr\n0.01,15\n0.02,17\n0.04,19\n0.05,20\n", "do not overlap"),
    ],
)
def test_a_pair_without_a_bd_rate_says_why(tmp_path: Path, text: str, reason: str) -> None:
    """Too few points or no common PSNR: drawn, but without a number, the reason beside it."""
    (tmp_path / "mine.csv").write_text(text, encoding="utf-8")
    found = compare([tmp_path / "mine.csv"], "kodak", ["tcm-large"], tmp_path / "out")
    (row,) = found.rates
    assert row.bd_rate is None
    assert reason in row.notes
    assert f"none     {row.notes}" in format_rates(found.rates)


@pytest.mark.usefixtures("undrawn")
def test_a_part_of_the_images_is_said(tmp_path: Path) -> None:
    """Eight of the 24 images are compared on those eight, and the table says so."""
    path = _images("webp", tmp_path / "own.csv", 0.8)
    frame = pd.read_csv(path)
    frame[frame["image"] <= "kodim08"].to_csv(path, index=False)
    found = compare([path], "kodak", ["measured:webp"], tmp_path / "out").rates
    rows = [row for row in found if row.metric == "psnr"]
    assert [row.averaging for row in rows] == ["mean curve", "per image"]
    for row in rows:
        assert (row.n_images, row.images_total) == (8, 24)
        assert "measured on 8 of 24 images" in row.notes


@pytest.mark.usefixtures("undrawn")
def test_a_second_comparison_into_a_folder_replaces_its_own_only(tmp_path: Path) -> None:
    """The same first file and dataset: drawn again. Another file, another dataset, a run: refused, naming --out."""
    out, path = tmp_path / "out", _copy_of("tcm-large", tmp_path / "mine.csv")
    compare([path], "kodak", ["tcm-large"], out)
    compare([_copy_of("tcm-large", path, 0.8)], "kodak", ["vtm"], out)
    assert set(pd.read_csv(out / "data/bd_rate.csv")["anchor"]) == {"vtm"}
    (tmp_path / "else").mkdir()
    other = _copy_of("tcm-small", tmp_path / "else/mine.csv")
    before = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    for files, dataset in (([other], "kodak"), ([path], "tecnick")):
        with pytest.raises(UserError, match=r"out holds the report of the comparison of \.\./mine\.csv on kodak, not "):
            compare(files, dataset, ["vtm"], out)
        assert {file: file.read_bytes() for file in out.rglob("*") if file.is_file()} == before
    compare([other], "kodak", ["vtm"], tmp_path / "next")


def test_a_comparison_never_replaces_the_report_of_a_run(tmp_path: Path) -> None:
    """By default it goes to reports/<first file>, where a run of that name has its report: refused, naming --out."""
    there = tmp_path / "reports/demo"
    with renewed(there, owner({"name": "demo"})) as part:
        (part / "index.html").write_text("the run")
    arguments = [_copy_of("tcm-large", tmp_path / "demo.csv"), "--dataset", "kodak", "--against", "tcm-small"]
    done = run("compare", *arguments)
    assert done.returncode == 2
    assert "reports/demo holds the report of run 'demo'" in done.stderr
    assert "--out" in done.stderr
    assert (there / "index.html").read_text() == "the run"
    assert run("compare", *arguments, "--out", "reports/other").returncode == 0
    assert (tmp_path / "reports/other/index.html").is_file()


def test_a_dataset_without_curves_is_told_of_those_that_have_some() -> None:
    """A dataset that is known, but has no curve, is not asked for itself."""
    with pytest.raises(UserError, match=r"is of dataset 'demo'; choose one of clic-pro-valid, kodak, tecnick$"):
        against.find(["vtm"], "demo")


def test_all_bad_files_and_all_bad_names_are_told(tmp_path: Path) -> None:
    """Not only the first of either."""
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("bpp,psnr\n1,x\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"(?s)a\.csv:2: psnr 'x'.*b\.csv:2: psnr 'x'"):
        compare([tmp_path / "a.csv", tmp_path / "b.csv"], "kodak", ["vtm"], tmp_path / "out")
    with pytest.raises(UserError, match=r"(?s)'elix' has no curve on kodak; did you mean 'he2022-elic.*'tcm-larg'"):
        against.find(["elix", "tcm-larg", "vtm"], "kodak")
    with pytest.raises(UserError, match=r"dataset 'kodac'; did you mean 'kodak'"):
        against.find(["vtm"], "kodac")
    assert not (tmp_path / "out").exists()


def test_a_name_means_one_thing(tmp_path: Path) -> None:
    """A name of both a published curve and a measured method asks for a prefix; a last part finds the whole."""
    with pytest.raises(UserError, match="put published: or measured: before the name"):
        against.find(["webp"], "kodak")
    assert against.find(["measured:webp"], "kodak")[0].rows == ROWS / "webp.csv"
    found = against.find(["published:webp", "elic", "stf", "vtm", "vvenc"], "kodak")
    names = ["webp", "he2022-elic", "zou2022-stf", "vtm", "vvenc"]
    assert [target.name for target in found] == names
    assert [target.rows is None for target in found] == [True, True, True, False, False]
    assert found[3].rows == FOLDER / "kodak/vtm/rows/vtm.csv"
    path = _copy_of("tcm-large", tmp_path / "webp.csv")
    with pytest.raises(UserError, match="method 'webp' has the name of one of --against"):
        compare([path], "kodak", ["measured:webp"], tmp_path / "out")
    shutil.copy(path, tmp_path / "tcm.csv")
    with pytest.raises(UserError, match="names 'webp' both published and measured"):
        compare([tmp_path / "tcm.csv"], "kodak", ["measured:webp", "published:webp"], tmp_path / "out")


def test_vtm_on_kodak_is_the_measured_one_and_says_which_others_there_are() -> None:
    """On other datasets `vtm` is the published one; the note names kind, reference and every published VTM curve."""
    (target,) = against.find(["vtm"], "kodak")
    assert target.rows == FOLDER / "kodak/vtm/rows/vtm.csv"
    assert target.note.startswith(
        "vtm is measured, PSNR reference rgb; other VTM curves on kodak give other BD-rates: "
    )
    for name in ("vtm-18.0-duan", "vtm-12.1-tcm-figure", "vtm-12.1-bench-hifivric"):
        assert name in target.note
    (papers,) = against.find(["vtm-paper"], "kodak")
    assert papers.note.startswith("vtm-paper is measured, PSNR reference converted; ")
    assert against.find(["vtm"], "tecnick") == against.find(["published:vtm"], "tecnick")


def test_published_vtm_says_which_others_there_are() -> None:
    """A curve whose numbers somebody published, on each dataset; its note names its kind and the others."""
    curves = {(c.dataset, c.name): c for c in load_published() if c.name.startswith("vtm-") and c.metric == "psnr"}
    datasets = {dataset for dataset, _ in curves}
    assert datasets == set(against.VTM)
    for dataset in datasets:
        (target,) = against.find(["published:vtm"], dataset)
        assert curves[dataset, target.name].kind == "published"
        assert target.note.startswith(f"{target.name} is published, PSNR reference ")
        for where, name in curves:
            if where == dataset and name != target.name:
                assert name in target.note
    by_name = against.find(["vtm-12.1-oldbench-reconstructed", "tcm-large"], "tecnick")
    assert by_name[0].note.startswith("vtm-12.1-oldbench-reconstructed is reconstructed, PSNR reference converted")
    assert by_name[1].note == ""
    rgb = {dataset for dataset, name in against.VTM.items() if curves[dataset, name].psnr_reference == "rgb"}
    published_rgb = {d for (d, _), c in curves.items() if (c.kind, c.psnr_reference) == ("published", "rgb")}
    assert rgb == published_rgb  # PSNR against the original, as learned codecs have it, wherever anybody published it


def test_a_curve_without_the_users_metric_is_refused(tmp_path: Path) -> None:
    """Asked for by name, it is not left out in silence."""
    (tmp_path / "mine.csv").write_text("bpp,ms_ssim\n0.2,0.95\n0.4,0.97\n", encoding="utf-8")
    with pytest.raises(UserError, match="'tcm-large' has no MS-SSIM on kodak"):
        compare([tmp_path / "mine.csv"], "kodak", ["tcm-large"], tmp_path / "out")


@pytest.mark.usefixtures("undrawn")
def test_rows_that_say_they_were_given_stay_given(tmp_path: Path) -> None:
    """Rows of this suite whose images somebody else decoded are of the kind "given" here, too, with the note."""
    rows = pd.read_csv(ROWS / "webp.csv").assign(method="theirs", given="decoded")
    rows.to_csv(tmp_path / "theirs.csv", index=False)
    compare([tmp_path / "theirs.csv"], "kodak", ["vvenc", "tcm-large"], tmp_path / "out")
    bd = pd.read_csv(tmp_path / "out/data/bd_rate.csv")
    theirs = bd[bd["series"] == "theirs"]
    assert set(theirs["kind"]) == {"given"}
    assert theirs["notes"].str.contains("theirs is given: this suite scored the images").all()
    assert theirs[theirs["anchor"] == "vvenc"][["ci_lo", "ci_hi"]].notna().any(axis=None)
    rows.assign(given="somehow").to_csv(tmp_path / "bad.csv", index=False)
    with pytest.raises(UserError, match="given 'somehow' is none of , stream, decoded, size, numbers"):
        compare([tmp_path / "bad.csv"], "kodak", ["vvenc"], tmp_path / "bad")
