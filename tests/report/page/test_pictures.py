"""The pictures beside the page: exactly what was scored, chosen at matched rates, within a size."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lic_tcm.errors import UserError
from lic_tcm.images import read_rgb, write_png
from lic_tcm.report.inputs import read_tables
from lic_tcm.report.page.pictures import Pictures, picture_data, rates, write_pictures
from lic_tcm.report.provenance import Sources
from lic_tcm.tables.schema import ImageRow


def written(run: Path, out: Path, **choice: Any) -> tuple[Sources, Pictures]:
    """Write the pictures of a run whose configuration chooses so."""
    settings = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(settings | {"figures": {"pictures": choice}}))
    sources = Sources(read_tables(run))
    return sources, write_pictures(sources, out)


def test_pictures_are_those_that_were_scored(own_run: Path, tmp_path: Path) -> None:
    """A decoded picture is the coding stage's file, byte for byte; an original has the samples of its file."""
    sources, pictures = written(own_run, tmp_path / "out", images=2, points=3)
    assert [kept.image for kept in pictures.kept] == ["astro", "coffee cup #2"]
    for kept, original in zip(pictures.kept, ("0.png", "1.png"), strict=True):
        assert {row.method for row in kept.decoded} == {"webp", "jpeg"}
        copy = tmp_path / "out/pictures/clic" / kept.image / "original.png"
        np.testing.assert_array_equal(read_rgb(copy), read_rgb(tmp_path / original))
        for row in kept.decoded:
            copy = tmp_path / "out/pictures/clic" / kept.image / f"{row.method}-{float(row.point):g}.png"
            assert copy.read_bytes() == sources.coded(row, ".png").read_bytes()


def test_paths_are_urls_and_numbers_are_those_of_rows(own_run: Path, tmp_path: Path) -> None:
    """What a URL must escape is escaped, and each picture names the line of images.csv it belongs to."""
    sources, pictures = written(own_run, tmp_path / "out", images=["coffee cup #2"], points=1)
    (image,) = picture_data(sources, pictures)["images"]
    assert image["original"] == "pictures/clic/coffee%20cup%20%232/original.png"
    for number, path in image["decoded"]:
        row = sources.tables.images[number]
        assert path == f"pictures/clic/coffee%20cup%20%232/{row.method}-{float(row.point):g}.png"
    assert pictures.thumbnails["clic/astro"] == "pictures/clic/astro/thumbnail.jpg"
    assert (tmp_path / "out/pictures/clic/astro/thumbnail.jpg").is_file()


def test_the_folder_stays_within_its_size(own_run: Path, tmp_path: Path) -> None:
    """Pictures beyond the limit are left out in whole groups, and a note says how many and what to change."""
    _, everything = written(own_run, tmp_path / "out", images=2, points=3)
    _, pictures = written(own_run, tmp_path / "less", images=2, points=3, max_mb=0.01)
    files = [path for path in (tmp_path / "less/pictures").rglob("*.png") if path.name != "original.png"]
    assert 0 < sum(path.stat().st_size for path in files) <= 0.01 * 2**20
    kept, total = (sum(len(one.decoded) for one in some.kept) for some in (pictures, everything))
    assert kept == len(files) < total
    assert pictures.note == f"{total - kept} more pictures would not fit into 0.01 MiB; raise figures.pictures.max_mb"
    assert everything.note == ""


def test_a_picture_that_changed_since_is_refused(own_run: Path, tmp_path: Path) -> None:
    """Neither a decoded picture nor an original is shown that is not the one its record or manifest describes."""
    pictures = {path: read_rgb(path) for path in (own_run.parents[1] / "coded/clic").rglob("astro.png")}
    for path, pixels in pictures.items():
        write_png(path, 255 - pixels)
    with pytest.raises(UserError, match=r"astro\.png is not the picture its record describes"):
        written(own_run, tmp_path / "out", points=3)
    for path, pixels in pictures.items():
        write_png(path, pixels)
    write_png(tmp_path / "1.png", 255 - read_rgb(tmp_path / "1.png"))
    with pytest.raises(UserError, match=r"1\.png is not the picture its manifest describes"):
        written(own_run, tmp_path / "out")


def test_an_unknown_image_is_named(own_run: Path, tmp_path: Path) -> None:
    """A misspelt name in the configuration is an error, not a missing picture."""
    with pytest.raises(UserError, match="no row has the image 'astor'"):
        written(own_run, tmp_path / "out", images=["astor"])


def test_without_records_there_are_no_pictures(own_run: Path, tmp_path: Path) -> None:
    """Rows whose streams are gone, or are others than were scored, show no picture; thumbnails remain."""
    for record in (own_run.parents[1] / "coded").rglob("*.json"):
        text = record.read_text().replace('"sha256_stream": "', '"sha256_stream": "0')
        record.write_text(text)
    sources, pictures = written(own_run, tmp_path / "out")
    assert sources.records == {}
    assert pictures.kept == ()
    assert len(pictures.thumbnails) == 2


def test_rates_lie_in_what_all_methods_reach() -> None:
    """Middle first, then the ends of the shared range; geometric means between; no range, still a rate between."""
    row = ImageRow("d", "m", "M", "1", "i", 1, 1, 1, 1.0, 30.0, None, "rgb", None, None, "e", 1)
    rows = [replace(row, method=m, bpp=bpp) for m, bpp in (("a", 0.1), ("a", 1.6), ("b", 0.4), ("b", 6.4))]
    assert rates(rows, 1) == pytest.approx([0.8])
    assert rates(rows, 3)[0] == pytest.approx(0.8)
    assert sorted(rates(rows, 3)) == pytest.approx([0.4, 0.8, 1.6])
    apart = [replace(row, method="a", bpp=0.1), replace(row, method="b", bpp=0.4)]
    assert rates(apart, 1) == pytest.approx([0.2])
