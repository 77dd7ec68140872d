"""The paper's Table 2: recomputed, measured, and why not."""

import math

import pytest
from support.rows import EMPTY, frame_of, pick, rows_of

from lic_tcm.rd.published import load_published
from lic_tcm.tables.schema import Table2Row, columns
from lic_tcm.tables.table2 import table2


def test_table2_recomputes_the_paper_and_measures_nothing_without_rows():
    """Every cell of the paper is there, recomputed where points are published; measured is empty without rows."""
    frame = table2(EMPTY)
    assert tuple(frame.columns) == columns(Table2Row)
    assert len(frame) == 20
    assert frame[["measured", "ci_lo", "ci_hi"]].isna().all(axis=None)
    line = pick(frame, method="TCM large", dataset="kodak")
    assert (line.paper, line.bd_method, line.psnr_reference) == (-12.30, "cubic", "converted")
    assert line.recomputed == pytest.approx(-12.30, abs=0.005)
    tecnick = pick(frame, method="Ballé 2018", dataset="tecnick")
    assert tecnick.recomputed == pytest.approx(31.07, abs=0.005)
    assert "vtm-12.1-oldbench-reconstructed is reconstructed, PSNR reference converted" in tecnick.note
    assert "other VTM curves on tecnick give other BD-rates: vtm-" in tecnick.note
    assert pick(frame, method="Kim 2022", dataset="tecnick").note.startswith("no published points")
    assert set(frame[frame.recomputed.isna()].method) == {"Kim 2022", "Chen 2022"}


def test_table2_shows_what_was_measured():
    """With rows of the method and of the measured VTM the cell has its cubic BD-rate, interval and convention."""
    rows = frame_of(rows_of("vtm-paper", reference="converted", total=24), rows_of("tcm-large", 0.9, total=24))
    line = pick(table2(rows), method="TCM large", dataset="kodak")
    assert [line.measured, line.ci_lo, line.ci_hi] == pytest.approx([-10, -10, -10])
    assert "measured against vtm-paper: " in line.note
    assert "measured on 6 of 24 images" in line.note
    assert table2(rows, measured_anchor="vtm")["measured"].isna().all()


def test_table2_says_when_points_are_not_given():
    """A cell whose published points are not among the curves is empty and says so."""
    frame = table2(EMPTY, load_published(keys=["vtm-12.1-tcm-figure"]))
    line = pick(frame, method="TCM large", dataset="kodak")
    assert math.isnan(line.recomputed)
    assert "were not given" in line.note
