"""Published curves: all committed files are valid curves of a known kind, and bad ones are explained."""

import json
from collections import Counter

import pytest

from lic_tcm.bench.bdrate import bd_rate
from lic_tcm.bench.published import (
    DEFAULT_FOLDER,
    PAPER_ANCHORS,
    PSNR_REFERENCES,
    TABLE2,
    load_published,
    published_keys,
    read_published,
)
from lic_tcm.errors import UserError

CURVES = load_published()


def test_every_committed_file_is_read():
    """Each file gives a curve per metric it holds, every one with a source, named after its file."""
    files = sorted(DEFAULT_FOLDER.glob("*/*.json"))
    results = [json.loads(path.read_text(encoding="utf-8"))["results"] for path in files]
    expected = sum(("psnr-rgb" in result) + ("ms-ssim-db" in result) for result in results)
    assert len(CURVES) == expected
    assert {(curve.dataset, curve.name) for curve in CURVES} == {(path.parent.name, path.stem) for path in files}
    assert all(curve.source and curve.label for curve in CURVES)


def test_kinds_follow_the_provenance():
    """Read-off curves are "digitised", the hypothetical anchor is "reconstructed", printed numbers "published"."""
    kinds = {(curve.dataset, curve.name): curve.kind for curve in CURVES}
    assert kinds["kodak", "vtm-12.1-tcm-figure"] == "digitised"
    assert kinds["kodak", "mambavc-digitised"] == "digitised"
    assert kinds["tecnick", "vtm-12.1-oldbench-reconstructed"] == "reconstructed"
    assert kinds["kodak", "coolchic-v5.0"] == "published"
    assert Counter(kinds.values()) == {"published": 167, "digitised": 5, "reconstructed": 1}


def test_the_psnr_reference_is_stated_or_said_to_be_unknown():
    """Learned codecs are measured on RGB; a curve that is neither learned nor documented says "unstated"."""
    references = {(curve.dataset, curve.name): curve.psnr_reference for curve in CURVES if curve.metric == "psnr"}
    assert references["kodak", "tcm-large"] == "rgb"
    assert references["kodak", "vtm-12.1-tcm-figure"] == "converted"
    assert references["kodak", "webp"] == "unstated"
    assert {tuple(key.split("/")) for key in PSNR_REFERENCES} <= references.keys()


def test_series_can_be_chosen():
    """Only the named series are loaded, from every dataset that has them; an unknown one is an error."""
    assert {(curve.dataset, curve.name) for curve in load_published(keys=["tcm-large"])} == {
        (dataset, "tcm-large") for dataset in ("kodak", "tecnick", "clic-pro-valid")
    }
    assert "tcm-large" in published_keys()
    with pytest.raises(UserError, match="no published curve is named 'tcm-huge'"):
        load_published(keys=["tcm-huge"])


def test_table2_cells_follow_from_the_points():
    """Each cell of the paper with points is found again within 0.6 percentage points, and the anchors exist."""
    psnr = {(curve.dataset, curve.name): curve for curve in CURVES if curve.metric == "psnr"}
    for cell in TABLE2:
        if cell.series:
            anchor, test = psnr[cell.dataset, PAPER_ANCHORS[cell.dataset]], psnr[cell.dataset, cell.series]
            assert bd_rate(anchor, test, "cubic") == pytest.approx(cell.bd_rate, abs=0.6), cell
        else:
            assert "no published points" in cell.note


def _file(tmp_path, **changes):
    document = json.loads((DEFAULT_FOLDER / "kodak/tcm-large.json").read_text(encoding="utf-8"))
    document.update(changes)
    document = {key: value for key, value in document.items() if value is not None}
    path = tmp_path / "kodak" / "mine.json"
    path.parent.mkdir()
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": None}, r"lacks the field 'source'"),
        ({"provenance": "guessed"}, r"lacks the field 'guessed', or its value is not known"),
        ({"dataset": "tecnick"}, r"dataset 'tecnick' is not its folder's name 'kodak'"),
        ({"results": {"bpp": [0.1, 0.2], "psnr-rgb": [31, 30]}}, r"not monotonic"),
        ({"results": {"bpp": [0.1, 0.2]}}, r'neither "psnr-rgb" nor "ms-ssim-db"'),
        ({"optimised_for": "vmaf"}, r"optimised_for 'vmaf' is none of"),
    ],
)
def test_a_bad_file_is_explained(tmp_path, changes, message):
    """A wrong or missing field is an error that names the file and the field."""
    path = _file(tmp_path, **changes)
    with pytest.raises(UserError, match=message) as raised:
        read_published(path)
    assert str(path) in str(raised.value)


def test_an_absent_folder_is_explained(tmp_path):
    """A folder without curves is an error that names it."""
    with pytest.raises(UserError, match="holds no published curves"):
        load_published(tmp_path)


def test_linear_ms_ssim_is_put_in_decibel(tmp_path):
    """A file with MS-SSIM in 0..1 only gives the same curve as one in dB."""
    path = _file(tmp_path, results={"bpp": [0.1, 0.2], "ms-ssim-rgb": [0.9, 0.99]})
    assert read_published(path)[0].distortion == pytest.approx((10, 20))
