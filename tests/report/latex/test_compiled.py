"""Fragments, captions and paper.tex as TeX sets them, in the columns of CVPR and of IEEE."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from support.tex import CVPR, IEEE, compiled, complaints, has_class, needs_tex, pages

from lic_tcm import layout
from lic_tcm.errors import UserError
from lic_tcm.report.figures.canvas import save
from lic_tcm.report.figures.catalogue import items
from lic_tcm.report.inputs import Tables, read_tables
from lic_tcm.report.latex import compiled as module
from lic_tcm.report.latex.compiled import compile_paper
from lic_tcm.report.latex.document import shown_tables
from lic_tcm.report.write import write_paper, write_tables

EVIL = "x}\\input{/etc/hostname}{"
PAPER = r"""\usepackage{graphicx,booktabs,url}
\input{tables/numbers}
\begin{document}
\begin{figure}[tb]\centering\includegraphics{figures/NAME.pdf}\input{figures/NAME}\end{figure}
As Figure~\ref{fig:LABEL} and Table~\ref{tab:bd-psnr} show, it needs $\bdClicEvilVsWebp\,\%$.
\input{tables/bd_rate}
\input{tables/table2}
\bibliographystyle{plain}
\bibliography{tables/references}
\end{document}
"""


@pytest.fixture
def data(tables: Path) -> Tables:
    """The small tables, read."""
    return read_tables(tables)


@needs_tex
@pytest.mark.parametrize("name", ["tables", "bd_rate", "bd_rate_all", "table1", "table2", "sensitivity"])
def test_pdflatex_takes_it(data: Tables, tmp_path: Path, name: str) -> None:
    """Every table compiles by itself, and so does the document that shows them all; something is printed."""
    write_tables(data, tmp_path)
    assert pages(compiled(tmp_path, name))


def named(data: Tables, label: str) -> Tables:
    """The tables with another label of the method that has an awkward one."""
    return replace(
        data,
        points=tuple(replace(p, label=label) if p.series == "evil" else p for p in data.points),
        bd=tuple(replace(row, label=label) if row.series == "evil" else row for row in data.bd),
        pairs=tuple(replace(row, label=label) if row.series == "evil" else row for row in data.pairs),
    )


def written(data: Tables, folder: Path, name: str = "rd_clic_psnr") -> Path:
    """Tables, one figure and paper.tex under a folder, as a report has them."""
    write_tables(data, layout.report_tables(folder))
    drawing = items(data)[name].draw(data)
    save(drawing, layout.figures(folder) / name)
    write_paper(data, folder, [(name, drawing.environment)])
    return folder


@needs_tex
@pytest.mark.parametrize("label", [EVIL, "[3] a_b & c", "字体 é"])
def test_a_users_label_does_no_harm(data: Tables, tmp_path: Path, label: str) -> None:
    """A label is text wherever it stands: no file is read by it, and characters TeX lacks are code points."""
    folder = written(named(data, label), tmp_path, "bd_rate_clic_psnr" if label != "字体 é" else "rd_kodak_psnr")
    log = compiled(folder, "paper")
    assert "/etc/hostname" not in "".join(line for line in log.splitlines() if line.startswith("(/"))
    assert pages(log)


@needs_tex
@pytest.mark.parametrize("head", [CVPR, pytest.param(IEEE, id="IEEEtran")])
def test_a_paper_takes_it_in(data: Tables, tmp_path: Path, head: str) -> None:
    """In a document of two columns nothing is too wide, every reference and citation is known, numbers are macros."""
    if head == IEEE and not has_class("IEEEtran"):
        pytest.skip("needs IEEEtran.cls")
    rows = tuple(replace(row, dataset="kodak", series="tcm-large") for row in data.bd if row.series == "tcm-small")
    folder = written(replace(named(data, "Mine"), bd=(*named(data, "Mine").bd, *rows)), tmp_path)
    body = PAPER.replace("NAME", "rd_clic_psnr").replace("LABEL", "rd-clic-psnr")
    (folder / "mine.tex").write_text(head + body, encoding="utf-8")
    log = compiled(folder, "mine", cites=True)
    assert complaints(log) == []
    assert r"\bibitem{liu2023tcm}" in (folder / "mine.bbl").read_text(encoding="utf-8")


@needs_tex
@pytest.mark.skipif(shutil.which("lualatex") is None, reason="needs lualatex")
@pytest.mark.long
def test_lualatex_takes_it(data: Tables, tmp_path: Path) -> None:
    """The same files compile where the engine reads Unicode itself."""
    assert pages(compiled(written(named(data, "字 Mine"), tmp_path, "rd_kodak_psnr"), "paper", "lualatex"))


@needs_tex
def test_paper_pdf_is_made_and_nothing_else(data: Tables, tmp_path: Path) -> None:
    """TeX's other files stay out of the report."""
    folder = written(named(data, "Mine"), tmp_path)
    before = set(folder.rglob("*"))
    assert compile_paper(folder).read_bytes().startswith(b"%PDF")
    assert set(folder.rglob("*")) - before == {folder / "paper.pdf"}


def test_a_comparison_shows_points_where_a_method_has_no_bd_rate(data: Tables) -> None:
    """A paper of a user's with one point has them; once all of the user's methods have BD-rates, those speak."""
    mine = replace(data, run={**data.run, "comparison": True, "own": ["evil"]})
    assert shown_tables(mine) == ("bd_rate",)
    assert shown_tables(replace(mine, run={**mine.run, "own": ["evil", "one"]})) == ("bd_rate", "points")
    assert shown_tables(data) == ("bd_rate", "table2")


@needs_tex
def test_a_paper_without_citations_is_made(data: Tables, tmp_path: Path) -> None:
    """BibTeX refuses a document that cites nothing: of methods that nobody published there is no bibliography."""
    folder = written(named(replace(data, table2=(), missing={**data.missing, "table2.csv": "none"}), EVIL), tmp_path)
    assert "bibliography" not in (folder / "paper.tex").read_text(encoding="utf-8")
    assert compile_paper(folder).is_file()


@needs_tex
def test_what_tex_refuses_is_told(data: Tables, tmp_path: Path) -> None:
    """The message has TeX's own words."""
    folder = written(named(data, "Mine"), tmp_path)
    text = "\\documentclass{article}\n\\begin{document}\n\\nosuchcommand\n\\end{document}\n"
    (folder / "paper.tex").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"pdflatex cannot compile paper\.tex \(! Undefined control sequence\.\)"):
        compile_paper(folder)


def test_without_tex_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Before anything is drawn."""
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    with pytest.raises(UserError, match="--pdf needs pdflatex, which is not installed; install TeX"):
        compile_paper(tmp_path)
