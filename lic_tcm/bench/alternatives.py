"""What to say of an anchor whose numbers nobody published: its kind, and the published curves of the same codec."""

from functools import lru_cache

from lic_tcm.bench.curves import Kind, Metric, RDCurve
from lic_tcm.bench.published import load_published

NOT_NUMBERS: tuple[Kind, ...] = ("digitised", "reconstructed")


def anchor_notes(anchor: RDCurve) -> tuple[str, ...]:
    """One sentence for a digitised or reconstructed anchor; empty for the others."""
    if anchor.kind not in NOT_NUMBERS:
        return ()
    others = alternatives(anchor)
    instead = f"published instead: {', '.join(others)}" if others else "nobody published one of this codec"
    return (f"the anchor is {anchor.kind}, not printed numbers; {instead}",)


def alternatives(anchor: RDCurve) -> list[str]:
    """The names of the published curves of an anchor's codec on its dataset and metric, sorted.

    The codec is the first part of a curve's name: vtm for vtm-18.0-duan.
    """
    codec = anchor.name.partition("-")[0]
    return [name for name in _published(anchor.dataset, anchor.metric) if name.partition("-")[0] == codec]


@lru_cache(maxsize=32)
def _published(dataset: str, metric: Metric) -> tuple[str, ...]:
    curves = load_published()
    return tuple(c.name for c in curves if (c.dataset, c.metric, c.kind) == (dataset, metric, "published"))
