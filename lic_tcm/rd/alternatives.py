"""What to say of an anchor that may not be the only one: its kind, and which other curves could have been taken."""

from functools import lru_cache

from lic_tcm.rd.curves import OWN, Kind, Metric, RDCurve
from lic_tcm.rd.published import load_published, measured_vtm_note, vtm_note

NOT_NUMBERS: tuple[Kind, ...] = ("digitised", "reconstructed")


def anchor_notes(anchor: RDCurve) -> tuple[str, ...]:
    """One sentence for a VTM curve, also a measured one, and for what is neither measured nor printed; else nothing."""
    if anchor.kind in OWN:
        note = measured_vtm_note(anchor.name, anchor.dataset, anchor.psnr_reference)
        return (note,) if note else ()
    note = vtm_note(anchor.name, anchor.dataset)
    if note or anchor.kind not in NOT_NUMBERS:
        return (note,) if note else ()
    others = alternatives(anchor)
    instead = f"published instead: {', '.join(others)}" if others else "nobody published another"
    return (f"{anchor.name} is {anchor.kind}, not printed numbers; {instead}",)


def alternatives(anchor: RDCurve) -> list[str]:
    """The names of the published curves of an anchor's codec on its dataset and metric, sorted.

    The codec is the first part of a curve's name: chen2022 for chen2022-figure.
    """
    codec = anchor.name.partition("-")[0]
    return [name for name in _published(anchor.dataset, anchor.metric) if name.partition("-")[0] == codec]


@lru_cache(maxsize=32)
def _published(dataset: str, metric: Metric) -> tuple[str, ...]:
    curves = load_published()
    return tuple(c.name for c in curves if (c.dataset, c.metric, c.kind) == (dataset, metric, "published"))
