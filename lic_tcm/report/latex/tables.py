"""Tables as LaTeX with booktabs: fragments to \\input, and a document that shows them all."""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass

from lic_tcm.report import words
from lic_tcm.report.choices import Choices
from lic_tcm.report.inputs import Tables
from lic_tcm.report.latex.widths import SEP, table_width
from lic_tcm.report.tex import Caption, defined, escape

HOW = (
    "% Include with \\input{{{name}}}, where the preamble needs \\usepackage{{booktabs}}; or compile it by itself.\n"
    "% Keys of \\cite are in references.bib beside it.\n"
)


PREAMBLE = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage{booktabs}
\usepackage[margin=15mm,landscape]{geometry}
\begin{document}
"""


SHOWN = ("bd_rate", "points", "table1", "table2", "sensitivity")


def document(left: Container[str] = ()) -> str:
    """`tables.tex`: every table of a folder, but for those left out."""
    shown = "".join(f"\\input{{{name}}}\n" for name in SHOWN if name not in left)
    head = "% Shows every table of this folder: pdflatex tables.tex\n"
    return f"{head}{PREAMBLE}{shown}\\clearpage\n\\input{{bd_rate_all}}\n\\end{{document}}\n"


# In a document's body \documentclass has become the error \@notprerr: there the preamble is skipped.
ALONE = (
    r"\expandafter\ifx\csname @notprerr\endcsname\documentclass\else"
    + "\n"
    + PREAMBLE
    + r"\def\tablealone{\end{document}}"
    + "\n\\fi\n"
)


ALONE_END = r"\ifdefined\tablealone\expandafter\tablealone\fi" + "\n"


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
        return below(" ".join(f"$^{{{i}}}$ {escape(reason)}." for i, reason in enumerate(self.reasons, start=1)))


def below(text: str) -> list[str]:
    """A line under a table, as wide as what it stands in."""
    return [rf"\par\smallskip{{\raggedright\scriptsize {text}\par}}"] if text else []


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
    return ALONE + defined(table) + ALONE_END


def table_head(tables: Tables, columns: Sequence[Column]) -> list[str]:
    """Two lines: the datasets over their columns, and the columns."""
    groups: dict[str, int] = {}
    for column in columns:
        groups[column.dataset] = groups.get(column.dataset, 0) + 1
    spans = [(escape(tables.dataset_label(dataset)), n) for dataset, n in groups.items()]
    return [*spanning(spans), table_line("Method", (column.title for column in columns))]


def spanning(spans: Sequence[tuple[str, int]], last: bool = False) -> list[str]:
    """A line of heads, each over so many columns, and the rules below them; the last one has the first column's."""
    heads = [rf"\multicolumn{{{n}}}{{c}}{{{head}}}" for head, n in spans]
    rules, start = [], 2
    for head, n in spans:
        rules.append(rf"\cmidrule(lr){{{start}-{start + n - 1}}}" if head else "")
        start += n
    return [table_line("Method" if last else "", heads), "" if last else "".join(rules)]


def table_text(
    caption: Caption,
    label: str,
    head: Sequence[str],
    body: Sequence[str],
    below: Sequence[str],
    columns: str,
    choices: Choices,
    width: float,
) -> str:
    """The whole table: lines of the head, of the body, and what stands below.

    `columns` is the argument of tabular; a table of more than a column's `width` in inches goes over both.
    """
    environment = "table" if width <= choices.room.column else "table*"
    lines = [
        rf"\begin{{{environment}}}[tb]",
        rf"\centering\footnotesize\setlength{{\tabcolsep}}{{{72 * SEP:.0f}pt}}\setlength{{\belowcaptionskip}}{{3pt}}",
        rf"\caption{{{caption.tex}}}",
        rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        *filter(None, head),
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        *below,
        rf"\end{{{environment}}}",
    ]
    return "\n".join(lines) + "\n"


def plain_table(
    caption: Caption, label: str, head: Sequence[str], body: Sequence[str], below: Sequence[str], choices: Choices
) -> str:
    """As `table_text`, of right-aligned columns after the first; its width is found from its lines."""
    lines = [line.removesuffix(r" \\").split(" & ") for line in body if r"\multicolumn" not in line and " & " in line]
    lines += [line.removesuffix(r" \\").split(" & ") for line in head[-1:]]
    cells = list(zip(*lines, strict=True))
    spec = "l" + "r" * (len(cells) - 1)
    return table_text(caption, label, head, body, below, spec, choices, table_width(cells))


def table_line(first: str, cells: Iterable[str]) -> str:
    """One line of cells; a first one that LaTeX would take for an argument of the line before is guarded."""
    return " & ".join([("{}" if first[:1] in ("[", "*", "(") else "") + first, *cells]) + r" \\"
