"""The paper's Table 2: as printed, recomputed from published points, and measured."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lic_tcm.rd import intervals
from lic_tcm.rd.alternatives import anchor_notes
from lic_tcm.rd.bdrate import bd_rate, limits, value_or_note
from lic_tcm.rd.curves import RDCurve
from lic_tcm.rd.published import load_published
from lic_tcm.tables.paper import PAPER_ANCHORS, TABLE2, PaperCell
from lic_tcm.tables.series import PLAIN, Series, series_groups

if TYPE_CHECKING:
    import pandas as pd
from lic_tcm.tables.bd_rate import pair_lines
from lic_tcm.tables.schema import Table2Row, as_frame

# --- the paper's Table 2 ------------------------------------------------------------------------------------------


def table2(
    rows: "pd.DataFrame", published: Sequence[RDCurve] | None = None, measured_anchor: str = "vtm-paper"
) -> "pd.DataFrame":
    """The paper's Table 2 (schema.Table2Row): BD-rates in % by the classic cubic against VTM-12.1.

    `recomputed` is from published points against the published curve that stands for the paper's VTM; `measured`
    with its 95 % interval is from rows of the method against rows of `measured_anchor`, empty until both exist.
    `published` are the curves to recompute from, by default all that are committed.
    """
    published = load_published() if published is None else published
    curves = {(curve.dataset, curve.name): curve for curve in published if curve.metric == "psnr"}
    groups = series_groups(rows, (), PLAIN, ("psnr",))
    measured = {(dataset, one.name): one for (dataset, _), group in groups.items() for one in group}
    lines = [_cell_line(cell, curves, measured, measured_anchor) for cell in TABLE2]
    return as_frame(lines, Table2Row)


def _cell_line(
    cell: PaperCell,
    curves: Mapping[tuple[str, str], RDCurve],
    measured: Mapping[tuple[str, str], Series],
    measured_anchor: str,
) -> dict[str, Any]:
    name = PAPER_ANCHORS[cell.dataset]
    anchor = curves.get((cell.dataset, name))
    line: dict[str, Any] = {"method": cell.method, "dataset": cell.dataset, "paper": cell.bd_rate, "anchor": name}
    line |= {"bd_method": "cubic", "psnr_reference": anchor.psnr_reference if anchor else None}
    notes = [cell.note] if cell.note else []
    if anchor and anchor.kind != "published":
        notes += [*anchor_notes(anchor), *anchor.notes]
    test = curves.get((cell.dataset, cell.series or ""))
    if anchor and test:
        line["recomputed"] = value_or_note(bd_rate, anchor, test, "cubic", notes)
        notes += limits(anchor, test)
    elif cell.series:
        notes.append("the points to recompute from were not given")
    pair = measured.get((cell.dataset, measured_anchor)), measured.get((cell.dataset, cell.measured or ""))
    if pair[0] and pair[1]:
        found = pair_lines(pair[0], pair[1], ("cubic",), intervals.JACKKNIFE)[0]
        line |= {"measured": found.get("bd_rate"), "ci_lo": found.get("ci_lo"), "ci_hi": found.get("ci_hi")}
        notes.append(f"measured against {measured_anchor}" + (f": {found['notes']}" if found["notes"] else ""))
    return line | {"note": "; ".join(notes)}
