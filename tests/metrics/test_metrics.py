"""What must hold for every metric, and each against the library or the definition it is made of."""

import io
import math
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.metric_pairs import decoded, original
from support.metrics_setup import QUALITIES, WITHOUT_WEIGHTS, usable

from lic_tcm import metrics
from lic_tcm.errors import UserError
from lic_tcm.measure.metric_costs import costs, generated, table

HEAVY = {"fsim", "iw-ssim", "ssimulacra2", "cvvdp"}  # seconds an image
ALL = [pytest.param(name, marks=[pytest.mark.slow] if name in HEAVY else []) for name in metrics.names()]


@pytest.mark.parametrize("name", ALL)
def test_a_worse_image_has_a_worse_value(name: str) -> None:
    """Stronger compression is less on the axis, whatever the direction of values; the equal image is best."""
    metric = usable(name)
    measure = metric.against(original())
    values = [measure(original()), *(measure(decoded(quality)) for quality in QUALITIES)]
    axis = [float(metric.axis(value)) for value in values]
    assert axis == sorted(axis, reverse=True)
    assert len(set(axis)) == len(axis)
    assert not any(metric.problem(value) for value in values)
    assert (values[1] > values[-1]) is metric.higher_is_better
    assert metric.measure(original(), decoded(30)) == values[3]


@pytest.mark.parametrize("name", ALL)
def test_images_of_different_shape_are_refused(name: str) -> None:
    """Broadcasting must never produce a number."""
    with pytest.raises(ValueError, match="different shape"):
        usable(name).measure(original(), decoded(90)[:, :-1])


@pytest.mark.parametrize("name", [one for one in ALL if metrics.get(str(one.values[0])).least_side > 1])
def test_the_smallest_image_has_a_value_and_a_smaller_one_has_none(name: str) -> None:
    """`least_side` is where a metric begins, along either side."""
    metric = usable(name)
    side = metric.least_side
    whole, coded = generated(), np.clip(generated().astype(int) + 9, 0, 255).astype(np.uint8)
    for shape in ((slice(side), slice(side + 30)), (slice(side + 30), slice(side))):
        value = metric.measure(whole[shape], coded[shape])
        assert value is not None
        assert not metric.problem(value)
    for shape in ((slice(side - 1), slice(300)), (slice(300), slice(side - 1))):
        assert metric.measure(whole[shape], coded[shape]) is None


@pytest.mark.parametrize("name", ALL)
def test_odd_sides_are_measured(name: str) -> None:
    """No metric stops at an image whose sides divide by nothing."""
    part = slice(0, 171), slice(0, 177)
    assert usable(name).measure(original()[part], decoded(30)[part]) is not None


@pytest.mark.parametrize("name", ALL)
def test_the_axis_rises_with_quality_and_gives_the_value_back(name: str) -> None:
    """Places on the axis are values again; a bend is told apart from none."""
    metric = metrics.get(name)
    top = metric.ceiling if math.isfinite(metric.ceiling) else 40.0
    values = np.linspace(max(metric.floor, 0.0), 0.9 * top, 5)
    places = metric.axis(values)
    assert np.all(np.diff(places) > 0) == metric.higher_is_better
    assert [metric.value_of(place) for place in places] == pytest.approx(values.tolist())
    differences = np.diff(places) / np.diff(values)
    assert metric.bends == (not np.allclose(differences, differences[0]))


def test_the_axis_of_a_similarity_is_in_decibel() -> None:
    """0.9 is 10 dB, 0.99 is 20 dB, 1 is infinite; what is no similarity is refused by name."""
    ms_ssim = metrics.get("ms-ssim")
    assert ms_ssim.axis([0, 0.9, 0.99, 1]).tolist() == pytest.approx([0, 10, 20, math.inf])
    assert math.isnan(float(ms_ssim.axis(math.nan)))
    with pytest.raises(UserError, match=r"MS-SSIM 12\.5 is not in 0\.\.1; values in dB go under ms-ssim-db"):
        ms_ssim.axis([0.5, 12.5])


# --- against hand values and other implementations ----------------------------------------------------------------


def test_psnr_yuv_weighs_the_planes_six_to_one_to_one() -> None:
    """A grey step of 5 moves luma alone; a step of blue moves planes by BT.709's coefficients."""
    metric = metrics.get("psnr-yuv")
    grey = np.full((4, 6, 3), 100, np.uint8)
    assert metric.measure(grey, grey + np.uint8(5)) == math.inf  # equal chroma
    blue = grey + np.array([0, 0, 10], np.uint8)
    errors = (0.722, (10 - 0.722) / 1.8556, 0.722 / 1.5748)
    planes = [20 * math.log10(255 / error) for error in errors]
    assert metric.measure(grey, blue) == pytest.approx((6 * planes[0] + planes[1] + planes[2]) / 8, abs=1e-9)


@pytest.mark.slow
def test_flat_originals_have_no_vif_and_no_iw_ssim() -> None:
    """Where there is no texture there is nothing to keep and nothing to weight by: no value, not a wrong one."""
    flat = np.full((192, 200, 3), 200, np.uint8)
    assert metrics.get("vif").measure(flat, flat + np.uint8(2)) is None
    assert usable("iw-ssim").measure(flat, flat + np.uint8(2)) is None


def test_nlpd_is_its_definition() -> None:
    """Band by band by loops over pixels: filtered, halved, subtracted, divided by neighbours."""
    from lic_tcm.metrics.nlpd import BANDS, pyramid

    luma = np.random.default_rng(1).random((9, 11))
    taps = np.outer([0.05, 0.25, 0.4, 0.25, 0.05], [0.05, 0.25, 0.4, 0.25, 0.05])
    height, width = luma.shape
    low = np.array(
        [
            [(np.pad(luma, 2, mode="symmetric")[i : i + 5, j : j + 5] * taps).sum() for j in range(0, width, 2)]
            for i in range(0, height, 2)
        ]
    )
    sparse = np.zeros((2 * low.shape[0] + 4, 2 * low.shape[1] + 4))
    sparse[::2, ::2] = 4 * np.pad(low, 1, mode="edge")
    wide = np.pad(sparse, 2)
    high = np.array([[(wide[i + 2 : i + 7, j + 2 : j + 7] * taps).sum() for j in range(width)] for i in range(height)])
    band, one = luma - high, BANDS[0]
    around = np.pad(np.abs(band), 1)
    expected = np.array(
        [
            [
                band[i, j]
                / (
                    one.constant
                    + one.above * around[i, j + 1]
                    + one.below * around[i + 2, j + 1]
                    + one.left * around[i + 1, j]
                    + one.right * around[i + 1, j + 2]
                )
                for j in range(width)
            ]
            for i in range(height)
        ]
    )
    assert pyramid(luma)[0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.slow
@pytest.mark.skipif("LIC_TCM_DATA" not in os.environ, reason="LIC_TCM_DATA is not set: no Kodak images")
def test_values_of_a_kodak_photograph_do_not_move() -> None:
    """kodim13 whole, as JPEG of quality 50 by this Pillow: what was given on 2026-11-26, to what libraries round."""
    with Image.open(Path(os.environ["LIC_TCM_DATA"]) / "kodak/kodim13.png") as image:
        whole = np.asarray(image.convert("RGB"))
    file = io.BytesIO()
    Image.fromarray(whole).save(file, "JPEG", quality=50)
    coded = np.asarray(Image.open(file).convert("RGB"))
    expected = {
        "psnr": 27.59905875128712,
        "ms-ssim": 0.9763727035503925,
        "psnr-yuv": 31.149291079215093,
        "ssim": 0.8617233443074056,
        "vmaf": 87.62874,
        "vif": 0.4502720635054331,
        "fsim": 0.9912998676300049,
        "nlpd": 0.17027459060589353,
        "psnr-hvs-m": 45.86655005055452,
        "ssimulacra2": 60.196559362719704,
        "cvvdp": 9.803997993469238,
    }
    found = {name: metrics.get(name).measure(whole, coded) for name in expected if not metrics.get(name).missing()}
    assert found == pytest.approx({name: expected[name] for name in found}, rel=1e-5)


# --- networks whose weights are not part of the packages ----------------------------------------------------------


@pytest.mark.parametrize(("name", "file"), WITHOUT_WEIGHTS.items())
def test_absent_weights_are_one_clear_line(
    name: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says which file belongs where; nothing is downloaded."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    metric = metrics.get(name)
    if "pip install" in metric.missing():
        pytest.skip(metric.missing())
    expected = f"its weights are not at hand: put https://download.pytorch.org/models/{file} at "
    assert metric.missing() == f"{expected}{tmp_path}/hub/checkpoints/{file}"
    for use in (metric.version, lambda: metric.measure(original(), decoded(90))):
        with pytest.raises(UserError, match=f"metric {name}: its weights are not at hand"):
            use()


# --- costs --------------------------------------------------------------------------------------------------------


def test_costs_are_measured_per_megapixel(tmp_path: Path) -> None:
    """Positive seconds, the value of the very image measured, and a line each."""
    path = tmp_path / "image.png"
    Image.fromarray(generated()[:200, :200]).save(path)
    found = costs(["psnr", "ssim"], path)
    assert [cost.metric for cost in found] == ["psnr", "ssim"]
    assert all(cost.original_s >= 0 and cost.decoded_s > 0 for cost in found)
    assert 20 < found[0].value < 50
    assert len(table(found).splitlines()) == 3
