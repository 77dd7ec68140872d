"""Crops of decoded pictures side by side, matched in rate."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.figures import check_inside, choosing, results, texts

from lic_tcm.datasets.manifest import Original, write_manifest
from lic_tcm.errors import UserError
from lic_tcm.report.figures import crops, maps
from lic_tcm.report.figures import rd as rdfigures
from lic_tcm.report.figures.canvas import MissingInputError
from lic_tcm.report.inputs import Tables

BLACK, GREY, WHITE = 0, 128, 255


@pytest.fixture
def coded(data: Tables) -> Tables:
    """A run with images of evil at two points: the original is black, its images are grey and white."""

    def picture(path: Path, grey: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((96, 128, 3), grey, np.uint8)).save(path)

    original = results(data) / "original.png"
    picture(original, BLACK)
    write_manifest(
        [Original("clic", "img00", str(original), 96, 128, "0" * 64, 41)], results(data) / "datasets/clic.csv"
    )
    row = replace(data.images[0], image="img00")
    rows = (replace(row, point="10.0", bpp=0.2), replace(row, point="30.0", bpp=0.8))
    for found, grey in zip(rows, (GREY, WHITE), strict=True):
        picture(results(data) / "coded" / "clic" / "evil" / f"{float(found.point):g}" / "img00.png", grey)
    chosen = {"dataset": "clic", "bpp": 0.5, "methods": ["evil", "vtm"], "boxes": {"img00": [10, 20, 60, 40]}}
    return choosing(replace(data, images=rows), crops={"figure_1": chosen})


def test_crops_are_matched_in_rate_and_captioned(coded: Tables) -> None:
    """The point nearest in the ratio of rates is shown, with method, bpp, PSNR, MS-SSIM and how far its rate is off."""
    drawing = crops.crops(coded, "figure_1")
    pictures = [axes.images[0].get_array() for axes in drawing.figure.axes]
    assert [picture.shape for picture in pictures] == [(40, 60, 3)] * 2
    assert [int(picture.mean()) for picture in pictures] == [BLACK, WHITE]  # 0.8 is nearer to 0.5 than 0.2 is
    found = " ".join(texts(drawing.figure)).replace("\n", " ")
    assert "0.800 (+60 %), 28.00, 0.9500" in found
    assert "Not coded by this run: vtm." in drawing.caption.plain
    assert "at its coded point nearest to 0.5 bpp" in drawing.caption.plain
    assert "at most +60 %, Évil" in drawing.caption.plain
    lines = list(csv.DictReader(drawing.table.splitlines()))
    assert [line["method"] for line in lines] == ["original", "evil"]
    assert [line["mismatch"] for line in lines] == ["", "60.000"]
    check_inside(drawing.figure)


def test_tables_that_lie_elsewhere_have_no_crops_and_no_maps(coded: Tables) -> None:
    """Nothing is taken from beside them, where another run's files may lie; the reason says what the folder must be."""
    elsewhere = replace(coded, folder=results(coded))
    for draw in (lambda: crops.crops(elsewhere, "figure_1"), lambda: maps.receptive(elsewhere)):
        with pytest.raises(MissingInputError, match="do not lie in a folder results/tables/<name>"):
            draw()
    with pytest.raises(MissingInputError, match="no rows of this ablation"):
        rdfigures.ablation(elsewhere, "fig10a")


def test_a_crop_outside_its_picture_is_explained(coded: Tables) -> None:
    """The message names the box, the image and its size."""
    coded.run["figures"]["crops"]["figure_1"]["boxes"]["img00"] = [100, 0, 60, 40]
    with pytest.raises(UserError, match=r"\[100, 0, 60, 40\] does not lie within img00 \(128x96\)"):
        crops.crops(coded, "figure_1")


def test_crops_without_pictures_say_what_to_run(data: Tables) -> None:
    """Neither a missing choice nor missing images is a crash."""
    with pytest.raises(MissingInputError, match=r"figures\.crops\.figure_1"):
        crops.crops(data, "figure_1")
    chosen = {"dataset": "clic", "bpp": 0.5, "methods": ["evil"], "boxes": {"img00": [0, 0, 60, 40]}}
    with pytest.raises(MissingInputError, match="no coded images of img00; run the workflow with evil on clic"):
        crops.crops(choosing(data, crops={"figure_1": chosen}), "figure_1")
