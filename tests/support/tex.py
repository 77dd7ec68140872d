"""TeX as the tests run it: classes with the columns of papers, and what a document must not say."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

needs_tex = pytest.mark.skipif(
    shutil.which("pdflatex") is None or shutil.which("bibtex") is None, reason="needs pdflatex with booktabs, bibtex"
)
# The geometry that CVPR's style sets: letter paper, 6.875 in of text in two columns, 5/16 in between them.
CVPR = r"""\documentclass[10pt,twocolumn,letterpaper]{article}
\usepackage[letterpaper,textwidth=6.875in,textheight=8.875in,columnsep=0.3125in]{geometry}
\usepackage{times}
"""
IEEE = "\\documentclass[journal]{IEEEtran}\n"


def has_class(name: str) -> bool:
    """Whether a class is installed."""
    found = subprocess.run(["kpsewhich", f"{name}.cls"], check=False, capture_output=True)
    return found.returncode == 0


def compiled(folder: Path, name: str, engine: str = "pdflatex", cites: bool = False) -> str:
    """The log of a document that TeX takes, with one run or those that citations need; fails the test otherwise."""
    steps = [engine, "bibtex", engine, engine] if cites else [engine]
    for step in steps:
        options = [] if step == "bibtex" else ["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"]
        done = subprocess.run([step, *options, name], cwd=folder, check=False, capture_output=True, timeout=300)
        assert done.returncode == 0, done.stdout[-3000:].decode("latin-1")
    return (folder / f"{name}.log").read_text(encoding="latin-1")


def pages(log: str) -> int:
    """How many pages came out."""
    found = re.search(r"Output written on .*?\((\d+) pages?", log.replace("\n", ""))
    return int(found[1]) if found else 0


def complaints(log: str) -> list[str]:
    """Lines of a log about things too wide or too high, undefined references and labels given twice."""
    pattern = r"^(Overfull .*|LaTeX Warning: (?:Float too large|Reference|Citation|There were undefined|Label).*)$"
    return re.findall(pattern, log, re.MULTILINE)
