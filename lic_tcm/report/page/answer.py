"""What the page begins with: the sentences, and the BD-rates that its first plot shows against any method."""

from typing import Any

from lic_tcm.report import words
from lic_tcm.report.answer import answers, footnotes, main_anchor, pairs, separable, subjects
from lic_tcm.report.inputs import Tables
from lic_tcm.report.looks import curves
from lic_tcm.tables.schema import BDRow

Side = tuple[str, str]  # series and kind


def first_answers(tables: Tables) -> dict[str, Any]:
    """{"texts": the sentences, "notes": what their signs and kinds mean}."""
    found = answers(tables)
    kinds = {kind for one in found for row in one.rows for kind in (row.kind, row.anchor_kind)}
    said = [f"{kind}: {words.KINDS_SAID[kind]}" for kind in words.kinds_in_order(kinds)]
    return {"texts": [one.text for one in found], "notes": [*footnotes(found), "; ".join(said)] if found else []}


def answer_data(tables: Tables) -> dict[str, Any]:
    """{dataset: {"label", "metrics": {metric: {"anchor", "sides", "pairs"}}}}, of those that have pairs.

    "sides" are the methods, "anchor" is the index of the one to start with, "pairs" has for each anchor's index its
    lines: [method's index, BD-rate, low, high, BD-rate as text, interval as text, remark].
    """
    found: dict[str, Any] = {}
    for dataset in tables.datasets():
        shown = {metric: _of_metric(tables, dataset, metric) for metric in tables.metrics()}
        shown = {metric: one for metric, one in shown.items() if one}
        if shown:
            found[dataset] = {"label": tables.dataset_label(dataset), "metrics": shown}
    return found


def _of_metric(tables: Tables, dataset: str, metric: str) -> dict[str, Any]:
    rows = pairs(tables, dataset, metric)
    sides = list(dict.fromkeys(side for row in rows for side in (_test(row), _anchor(row))))
    lines: dict[int, list[list[Any]]] = {}
    for row in rows:
        lines.setdefault(sides.index(_anchor(row)), []).append([sides.index(_test(row)), *_numbers(row)])
    if not lines:
        return {}
    first = main_anchor(tables, dataset, metric)
    start = sides.index(first) if first in sides else -1
    colours = {(curve.series, curve.kind): curve.colour for curve in curves(tables.points, dataset, metric)}
    own = subjects(tables)
    return {
        "anchor": start if start in lines else min(lines),
        "sides": [
            {"label": tables.label(name), "kind": kind, "colour": colours.get((name, kind), 0), "own": name in own}
            for name, kind in sides
        ],
        "pairs": lines,
    }


def _test(row: BDRow) -> Side:
    return row.series, row.kind


def _anchor(row: BDRow) -> Side:
    return row.anchor, row.anchor_kind


def _numbers(row: BDRow) -> list[float | str | None]:
    digits = words.decimals(row.ci_lo, row.ci_hi)
    if row.bd_rate is None:
        return [None, None, None, "none", "", row.notes]
    rate, low, high = (None if value is None else round(value, 3) for value in (row.bd_rate, row.ci_lo, row.ci_hi))
    text = words.marked(words.number(row.bd_rate, digits), row.marks)
    alike = "not separable" if separable(row) is False else ""
    return [rate, low, high, text, words.interval(row.ci_lo, row.ci_hi, digits), alike]
