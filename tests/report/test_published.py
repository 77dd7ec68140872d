"""The TCM paper's tables and figures from published points: the numbers, the files, and what it does without."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from lic_tcm.bench import paper
from lic_tcm.errors import UserError
from lic_tcm.report.folder import owner, renewed
from lic_tcm.report.inputs import read_tables
from lic_tcm.report.plain import table2_text
from lic_tcm.report.published import Paper, write_paper
from lic_tcm.report.write import write_report
from lic_tcm.tables.schema import Table2Row

WITHOUT_TORCH = (
    "import sys; sys.modules.update(dict.fromkeys(('torch', 'compressai', 'snakemake')))\n"
    "from lic_tcm.cli import main\nmain()"
)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What `lic-tcm paper` prints where there is no torch and no snakemake, and its folder."""
    out = tmp_path_factory.mktemp("paper") / "published"
    command = [sys.executable, "-c", WITHOUT_TORCH, "paper", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=out.parent)
    assert done.returncode == 0, done.stderr
    assert f"figures and tables: {out}" in done.stderr
    return done.stdout, out


def numbers(text: str, dataset: str, method: str) -> list[str]:
    """The cells of a method's line, below the line of its dataset, without the letters of notes."""
    lines = text.splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith(f"{dataset}, against "))
    line = next(line for line in lines[start + 1 :] if line.startswith(f"  {method}  "))
    return [cell for cell in line.removeprefix(f"  {method}").split() if not cell.strip(",").isalpha()]


def test_table_2_is_printed(printed: tuple[str, Path]) -> None:
    """The paper's numbers, those its points give by the classic cubic, and those against the measured VTM-12.1."""
    text, _ = printed
    assert numbers(text, "Kodak", "TCM large") == ["−12.30", "−12.30", "−12.41", "−10.49"]
    assert numbers(text, "Kodak", "TCM small") == ["−7.39", "−7.40", "−7.17", "−5.21"]
    assert numbers(text, "Tecnick", "TCM large") == ["−13.71", "−13.63", "–", "–"]
    assert numbers(text, "CLIC professional validation", "Cheng 2020") == ["6.77", "6.31", "–", "–"]
    assert numbers(text, "Tecnick", "Kim 2022") == ["6.98", "–", "–", "–"]
    assert "vtm-12.1-oldbench-reconstructed is reconstructed" in text
    assert max(map(len, text.splitlines())) <= 120


def test_notes_stand_once(printed: tuple[str, Path]) -> None:
    """Every letter of the table has one note below it, and every note stands in the table."""
    table, _, notes = printed[0].partition("\n\n")
    cells = [line.split()[-1].split(",") for line in table.splitlines()[3:] if "−" in line or "–" in line]
    heads = [line for line in table.splitlines() if ", against " in line]
    marks = {letter for line in cells for letter in line if letter.isalpha()}
    marks |= {letter for line in heads for word in line.split()[1:] for letter in word.split(",") if len(letter) == 1}
    listed = [line[0] for line in notes.splitlines() if line[1:3] == "  " and line[0] != " "]
    assert sorted(marks) == listed
    assert notes.count("no published points") == 1


def test_figures_and_tables_are_written(printed: tuple[str, Path]) -> None:
    """Figures 7 to 9 in every form; Tables 1 and 2 with counted sizes; nothing else beside them."""
    _, out = printed
    names = {path.stem for path in (out / "figures").iterdir()}
    assert names == {"figure_7", "figure_7_ms_ssim", "figure_8", "figure_9"}
    assert {path.suffix for path in (out / "figures").glob("figure_7.*")} == {".pdf", ".svg", ".png", ".csv", ".tex"}
    assert "tcm-large" in (out / "figures/figure_8.csv").read_text(encoding="utf-8")
    points = read_tables(out / "data").points
    assert {point.series for point in points if point.kind == "measured"} == {"vtm", "vtm-paper"}
    assert not [point.series for point in points if point.series.startswith("vtm-18")]  # not a curve of the paper's
    sizes = [row for row in read_tables(out / "data").table1 if row.model == "large" and row.unit == "M"]
    assert [row.measured for row in sizes] == [75.882476, 76.568148]
    assert (out / "tables/table2.tex").is_file()
    paper = (out / "paper.tex").read_text(encoding="utf-8")
    assert all(f"\\input{{figures/{name}}}" in paper for name in names)


def test_again_into_the_same_folder(printed: tuple[str, Path]) -> None:
    """A second run gives the same figures and tables; what somebody else put there stays."""
    _, out = printed
    before = {path: path.read_bytes() for folder in ("figures", "tables") for path in (out / folder).iterdir()}
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    found = write_paper(out, paper.settings())
    assert isinstance(found, Paper)
    assert len(found.captions) == 4
    assert {path: path.read_bytes() for path in before} == before
    assert (out / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_the_report_of_a_run_is_not_replaced(tmp_path: Path) -> None:
    """A folder that holds another run's report is refused before anything is made."""
    with renewed(tmp_path, owner({"name": "demo"})) as part:
        (part / "index.html").write_text("page", encoding="utf-8")
    with pytest.raises(UserError, match="holds the report of run 'demo'"):
        write_paper(tmp_path, paper.settings())


@pytest.mark.slow
def test_the_page_can_be_made_of_it(printed: tuple[str, Path], tmp_path: Path) -> None:
    """What lies in data/ is all that `lic-tcm report` needs."""
    assert "Liu 2023 TCM-L" in write_report(printed[1] / "data", tmp_path / "whole").read_text(encoding="utf-8")


ROW = Table2Row("A", "kodak", -12.3, -12.0, None, None, None, None, None, "vtm", "cubic", "rgb", "")


def test_measured_cells_have_their_interval() -> None:
    """The column of measured values is there where there is one, with its 95 % interval."""
    text = table2_text([dataclasses.replace(ROW, measured=-11.5, ci_lo=-12.5, ci_hi=-10.5)], {"kodak": "Kodak"})
    assert "−12.30      −12.00    −11.50 [−12.50 to −10.50]\n" in text
    assert "measured" not in table2_text([ROW], {}).partition("\n\n")[0]


def test_more_notes_than_letters() -> None:
    """The 27th note is aa; none is left out."""
    rows = [dataclasses.replace(ROW, method=f"M{k}", note=f"note {k}") for k in range(30)]
    text = table2_text(rows, {"kodak": "Kodak"})
    assert "\naa  note 26\n" in text
    assert "\ndd  note 29\n" in text
