"""Why TCM's BD-rate depends on the VTM curve it is taken against, with the numbers of this very table."""

from collections.abc import Sequence

from lic_tcm.report import words
from lic_tcm.report.inputs import Tables
from lic_tcm.tables.schema import SensitivityRow

# Curves under two conventions of PSNR: of the same streams (docs/vtm-anchor.md), and published ones of one program.
SAME = {
    ("vtm-truncated", "vtm-paper"): "the same streams",
    ("vtm-12.1-bench-hifivric", "vtm-12.1-tcm-figure"): "published curves of VTM-12.1",
}
SMALL, MEDIUM, LARGE = "tcm-small", "tcm-medium", "tcm-large"


def title(tables: Tables, dataset: str) -> str:
    """What the table of a dataset shows."""
    where, published = tables.dataset_label(dataset), (SMALL, MEDIUM, LARGE)
    rows = [row for row in tables.sensitivity if row.dataset == dataset]
    others = dict.fromkeys(row.label for row in rows if row.series not in published)
    some = ["TCM's published points"] if any(row.series in published for row in rows) else []
    what = " and ".join([*some, *others])
    return f"BD-rate [%] in PSNR of {what} on {where} against every VTM curve in the collection, by every BD method"


def reasons(rows: Sequence[SensitivityRow], dataset: str) -> list[str]:
    """Sentences for a caption: how far the values span on a dataset, and what each cause contributes where it shows."""
    among = [row for row in rows if row.dataset == dataset]
    values = {(r.anchor, r.bd_method): r.bd_rate for r in among if r.series == LARGE and r.bd_rate is not None}
    if not values:
        return []
    span = max(values.values()) - min(values.values())
    ends = words.interval(min(values.values()), max(values.values()))
    found = [f"One set of points of TCM-L gives {ends} % ({words.number(span)} points apart)"]
    found += _conversion(values) + _sources(among) + _methods(values)
    return found


def _conversion(values: dict[tuple[str, str], float]) -> list[str]:
    general = (
        "The colour conversion: a YCbCr codec's PSNR taken against the converted original leaves out the loss of the "
        "8-bit conversion, which PSNR against the RGB original counts"
    )
    for names, what in SAME.items():
        pair = [values.get((anchor, "pchip")) for anchor in names]
        if pair[0] is not None and pair[1] is not None:
            gap = words.number(abs(pair[0] - pair[1]))
            return [f"{general}: {what} under both conventions are {gap} points apart ({' and '.join(names)})"]
    return [general]


def _sources(rows: Sequence[SensitivityRow]) -> list[str]:
    found = ["The curves are of several VTM versions and authors' settings"]
    unstated = sorted({row.anchor for row in rows if row.psnr_reference == "unstated"})
    if unstated:
        found[0] += f", and the source does not state the PSNR reference of {', '.join(unstated)}"
    read_off = sorted({f"{row.anchor} ({row.anchor_kind})" for row in rows if row.anchor_kind in _NOT_NUMBERS})
    return found + ([f"Not printed numbers: {', '.join(read_off)}"] if read_off else [])


_NOT_NUMBERS = ("digitised", "reconstructed")


def _methods(values: dict[tuple[str, str], float]) -> list[str]:
    """How much the BD methods differ on one anchor, at most."""
    spread = {anchor: [value for (name, _), value in values.items() if name == anchor] for anchor, _ in values}
    widest = max(max(found) - min(found) for found in spread.values())
    return [
        f"The BD method: {words.number(widest)} points at most on one anchor; cubic is one least-squares fit through "
        "all points, the others interpolate"
    ]
