"""The score stage: values, order, refusal of anything that does not fit together."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

from lic_tcm import metrics
from lic_tcm.anchors import pixels
from lic_tcm.bench.code import Method, code
from lic_tcm.bench.score import Coded, read_coded, score, write_coded, write_environments, write_rows, write_versions
from lic_tcm.datasets.manifest import Original
from lic_tcm.errors import UserError
from lic_tcm.images import read_rgb, write_png
from lic_tcm.metrics import MSSSIM, psnr, registry
from lic_tcm.tables.bd_rate import bd_rates
from lic_tcm.tables.rd_points import rd_points
from lic_tcm.tables.rows import read_rows

WEBP = Method("webp", "webp")


@pytest.fixture
def coded(originals: list[Original], tmp_path: Path) -> list[Coded]:
    """The shared images coded at two points."""
    tables = []
    for point in (80, 20):
        folder = tmp_path / f"coded/{point}"
        write_coded(code(originals, WEBP, point, folder), folder / "batch-0-of-1.csv", {point: folder})
        tables.append(folder / "batch-0-of-1.csv")
    return read_coded(tables)


def test_rows_hold_what_is_on_disk(originals: list[Original], coded: list[Coded]) -> None:
    """Rate is the file's size, distortion that of the decoded PNG, sorted by image and point."""
    rows = score(coded, originals)
    assert [(row.image, row.point) for row in rows] == [(o.image, p) for o in originals for p in (20, 80)]
    for row in rows:
        item = next(c for c in coded if (c.record.image, c.record.point) == (row.image, row.point))
        original = next(o for o in originals if o.image == row.image)
        pictures = read_rgb(Path(original.path)), read_rgb(item.file(".png"))
        assert row.bpp == item.file(".bin").stat().st_size * 8 / (row.width * row.height)
        assert row.values["psnr"] == psnr(*pictures)
        assert row.values["ms-ssim"] == MSSSIM(pictures[0])(pictures[1])
        assert row.psnr_reference == "rgb"


def test_threads_change_nothing(originals: list[Original], coded: list[Coded]) -> None:
    """Four threads give the rows of one."""
    assert score(coded, originals, threads=4) == score(coded, originals)


def test_a_changed_picture_or_stream_is_refused(originals: list[Original], coded: list[Coded]) -> None:
    """No row is made from files that are not those of their record."""
    picture = coded[0].file(".png")
    right = picture.read_bytes()
    write_png(picture, read_rgb(picture)[::-1].copy())
    with pytest.raises(UserError, match=r"café\.png is not the image its record describes"):
        score(coded, originals)
    picture.write_bytes(right)
    stream = coded[1].file(".bin")
    stream.write_bytes(stream.read_bytes() + b"\0")
    with pytest.raises(UserError, match=r"plain\.bin has \d+ bytes"):
        score(coded, originals)


def test_a_stream_of_the_same_length_is_refused(originals: list[Original], coded: list[Coded]) -> None:
    """An edited stream that is as long as before: the row would name a stream that is not there."""
    stream = coded[1].file(".bin")
    edited = bytearray(stream.read_bytes())
    edited[-1] ^= 1
    stream.write_bytes(edited)
    with pytest.raises(UserError, match=r"plain\.bin is not the stream its record describes; delete it and code it"):
        score(coded, originals)
    stream.unlink()
    with pytest.raises(UserError, match=r"plain\.bin has 0 bytes"):
        score(coded, originals)


def test_a_point_that_lacks_an_image_is_refused(originals: list[Original], coded: list[Coded]) -> None:
    """A line that is lost from the list of what was coded would leave a mean over fewer images."""
    lost = [item for item in coded if (item.record.image, item.record.point) != ("plain", 20)]
    with pytest.raises(UserError, match="point 20 lacks 1 of 3 images, such as plain; give the tables of all"):
        score(lost, originals)


@pytest.mark.parametrize("field", ["num_bytes", "sha256_decoded", "sha256_original", "sha256_stream"])
def test_an_edited_record_is_refused(field: str, originals: list[Original], coded: list[Coded]) -> None:
    """What a number is computed from cannot be changed in a record, only in what it describes."""
    record = coded[2].record
    value = record.num_bytes - 1 if field == "num_bytes" else "0" * 64
    changed = [*coded[:2], Coded(dataclasses.replace(record, **{field: value}), coded[2].folder), *coded[3:]]
    with pytest.raises(UserError, match=r"z\.dotted"):
        score(changed, originals)


def test_another_original_is_refused(originals: list[Original], coded: list[Coded]) -> None:
    """Streams of a dataset that was exchanged meanwhile are not scored against the new images."""
    other = [dataclasses.replace(o, sha256_rgb=originals[0].sha256_rgb, path=originals[0].path) for o in originals]
    with pytest.raises(UserError, match="another image"):
        score(coded, other)
    with pytest.raises(UserError, match="not in the dataset's manifest"):
        score(coded, originals[:2])


def test_a_missing_table_is_a_user_error(tmp_path: Path) -> None:
    """The message names the file and the stage to run again."""
    with pytest.raises(UserError, match=r"none\.csv.*run the code stage again"):
        read_coded([tmp_path / "none.csv"])


@pytest.mark.parametrize("lost", ["plain.json", "plain.png", "plain.bin", "environment-*.json"])
def test_a_file_that_was_lost_is_named_and_the_advice_works(
    originals: list[Original], tmp_path: Path, lost: str
) -> None:
    """Scoring says which file is missing; deleting the table and coding again brings back that file alone."""
    table, folders = tmp_path / "webp/batch-0-of-1.csv", {20.0: tmp_path / "webp/20"}

    def run() -> list[str]:
        if not table.exists():
            write_coded(code(originals, WEBP, 20, folders[20.0]), table, folders)
        return [row.sha256_stream for row in score(read_coded([table]), originals)]

    first = run()
    (path,) = folders[20.0].glob(lost)
    kept = {other: other.stat().st_mtime_ns for other in folders[20.0].glob("z*.bin")}
    path.unlink()
    with pytest.raises(
        UserError, match=rf"{re.escape(str(path))} is missing, .*; delete {re.escape(str(table))} and run"
    ):
        run()
    table.unlink()
    assert run() == first
    if not lost.startswith("environment"):  # that is of all images
        assert kept == {other: other.stat().st_mtime_ns for other in kept}


def test_rows_and_environments_are_written_alike_every_time(
    originals: list[Original], coded: list[Coded], tmp_path: Path
) -> None:
    """Scoring twice gives the same bytes."""
    for name in ("a", "b"):
        write_rows(score(coded, originals), tmp_path / f"{name}.csv")
        write_environments(coded, tmp_path / f"{name}.json")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_the_papers_convention_compares_with_the_converted_original(originals: list[Original], tmp_path: Path) -> None:
    """With reference "converted" the row's PSNR is that of float planes, above the one on true RGB."""
    folder = tmp_path / "avc"
    records = code(originals[:1], Method("avc-paper", "avc", (("convention", "paper"),)), 20, folder)
    (row,) = score([Coded(records[0], folder)], originals[:1])
    picture = read_rgb(Path(originals[0].path))
    convention = pixels.CONVENTIONS["paper"]
    planes = read_rgb(folder / f"{row.image}.ycbcr.png").transpose(2, 0, 1)
    reference = pixels.rgb_to_planes(picture, convention)
    floats = [pixels.planes_to_float_rgb(p, convention) for p in (reference, planes)]
    assert row.psnr_reference == "converted"
    assert row.values["psnr"] == pytest.approx(-10 * np.log10(np.mean((floats[0] - floats[1]) ** 2) / 255**2))
    assert row.values["psnr"] > psnr(picture, read_rgb(folder / f"{row.image}.png"))


def test_a_metric_of_ones_own_goes_from_the_score_to_the_tables(
    originals: list[Original], coded: list[Coded], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a column after the default ones, a version beside the rows, points on its axis and BD-rates."""
    monkeypatch.setattr(registry, "_own", {})
    own = metrics.use("support.own_metric:MeanAbsolute").name
    rows = score(coded, originals, metrics=[own])
    write_rows(rows, tmp_path / "webp.csv")
    write_versions(rows, tmp_path / "webp.metrics.json")
    header = (tmp_path / "webp.csv").read_text(encoding="utf-8").split("\n")[0].split(",")
    assert header[header.index("bpp") :][:5] == ["bpp", "psnr", "ms_ssim", "mean_error", "psnr_reference"]
    assert json.loads((tmp_path / "webp.metrics.json").read_text())[own].startswith("lic-tcm ")
    frame = read_rows([tmp_path / "webp.csv"])
    first, original = rows[0], read_rgb(Path(originals[0].path))
    decoded = next(c for c in coded if (c.record.image, c.record.point) == (first.image, first.point))
    error = np.abs(original.astype(float) - read_rgb(decoded.file(".png"))).mean()
    assert first.values[own] == pytest.approx(error)
    points = rd_points(frame, metrics=[own])
    assert points["value"].tolist() == pytest.approx((-frame.groupby("point")["mean_error"].mean()).tolist())
    (rate,) = bd_rates(frame, (), ["webp"], metrics=[own], methods=["pchip"]).query("averaging == 'mean curve'").bd_rate
    assert rate == 0


def test_a_metric_added_later_leaves_the_rest_as_it_was(
    originals: list[Original], coded: list[Coded], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is new is computed: with the old metrics made to fail, scoring with one more still succeeds."""
    before = score(coded, originals)

    def fail(*_: object) -> None:
        raise AssertionError("computed again")

    for name in metrics.DEFAULT:
        monkeypatch.setattr(type(metrics.get(name)), "against", fail)
    after = score(coded, originals, metrics=["ssim"])
    assert [{name: row.values[name] for name in metrics.DEFAULT} for row in after] == [row.values for row in before]
    assert all("ssim" in row.values for row in after)
