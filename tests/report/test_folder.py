"""The folder of a report: whose it is, what a second report leaves in it, what is never touched."""

import json
import shutil
from pathlib import Path

import pytest

from lic_tcm.errors import UserError
from lic_tcm.report import render
from lic_tcm.report.folder import NAME, owner_of, renewed
from lic_tcm.report.inputs import read_tables
from lic_tcm.report.write import draw


def files(folder: Path) -> set[str]:
    """Every file and empty folder below a folder."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() or (path.is_dir() and not any(path.iterdir()))
    }


def put(out: Path, names: dict[str, str], owner: str = "run 'a'") -> None:
    """A report of these files."""
    with renewed(out, owner) as part:
        for name, text in names.items():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            (part / name).write_text(text)


def test_a_second_report_removes_what_it_lacks_and_nothing_else(tmp_path: Path) -> None:
    """Files of the first that the second has no more go, with the folders they leave empty; a user's files stay."""
    out = tmp_path / "out"
    put(out, {"index.html": "1", "figures/a.svg": "1", "figures/b.svg": "1", "pictures/kodak/k/1.png": "1"})
    for name in ("notes.txt", "figures/mine.svg", "pictures/kodak/mine.png"):
        (out / name).write_text("own")
    put(out, {"index.html": "2", "figures/b.svg": "2"})
    assert files(out) == {
        *("index.html", "figures/b.svg", NAME),
        *("notes.txt", "figures/mine.svg", "pictures/kodak/mine.png"),
    }
    assert (out / "figures/b.svg").read_text() == (out / "index.html").read_text() == "2"
    assert json.loads((out / NAME).read_text())["files"] == ["figures/b.svg", "index.html"]


def test_what_a_user_put_beside_a_first_report_is_not_its_own(tmp_path: Path) -> None:
    """A folder with files of the user takes a report, and keeps them when the report changes."""
    out = tmp_path / "out"
    (out / "pictures").mkdir(parents=True)
    (out / "pictures/holiday.png").write_text("own")
    put(out, {"index.html": "1", "pictures/a.png": "1"})
    put(out, {"index.html": "2"})
    assert files(out) == {"index.html", NAME, "pictures/holiday.png"}


def test_a_report_of_another_run_is_refused_and_the_remedies_work(tmp_path: Path) -> None:
    """Nothing is written; another folder is free, and so is the same one once it is deleted."""
    out = tmp_path / "out"
    put(out, {"index.html": "1"})
    before = files(out)
    with pytest.raises(UserError, match=r"out holds the report of run 'a', not of run 'b'; name another .* --out"):
        put(out, {"index.html": "2"}, "run 'b'")
    assert (files(out), (out / "index.html").read_text()) == (before, "1")
    put(tmp_path / "other", {"index.html": "2"}, "run 'b'")
    shutil.rmtree(out)
    put(out, {"index.html": "2"}, "run 'b'")
    assert owner_of(out) == "run 'b'"


@pytest.mark.parametrize("text", ["{", "[]", '{"files": []}', '{"owner": "x", "files": 3}'])
def test_a_page_or_a_list_that_no_report_wrote_is_not_replaced(tmp_path: Path, text: str) -> None:
    """A user's own index.html, and a damaged list of files, are refused by name."""
    (tmp_path / "index.html").write_text("my home page")
    with pytest.raises(UserError, match=r"index\.html is not a page of this suite; name another folder with --out"):
        put(tmp_path, {"index.html": "1"})
    (tmp_path / NAME).write_text(text)
    with pytest.raises(UserError, match=rf"{NAME} is not readable .*; name another folder with --out"):
        put(tmp_path, {"index.html": "1"})
    assert (tmp_path / "index.html").read_text() == "my home page"


def test_a_report_that_fails_leaves_the_earlier_one_whole(tmp_path: Path) -> None:
    """An error while drawing changes no file and leaves none behind; what a killed report left goes next time."""
    put(tmp_path, {"index.html": "1", "figures/a.svg": "1"})
    before = files(tmp_path)
    with pytest.raises(ZeroDivisionError), renewed(tmp_path, "run 'a'") as part:  # noqa: PT012
        (part / "index.html").write_text("half")
        raise ZeroDivisionError
    assert files(tmp_path) == before
    assert (tmp_path / "index.html").read_text() == "1"
    (tmp_path / ".report-0123456789abcdef.part").mkdir()
    (tmp_path / ".report-mine.part").mkdir()
    put(tmp_path, {"index.html": "2"})
    assert files(tmp_path) == {"index.html", NAME, ".report-mine.part"}


def test_a_list_of_files_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    """Paths that leave it, directly or by a link, are not deleted."""
    out = tmp_path / "out"
    put(out, {"index.html": "1"})
    (tmp_path / "precious").write_text("")
    (tmp_path / "far").mkdir()
    (tmp_path / "far/precious").write_text("")
    (out / "link").symlink_to(tmp_path / "far")
    listed = ["index.html", "../precious", str(tmp_path / "precious"), "link/precious"]
    (out / NAME).write_text(json.dumps({"owner": "run 'a'", "files": listed}))
    put(out, {"index.html": "2"})
    assert (tmp_path / "precious").exists()
    assert (tmp_path / "far/precious").exists()


# --- whole reports ------------------------------------------------------------------------------------------------


def test_a_figure_that_lost_its_points_is_removed_and_becomes_a_line(tables: Path, tmp_path: Path) -> None:
    """Without MS-SSIM points the second report of a run has no such figure, no link to it, and says why."""
    out = render(tables, tmp_path / "out").parent
    assert (out / "figures/rd_clic_ms-ssim.svg").is_file()
    assert (out / "figures/local_rates_clic_psnr.pdf").is_file()
    for name in ("rd_points", "local_rates"):
        lines = (tables / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        kept = [lines[0], *(line for line in lines[1:] if "ms-ssim" not in line and name == "rd_points")]
        (tables / f"{name}.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    render(tables, out)
    fresh = render(tables, tmp_path / "fresh").parent
    assert files(out) == files(fresh)
    assert [name for name in files(out) if (out / name).read_bytes() != (fresh / name).read_bytes()] == []
    assert not list((out / "figures").glob("rd_clic_ms-ssim.*"))
    assert not list((out / "figures").glob("local_rates*"))
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "rd_clic_ms-ssim" not in page
    assert "Rate difference along the curve: CLIC_pro, PSNR" in page


def test_tables_inside_the_report_stay_when_it_is_drawn_again(tables: Path, tmp_path: Path) -> None:
    """A comparison's report holds its tables; drawing it again from them keeps them."""
    out = tmp_path / "out"
    with renewed(out, "run 'try'") as part:
        shutil.copytree(tables, part / "data")
        draw(read_tables(part / "data"), part)
    before = files(out)
    assert "data/rd_points.csv" in before
    render(out / "data", out)
    assert files(out) == before


def test_tables_of_the_user_below_a_report_are_never_its_own(tables: Path, tmp_path: Path) -> None:
    """A report written over a folder that holds its tables, or into that very folder, leaves them to the user."""
    for out in (tmp_path, tables):
        render(tables, out)
        render(tables, out)
        listed = json.loads((out / NAME).read_text(encoding="utf-8"))["files"]
        assert not [name for name in listed if name.endswith("run.json")]
        assert (tables / "run.json").is_file()
    bd = tables / "bd_rate.csv"
    bd.write_text(bd.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    render(tables, tables)
    assert not list((tables / "figures").glob("bd_rate*"))


def test_the_report_of_a_run_refuses_the_folder_of_another(tables: Path, tmp_path: Path) -> None:
    """By the name in run.json: the same run is drawn again, one of another name is not."""
    out = render(tables, tmp_path / "out").parent
    render(tables, out)
    run = json.loads((tables / "run.json").read_text(encoding="utf-8"))
    (tables / "run.json").write_text(json.dumps(run | {"name": "other"}), encoding="utf-8")
    with pytest.raises(UserError, match="holds the report of run 'try', not of run 'other'"):
        render(tables, out)
    assert render(tables, tmp_path / "next").is_file()
