"""One job for all points of a method: the streams of a job per point, from one decoding process."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.decoding import DecodesHere

from lic_tcm.bench import code as code_stage
from lic_tcm.bench import decoder
from lic_tcm.bench.code import Method, code, code_points, folders_of
from lic_tcm.bench.records import Coding
from lic_tcm.bench.score import read_coded, write_coded
from lic_tcm.datasets.manifest import Original
from lic_tcm.environment import Environment
from lic_tcm.errors import UserError

JPEG = Method("jpeg", "jpeg")
POINTS = (20.0, 80.0)


def _made(records: list[Coding]) -> list[tuple[str, float, str, str]]:
    return [(record.image, record.point, record.sha256_stream, record.sha256_decoded) for record in records]


def test_all_points_give_what_a_job_per_point_gives(originals: list[Original], tmp_path: Path) -> None:
    """The same streams and images in the same places, and a list from which each record is found."""
    folders = folders_of(POINTS, tmp_path / "jpeg")
    records = code_points(originals, JPEG, folders)
    alone = [record for point in POINTS for record in code(originals, JPEG, point, tmp_path / f"alone/{point:g}")]
    assert _made(records) == _made(alone)
    for point in ("20", "80"):
        here, there = (sorted(path.name for path in (tmp_path / at / point).iterdir()) for at in ("jpeg", "alone"))
        assert here == there
    write_coded(records, tmp_path / "jpeg/batch-0-of-1.csv", folders)
    found = read_coded([tmp_path / "jpeg/batch-0-of-1.csv"])
    assert [item.record for item in found] == records
    assert {item.folder for item in found} == set(folders.values())


def test_all_points_are_decoded_by_one_process(
    originals: list[Original], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is started once, and the machine described once, for any number of points."""
    happened = []
    machine = code_stage.environment()

    class Counted(DecodesHere):
        def __init__(self, workers: int, **settings: Any) -> None:
            happened.append("started")
            super().__init__(workers, **settings)

    def describe() -> Environment:
        happened.append("described")
        return machine

    monkeypatch.setattr(decoder, "ProcessPoolExecutor", Counted)
    monkeypatch.setattr(code_stage, "environment", describe)
    code_points(originals, JPEG, folders_of((20, 50, 80), tmp_path))
    assert happened == ["started", "described"]


def test_the_command_takes_several_points(originals: list[Original], tmp_path: Path) -> None:
    """`--point` may be repeated; the table lies beside the points' folders, and finished images stay as they are."""
    table = tmp_path / "jpeg/batch-0-of-1.csv"
    command = [sys.executable, "-m", "lic_tcm", "code", str(tmp_path / "set.csv"), "--codec", "jpeg"]
    command += ["--point", "20", "--point", "80", "--out", str(table)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    first = {item.folder / item.record.image: item.record for item in read_coded([table])}
    assert set(first) == {tmp_path / "jpeg" / point / o.image for o in originals for point in ("20", "80")}
    assert all("--point 20 --point 80" in record.command for record in first.values())
    (tmp_path / "jpeg/80/plain.bin").unlink()
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.glob("jpeg/*/*.bin")}
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    assert stamps == {path: path.stat().st_mtime_ns for path in stamps}
    assert (tmp_path / "jpeg/80/plain.bin").is_file()


def test_points_that_are_written_alike_are_refused(tmp_path: Path) -> None:
    """Two points never share a folder, so that neither overwrites the other."""
    with pytest.raises(UserError, match="two of the points 30, 30 are written alike; leave one out"):
        folders_of((30.0000001, 30.0000002), tmp_path)
    assert folders_of((30,), tmp_path) == {30: tmp_path}
