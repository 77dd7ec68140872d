"""`paper.tex`: the report's figures, tables and numbers as they stand in a paper of the chosen style."""

from collections.abc import Sequence

from lic_tcm.report import words
from lic_tcm.report.answer import subjects
from lic_tcm.report.choices import ROOMS, Choices
from lic_tcm.report.inputs import Tables
from lic_tcm.report.latex.numbers import named
from lic_tcm.report.tex import defined, escape

ARTICLE = r"""\documentclass[10pt{columns}]{{article}}
\usepackage[letterpaper,textwidth={width}in,textheight=8.875in,columnsep=0.3125in]{{geometry}}
\usepackage{{times}}
"""
CLASSES = {
    "cvpr": ARTICLE.format(columns=",twocolumn", width=ROOMS["cvpr"].page),
    "ieee-single": "\\documentclass[journal]{IEEEtran}\n",
    "ieee-double": "\\documentclass[journal]{IEEEtran}\n",
    "slides": ARTICLE.format(columns="", width=ROOMS["slides"].page),
}
HEAD = r"""% How the report's figures and tables stand in a paper; nothing of it was edited. In this folder:
%   pdflatex paper && bibtex paper && pdflatex paper && pdflatex paper
"""
PACKAGES = r"""\usepackage[utf8]{inputenc}
\usepackage{graphicx}
\usepackage{booktabs}
\usepackage[hyphens]{url}
\setcounter{topnumber}{5}\setcounter{bottomnumber}{5}\setcounter{totalnumber}{9}\setcounter{dbltopnumber}{5}
\renewcommand{\topfraction}{0.95}\renewcommand{\bottomfraction}{0.9}\renewcommand{\textfraction}{0}
\renewcommand{\dbltopfraction}{0.95}\renewcommand{\floatpagefraction}{0.9}\renewcommand{\dblfloatpagefraction}{0.9}
\input{tables/numbers}
\begin{document}
"""
END = r"""\raggedright
\bibliographystyle{BIBLIOGRAPHY}
\bibliography{tables/references}
\end{document}
"""
STYLES = {"ieee-single": "IEEEtran", "ieee-double": "IEEEtran"}  # of bibliographies


def shown_tables(tables: Tables) -> tuple[str, ...]:
    """The tables of the document, by name: a comparison is the user's and nothing else, and where a method of the
    user's has no BD-rate, single points are shown.
    """
    if not tables.run.get("comparison"):
        return ("bd_rate", "table2")
    rated = {row.series for row in tables.bd if row.bd_rate is not None and row.series != row.anchor}
    return ("bd_rate",) if rated >= set(subjects(tables)) else ("bd_rate", "points")


def document(tables: Tables, figures: Sequence[tuple[str, str]], cites: bool) -> str:
    """The document, with figures by name and environment; `cites` says whether there is anything to cite."""
    style = Choices.of(tables).style
    title = str(tables.run.get("title") or tables.run.get("name") or "")
    drawn = [
        f"\\begin{{{environment}}}[!tb]\n\\centering\n\\includegraphics{{figures/{name}.pdf}}\n"
        f"\\input{{figures/{name}}}\n\\end{{{environment}}}\n"
        for name, environment in figures
    ]
    text = defined(f"\\section*{{{escape(title)}}}\n{_text(tables)}\n")
    end = END.replace("BIBLIOGRAPHY", STYLES.get(style, "plain")) if cites else "\\end{document}\n"
    return "".join(
        [
            HEAD,
            CLASSES[style],
            PACKAGES,
            text,
            *(f"\\input{{tables/{name}}}\n" for name in shown_tables(tables)),
            *drawn,
            end,
        ]
    )


def _text(tables: Tables) -> str:
    """What a report is about in the paper's own words, every number by its macro."""
    choices = Choices.of(tables)
    about, anchors = subjects(tables), {(row.anchor, row.anchor_kind) for row in tables.bd}
    sentences = []
    for name, row in named(tables).items():
        if row.series in about and row.averaging == "mean curve" and (row.anchor, row.anchor_kind) in anchors:
            method = choices.named(row.dataset, row.series, row.kind, row.label)
            anchor = choices.named(row.dataset, row.anchor, row.anchor_kind, tables.label(row.anchor))
            ends = "" if row.ci_lo is None else rf" \{name}Interval{{}}"
            where = f"{tables.dataset_label(row.dataset)} in {words.metric_name(row.metric)}"
            sentences.append(
                rf"On {escape(where)}, {method.tex()} has a BD-rate of \{name}\,\%{ends} against {anchor.tex()}."
            )
    return "\n".join(sentences)
