"""The paper's Table 1 and the anchor-sensitivity table."""

import math
from pathlib import Path

import pandas as pd
import pytest

from lic_tcm.bench.records import Row
from lic_tcm.errors import UserError
from lic_tcm.measure.sizes import write_models
from lic_tcm.rd.bdrate import INTERPOLATIONS
from lic_tcm.rd.published import load_published
from lic_tcm.tables.paper import COUNTED, IN_TABLE2, TABLE1, TABLE2, series_of
from lic_tcm.tables.sensitivity import sensitivity
from lic_tcm.tables.table1 import read_counts, read_times, table1
from lic_tcm.tables.table2 import table2

NONE = pd.DataFrame(columns=list(Row.__dataclass_fields__))
# Counted on the authors' networks: parameters, those of convolutions and linear layers in millions, MACs in 10^9 by the
# paper's convention and all; 512x768, batch 1.
COUNTS = {
    "small": (45.180752, 44.956, 211.537, 220.051),
    "medium": (59.133650, 58.716, 416.203, 431.943),
    "large": (76.568148, 75.883, 700.959, 726.048),
    "large-no-squeeze": (161.298148, 160.497, 830.898, 857.131),
}
# As printed: encode and decode in ms, parameters in millions, FLOPs in 10^9, BD-rate in %.
PRINTED = {
    "Xie 2021": (2346, 5212, 47.55, 408.21, -1.65),
    "SwinT-ChARM": (132, 84, 60.55, 230.37, -4.02),
    "TCM-L, no squeeze": (151, 141, 160.45, 830.90, -12.54),
    "TCM-L": (150, 140, 75.89, 700.96, -12.30),
    "TCM-M": (130, 122, 58.72, 415.20, -9.65),
    "TCM-S": (109, 102, 44.96, 211.54, -7.39),
}
QUANTITIES = ("encode", "decode", "parameters, paper's convention", "MACs, paper's convention", "BD-rate")


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The networks of Table 1, counted."""
    path = tmp_path_factory.mktemp("counts") / "networks.csv"
    write_models(COUNTED, path)
    return path


def cell(frame: pd.DataFrame, model: str, quantity: str) -> pd.Series:
    """The one line of a model and quantity."""
    found = frame[(frame["model"] == model) & (frame["quantity"] == quantity)]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.slow
def test_table_1_counts_what_the_authors_networks_have(counts: Path) -> None:
    """Parameters and MACs by both conventions equal the counts known, and misprints of the paper are named."""
    frame = table1(table2(NONE), read_counts(counts), {})
    for model, (parameters, convs, macs_paper, macs) in COUNTS.items():
        assert cell(frame, model, "parameters, all").measured == pytest.approx(parameters, abs=5e-7)
        assert cell(frame, model, "parameters, paper's convention").measured == pytest.approx(convs, abs=6e-4)
        assert cell(frame, model, "MACs, paper's convention").measured == pytest.approx(macs_paper, abs=6e-4)
        assert cell(frame, model, "MACs, all").measured == pytest.approx(macs, abs=6e-4)
    misprints = frame[frame["note"].str.contains("misprint")]
    assert sorted(misprints["paper"]) == [75.89, 160.45, 415.20]
    swin = cell(frame, "swin-only", "parameters, paper's convention")
    assert swin.measured == pytest.approx(63.02, abs=0.005)
    assert "the paper prints 60.55 of its authors' own reproduction of Zhu 2022" in swin.note


def test_table_1_has_every_cell_the_paper_prints() -> None:
    """All thirty cells are there with nothing counted, timed or measured, and no text says that one is not held."""
    frame = table1(table2(NONE), {}, {})
    found = frame.set_index(["label", "quantity"])["paper"]
    assert found.dropna().to_dict() == {
        (label, quantity): printed
        for label, cells in PRINTED.items()
        for quantity, printed in zip(QUANTITIES, cells, strict=True)
    }
    assert list(dict.fromkeys(frame["label"])) == list(PRINTED)
    assert not frame["note"].str.contains("held").any()


def test_table_1_has_the_bd_rates_of_published_points_and_reasons_for_empty_cells() -> None:
    """BD-rates are recomputed from points on Kodak where there are any; a line with an empty cell says why."""
    frame = table1(table2(NONE), {}, {})
    assert cell(frame, "large", "BD-rate").recomputed == pytest.approx(-12.30, abs=0.005)
    assert cell(frame, "medium", "BD-rate").recomputed == pytest.approx(-9.66, abs=0.005)
    assert cell(frame, "small", "BD-rate").recomputed == pytest.approx(-7.40, abs=0.005)
    assert cell(frame, "xie2021", "BD-rate").recomputed == pytest.approx(-1.65, abs=0.6)
    for model in ("swin-only", "large-no-squeeze"):
        assert math.isnan(cell(frame, model, "BD-rate").recomputed)
        assert "no published points" in cell(frame, model, "BD-rate").note
    assert "does not build the network" in cell(frame, "xie2021", "parameters, all").note
    assert frame["measured"].isna().all()
    assert all("not " in note or "no " in note for note in frame["note"])


def test_table_1_repeats_table_2_where_both_have_a_method() -> None:
    """The BD-rates of Table 1 are those of Table 2 on Kodak, and a row leads to the points behind it."""
    of_table2 = {found.method: found.bd_rate for found in TABLE2 if found.dataset == "kodak"}
    for model, method in IN_TABLE2.items():
        assert TABLE1[model].bd_rate == of_table2[method]
    assert series_of("TCM small", "kodak") == "tcm-small"
    assert series_of("Kim 2022", "tecnick") is None
    assert series_of("SwinT-ChARM", "kodak") is None


def test_times_stand_in_table_1_with_their_device(tmp_path: Path) -> None:
    """Measured seconds become milliseconds; device, threads, size and weights are in the note."""
    path = tmp_path / "times.csv"
    path.write_text(
        "model,weights,device,threads,height,width,encode_total_s,decode_total_s\n"
        'small,"random, seed 0",Some CPU,2,512,768,1.25,1.5\n'
    )
    frame = table1(table2(NONE), {}, read_times(path))
    line = cell(frame, "small", "encode")
    assert (line.paper, line.measured, line.device) == (109, 1250, "Some CPU")
    assert "Some CPU, 2 threads, 512x768, weights random, seed 0" in line.note
    assert math.isnan(cell(frame, "large", "encode").measured)


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    """The message names the file and the column that is missing."""
    path = tmp_path / "counts.csv"
    path.write_text("name,parameters\nsmall,3\n")
    with pytest.raises(UserError, match=r"counts\.csv lacks the column.*macs_all"):
        read_counts(path)


def test_tcm_is_compared_with_every_vtm_curve_by_every_method() -> None:
    """Each pair of TCM and VTM curves of a dataset has a line per method; golden values are hit, the span is wide."""
    published = load_published()
    frame = sensitivity(NONE, published, ["kodak"])
    vtm = {c.name for c in published if c.dataset == "kodak" and c.metric == "psnr" and c.name.startswith("vtm")}
    assert set(frame["anchor"]) == vtm
    assert len(frame) == 3 * len(vtm) * len(INTERPOLATIONS)
    assert frame["bd_rate"].notna().all()
    large = frame[frame["series"] == "tcm-large"].set_index(["anchor", "bd_method"])["bd_rate"]
    assert large["vtm-12.1-tcm-figure", "akima"] == pytest.approx(-12.32, abs=0.005)
    assert large["vtm-12.1-bench-hifivric", "cubic"] == pytest.approx(-16.9, abs=0.05)
    assert large.max() - large.min() > 4
