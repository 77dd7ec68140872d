"""The small table that a run and a comparison end with: BD-rates of the methods they are about, in plain text."""

from collections.abc import Sequence

from lic_tcm.rd.curves import OWN
from lic_tcm.report import words
from lic_tcm.report.answer import answers, is_anchor, no_interval, subjects
from lic_tcm.report.inputs import Tables
from lic_tcm.report.points import few_points, format_losses, format_points, shown_losses
from lic_tcm.tables.schema import BDRow, PointRow


def summary(tables: Tables) -> str:
    """The sentences of a report, then the small tables, each where there is one; ends with a line break."""
    said = [one.text for one in answers(tables)]
    return "\n".join([*said, *([""] if said else []), closing(tables)]) + "\n"


def closing(tables: Tables) -> str:
    """The small tables: BD-rates; single points of methods that have few; losses of networks of one lambda."""
    rows, losses = small_table(tables), shown_losses(tables)
    rated = {_pair(row) for row in rows if row.bd_rate is not None}
    points = [row for row in few_points(tables) if row.bpp is not None or _pair(row) not in rated]
    compared = {_pair(row) for row in points if row.bpp is not None}
    pointwise = [row for row in rows if row.bd_rate is None and _pair(row) in compared]
    rates = [row for row in rows if row not in pointwise]
    few = dict.fromkeys(row.label for row in pointwise)
    parts = [
        format_rates(rates) if rates else "",
        "" if rows else f"no BD-rates: {tables.missing.get('bd_rate.csv', NOTHING)}",
        f"no BD-rate of {words.listed(list(few))}, too few points; point by point:" if few else "",
    ]
    more = [format_points(points) if points else "", format_losses(losses) if losses else ""]
    return "\n\n".join(filter(None, [*parts, *more]))


def _pair(row: BDRow | PointRow) -> tuple[str, ...]:
    return row.dataset, row.metric, row.anchor, row.anchor_kind, row.series, row.kind


NOTHING = "no method scored here meets an anchor; name one in the configuration's anchors that has the dataset"


def small_table(tables: Tables) -> list[BDRow]:
    """The methods a report is about against the run's anchors, by the first BD method, in both averages."""
    about, lead = subjects(tables), {(row.dataset, row.metric): row.bd_method for row in reversed(tables.bd)}
    rows = [row for row in tables.bd if row.series in about and row.kind in OWN and not is_anchor(row)]
    return [row for row in rows if row.bd_method == lead[row.dataset, row.metric]]


def format_rates(rates: Sequence[BDRow]) -> str:
    """BD-rates as a table for a terminal; a pair without one has its reason.

    The dataset is a column where there are several.

    >>> row = BDRow("kodak", "psnr", "vtm", "published", "mine", "mine", "measured", "mean curve", "pchip",
    ...             -5.0, -6.0, -4.0, "jackknife", 0.2, 28.0, 38.0, 0.6, 24, 24, "", "overlap", "")
    >>> print(format_rates([row]))
    metric   method   against  average     BD-rate   95 % interval
    PSNR     mine     vtm      mean curve  −5.00 %†  −6.00 to −4.00
    † not to be quoted alone, the curves share less than 75 % of the method's range: mine against vtm in PSNR
    """
    several = len({row.dataset for row in rates}) > 1
    lines = [[*["dataset"][:several], "metric", "method", "against", "average", "BD-rate", words.CI]]
    for row in rates:
        rate = "none" if row.bd_rate is None else words.marked(f"{words.number(row.bd_rate)} %", row.marks)
        shown = words.interval(row.ci_lo, row.ci_hi) or no_interval(row)
        where = [*[row.dataset][:several], words.metric_name(row.metric)]
        lines.append([*where, row.label, row.anchor, row.averaging, rate, shown])
    widths = [max(7, *(len(line[k]) for line in lines)) for k in range(len(lines[0]) - 1)]
    table = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]) for line in lines
    ]
    return "\n".join([*table, *_footnotes(rates, several)])


def _footnotes(rates: Sequence[BDRow], several: bool) -> list[str]:
    """A line for each reason for marks, with the lines it holds for."""
    reasons = dict.fromkeys(mark for row in rates for mark in row.marks.split())
    lines = []
    for mark in reasons:
        rows = [row for row in rates if mark in row.marks.split()]
        named = dict.fromkeys(
            f"{row.label} against {row.anchor} in {words.metric_name(row.metric)}"
            + (f" on {row.dataset}" if several else "")
            for row in rows
        )
        lines.append(f"{words.DAGGER} not to be quoted alone, {words.mark_reasons(mark)}: {', '.join(named)}")
    return lines
