"""The rows that ship: what is found among them, and what they are of."""

from lic_tcm.datasets.fetch import dataset_names
from lic_tcm.rd import measured


def test_measured_rows_are_of_known_datasets() -> None:
    """A folder of something else, such as an ablation's, must not turn up as a dataset to compare on."""
    assert measured.datasets()
    assert set(measured.datasets()) <= set(dataset_names())
    assert all("@" not in name for dataset in measured.datasets() for name in measured.rows_files(dataset))
