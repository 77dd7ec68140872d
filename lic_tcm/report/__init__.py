"""Figures, LaTeX and HTML made from the tables; computes no number of its own."""

from pathlib import Path


def render(tables: Path, out: Path, style: str | None = None) -> Path:
    """Write the report of `results/tables/<name>` under `out`; returns its page, `out`/index.html.

    `style` is that of figures and LaTeX, which else the run has chosen.
    Raises UserError for tables that are missing or not of the expected form.
    """
    from lic_tcm.report.write import write_report  # matplotlib and plotly load only when something is drawn

    return write_report(tables, out, style)
