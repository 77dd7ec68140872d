"""Single points against an anchor's curve, and losses at one lambda: which are shown, and as plain text."""

from collections.abc import Sequence

from lic_tcm.layout import point as spelled
from lic_tcm.metrics import get
from lic_tcm.rd.curves import OWN
from lic_tcm.report import words
from lic_tcm.report.answer import bits, subjects
from lic_tcm.report.inputs import Tables
from lic_tcm.tables.schema import LossRow, PointRow

FEW = 4  # points from which on a method's BD-rate leads


def shown_points(tables: Tables, dataset: str, metric: str) -> list[PointRow]:
    """The points of the methods that the report is about, against the run's anchors."""
    about = subjects(tables)
    rows = [row for row in tables.point_differences if (row.dataset, row.metric) == (dataset, metric)]
    return [row for row in rows if row.series in about and row.kind in OWN]


def few_points(tables: Tables) -> list[PointRow]:
    """Of these, the points of methods that have too few for a BD-rate to lead."""
    found = [row for dataset in tables.datasets() for m in tables.metrics() for row in shown_points(tables, dataset, m)]
    return [row for row in found if has_few(tables, row)]


def has_few(tables: Tables, row: PointRow) -> bool:
    """Whether the method that a row is about has fewer than FEW points."""
    own = (row.dataset, row.metric, row.series, row.kind)
    return sum((p.dataset, p.metric, p.series, p.kind) == own for p in tables.points) < FEW


def shown_losses(tables: Tables) -> list[LossRow]:
    """The losses of pairs that a method is part of that the report is about."""
    about = subjects(tables)
    return [row for row in tables.loss_differences if row.series in about or row.anchor in about]


def place(row: PointRow) -> str:
    """The quality a point is called by.

    >>> place(PointRow("kodak", "psnr", "vtm", "measured", "mine", "mine", "given", "mean curve", "", 0.15, 32.104,
    ...       -8.4, None, None, 0.3, None, None, "", 26, 40, 0.05, 1, 24, 24, "", "", ""))
    '32.10 dB'
    """
    metric = get(row.metric)
    return "" if row.distortion is None else words.number(row.distortion, metric.decimals) + metric.per_unit


def rate_text(row: PointRow) -> str:
    """The rate difference in words, "none" where there is none; two decimals, to be compared."""
    return "none" if row.rate_difference is None else words.marked(bits(row.rate_difference), row.marks)


def quality_text(row: PointRow) -> str:
    """The quality difference with its sign and unit, "none" where there is none."""
    metric = get(row.metric)
    if row.quality_difference is None:
        return "none"
    sign = "+" if row.quality_difference > 0 else ""
    return f"{sign}{words.number(row.quality_difference, metric.decimals)}{metric.per_unit}"


def format_points(rows: Sequence[PointRow]) -> str:
    """Points as a table for a terminal, then the reasons for what is not there."""
    several = len({row.dataset for row in rows}) > 1
    heads = ["metric", "method", "at", "rate", "against", "average", "rate there", words.CI, "quality at its rate"]
    lines = [[*["dataset"][:several], *heads, words.CI]]
    numbered = [row for row in rows if row.bpp is not None]
    for row in numbered:
        lines.append(
            [
                *[row.dataset][:several],
                *(words.metric_name(row.metric), row.label, place(row), f"{words.number(row.bpp, 4)} bpp", row.anchor),
                *(row.averaging, rate_text(row), words.interval(row.rate_lo, row.rate_hi) or "none"),
                *(quality_text(row), words.interval(row.quality_lo, row.quality_hi) or "none"),
            ]
        )
    found = "\n".join(aligned(lines)) if numbered else ""
    return "\n".join(filter(None, [found, *_reasons(rows)]))


def _reasons(rows: Sequence[PointRow]) -> list[str]:
    """Each note once, with the pairs that it is of."""
    pairs: dict[str, dict[str, None]] = {}
    for row in rows:
        for note in filter(None, row.notes.split("; ")):
            pairs.setdefault(note, {})[f"{row.label} against {row.anchor}"] = None
    return [f"note: {note} ({', '.join(of)})" for note, of in pairs.items()]


def format_losses(rows: Sequence[LossRow]) -> str:
    """Losses as a table for a terminal."""
    heads = ["lambda", "method", "against", "its loss", "difference", words.CI, "of rate", "of distortion", "images"]
    lines = [["R + lambda 255² MSE [bpp]:", *[""] * (len(heads) - 1)], heads]
    for row in rows:
        own, other = words.number(row.test_loss, 4), words.number(row.anchor_loss, 4)
        lines.append(
            [
                *(spelled(row.point), row.label, row.anchor_label, f"{own} against {other}"),
                *(signed(row.difference), words.interval(row.ci_lo, row.ci_hi, 4) or "none"),
                *(signed(row.rate_part), signed(row.distortion_part)),
                words.images(row.n_images, row.images_total),
            ]
        )
    notes = dict.fromkeys(note for row in rows for note in row.notes.split("; ") if note)
    return "\n".join([lines[0][0], *aligned(lines[1:]), *(f"note: {note}" for note in notes)])


def signed(value: float, decimals: int = 4) -> str:
    """A difference with its sign.

    >>> signed(0.02), signed(-0.02)
    ('+0.0200', '−0.0200')
    """
    return ("+" if value > 0 else "") + words.number(value, decimals)


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Lines of cells as text, columns under each other."""
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    return ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
