"""Every series against every anchor of its dataset. A pair that cannot be computed is a line with its reason."""

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lic_tcm.errors import UserError
from lic_tcm.progress import progress
from lic_tcm.rd import intervals
from lic_tcm.rd.alternatives import anchor_notes
from lic_tcm.rd.bdrate import INTERPOLATIONS, Interpolation
from lic_tcm.rd.curves import METRICS, Metric, RDCurve
from lic_tcm.rd.pair import Pair
from lic_tcm.tables.series import PLAIN, Naming, Series, series_data, series_groups

if TYPE_CHECKING:
    import pandas as pd
from lic_tcm.tables.schema import BDRow, as_frame

# --- BD-rates -----------------------------------------------------------------------------------------------------


def bd_rates(
    rows: "pd.DataFrame",
    published: Sequence[RDCurve],
    anchors: Sequence[str],
    naming: Naming = PLAIN,
    metrics: Sequence[Metric] = METRICS,
    methods: Sequence[Interpolation] = INTERPOLATIONS,
    how: intervals.How = intervals.JACKKNIFE,
) -> "pd.DataFrame":
    """Every series against every anchor of its dataset (schema.BDRow), anchors and methods in the order given.

    Two averages: "mean curve" for every pair, "per image" (by cubic and pchip only) where both are measured. Two
    measured series are compared on the images they share; intervals (cubic and pchip) exist for such pairs only.
    `marks` says why a number must not be quoted alone (see rd.pair.Mark), `notes` says it in words.
    A pair that cannot be computed has no bd_rate, and the reason in notes. Raises UserError for an anchor that no
    dataset has.
    """
    groups = series_groups(rows, published, naming, metrics)
    unknown = [name for name in anchors if all(name != one.name for group in groups.values() for one in group)]
    if unknown:
        raise UserError(f"anchor {unknown[0]!r} is neither a measured method nor a published curve given here")
    pairs = [
        (_names(dataset, metric, anchor, test), anchor, test)
        for (dataset, metric), group in groups.items()
        for name in anchors
        for anchor in group
        if anchor.name == name
        for test in group
    ]
    return as_frame(
        [
            common | line
            for common, anchor, test in progress(pairs, len(pairs), "BD-rates against anchors", "pair")
            for line in pair_lines(anchor, test, methods, how)
        ],
        BDRow,
    )


def all_pairs(
    rows: "pd.DataFrame",
    published: Sequence[RDCurve],
    known: "pd.DataFrame",
    method: Interpolation,
    naming: Naming = PLAIN,
    metrics: Sequence[Metric] = METRICS,
) -> "pd.DataFrame":
    """Every series against every other of its dataset, by one method on the mean curves (schema.BDRow).

    `known` are lines of `bd_rates`: what they hold by that method stands here as it is there. Of all other pairs the
    intervals are by the jackknife. A pair that cannot be computed is a line with its reason.
    """
    first = known[(known["averaging"] == "mean curve") & (known["bd_method"] == method)]
    there = {tuple(line) for line in first[list(PAIR_NAMES)].itertuples(index=False)}
    lines = [{str(name): cell for name, cell in line.items()} for line in first.to_dict("records") if _of_two(line)]
    pairs = [
        (common, anchor, test)
        for (dataset, metric), group in series_groups(rows, published, naming, metrics).items()
        for anchor, test in itertools.permutations(group, 2)
        if tuple((common := _names(dataset, metric, anchor, test))[name] for name in PAIR_NAMES) not in there
    ]
    for common, anchor, test in progress(pairs, len(pairs), "BD-rates of all pairs", "pair"):
        found = pair_lines(anchor, test, [method], intervals.JACKKNIFE, per_image=False)
        lines += [common | line for line in found]
    return as_frame(lines, BDRow)


PAIR_NAMES = ("dataset", "metric", "anchor", "anchor_kind", "series", "kind")  # tell a pair from all others


def _of_two(line: Mapping[Hashable, Any]) -> bool:
    return (line["anchor"], line["anchor_kind"]) != (line["series"], line["kind"])


def _names(dataset: str, metric: Metric, anchor: Series, test: Series) -> dict[str, Any]:
    """What names a pair in a line."""
    return {
        "dataset": dataset,
        "metric": metric,
        "anchor": anchor.name,
        "anchor_kind": anchor.kind,
        "series": test.name,
        "label": test.label,
        "kind": test.kind,
    }


def pair_lines(
    anchor: Series,
    test: Series,
    methods: Sequence[Interpolation],
    how: intervals.How,
    *,
    per_image: bool = True,
) -> list[dict[str, Any]]:
    """The lines of one pair, without what names it; without `per_image` those of the mean curves only."""
    total = test.images_total or anchor.images_total
    try:
        pair = Pair.of(series_data(anchor), series_data(test))
        more = (*partial_note(pair, total), *anchor_notes(pair.anchor))
        return [
            asdict(delta)
            | {"images_total": total, "marks": " ".join(delta.marks), "notes": "; ".join((*delta.notes, *more))}
            for delta in pair.deltas(methods, how, per_image=per_image)
        ]
    except UserError as error:
        common = {"averaging": "mean curve", "images_total": total, "notes": str(error)}
        return [common | {"bd_method": method} for method in methods]


def partial_note(pair: Pair, total: int | None) -> tuple[str, ...]:
    """That a pair is of a part of its dataset's images, where it is."""
    if pair.n_images is None or total is None or pair.n_images == total:
        return ()
    whole = ", the published curve on all" if pair.images is None else ""
    return (f"measured on {pair.n_images} of {total} images{whole}",)
