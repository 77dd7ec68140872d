"""The tables as LaTeX with booktabs: fragments to \\input, and a document that shows them all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lic_tcm.report import words
from lic_tcm.report.bd import Choice, choice
from lic_tcm.report.inputs import BDRow, Table2Row, Tables

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


def escape(text: str) -> str:
    r"""Any text as LaTeX.

    >>> escape("100 % of a_b & c")
    '100 \\% of a\\_b \\& c'
    """
    return "".join(SPECIAL.get(character, character) for character in text)


def number(value: float | None, bold: bool = False) -> str:
    """A number with two decimals in math mode; "--" for None.

    >>> number(-12.3), number(-12.3, bold=True), number(None)
    ('$-12.30$', '$\\\\mathbf{-12.30}$', '--')
    """
    if value is None:
        return "--"
    text = words.number(value).replace(words.MINUS, "-").replace("∞", r"\infty")
    return rf"$\mathbf{{{text}}}$" if bold else f"${text}$"


def interval(low: float | None, high: float | None) -> str:
    """An interval in brackets; "--" when unknown."""
    return "--" if low is None or high is None else f"[{number(low)}, {number(high)}]"


def standing_alone(table: str) -> str:
    """A table that is a document of its own, and still a table where a document takes it by \\input."""
    return ALONE + table + ALONE_END


def bd_rate(tables: Tables, everything: bool = False) -> str:
    """BD-rate tables, one per metric and anchor, by the averaging and BD method the file lists first.

    With `everything`, those by the other averagings and methods, for an appendix. Pairs without a BD-rate are left
    to the CSV, whose notes say why.
    """
    name = "bd_rate_all" if everything else "bd_rate"
    if not tables.bd:
        return f"% No BD-rates: {tables.missing['bd_rate.csv']}.\n"
    first = (tables.bd[0].averaging, tables.bd[0].bd_method)
    groups: dict[tuple[str, Choice], list[BDRow]] = {}
    for row in tables.bd:
        if row.bd_rate is not None and ((row.averaging, row.bd_method) != first) == everything:
            groups.setdefault((row.metric, choice(row)), []).append(row)
    parts = [_bd_table(tables, metric, way, rows) for (metric, way), rows in groups.items()]
    return HOW.format(name=name) + "\n".join(
        parts or ["% No pair has such a BD-rate; the notes in bd_rate.csv say why.\n"]
    )


def table2(tables: Tables) -> str:
    """The paper's Table 2 with the value recomputed from published points and the one measured here beside it."""
    if not tables.table2:
        return f"% No Table 2: {tables.missing['table2.csv']}.\n"
    rows = tables.table2
    cells = {(row.method, row.dataset): row for row in rows}
    columns = [column for dataset in dict.fromkeys(r.dataset for r in rows) for column in _columns2(cells, dataset)]
    body = [table_line(escape(m), (c.text(m, "") for c in columns)) for m in dict.fromkeys(row.method for row in rows)]
    notes = [f"{r.method}, {tables.dataset_label(r.dataset)}: {r.note}" for r in rows if r.note]
    below = [r"\par\smallskip\footnotesize " + escape("; ".join(notes)) + "."] if notes else []
    return HOW.format(name="table2") + table_text(
        _caption2(tables), "tab:table2", table_head(tables, columns), body, below, columns
    )


def _bd_table(tables: Tables, metric: str, way: Choice, rows: Sequence[BDRow]) -> str:
    cells = {(row.dataset, row.series, row.kind): row for row in rows}
    datasets = list(dict.fromkeys(row.dataset for row in rows))
    columns = [column for dataset in datasets for column in _bd_columns(cells, dataset)]
    body: list[str] = []
    for kind in words.kinds_in_order(row.kind for row in rows):
        body += [r"\midrule", rf"\multicolumn{{{len(columns) + 1}}}{{l}}{{\emph{{{kind}}}}} \\"]
        series = {row.series: row.label for row in rows if row.kind == kind}
        body += [table_line(escape(label), (c.text(name, kind) for c in columns)) for name, label in series.items()]
    label = "-".join(["tab:bd", metric, way.anchor, way.averaging, way.bd_method]).replace(" ", "-").replace("_", "-")
    head = table_head(tables, columns)
    return table_text(_bd_caption(tables, metric, way, rows), label, head, body[1:], [], columns)


def _bd_columns(cells: dict[tuple[str, str, str], BDRow], dataset: str) -> list[Column]:
    rows = [row for row in cells.values() if row.dataset == dataset]
    kinds = {row.kind for row in rows}
    best = {k: min((r.bd_rate for r in rows if r.kind == k and r.bd_rate is not None), default=None) for k in kinds}

    def rate(series: str, kind: str) -> str:
        row = cells.get((dataset, series, kind))
        return number(row.bd_rate, bold=row.bd_rate == best[kind]) if row else "--"

    def ends(series: str, kind: str) -> str:
        row = cells.get((dataset, series, kind))
        return interval(row.ci_lo, row.ci_hi) if row else "--"

    def count(series: str, kind: str) -> str:
        row = cells.get((dataset, series, kind))
        return words.images(row.n_images, row.images_total).removesuffix(" images") or "--" if row else "--"

    columns = [Column(dataset, "BD-rate", rate)]
    if any(row.ci_lo is not None for row in rows):
        columns.append(Column(dataset, "95\\,\\% interval", ends))
    if any(words.partial(row.n_images, row.images_total) for row in rows):
        columns.append(Column(dataset, "images", count))
    return columns


def _bd_caption(tables: Tables, metric: str, way: Choice, rows: Sequence[BDRow]) -> str:
    anchor, datasets = tables.label(way.anchor), {row.dataset for row in rows}
    sentences = [
        f"BD-rate [%] in {words.metric_name(metric)} against {anchor} ({way.anchor_kind}); negative means fewer bits",
        f"BD method: {way.bd_method}, averaging: {way.averaging}",
        _reference(tables, datasets)
        if metric == "psnr"
        else f"MS-SSIM on a dB axis, {words.MINUS}10 log10(1 {words.MINUS} x)",
        "The lowest of each kind in bold",
    ]
    return ". ".join(sentence for sentence in sentences if sentence) + "."


def _reference(tables: Tables, datasets: Iterable[str]) -> str:
    among = set(datasets)
    return words.references(p.psnr_reference for p in tables.points if p.dataset in among and p.metric == "psnr")


def _columns2(cells: dict[tuple[str, str], Table2Row], dataset: str) -> list[Column]:
    rows = [row for row in cells.values() if row.dataset == dataset]

    def value(field: str) -> Callable[[str, str], str]:
        return lambda method, _: number(getattr(cells.get((method, dataset)), field, None))

    def ends(method: str, _: str) -> str:
        row = cells.get((method, dataset))
        return interval(row.ci_lo, row.ci_hi) if row else "--"

    fields = ["paper", "recomputed", "measured"]
    columns = [Column(dataset, f, value(f)) for f in fields if any(getattr(row, f) is not None for row in rows)]
    if any(row.ci_lo is not None for row in rows):
        columns.append(Column(dataset, "95\\,\\% interval", ends))
    return columns or [Column(dataset, "paper", value("paper"))]


def _caption2(tables: Tables) -> str:
    rows = tables.table2
    ways = dict.fromkeys((r.dataset, r.anchor, r.bd_method) for r in rows)
    told = [f"{tables.dataset_label(d)} against {tables.label(anchor)} ({method})" for d, anchor, method in ways]
    counts = dict.fromkeys(
        f"{tables.dataset_label(p.dataset)} measured on {words.images(p.n_images, p.images_total)}"
        for p in tables.points
        if p.kind == "measured" and words.partial(p.n_images, p.images_total)
    )
    sentences = [
        "BD-rate [%] as the paper's Table 2 prints it, recomputed from published points, and measured here",
        "; ".join(told),
        words.references(row.psnr_reference for row in rows),
        *counts,
    ]
    return ". ".join(sentence for sentence in sentences if sentence) + "."


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
