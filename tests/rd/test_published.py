"""Published curves: all committed files are valid curves of a known kind, and bad ones are explained."""

import json
from collections import Counter

import pytest

from lic_tcm.errors import UserError
from lic_tcm.rd.bdrate import bd_rate
from lic_tcm.rd.published import DEFAULT_FOLDER, load_published, published_keys, read_published
from lic_tcm.tables.paper import PAPER_ANCHORS, TABLE2

CURVES = load_published()


def test_every_committed_file_is_read():
    """Each file gives a curve per metric it holds, every one with a source, named after its file."""
    files = sorted(DEFAULT_FOLDER.glob("*/*.json"))
    results = [json.loads(path.read_text(encoding="utf-8"))["results"] for path in files]
    expected = sum(("psnr-rgb" in result) + bool({"ms-ssim-rgb", "ms-ssim-db"} & result.keys()) for result in results)
    assert len(CURVES) == expected
    assert {(curve.dataset, curve.name) for curve in CURVES} == {(path.parent.name, path.stem) for path in files}
    assert all(curve.source and curve.label and curve.short for curve in CURVES)


def test_kinds_follow_the_provenance():
    """Read-off curves are "digitised", the hypothetical anchor is "reconstructed", printed numbers "published"."""
    kinds = {(curve.dataset, curve.name): curve.kind for curve in CURVES}
    assert kinds["kodak", "vtm-12.1-tcm-figure"] == "digitised"
    assert kinds["kodak", "mambavc-digitised"] == "digitised"
    assert {kinds["kodak", f"wang2023-evc-{size}"] for size in "sml"} == {"digitised"}
    assert kinds["clic-pro-valid", "vtm-12.1-tcm"] == "digitised"
    assert kinds["tecnick", "vtm-12.1-tcm-partial"] == "published"
    assert kinds["tecnick", "vtm-12.1-oldbench-reconstructed"] == "reconstructed"
    assert kinds["kodak", "coolchic-v5.0"] == "published"
    assert Counter(kinds.values()) == {"published": 214, "digitised": 9, "reconstructed": 1}


def test_the_psnr_reference_of_every_codec_that_converts_colours_is_known_or_said_to_be_unknown():
    """YCbCr codecs of CompressAI's bench are against the converted original, other codecs there and lossy-vae's RGB."""
    found = {(curve.dataset, curve.name): curve.psnr_reference for curve in CURVES}
    converted = {key for key, reference in found.items() if reference == "converted"}
    assert converted == {
        *(("kodak", name) for name in ("av1", "hm-compressai", "vtm-compressai", "vtm-12.1-tcm-figure")),
        ("clic-pro-valid", "vtm-12.1-tcm"),
        ("tecnick", "vtm-12.1-oldbench-reconstructed"),
    }
    unstated = {key for key, reference in found.items() if reference == "unstated"}
    assert unstated == {
        *((dataset, "vtm-9.1-lalic") for dataset in ("kodak", "tecnick", "clic-pro-valid")),
        *(("clic-pro-valid", name) for name in ("vtm-17.0-jiang", "bpg-jiang")),
        ("kodak", "vtm-23.10-mrc"),
        ("tecnick", "vtm-12.1-tcm-partial"),
    }
    for name in ("jpeg", "webp", "jpeg2000", "jpeg420-tfc", "webp-tfc", "vtm-18.0-duan", "tcm-large"):
        assert found["kodak", name] == "rgb"


def test_how_ms_ssim_was_averaged_is_that_of_the_source():
    """Means of dB are those whose evaluation code takes them; linear means those printed in 0..1 or known as such."""
    found = {(c.dataset, c.name): c.average for c in CURVES if c.metric == "ms-ssim"}
    decibel = {name.removesuffix("_ms-ssim") for (_, name), average in found.items() if average == "db"}
    hpcm = {"li2025-hpcm-base", "li2025-hpcm-large"}
    assert decibel == {"li2024-ftic", "lu2025-dcae", "feng2025-lalic", "fu2026-chwdta"} | hpcm
    linear = ("compressai-mbt2018", "zou2022-stf_ms-ssim", "xie2021", "cheng2020", "he2022-elic", "lu2022-tinylic")
    assert {found["kodak", name] for name in (*linear, "vtm-9.1-lalic", "hu2020-c2f_ms-ssim")} == {"linear"}
    for path in DEFAULT_FOLDER.glob("*/*.json"):
        if "ms-ssim-rgb" in json.loads(path.read_text(encoding="utf-8"))["results"]:
            assert found[path.parent.name, path.stem] == "linear", path
    unstated = {name for (_, name), average in found.items() if average == "unstated"}
    assert unstated == {
        "cheng2020-checkerboard",
        "cheng2020-parallel_msssim-metric",
        "fu2023-gllmm",
        "fu2023-gllmm_ms-ssim",
        "liu2024-segpic_ms-ssim",
        "wang2022-neural-syntax-plus_ms-ssim",
        "gaacnn_ms-ssim",
    }


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


ABSENT = "the field is taken out"
MS_SSIM = {"bpp": [0.1, 0.2], "ms-ssim-rgb": [0.9, 0.99]}


def _file(tmp_path, **changes):
    """TCM-L's file with fields changed; None takes a field out, but the field that may be null by ABSENT only."""
    document = json.loads((DEFAULT_FOLDER / "kodak/tcm-large.json").read_text(encoding="utf-8")) | changes
    out = {key for key, value in changes.items() if value == ABSENT or (value is None and key != "ms_ssim_average")}
    document = {key: value for key, value in document.items() if key not in out}
    path = tmp_path / "kodak" / "mine.json"
    path.parent.mkdir()
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": None}, r"lacks the field 'source'"),
        ({"provenance": "guessed"}, r"provenance 'guessed' is none of published-numbers, "),
        ({"psnr_reference": None}, r"lacks the field 'psnr_reference'"),
        ({"psnr_reference": "RGB"}, r"psnr_reference 'RGB' is none of rgb, converted, unstated"),
        ({"ms_ssim_average": ABSENT}, r"lacks the field 'ms_ssim_average'"),
        ({"ms_ssim_average": "linear"}, r"ms_ssim_average is 'linear'; give linear, db or unstated with MS-SSIM, else"),
        ({"results": MS_SSIM}, r"ms_ssim_average is None; give linear"),
        ({"results": MS_SSIM, "ms_ssim_average": "mean"}, r"average 'mean' is none of linear, db, unstated"),
        ({"short": None}, r"lacks the field 'short'"),
        ({"short": ""}, r"short '' has 0 characters, not 1 to 22"),
        ({"short": "a label of 23 character"}, r"has 23 characters, not 1 to 22"),
        ({"cite": None}, r"lacks the field 'cite'"),
        ({"cite": "Liu 2023"}, r"cite 'Liu 2023' is not a BibTeX key"),
        ({"dataset": "tecnick"}, r"dataset 'tecnick' is not its folder's name 'kodak'"),
        ({"results": {"bpp": [0.1, 0.2], "psnr-rgb": [31, 30]}}, r"not monotonic"),
        ({"results": {"bpp": [0.1, 0.2]}, "ms_ssim_average": None}, r'neither "psnr-rgb" nor "ms-ssim-db"'),
        ({"optimised_for": "mfav"}, r"optimised_for 'mfav' is none of"),
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
    path = _file(tmp_path, results=MS_SSIM, ms_ssim_average="linear")
    (curve,) = read_published(path)
    assert curve.distortion == pytest.approx((10, 20))
    assert curve.average == "linear"
