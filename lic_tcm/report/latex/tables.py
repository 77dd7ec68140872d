"""Tables as LaTeX with booktabs: fragments to \\input, and a document that shows them all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lic_tcm.report import words
from lic_tcm.report.inputs import Tables

HOW = "% Include with \\input{{{name}}}, where the preamble needs \\usepackage{{booktabs}}; or compile it by itself.\n"


PREAMBLE = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{booktabs}
\usepackage[margin=15mm,landscape]{geometry}
\begin{document}
"""


SHOWN = ("bd_rate", "table1", "table2", "sensitivity")


DOCUMENT = (
    "% Shows every table of this folder: pdflatex tables.tex\n"
    + PREAMBLE
    + "".join(f"\\input{{{name}}}\n" for name in SHOWN)
    + "\\clearpage\n\\input{bd_rate_all}\n\\end{document}\n"
)


# In a document's body \documentclass has become the error \@notprerr: there the preamble is skipped.
ALONE = (
    r"\expandafter\ifx\csname @notprerr\endcsname\documentclass\else"
    + "\n"
    + PREAMBLE
    + r"\def\tablealone{\end{document}}"
    + "\n\\fi\n"
)


ALONE_END = r"\ifdefined\tablealone\expandafter\tablealone\fi" + "\n"


SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    words.MINUS: "$-$",
    "\n": " ",
}


@dataclass(frozen=True)
class Column:
    """A column of cells for each row of a table; `text` gives the cell of a row or "--"."""

    dataset: str
    title: str
    text: Callable[[str, str], str]  # (series, kind)


class Marks:
    """Numbers the reasons for empty or doubtful cells; a reason has one number wherever it stands."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def mark(self, cell: str, reason: str) -> str:
        """A cell with the number of its reason, where there is one."""
        if not reason:
            return cell
        if reason not in self.reasons:
            self.reasons.append(reason)
        return f"{cell}$^{{{self.reasons.index(reason) + 1}}}$"

    def below(self) -> list[str]:
        """The reasons, as lines under the table."""
        footnotes = " ".join(f"$^{{{i}}}$ {escape(reason)}." for i, reason in enumerate(self.reasons, start=1))
        return [r"\par\smallskip\footnotesize " + footnotes] if footnotes else []


def escape(text: str) -> str:
    r"""Any text as LaTeX.

    >>> escape("100 % of a_b & c")
    '100 \\% of a\\_b \\& c'
    """
    return "".join(SPECIAL.get(character, character) for character in text)


def number(value: float | None, bold: bool = False, decimals: int = 2) -> str:
    """A number with fixed decimals in math mode; "--" for None.

    >>> number(-12.3), number(-12.3, bold=True), number(None)
    ('$-12.30$', '$\\\\mathbf{-12.30}$', '--')
    """
    if value is None:
        return "--"
    text = words.number(value, decimals).replace(words.MINUS, "-").replace("∞", r"\infty")
    return rf"$\mathbf{{{text}}}$" if bold else f"${text}$"


def interval(low: float | None, high: float | None) -> str:
    """An interval in brackets, with as many digits as it supports; "--" when unknown."""
    digits = words.decimals(low, high)
    if low is None or high is None:
        return "--"
    return f"[{number(low, decimals=digits)}, {number(high, decimals=digits)}]"


def standing_alone(table: str) -> str:
    """A table that is a document of its own, and still a table where a document takes it by \\input."""
    return ALONE + table + ALONE_END


def table_head(tables: Tables, columns: Sequence[Column]) -> list[str]:
    """Two lines: the datasets over their columns, and the columns."""
    spans: dict[str, int] = {}
    for column in columns:
        spans[column.dataset] = spans.get(column.dataset, 0) + 1
    names = [rf"\multicolumn{{{n}}}{{c}}{{{escape(tables.dataset_label(d))}}}" for d, n in spans.items()]
    ends, start = [], 2
    for n in spans.values():
        ends.append(rf"\cmidrule(lr){{{start}-{start + n - 1}}}")
        start += n
    return [table_line("", names), "".join(ends), table_line("Method", (column.title for column in columns))]


def table_text(
    caption: str, label: str, head: list[str], body: list[str], below: list[str], columns: Sequence[Column]
) -> str:
    """The whole table, as wide as the page: a head of lines, a body of lines, and what stands below."""
    lines = [
        r"\begin{table*}[tb]",
        r"\centering\footnotesize\setlength{\tabcolsep}{4pt}",
        rf"\caption{{{escape(caption)}}}",
        rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{l{'r' * len(columns)}}}",
        r"\toprule",
        *head,
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        *below,
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"


def table_line(first: str, cells: Iterable[str]) -> str:
    """One line of cells."""
    return " & ".join([first, *cells]) + r" \\"
