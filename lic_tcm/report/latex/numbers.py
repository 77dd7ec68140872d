r"""Every BD-rate as a macro, so that the text of a paper cannot differ from its tables: \bdKodakTcmNanoVsWebp."""

from collections import Counter
from collections.abc import Iterable

from lic_tcm.report import words
from lic_tcm.report.inputs import Tables
from lic_tcm.report.latex.tables import interval, number
from lic_tcm.report.tex import apart, macro
from lic_tcm.tables.schema import BDRow

HEAD = r"""% BD-rates of the report as macros, in %: \input{numbers} in the preamble, then \bdX\,\% or \bdXInterval.
% Names: bd, dataset, metric (none for PSNR), method, Vs, anchor, PerImage for the mean of the images' BD-rates.
% A dagger says that the number must not be quoted alone; the comment says why. A name that two pairs would share ends
% in four letters of a hash. A macro that is gone, or was there before, stops the document.
"""


def numbers(tables: Tables) -> str:
    """The macros of all BD-rates by the method of interpolation that the tables lead with, for `numbers.tex`."""
    return HEAD + "".join(f"{line}\n" for name, row in named(tables).items() for line in _lines(row, name))


def named(tables: Tables) -> dict[str, BDRow]:
    """The BD-rates by the names of their macros."""
    rows = _rows(tables)
    names = [_name(row) for row in rows]
    count = Counter(names)
    return {
        name if count[name] == 1 else name + apart("|".join(_key(row))): row
        for row, name in zip(rows, names, strict=True)
    }


def _rows(tables: Tables) -> list[BDRow]:
    """The BD-rates of the run's anchors and of all pairs, each once; an anchor's own 0 is no number."""
    lead = {(row.dataset, row.metric): row.bd_method for row in reversed(tables.bd)}
    found: dict[tuple[str, ...], BDRow] = {}
    for row in (*tables.bd, *tables.pairs):
        own = (row.series, row.kind) == (row.anchor, row.anchor_kind)
        if row.bd_rate is not None and not own and row.bd_method == lead.get((row.dataset, row.metric), row.bd_method):
            found.setdefault(_key(row), row)
    return list(found.values())


def _key(row: BDRow) -> tuple[str, ...]:
    return row.dataset, row.metric, row.series, row.kind, row.anchor, row.anchor_kind, row.averaging


def _name(row: BDRow) -> str:
    metric = "" if row.metric == "psnr" else macro(row.metric)
    average = "PerImage" if row.averaging == "per image" else ""
    return f"bd{macro(row.dataset)}{metric}{macro(row.series)}Vs{macro(row.anchor)}{average}"


def _lines(row: BDRow, name: str) -> Iterable[str]:
    text = number(row.bd_rate, decimals=words.decimals(row.ci_lo, row.ci_hi)).strip("$")
    doubt = f"  % not to be quoted alone: {words.mark_reasons(row.marks)}" if row.marks else ""
    dagger = r"^{\dagger}" if row.marks else ""
    yield rf"\newcommand{{\{name}}}{{\ensuremath{{{text}{dagger}}}}}{doubt}"
    if row.ci_lo is not None and row.ci_hi is not None:
        ends = interval(row.ci_lo, row.ci_hi).replace("$", "")
        yield rf"\newcommand{{\{name}Interval}}{{\ensuremath{{{ends}}}}}"
