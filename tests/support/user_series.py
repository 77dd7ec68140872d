"""A user's file on Kodak as text: its methods, its one method, or all that is wrong with it."""

from pathlib import Path

import pytest

from lic_tcm.compare.series import UserSeries, read_one, read_series
from lic_tcm.errors import UserError
from lic_tcm.rd.curves import ImageRD, Metric

IMAGE_ROWS = (
    "dataset,method,point,image,bpp,psnr,ms_ssim,psnr_reference\n"
    "d,m,1,a,0.1,28,0.9,converted\nd,m,1,b,0.3,30,0.8,converted\n"
    "d,m,2,a,0.4,34,0.99,converted\nd,m,2,b,0.6,36,,converted\n"
)
IMAGES = {"kodim01", "kodim02"}


def read_text(tmp_path: Path, text: str, name: str = "mine.csv") -> list[UserSeries]:
    """The methods of a file with this text."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_series(path, "kodak", IMAGES)


def one_of(tmp_path: Path, text: str, metric: Metric = "psnr") -> ImageRD:
    """The images of the one method of a CSV file with this text."""
    path = tmp_path / "rows.csv"
    path.write_text(text, encoding="utf-8")
    found = read_one(path, metric)
    assert isinstance(found, ImageRD)
    return found


def problems_of(tmp_path: Path, text: str, name: str = "mine.csv") -> list[str]:
    """The lines of the refusal after its first, without the folder."""
    with pytest.raises(UserError) as refusal:
        read_text(tmp_path, text, name)
    return str(refusal.value).replace(f"{tmp_path}/", "").split("\n  ")[1:]
