"""From a spreadsheet's paste to a paper: choices, style, LaTeX and a PDF in one command."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.tex import CVPR, compiled, complaints, needs_tex, pages

from lic_tcm.bench.figure_choices import read_choices
from lic_tcm.errors import UserError

PASTE = "Method\tRate (bpp)\tPSNR (dB)\nOurs+\t0,15\t30,2\nOurs+\t0,3\t32,5\nOurs+\t0,6\t35,6\nOurs+\t0,9\t37,4\n"
CHOICES = """\
style: cvpr
methods: [Ours+, tcm-large, avif]
labels: {Ours+: Ours}
colours: {Ours+: "#c00000"}
rate: [0.1, 1]
inset: {rate: [0.3, 0.4]}
"""
# A paper's text: figures and tables as they were written, and sentences whose numbers are macros.
PAPER = (
    CVPR
    + r"""\usepackage{graphicx,booktabs,url}
\input{report/tables/numbers}
\begin{document}
\title{A codec}\author{An author}\maketitle
\section{Results}
Ours needs $\bdKodakOursOPLUSVsTcmLarge\,\%$ of rate more than TCM-L (Fig.~\ref{fig:rd-kodak-psnr},
Table~\ref{tab:bd-psnr}).
\begin{figure}[tb]\centering\includegraphics{report/figures/rd_kodak_psnr.pdf}
\input{report/figures/rd_kodak_psnr}\end{figure}
\begin{figure}[tb]\centering\includegraphics{report/figures/bd_rate_kodak_psnr.pdf}
\input{report/figures/bd_rate_kodak_psnr}\end{figure}
\begin{figure}[tb]\centering\includegraphics{report/figures/local_rates_kodak_psnr.pdf}
\input{report/figures/local_rates_kodak_psnr}\end{figure}
\input{report/tables/bd_rate}
\clearpage
\input{report/tables/bd_rate_all}
\bibliographystyle{plain}
\bibliography{report/tables/references}
\end{document}
"""
)


@needs_tex
@pytest.mark.long
def test_a_paste_becomes_a_paper_of_two_pages(tmp_path: Path) -> None:
    """One command reads the paste and compiles paper.pdf; a document that takes the parts in has no line edited."""
    (tmp_path / "paste.tsv").write_text(PASTE, encoding="utf-8")
    (tmp_path / "choices.yaml").write_text(CHOICES, encoding="utf-8")
    command = ["compare", "paste.tsv", "--dataset", "kodak", "--against", "tcm-large,measured:avif", "--out", "report"]
    command += ["--figures", "choices.yaml", "--pdf"]
    done = subprocess.run(
        [sys.executable, "-m", "lic_tcm", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report/paper.pdf").read_bytes().startswith(b"%PDF")
    numbers = (tmp_path / "report/tables/numbers.tex").read_text(encoding="utf-8")
    (macro,) = re.findall(r"\\(bdKodakOurs[a-p]{4}VsTcmLarge)}", numbers)
    (tmp_path / "mine.tex").write_text(PAPER.replace("bdKodakOursOPLUSVsTcmLarge", macro), encoding="utf-8")
    log = compiled(tmp_path, "mine", cites=True)
    assert pages(log) == 2
    assert complaints(log) == []
    if shutil.which("pdftotext"):
        shown = subprocess.run(["pdftotext", "mine.pdf", "-"], cwd=tmp_path, capture_output=True, text=True, check=True)
        value = re.search(rf"\\newcommand{{\\{macro}}}{{\\ensuremath{{(-?[\d.]+)", numbers)
        assert value
        text = shown.stdout.replace("−", "-")
        assert text.count(value[1]) >= 2  # in the sentence and in the table
        assert "Ours+" not in text


def test_choices_of_a_comparison_are_checked(tmp_path: Path) -> None:
    """A file of the keys, or a configuration that has them, is read; a wrong key, style, name or range is named."""
    path, series = tmp_path / "choices.yaml", ["mine", "vtm"]

    def read(text: str, style: str | None = None) -> dict[str, object]:
        path.write_text(text, encoding="utf-8")
        return read_choices(path, style, series)

    assert read("{style: slides, rate: [0, 1]}", "cvpr") == {"style": "cvpr", "rate": [0, 1]}
    assert read("name: x\nfigures: {labels: {mine: Ours}, pairs: [[a, b]]}") == {"labels": {"mine": "Ours"}}
    assert read_choices(None, None, series) == {}
    for text, message in (
        ("{styles: cvpr}", "unknown key in figures 'styles'; did you mean 'style'"),
        ("{figures: {styles: cvpr}}", "unknown key in figures 'styles'; did you mean 'style'"),
        ("{pairs: [[mine, vtm]]}", r"choices\.yaml: pairs is not for a comparison; it takes style, width"),
        ("{style: ieee}", "config: figures.style: 'ieee' is not one of"),
        ("{methods: [mine, vtn]}", "unknown figures.methods 'vtn'; did you mean 'vtm'"),
        ("{labels: {min: x}}", "unknown figures.labels 'min'; did you mean 'mine'"),
        ("{colours: {mine: red}}", r"config: figures.colours.mine: 'red' does not match"),
        ("{rate: [1, 0.5]}", r"figures\.rate \[1, 0\.5\] is no range; give the lower rate first"),
        ("{inset: {rate: [1, 1]}}", r"figures\.inset\.rate \[1, 1\] is no range"),
    ):
        with pytest.raises(UserError, match=message):
            read(text)
