"""The table nobody prints: BD-rates against every VTM curve there is, by every BD method."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lic_tcm.errors import UserError
from lic_tcm.rd.bdrate import METHODS, bd_rate, limits, overlap_share, value_or_note
from lic_tcm.rd.curves import ImageRD, RDCurve
from lic_tcm.tables.series import PLAIN, Naming, measured_curve

if TYPE_CHECKING:
    import pandas as pd
from lic_tcm.tables.table1 import Line

SENSITIVITY_COLUMNS = (
    *("dataset", "series", "label", "kind", "anchor", "anchor_label", "anchor_kind", "psnr_reference", "bd_method"),
    *("bd_rate", "overlap_share", "anchor_points", "note"),
)


TCM = ("tcm-large", "tcm-medium", "tcm-small")


# --- anchor sensitivity -------------------------------------------------------------------------------------------


def sensitivity(
    rows: "pd.DataFrame",
    published: Sequence[RDCurve],
    datasets: Sequence[str],
    naming: Naming = PLAIN,
    own: Sequence[RDCurve] = (),
) -> "pd.DataFrame":
    """BD-rates in PSNR (SENSITIVITY_COLUMNS) of TCM on `datasets` against all VTM curves, by all BD methods.

    The curves are all `published` ones of a VTM and the rows of every method whose codec is vtm; TCM's points are
    the published ones. The curves `own` are compared in the same way.
    """
    import pandas as pd

    curves = [curve for curve in published if curve.metric == "psnr" and curve.dataset in datasets]
    anchors = [curve for curve in curves if curve.name.startswith("vtm")]
    anchors += mean_curves(rows[rows["codec"] == "vtm"], naming)
    tests = [curve for name in TCM for curve in curves if curve.name == name]
    tests += [curve for curve in own if curve.metric == "psnr"]
    lines = [_sensitivity_lines(anchor, test) for test in tests for anchor in anchors if anchor.dataset == test.dataset]
    frame = pd.DataFrame([line for found in lines for line in found], columns=list(SENSITIVITY_COLUMNS))
    return frame.astype({"bd_rate": "float64", "overlap_share": "float64", "anchor_points": "float64"})


def mean_curves(rows: "pd.DataFrame", naming: Naming = PLAIN) -> list[RDCurve]:
    """The mean curves in PSNR of the methods of some rows, where they rise."""
    found = []
    for _, group in rows.groupby(["dataset", "method"], sort=False):
        data = measured_curve(group, "psnr", naming)
        try:
            found += [data.mean_curve()] if isinstance(data, ImageRD) else []
        except UserError:  # the BD-rate table says why
            continue
    return found


def _sensitivity_lines(anchor: RDCurve, test: RDCurve) -> list[Line]:
    try:
        share, notes = overlap_share(anchor, test), limits(anchor, test)
    except UserError as error:
        share, notes = None, [str(error)]
    common = {
        "dataset": test.dataset,
        "series": test.name,
        "label": test.label,
        "kind": test.kind,
        "anchor": anchor.name,
        "anchor_label": anchor.label,
        "anchor_kind": anchor.kind,
        "psnr_reference": anchor.psnr_reference,
        "overlap_share": share,
        "anchor_points": len(anchor.bpp),
    }
    lines = []
    for method in METHODS:
        told = list(notes)
        value = value_or_note(bd_rate, anchor, test, method, told) if share is not None else None
        lines.append(common | {"bd_method": method, "bd_rate": value, "note": "; ".join(told)})
    return lines
