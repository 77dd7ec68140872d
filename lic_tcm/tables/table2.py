"""The paper's Table 2: as printed, recomputed from published points against several anchors, and measured."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lic_tcm.errors import UserError
from lic_tcm.rd import intervals
from lic_tcm.rd.alternatives import anchor_notes
from lic_tcm.rd.bdrate import bd_rate, limits, value_or_note
from lic_tcm.rd.curves import ImageRD, RDCurve
from lic_tcm.rd.published import load_published
from lic_tcm.tables.paper import PAPER_ANCHORS, TABLE2, PaperCell
from lic_tcm.tables.series import PLAIN, Series, series_data, series_groups

if TYPE_CHECKING:
    import pandas as pd
from lic_tcm.tables.bd_rate import pair_lines
from lic_tcm.tables.schema import Table2Row, as_frame

# --- the paper's Table 2 ------------------------------------------------------------------------------------------


PAPERS, FAIR = "vtm-paper", "vtm"  # the methods that measure VTM as the paper did, and as its codec deserves


def table2(
    rows: "pd.DataFrame", published: Sequence[RDCurve] | None = None, measured_anchor: str = PAPERS
) -> "pd.DataFrame":
    """The paper's Table 2 (schema.Table2Row): BD-rates in % by the classic cubic against VTM-12.1.

    `recomputed` is from published points against the published curve that stands for the paper's VTM; `against_paper`
    and `against_rgb` from the same points against rows of the methods PAPERS and FAIR. `measured` with its 95 %
    interval is from rows of the method against rows of `measured_anchor`. All are empty until both sides exist.
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
    for column, method in (("against_paper", PAPERS), ("against_rgb", FAIR)):
        one = measured.get((cell.dataset, method))
        if one and test:
            line[column] = _against(one, test, column, notes)
    pair = measured.get((cell.dataset, measured_anchor)), measured.get((cell.dataset, cell.measured or ""))
    if pair[0] and pair[1]:
        found = pair_lines(pair[0], pair[1], ("cubic",), intervals.JACKKNIFE)[0]
        line |= {"measured": found.get("bd_rate"), "ci_lo": found.get("ci_lo"), "ci_hi": found.get("ci_hi")}
        notes.append(f"measured against {measured_anchor}" + (f": {found['notes']}" if found["notes"] else ""))
    return line | {"note": "; ".join(notes)}


def _against(anchor: Series, test: RDCurve, column: str, notes: list[str]) -> float | None:
    """A published curve against a measured method; limits and failures go to the notes."""
    try:
        data = series_data(anchor)
        curve = data.mean_curve() if isinstance(data, ImageRD) else data
        found = limits(curve, test)
    except UserError as error:
        notes.append(f"{column}: {error}")
        return None
    notes += [f"{column}: {note}" for note in found]
    return value_or_note(bd_rate, curve, test, "cubic", notes)
