"""Compile a report's paper.tex by the TeX that is installed."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from lic_tcm import layout
from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes

NEEDED = "install TeX (Debian: texlive-latex-recommended, and texlive-publishers for IEEEtran) or leave --pdf out"
SECONDS = 300  # a document of a few pages takes a few


def check_tex() -> None:
    """Raise UserError where no TeX is installed."""
    absent = [program for program in ("pdflatex", "bibtex") if shutil.which(program) is None]
    if absent:
        raise UserError(f"--pdf needs {absent[0]}, which is not installed; {NEEDED}")


def compile_paper(report: Path) -> Path:
    """Write `report`/paper.pdf; returns it. TeX's other files stay out of the report.

    Raises UserError where no TeX is installed, and with TeX's own words where it refuses the document.
    """
    check_tex()
    paper = layout.paper(report)
    with tempfile.TemporaryDirectory(prefix="lic-tcm-") as folder:
        work = Path(folder)
        shutil.copy2(paper, work)
        for part in (layout.figures(report), layout.report_tables(report)):
            shutil.copytree(part, work / part.name, ignore=shutil.ignore_patterns("*.png", "*.svg", "*.csv", "*.html"))
        cites = "\\bibliography{" in paper.read_text(encoding="utf-8")
        steps = ["pdflatex", *(["bibtex", "pdflatex"] if cites else []), "pdflatex"]
        for step in steps:
            _run(step, paper.stem, work)
        found = paper.with_suffix(".pdf")
        write_bytes(found, (work / found.name).read_bytes())
        return found


def _run(program: str, name: str, folder: Path) -> None:
    options = ["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"] if program == "pdflatex" else []
    try:
        done = subprocess.run([program, *options, name], cwd=folder, check=False, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{program} took more than {SECONDS} s for {name}.tex; compile it yourself") from error
    if done.returncode:
        text = done.stdout.decode("utf-8", "replace").strip()
        said = re.search(r"! .*", text) or re.search(r".*$", text)
        raise UserError(f"{program} cannot compile {name}.tex ({said[0] if said else ''}); {NEEDED}")
