"""Table 1."""

import csv
import dataclasses
from pathlib import Path

import pytest
import torch

from lic_tcm.errors import UserError
from lic_tcm.measure.times import TableRow, measure, table1, to_csv
from lic_tcm.nn import zoo
from lic_tcm.nn.complexity import complexity as counts
from lic_tcm.tables.paper import TABLE1

TINY = {"channels": 64, "latent": 32, "hyper": 16, "slices": 2, "squeeze": 16, "context_widths": (16, 16)}


@pytest.fixture(scope="module")
def row() -> TableRow:
    """A small network measured."""
    return measure("nano", (64, 128), 2, "cpu", **TINY)


def test_the_parts_make_the_whole(row: TableRow) -> None:
    """Every part takes time, and transform, entropy model and entropy coding add up to the total."""
    for split in (row.encode, row.decode):
        parts = (split.transform, split.entropy_model, split.entropy_coding)
        assert min(parts) > 0
        assert max(parts) < split.total < 60


def test_counts_are_the_networks(row: TableRow) -> None:
    """Parameters and MACs are of this config and size, and the CPU and the weights are named."""
    expected = counts(zoo.config("nano", **TINY), 64, 128)
    assert (row.parameters, row.macs, row.macs_paper) == (expected.parameters, expected.macs, expected.macs_paper)
    assert row.kmacs_per_pixel == pytest.approx(expected.macs / 1000 / 64 / 128)
    assert row.peak_memory > 4 * row.parameters
    assert row.device
    assert row.weights == "random, seed 0"
    assert row.threads == torch.get_num_threads()


def test_rows_become_columns(row: TableRow) -> None:
    """The CSV has a column per part and the paper's row; what the paper does not say is empty."""
    rows = [row, dataclasses.replace(row, model="small", published=TABLE1["small"])]
    ours, small = csv.DictReader(to_csv(rows).splitlines())
    assert float(ours["encode_total_s"]) == pytest.approx(row.encode.total, abs=1e-4)
    assert ours["published_macs"] == ""
    assert (small["published_parameters"], small["published_encode_s"]) == ("44.96", "0.109")


def test_table1_measures_in_other_processes(tmp_path: Path) -> None:
    """A zoo model by its name, and the CSV on disk."""
    (row,) = table1(["nano"], (64, 64), 1, "cpu", tmp_path / "table1.csv")
    assert row.published is None
    assert (tmp_path / "table1.csv").read_text() == to_csv([row])


def test_bad_requests_are_refused() -> None:
    """An unknown model and no repeats are named before anything is measured."""
    with pytest.raises(UserError, match="no model named 'huge'"):
        table1(["huge"], (64, 64), 1, "cpu", None)
    with pytest.raises(UserError, match="repeats = 0"):
        table1(["nano"], (64, 64), 0, "cpu", None)
