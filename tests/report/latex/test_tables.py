"""The LaTeX tables."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from lic_tcm.report.inputs import Tables, read_tables
from lic_tcm.report.latex import bd_rate as latexbd
from lic_tcm.report.latex.sensitivity import sensitivity
from lic_tcm.report.latex.table1 import table1
from lic_tcm.report.latex.table2 import table2
from lic_tcm.report.write import write_tables


@pytest.fixture
def data(tables: Path) -> Tables:
    """The small tables, read."""
    return read_tables(tables)


def rows(text: str) -> dict[str, list[str]]:
    """The cells of each line of a table by its first cell."""
    lines = [line.removesuffix(r" \\").split(" & ") for line in text.splitlines() if line.endswith(r" \\")]
    return {cells[0]: cells[1:] for cells in lines}


def test_the_fragment_is_well_formed(data: Tables) -> None:
    """Environments and braces balance, every line has as many cells as there are columns, specials are escaped."""
    found = latexbd.bd_rate(data), latexbd.bd_rate(data, everything=True), table2(data)
    for text in (*found, table1(data), sensitivity(data)):
        opened: list[str] = []
        for verb, name in re.findall(r"\\(begin|end){(.*?)}", text):
            assert verb == "begin" or opened.pop() == name
            opened += [name] * (verb == "begin")
        assert opened == []
        plain = re.sub(r"\\[{}]", "", text)
        assert plain.count("{") == plain.count("}")
        assert not re.search(r"(?<!\\)[#_]", re.sub(r"\\label{.*?}|\\input{.*?}", "", text))
        assert "−" not in text
        for tabular in re.findall(r"\\begin{tabular}{(l.*?)}(.*?)\\end{tabular}", text, re.DOTALL):
            body = [line for line in tabular[1].splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
            assert {line.count(" & ") for line in body} == {len(tabular[0]) - 1}


def test_numbers_intervals_and_images_stand_where_they_belong(data: Tables) -> None:
    """A method's line has its BD-rate, interval and number of images; the lowest of each kind is bold."""
    cells = rows(latexbd.bd_rate(data))
    name = r"Évil \textless{}script\textgreater{}alert('x')\textless{}/script\textgreater{} \& 100 \%\_of a name"
    evil = next(values for first, values in cells.items() if first.startswith(name))
    assert evil == [r"$\mathbf{-16.7}$$^{1}$", "[$-18.5$, $-15.2$]", "8 of 41"]
    assert r"$^{1}$ the curves share less than 75 \% of the method's range." in latexbd.bd_rate(data)
    assert cells["WebP"] == ["$0.00$", "[$0.00$, $0.00$]", "8 of 41"]
    assert cells["TCM (small)"] == [r"$\mathbf{-31.40}$", "--", "8 of 41"]
    assert "JPEG XL" not in cells  # no number: the CSV says why


def test_kinds_are_blocks_and_the_caption_names_every_convention(data: Tables) -> None:
    """Measured and published stand apart; anchor, BD method, averaging and PSNR reference are in the caption."""
    text = latexbd.bd_rate(data)
    assert (
        text.index(r"\emph{measured}") < text.index("WebP &") < text.index(r"\emph{published}") < text.index("TCM (sm")
    )
    caption = re.search(r"\\caption{(.*)}\n", text)
    assert caption
    for words in (
        "WebP (measured)",
        "BD method: pchip",
        "averaging: mean curve",
        "original in RGB",
        "fewer bits",
        "not over trainings",
    ):
        assert words in caption[1]


def test_other_ways_go_to_the_appendix(data: Tables) -> None:
    """The first averaging and BD method are the main table; the others have tables of their own."""
    main, appendix = latexbd.bd_rate(data), latexbd.bd_rate(data, everything=True)
    assert main.count(r"\begin{tabular}") == 1
    assert appendix.count(r"\begin{tabular}") == 2
    assert "BD method: cubic, averaging: mean curve" in appendix
    assert "BD method: pchip, averaging: per image" in appendix
    labels = re.findall(r"\\label{(.*?)}", main + appendix)
    assert len(set(labels)) == 3


def test_table_2_has_paper_recomputed_and_measured_side_by_side(data: Tables) -> None:
    """Each dataset has the columns it has values for; unknown cells are dashes; notes and partial sets are stated."""
    text = table2(data)
    cells = rows(text)
    assert cells["TCM (small)"] == [
        *("$-8.94$", "$-9.08$", "$-9.2$", "[$-10.5$, $-7.9$]"),
        *("$-7.39$", "$-7.40$", "$-7.05$", "$-5.10$"),  # paper, recomputed, against the two measured anchors
    ]
    assert cells["Chen 2022"] == ["$-7.15$", *["--"] * 7]
    assert text.count("10-bit anchor") == 2  # a column and the caption
    assert r"CLIC\_pro measured on 8 of 41 images" in text
    assert r"a note with 100 \%" in text


def test_empty_tables_are_a_comment_with_the_reason(data: Tables) -> None:
    """A document that inputs them still compiles."""
    empty = replace(
        data, bd=(), table2=(), missing={"bd_rate.csv": "bd_rate.csv is missing", "table2.csv": "has no rows"}
    )
    assert latexbd.bd_rate(empty) == "% No BD-rates: bd_rate.csv is missing.\n"
    assert table2(empty).startswith("% ")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex with booktabs")
@pytest.mark.parametrize("name", ["tables", "bd_rate", "bd_rate_all", "table1", "table2", "sensitivity"])
def test_pdflatex_takes_it(data: Tables, tmp_path: Path, name: str) -> None:
    """Every table compiles by itself, and so does the document that shows them all; something is printed."""
    write_tables(data, tmp_path)
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-draftmode", f"{name}.tex"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:].decode("latin-1")
    assert b"No pages of output" not in done.stdout.replace(b"\n", b" ")
