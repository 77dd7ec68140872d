"""Users' files as text: what is read of them, or why they are refused."""

from pathlib import Path

import pytest

from lic_tcm.compare.series import UserSeries, read_series
from lic_tcm.errors import UserError
from lic_tcm.rd.curves import Metric, RDCurve


def read(tmp_path: Path, text: str, name: str = "mine.csv", dataset: str | None = "kodak") -> list[UserSeries]:
    """The methods of a file with this text."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_series(path, dataset)


def refusal(tmp_path: Path, text: str, name: str = "mine.csv", dataset: str | None = "kodak") -> str:
    """What is said of a file that cannot be used."""
    with pytest.raises(UserError) as caught:
        read(tmp_path, text, name, dataset)
    return str(caught.value).replace(f"{tmp_path}/", "")


def curve(series: list[UserSeries], metric: Metric = "psnr") -> RDCurve:
    """The curve of the only method."""
    (one,) = series
    found = one.data(metric)
    assert isinstance(found, RDCurve)
    return found
