"""The lists of the published curves fit together: what one source says twice, it says alike."""

import itertools
import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from lic_tcm.errors import UserError
from lic_tcm.rd.bdrate import bd_rate
from lic_tcm.rd.curves import RDCurve
from lic_tcm.rd.published import DEFAULT_FOLDER, load_published, read_published

CURVES = load_published()
DOCUMENTS = {path: json.loads(path.read_text(encoding="utf-8")) for path in sorted(DEFAULT_FOLDER.glob("*/*.json"))}
# The one model whose MS-SSIM two sources give: the authors' file, and their figure's values in CompressAI.
SAME_MODEL = [("kodak", "he2022-elic", "he2022-elic-compressai_msssim-metric")]
LALIC_RATES = (0.10675, 0.157003, 0.227414, 0.310076, 0.435757, 0.608653)
LALIC_OTHER = (0.957824, 0.971087, 0.980866, 0.987145, 0.99137, 0.994298)  # once taken for its linear means


def _model(path: Path) -> str:
    return path.stem.removesuffix("_ms-ssim").removesuffix("_msssim-metric")


def _gaps(linear: RDCurve, decibel: RDCurve) -> np.ndarray:
    """dB list minus dB of the linear list at the rates of `decibel` that both reach, (rates,)."""
    rates = [rate for rate in decibel.bpp if linear.bpp[0] <= rate <= linear.bpp[-1]]
    first, second = (PchipInterpolator(c.log_rate, c.quality)(np.log10(rates)) for c in (linear, decibel))
    return np.asarray(second - first)


def _contradictions(curves: list[RDCurve]) -> list[str]:
    """Pairs of MS-SSIM curves of one model and dataset that cannot both be true.

    A mean of dB is never below the dB of the mean, and two lists averaged alike agree; 0.02 dB is what printing
    costs.
    """
    found = []
    for one, other in itertools.combinations(curves, 2):
        averages = {one.average: one, other.average: other}
        if averages.keys() == {"linear", "db"}:
            wrong = (_gaps(averages["linear"], averages["db"]) < -0.02).any()
        else:
            wrong = len(averages) == 1 and (abs(_gaps(one, other)) > 0.02).any()
        found += [f"{one.dataset}: {one.name} and {other.name}"] if wrong else []
    return found


def test_the_lists_of_one_model_do_not_contradict_each_other():
    """No mean of dB lies below the dB of the mean, and lists averaged alike agree, over all files of one model."""
    groups = defaultdict(list)
    for curve in CURVES:
        if curve.metric == "ms-ssim":
            key = next((s for s in SAME_MODEL if curve.dataset == s[0] and curve.name in s[1:]), None)
            model = key[1] if key else _model(Path(curve.name + ".json"))
            groups[curve.dataset, model, curve.optimised_for].append(curve)
    assert any(len(group) > 1 for group in groups.values())
    assert [wrong for group in groups.values() for wrong in _contradictions(group)] == []


def test_lists_of_other_pictures_contradict_each_other():
    """LALIC's linear list is 13.749 dB at 0.10675 bpp; images whose mean of dB is 13.399 cannot have that."""
    (right,) = (c for c in CURVES if (c.name, c.metric) == ("feng2025-lalic_ms-ssim", "ms-ssim"))
    assert (right.bpp, right.average) == (LALIC_RATES, "db")
    decibel = tuple(float(-10 * np.log10(1 - x)) for x in LALIC_OTHER)
    wrong = RDCurve(
        "other", "other", "kodak", "ms-ssim", "published", LALIC_RATES, decibel, "", "ms-ssim", average="linear"
    )
    assert _contradictions([right, wrong]) == ["kodak: feng2025-lalic_ms-ssim and other"]


def test_a_file_with_contradicting_lists_is_refused(tmp_path):
    """The reader takes both lists of a source, and refuses means of dB below the dB of the means."""
    document = DOCUMENTS[DEFAULT_FOLDER / "kodak/feng2025-lalic_ms-ssim.json"]
    path = tmp_path / "kodak" / "both.json"
    path.parent.mkdir()
    path.write_text(json.dumps(document | {"results": document["results"] | {"ms-ssim-rgb": LALIC_OTHER}}))
    with pytest.raises(UserError, match=r"ms-ssim-db 13\.3987 at 0\.10675 bpp is below the 13\.749 dB of ms-ssim-rgb"):
        read_published(path)
    possible = [x - 0.005 for x in LALIC_OTHER]  # 13.26 dB at the first rate
    document["results"] |= {"ms-ssim-rgb": possible}
    path.write_text(json.dumps(document))
    assert read_published(path)[1].distortion == tuple(document["results"]["ms-ssim-db"])
    path.write_text(json.dumps(document | {"ms_ssim_average": "linear"}))
    with pytest.raises(UserError, match=r"ms_ssim_average is 'linear', but with both lists the curve is ms-ssim-db"):
        read_published(path)


def test_two_files_of_one_source_have_the_same_rates():
    """The PSNR and MS-SSIM of one set of streams stand at one list of rates, where their source gives them together."""
    groups = defaultdict(dict)
    for path, document in DOCUMENTS.items():
        if "tensorflow/compression" in document["source"]:
            groups[path.parent.name, _model(path), document["optimised_for"]][path.stem] = document["results"]["bpp"]
    pairs = [group for group in groups.values() if len(group) == 2]
    assert len(pairs) == 14
    assert all(len({tuple(rates) for rates in group.values()}) == 1 for group in pairs)


def test_no_two_files_hold_the_same_points():
    """A curve that another source repeats is in one file, that of its author."""
    points = [
        (document["dataset"], key, tuple(zip(document["results"]["bpp"], values, strict=True)))
        for document in DOCUMENTS.values()
        for key, values in document["results"].items()
        if key != "bpp"
    ]
    assert [key[:2] for key, count in Counter(points).items() if count > 1] == []


@pytest.mark.parametrize("field", ["label", "short"])
def test_no_two_curves_of_a_figure_have_one_name(field):
    """Among the curves of a dataset, metric and target, a label or a short label means one curve."""
    names = Counter((c.dataset, c.metric, c.optimised_for, getattr(c, field)) for c in CURVES)
    assert [name for name, count in names.items() if count > 1] == []
    shorts = {(c.dataset, c.metric, c.short, c.name) for c in CURVES}
    assert len({key[:3] for key in shorts}) == len(shorts)  # even where both targets are in one legend


def test_a_series_has_one_citation():
    """A series has one BibTeX key on every dataset and for both targets, and only what no paper gives has none."""
    found = defaultdict(set)
    for path, document in DOCUMENTS.items():
        found[_model(path)].add(document["cite"])
    assert {model: keys for model, keys in found.items() if len(keys) > 1} == {}
    assert {document["cite"] for path, document in DOCUMENTS.items() if path.stem.startswith("tcm-")} == {"liu2023tcm"}
    without = {path.stem for path, document in DOCUMENTS.items() if not document["cite"]}
    assert without == {"vtm-12.1-bench-hifivric", "vtm-23.10-mrc"}  # threads and repositories without a paper


def test_the_labels_of_tcm_are_the_papers():
    """S, M and L everywhere."""
    for size, letter in (("small", "S"), ("medium", "M"), ("large", "L")):
        curves = [curve for curve in CURVES if curve.name == f"tcm-{size}"]
        assert {(c.label, c.short) for c in curves} == {(f"Liu 2023 TCM-{letter}", f"TCM-{letter}")}
        assert len(curves) == 3


def test_the_clic_list_of_the_paper_is_read_off_a_plot():
    """Every PSNR is a multiple of 1/923 dB to its eighth decimal: pixels of a plot, as its provenance says."""
    document = DOCUMENTS[DEFAULT_FOLDER / "clic-pro-valid/vtm-12.1-tcm.json"]
    psnr = np.array(document["results"]["psnr-rgb"])
    assert abs(psnr - np.round(923 * psnr) / 923).max() < 1e-8
    assert document["provenance"] == "digitised-by-others"
    assert "1/923" in document["note"]
    partial = np.array(DOCUMENTS[DEFAULT_FOLDER / "tecnick/vtm-12.1-tcm-partial.json"]["results"]["psnr-rgb"])
    steps = np.arange(100, 3000)[:, None]
    assert (abs(partial - np.round(steps * partial) / steps).max(axis=1) > 1e-6).all()  # no such sign in these three


def test_float_reconstructions_are_said():
    """The twelve CompressAI curves computed before rounding to 8 bit carry the note."""
    files = [document for path, document in DOCUMENTS.items() if path.stem.startswith("compressai-")]
    assert len(files) == 12
    assert all("float reconstruction" in document["note"] for document in files)


def test_the_three_points_of_the_authors_give_what_three_points_give():
    """Of the authors' Tecnick list three points are known: PCHIP gives a BD-rate over their range, the cubic none."""
    found = {(c.dataset, c.name): c for c in CURVES if c.metric == "psnr"}
    anchor, test = found["tecnick", "vtm-12.1-tcm-partial"], found["tecnick", "tcm-large"]
    assert bd_rate(anchor, test, "pchip") == pytest.approx(-9.34, abs=0.0051)
    with pytest.raises(UserError, match="has 3 points and cubic needs 4"):
        bd_rate(anchor, test, "cubic")
    reconstructed = found["tecnick", "vtm-12.1-oldbench-reconstructed"]
    below = anchor.quality[1:] - PchipInterpolator(reconstructed.log_rate, reconstructed.quality)(anchor.log_rate[1:])
    assert below == pytest.approx([0.156, 0.188], abs=0.0006)


def test_a_suspect_point_is_said():
    """TinyLIC's sixth Tecnick rate is the Kodak list's but for its last digit, and bends the curve."""
    tecnick, kodak = (DOCUMENTS[DEFAULT_FOLDER / f"{d}/lu2022-tinylic_ms-ssim.json"] for d in ("tecnick", "kodak"))
    assert tecnick["results"]["bpp"][5] - kodak["results"]["bpp"][5] == pytest.approx(0.001)
    assert "0.639 bpp, is suspect" in tecnick["note"]
