"""Rows: every wrong cell is named, rows given twice are refused, and equal tables give equal bytes."""

import math

import pandas as pd
import pytest
from support.rows import FRAME

from lic_tcm.errors import UserError
from lic_tcm.tables.bd_rate import bd_rates
from lic_tcm.tables.rows import read_rows
from lic_tcm.tables.schema import write_csv


def _csv(tmp_path, frame, name="rows.csv"):
    path = tmp_path / name
    frame.to_csv(path, index=False)
    return path


def test_rows_are_read_back(tmp_path):
    """Rows written as CSV come back with their types, also image names that look like numbers."""
    frame = FRAME.assign(image=FRAME["image"].str.replace("img", "0"))
    read = read_rows([_csv(tmp_path, frame)])
    pd.testing.assert_frame_equal(read, frame, check_dtype=False)
    assert read["image"].iloc[1] == "01"
    assert read["decode_s"].isna().all()


@pytest.mark.parametrize(
    ("line", "column", "text", "message"),
    [
        (3, "psnr", "high", r"line 5, column psnr: 'high' is not a number"),
        (3, "psnr", "", r"line 5, column psnr: '' is not a number"),
        (3, "psnr", "nan", r"line 5, column psnr: 'nan' is not a number; leave"),
        (3, "bpp", "0", r"line 5, column bpp: 0 is not a positive rate"),
        (3, "ms_ssim", "15.2", r"line 5, column ms_ssim: 15.2 is not in 0..1"),
        (3, "height", "20.5", r"line 5, column height: '20.5' is not a whole number"),
        (3, "image", "img2", r"line 5, column image: kodak vtm 0.0 img2 is also in .*rows.csv, line 4"),
        (3, "images_total", "24", r"rows of kodak disagree on images_total: \[6, 24\]"),
        (3, "psnr_reference", "converted", r"rows of kodak vtm disagree on psnr_reference"),
    ],
)
def test_bad_rows_are_explained(tmp_path, line, column, text, message):
    """The error names file, line and column, or what rows disagree on."""
    frame = FRAME.astype(object)
    frame.loc[line, column] = text
    with pytest.raises(UserError, match=message):
        read_rows([_csv(tmp_path, frame)])


def test_a_missing_column_is_explained(tmp_path):
    """Rows without a column of Row are refused by name."""
    with pytest.raises(UserError, match=r"lacks the column\(s\) ms_ssim"):
        read_rows([_csv(tmp_path, FRAME.drop(columns="ms_ssim"))])


def test_the_same_rows_in_two_files_are_refused(tmp_path):
    """Rows given twice are an error, not a doubled weight."""
    with pytest.raises(UserError, match=r"is also in .*a\.csv, line 2"):
        read_rows([_csv(tmp_path, FRAME, "a.csv"), _csv(tmp_path, FRAME, "b.csv")])


def test_equal_tables_give_equal_bytes(tmp_path):
    """Numbers are written to 10 digits, empty where unknown, lines end in LF, and nothing else varies."""
    frame = pd.DataFrame({"a": [0.1 + 0.2, math.inf, math.nan], "n": [24.0, math.nan, 1.0], "t": ["x", None, "é,"]})
    write_csv(frame, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == 'a,n,t\n0.3,24,x\ninf,,\n,1,"é,"\n'.encode()
    for name in ("one", "two"):
        shuffled = FRAME if name == "one" else FRAME.copy()
        write_csv(bd_rates(shuffled, (), ["vtm"]), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
