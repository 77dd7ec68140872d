"""The table nobody prints: BD-rates against every VTM curve there is, by every BD method."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lic_tcm.errors import UserError
from lic_tcm.rd.bdrate import INTERPOLATIONS, bd_rate, limits, overlap_share, value_or_note
from lic_tcm.rd.curves import ImageRD, RDCurve
from lic_tcm.tables.schema import SensitivityRow, as_frame
from lic_tcm.tables.series import PLAIN, Naming, measured_curve

if TYPE_CHECKING:
    import pandas as pd

TCM = ("tcm-large", "tcm-medium", "tcm-small")


# --- anchor sensitivity -------------------------------------------------------------------------------------------


def sensitivity(
    rows: "pd.DataFrame",
    published: Sequence[RDCurve],
    datasets: Sequence[str],
    naming: Naming = PLAIN,
    own: Sequence[RDCurve] = (),
) -> "pd.DataFrame":
    """BD-rates in PSNR (schema.SensitivityRow) of TCM on `datasets` against all VTM curves, by all BD methods.

    The curves are all `published` ones of a VTM and the rows of every method whose codec is vtm; TCM's points are
    the published ones. The curves `own` are compared in the same way.
    """
    curves = [curve for curve in published if curve.metric == "psnr" and curve.dataset in datasets]
    anchors = [curve for curve in curves if curve.name.startswith("vtm")]
    anchors += mean_curves(rows[rows["codec"] == "vtm"], naming)
    tests = [curve for name in TCM for curve in curves if curve.name == name]
    tests += [curve for curve in own if curve.metric == "psnr"]
    lines = [_sensitivity_lines(anchor, test) for test in tests for anchor in anchors if anchor.dataset == test.dataset]
    return as_frame([line for found in lines for line in found], SensitivityRow)


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


def _sensitivity_lines(anchor: RDCurve, test: RDCurve) -> list[dict[str, Any]]:
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
    for method in INTERPOLATIONS:
        reasons = list(notes)
        value = value_or_note(bd_rate, anchor, test, method, reasons) if share is not None else None
        lines.append(common | {"bd_method": method, "bd_rate": value, "note": "; ".join(reasons)})
    return lines
