"""The measured VTM-12.1 anchors of Kodak: the rows that ship, what they give, and the page that shows it."""

import csv
import importlib.util
import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from support.rows import EMPTY, frame_of, pick, rows_of

from lic_tcm.anchors import pixels, vtm_streams
from lic_tcm.anchors.pixels import CONVENTIONS
from lic_tcm.anchors.vtm import FFMPEG, OURS, Vtm
from lic_tcm.images import read_rgb
from lic_tcm.metrics import psnr
from lic_tcm.rd.bdrate import bd_rate, overlap_share
from lic_tcm.rd.curves import ImageRD, RDCurve
from lic_tcm.rd.measured import FOLDER, rows_files
from lic_tcm.rd.published import load_published
from lic_tcm.tables.measured import vtm_labels, with_vtm
from lic_tcm.tables.rows import read_rows
from lic_tcm.tables.sensitivity import sensitivity
from lic_tcm.tables.series import measured_curve
from lic_tcm.tables.table2 import table2

ROOT = Path(__file__).resolve().parents[2]
CONVENTION = {  # of each method that ships
    "vtm": "rgb-10bit",
    "vtm-paper": "paper",
    "vtm-rounded": "truncate-round",
    "vtm-truncated": "compressai-2021",
}
GOLDEN = {  # (bpp with 6 bytes of framing, PSNR), means over Kodak at QP 40, 36, 32, 28: from VTM's own decoder
    "vtm": [(0.15573, 29.5803), (0.28700, 31.8784), (0.49200, 34.3695), (0.78530, 36.9328)],
    "vtm-paper": [(0.15516, 29.5205), (0.28657, 31.8004), (0.49096, 34.2441), (0.78423, 36.7573)],
    "vtm-rounded": [(0.15516, 29.5142), (0.28657, 31.7753), (0.49096, 34.1856), (0.78423, 36.6311)],
    "vtm-truncated": [(0.15516, 29.4490), (0.28657, 31.6671), (0.49096, 34.0026), (0.78423, 36.3190)],
}
TCM = ("tcm-large", "tcm-medium", "tcm-small")
TCM_RATES = {  # BD-rate by PCHIP of TCM-L, M, S
    "vtm": (-10.52, -7.62, -5.10),
    "vtm-paper": (-12.44, -9.52, -7.05),
    "vtm-rounded": (-13.38, -10.42, -7.98),
    "vtm-truncated": (-16.39, -13.38, -11.03),
}
CLIPPED = (-12.03, -9.11, -6.63)  # as vtm-paper with both sides clipped to 0..255


def curve(method: str) -> RDCurve:
    """The mean curve of rows that ship."""
    found = measured_curve(read_rows([rows_files("kodak")[method]]), "psnr")
    assert isinstance(found, ImageRD)
    return found.mean_curve()


def published(*names: str) -> list[RDCurve]:
    """Published curves on Kodak in PSNR, in this order."""
    found = {one.name: one for one in load_published(keys=names) if (one.dataset, one.metric) == ("kodak", "psnr")}
    return [found[name] for name in names]


@pytest.mark.parametrize("method", GOLDEN)
def test_rows_are_those_of_vtms_own_decoder(method):
    """Means at each QP, and every stream's size and hash."""
    found = curve(method)
    expected = sorted(GOLDEN[method])
    assert found.bpp == pytest.approx([bpp for bpp, _ in expected], abs=5.1e-6)
    assert found.distortion == pytest.approx([value for _, value in expected], abs=5.1e-5)
    rows = pd.read_csv(rows_files("kodak")[method])
    form = vtm_streams.conversion(CONVENTIONS[CONVENTION[method]])
    streams = {(one.image, one.qp): one for one in vtm_streams.streams() if one.conversion == form}
    assert set(zip(rows["image"], rows["point"], strict=True)) == set(streams)
    for row in rows.itertuples():
        assert row.num_bytes == streams[row.image, row.point].num_bytes + 6
    assert set(rows["given"]) == {"stream"}
    assert rows["encode_s"].isna().all()
    assert set(rows["psnr_reference"]) == {CONVENTIONS[CONVENTION[method]].reference}


def test_rows_are_those_that_were_measured_beside_vtm():
    """Image by image: PSNR to 1e-9 of the table made with VTM, MS-SSIM to 1e-5 (an earlier version's)."""
    folder = Path(os.environ.get("LIC_TCM_DATA", "none"), "vtm")
    if not folder.is_dir():
        pytest.skip("LIC_TCM_DATA has no vtm")
    columns = {
        "vtm": ("rows-10bit.csv", "psnr_rgb_rounded", "ms_ssim_rgb_rounded"),
        "vtm-paper": ("rows.csv", "psnr_converted_unclipped", None),
        "vtm-rounded": ("rows.csv", "psnr_rgb_rounded", "ms_ssim_rgb_rounded"),
        "vtm-truncated": ("rows.csv", "psnr_rgb_truncated", "ms_ssim_rgb_truncated"),
    }
    for method, (name, value, ms_ssim) in columns.items():
        with (folder / name).open(encoding="utf-8", newline="") as file:
            given = {(line["image"], float(line["qp"])): line for line in csv.DictReader(file)}
        rows = pd.read_csv(rows_files("kodak")[method])
        assert len(rows) == len(given) == 96
        for row in rows.itertuples():
            line = given[row.image, row.point]
            assert row.num_bytes == int(line["framed_bytes"])
            assert row.psnr == pytest.approx(float(line[value]), abs=1e-9)
            if ms_ssim:
                assert row.ms_ssim == pytest.approx(float(line[ms_ssim]), abs=1e-5)


@pytest.mark.parametrize("method", TCM_RATES)
def test_tcm_against_each_convention(method):
    """BD-rates by PCHIP to the last digit; the curves share 78 to 87 % of TCM's range."""
    anchor = curve(method)
    for test, expected in zip(published(*TCM), TCM_RATES[method], strict=True):
        assert bd_rate(anchor, test, "pchip") == pytest.approx(expected, abs=0.005)
        assert 0.775 < overlap_share(anchor, test) < 0.875


def test_ten_bits_are_worth_two_to_three_percent():
    """The 10-bit anchor against the 8-bit one that is rounded back, and against the paper's."""
    assert bd_rate(curve("vtm-rounded"), curve("vtm"), "pchip") == pytest.approx(-2.99, abs=0.005)
    assert bd_rate(curve("vtm-paper"), curve("vtm"), "pchip") == pytest.approx(-2.03, abs=0.005)


def test_published_curves_are_conventions():
    """HiFi-VRIC's list is truncated twice, to 0.007 dB; TCM's figure is the converted original, to 0.017 dB."""
    truncated, figure = published("vtm-12.1-bench-hifivric", "vtm-12.1-tcm-figure")
    for given, method, most in ((truncated, "vtm-truncated", 0.0075), (figure, "vtm-paper", 0.0175)):
        for bpp, value in zip(curve(method).bpp, curve(method).distortion, strict=True):
            nearest = min(zip(given.bpp, given.distortion, strict=True), key=lambda point: abs(point[0] - bpp))
            assert nearest[0] == pytest.approx(bpp, rel=0.003)
            assert abs(nearest[1] - value) < most


@pytest.mark.slow
def test_clipping_both_sides_of_the_papers_convention():
    """From the streams: pictures and converted originals clipped to 0..255, as a picture file would clip them."""
    folder = Path(os.environ.get("LIC_TCM_DATA", "none"), "kodak")
    if not folder.is_dir():
        pytest.skip("LIC_TCM_DATA has no Kodak")
    convention, coder = CONVENTIONS["paper"], Vtm(streams=OURS, decoder=FFMPEG, convention="paper")
    samples = {}
    for name in sorted({one.image for one in vtm_streams.streams()}):
        original = read_rgb(folder / f"{name}.png")
        reference = np.clip(pixels.converted_reference(original, convention), 0, 255)
        for qp in (28, 32, 36, 40):
            given = coder.given(name, original, qp)
            assert given is not None
            assert given.stream is not None
            decoded = pixels.planes_to_float_rgb(coder.decode_ycbcr(given.stream), convention)
            bpp = 8 * given.num_bytes / (original.shape[0] * original.shape[1])
            samples[float(qp), name] = (bpp, psnr(reference, np.clip(decoded, 0, 255)))
    anchor = ImageRD.from_samples("clipped", "kodak", "psnr", samples).mean_curve()
    for test, expected in zip(published(*TCM), CLIPPED, strict=True):
        assert bd_rate(anchor, test, "pchip") == pytest.approx(expected, abs=0.005)


def test_table2_has_the_measured_anchors():
    """The paper's cubic from the same published points, against both measured anchors; nothing on other datasets."""
    frame = table2(with_vtm(EMPTY))
    large = pick(frame, method="TCM large", dataset="kodak")
    assert (large.paper, large.bd_method) == (-12.30, "cubic")
    assert [large.recomputed, large.against_paper, large.against_rgb] == pytest.approx(
        [-12.30, -12.41, -10.49], abs=0.005
    )
    xie = pick(frame, method="Xie 2021", dataset="kodak")
    assert "against_rgb: the common range is only 70 %" in xie.note
    others = frame[frame.dataset != "kodak"]
    assert others[["against_paper", "against_rgb"]].isna().all(axis=None)
    assert table2(EMPTY)[["against_paper", "against_rgb"]].isna().all(axis=None)


def test_a_runs_own_vtm_comes_before_the_one_that_ships():
    """Dataset by dataset and method by method; the other conventions and all else stay."""
    own = frame_of(rows_of("vtm", total=24), rows_of("vtm-paper", dataset="tecnick"))
    found = with_vtm(own)
    counts = found.groupby(["dataset", "method"]).size().to_dict()
    assert counts == {("kodak", "vtm"): 30, ("tecnick", "vtm-paper"): 30} | {
        ("kodak", name): 96 for name in GOLDEN if name != "vtm"
    }


def test_the_sensitivity_table_has_measured_and_published_anchors():
    """All of them, with labels that tell the conventions apart."""
    curves = load_published()
    frame = sensitivity(with_vtm(EMPTY), curves, ["kodak"])
    assert set(GOLDEN) < set(frame.anchor)
    assert {"vtm-12.1-tcm-figure", "vtm-18.0-duan"} < set(frame.anchor)
    line = pick(frame, series="tcm-large", anchor="vtm", bd_method="pchip")
    assert (line.anchor_kind, line.psnr_reference) == ("measured", "rgb")
    assert line.bd_rate == pytest.approx(-10.52, abs=0.005)
    assert len(set(vtm_labels().values())) == len(vtm_labels()) == 4


def page() -> ModuleType:
    """docs/vtm_anchor.py."""
    spec = importlib.util.spec_from_file_location("vtm_anchor", ROOT / "docs/vtm_anchor.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_tables_are_what_the_rows_give():
    """docs/vtm-anchor.md, written by docs/vtm_anchor.py, holds no number that the rows and curves do not give."""
    text = (ROOT / "docs/vtm-anchor.md").read_text(encoding="utf-8")
    made = page()
    assert made.filled(text) == text
    assert made.filled(text.replace("29.5205", "29.5206")) == text
    with pytest.raises(SystemExit, match="no place for the table rates"):
        made.filled(text.replace("<!-- rates", "<!-- rites"))


def test_the_set_of_rows_describes_itself():
    """Settings with every method, and the machines that the rows name."""
    import json

    folder = FOLDER / "kodak/vtm"
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    machines = json.loads((folder / "environments.json").read_text(encoding="utf-8"))
    assert set(settings["methods"]) == {path.stem for path in (folder / "rows").glob("*.csv")} == set(GOLDEN)
    for path in (folder / "rows").glob("*.csv"):
        assert set(pd.read_csv(path)["environment"]) <= set(machines)
    assert len({machine["commit"] for machine in machines.values()}) == 1
    assert "dirty" not in str(machines)
