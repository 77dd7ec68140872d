"""Reading the tables."""

import math
from pathlib import Path

import pytest

from lic_tcm.errors import UserError
from lic_tcm.report.inputs import Tables, read_table, read_tables, table_csv
from lic_tcm.tables.schema import BDRow, RDPoint


def test_reads_every_table(tables: Path) -> None:
    """All rows arrive with numbers as numbers and empty cells as None."""
    data = read_tables(tables)
    assert (len(data.points), len(data.bd), len(data.table2), len(data.images)) == (28, 9, 3, 60)
    assert data.missing == {}
    evil = next(row for row in data.bd if row.series == "evil")
    assert (evil.bd_rate, evil.ci_lo, evil.n_images, evil.overlap_share) == (-16.67, -18.5, 8, 0.9)
    assert next(row for row in data.bd if row.series == "jxl").bd_rate is None
    assert math.isinf(max(p.value for p in data.points))


def test_what_is_written_reads_back_exactly(tables: Path, tmp_path: Path) -> None:
    """The CSV behind a figure holds exactly the numbers that are drawn, whatever their names hold."""
    points = read_tables(tables).points
    copy = tmp_path / "copy.csv"
    copy.write_text(table_csv(points, RDPoint), encoding="utf-8")
    assert tuple(read_table(copy, RDPoint) or ()) == points


def test_absent_and_empty_tables_have_a_reason(tables: Path) -> None:
    """A missing file and a header without rows are distinguished, and nothing else is said to be missing."""
    (tables / "table2.csv").unlink()
    bd = tables / "bd_rate.csv"
    bd.write_text(bd.read_text().splitlines()[0] + "\n")
    assert read_tables(tables).missing == {
        "table2.csv": "table2.csv is missing",
        "bd_rate.csv": "bd_rate.csv has no rows",
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bd_rate,ci_lo", "rate,ci_lo", r"lacks the column\(s\) bd_rate"),
        ("-16.67", "lots", r"line 3: bd_rate is 'lots', not a number"),
        ("-16.67", "nan", r"line 3: bd_rate is not a number; leave unknown values empty"),
        ("published", "guessed", r"line 4: kind 'guessed' is none of measured"),
        ("8.0,41", "8.5,41", r"line 2: n_images is '8.5'"),
        ("clic,psnr", "clic,mfav", r"line 2: metric 'mfav' is none of psnr"),
        (",8.0,41,small overlap", "", r"line 3 is shorter than the header"),
    ],
)
def test_a_wrong_table_is_refused_by_name(tables: Path, old: str, new: str, message: str) -> None:
    """The error names the file, the line and the column."""
    path = tables / "bd_rate.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError, match=r"bd_rate\.csv.*" + message):
        read_tables(tables)


def test_a_run_must_say_what_it_is(tables: Path, tmp_path: Path) -> None:
    """Without its folder, run.json or valid JSON there is no report."""
    with pytest.raises(UserError, match="not a folder of tables"):
        read_tables(tmp_path / "nowhere")
    (tables / "run.json").write_text("{")
    with pytest.raises(UserError, match=r"run\.json is not valid JSON"):
        read_tables(tables)
    (tables / "run.json").unlink()
    with pytest.raises(UserError, match=r"run\.json does not exist; make the tables again"):
        read_tables(tables)


def test_datasets_and_metrics_are_those_of_the_run(tables: Path) -> None:
    """The run's order holds, and a metric that it asked for is there even when no row has it."""
    data = read_tables(tables)
    assert data.datasets() == ["clic", "kodak"]
    assert data.metrics() == ["psnr", "ms-ssim"]
    bare = Tables(tables, (), (), (), (), {"datasets": {"b": {}, "a": {}}, "metrics": ["psnr"]}, {}, {})
    assert (bare.datasets(), bare.metrics(), bare.dataset_label("a")) == (["b", "a"], ["psnr"], "a")


def test_bd_rows_survive_the_round_trip(tables: Path, tmp_path: Path) -> None:
    """bd_rate.csv in the report equals the one it was made from, number for number."""
    rows = read_tables(tables).bd
    copy = tmp_path / "copy.csv"
    copy.write_text(table_csv(rows, BDRow), encoding="utf-8")
    assert tuple(read_table(copy, BDRow) or ()) == rows
