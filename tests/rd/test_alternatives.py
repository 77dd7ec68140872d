"""What is said of anchors that are not the only choice."""

import pytest

from lic_tcm.rd.alternatives import alternatives, anchor_notes
from lic_tcm.rd.published import load_published

CURVES = {(curve.dataset, curve.name): curve for curve in load_published() if curve.metric == "psnr"}


@pytest.mark.parametrize("key", [key for key, curve in CURVES.items() if curve.kind in ("digitised", "reconstructed")])
def test_every_anchor_that_is_not_numbers_says_so(key):
    """Whichever digitised or reconstructed curve is the anchor, the note has its name and its kind."""
    (note,) = anchor_notes(CURVES[key])
    assert note.startswith(f"{key[1]} is {CURVES[key].kind}")


def test_a_published_vtm_names_the_others():
    """VTM curves of one dataset differ by points of BD-rate, so any of them as anchor names the others."""
    (note,) = anchor_notes(CURVES["tecnick", "vtm-18.0-duan"])
    assert note.startswith("vtm-18.0-duan is published, PSNR reference rgb; other VTM curves on tecnick")
    assert "vtm-9.1-lalic" in note
    assert "vtm-12.1-oldbench-reconstructed" in note


def test_a_published_curve_of_another_codec_says_nothing():
    """Printed numbers of a method need no warning."""
    assert anchor_notes(CURVES["kodak", "tcm-large"]) == ()
    assert alternatives(CURVES["kodak", "tcm-large"])[0].startswith("tcm-")
