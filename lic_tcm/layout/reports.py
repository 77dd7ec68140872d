"""Files of a report."""

from pathlib import Path

from lic_tcm.layout.spelling import REPORTS


def report(run: str) -> Path:
    """The report of a run."""
    return REPORTS / run


def page(report: Path) -> Path:
    """In a report: the page."""
    return report / "index.html"


def summary(report: Path) -> Path:
    """In a report: its sentences and small table as plain text, which a run ends by printing."""
    return report / "summary.txt"


def crate(report: Path) -> Path:
    """In a report: the RO-Crate that describes it."""
    return report / "ro-crate-metadata.json"


def figures(report: Path) -> Path:
    """In a report: its figures."""
    return report / "figures"


def paper(report: Path) -> Path:
    """In a report: its figures and tables as they stand in a paper, to be compiled."""
    return report / "paper.tex"


def report_tables(report: Path) -> Path:
    """In a report: its tables as CSV, LaTeX and HTML."""
    return report / "tables"


def pictures(report: Path) -> Path:
    """In a report: the images beside the page."""
    return report / "pictures"


def compared_tables(report: Path) -> Path:
    """In a report of `lic-tcm compare`: the tables it is drawn from, which lie in no run's results."""
    return report / "data"
