"""What must hold for every metric, and each against the library or the definition it is made of."""

import io
import math
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.metric_pairs import decoded, original

from lic_tcm import metrics
from lic_tcm.errors import UserError
from lic_tcm.measure.metric_costs import costs, generated, table

QUALITIES = (90, 60, 30, 10)
HEAVY = {"fsim", "iw-ssim", "ssimulacra2", "cvvdp"}  # seconds an image
ALL = [pytest.param(name, marks=[pytest.mark.slow] if name in HEAVY else []) for name in metrics.names()]
WITHOUT_WEIGHTS = {"lpips": "alexnet-owt-7be5be79.pth", "dists": "vgg16-397923af.pth"}


def usable(name: str) -> metrics.Metric:
    """The metric, where this machine has what it needs; else the test is skipped with the reason."""
    metric = metrics.get(name)
    if reason := metric.missing():
        pytest.skip(f"{name}: {reason}")
    return metric


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


@pytest.mark.parametrize("quality", QUALITIES)
def test_ssim_is_that_of_pytorch_msssim(quality: int) -> None:
    """In float64 the two agree to 1e-5; what is left is its window, which it rounds to float32."""
    import torch
    from pytorch_msssim import ssim

    pair = [torch.from_numpy(x.transpose(2, 0, 1).copy())[None].double() for x in (original(), decoded(quality))]
    found = metrics.get("ssim").measure(original(), decoded(quality))
    assert found == pytest.approx(float(ssim(*pair, data_range=255)), abs=1e-5)


@pytest.mark.parametrize("quality", QUALITIES)
def test_ssim_is_that_of_scikit_image(quality: int) -> None:
    """With the window and the weights of the publication, scikit-image agrees to rounding."""
    from skimage.metrics import structural_similarity

    how = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    expected = structural_similarity(original(), decoded(quality), channel_axis=2, **how)
    assert metrics.get("ssim").measure(original(), decoded(quality)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("quality", [90, 10])
@pytest.mark.parametrize(
    ("name", "function"), [("vif", "vif_p"), ("fsim", "fsim"), ("iw-ssim", "information_weighted_ssim")]
)
def test_values_are_those_of_piq(name: str, function: str, quality: int) -> None:
    """Called by hand in float64, with the decoded image first, piq gives the same."""
    piq = pytest.importorskip("piq")
    import torch

    pair = [torch.from_numpy(x.transpose(2, 0, 1).copy())[None].double() / 255 for x in (decoded(quality), original())]
    assert metrics.get(name).measure(original(), decoded(quality)) == pytest.approx(
        float(getattr(piq, function)(*pair)), abs=2e-6 if name == "fsim" else 1e-9
    )


@pytest.mark.parametrize("kind", ["grain", "bands", "opposite"])
def test_vif_of_strange_images_is_that_of_piq(kind: str) -> None:
    """Hardly any texture, more contrast than the original, and opposite structure."""
    piq = pytest.importorskip("piq")
    import torch

    rng = np.random.default_rng(3)
    y, x = np.mgrid[:96, :120]
    first = np.stack([180 + x / 20 + y / 30] * 3, -1).round().astype(np.uint8)
    second = (first // 4 * 4 + 2).astype(np.uint8)
    if kind == "grain":
        first = rng.integers(200, 205, first.shape).astype(np.uint8)
        second = (first + rng.integers(-2, 3, first.shape)).astype(np.uint8)
    elif kind == "opposite":
        first = generated()[:96, :120]
        second = 255 - first
    pair = [torch.from_numpy(x.transpose(2, 0, 1).copy())[None].double() / 255 for x in (second, first)]
    assert metrics.get("vif").measure(first, second) == pytest.approx(float(piq.vif_p(*pair)), rel=1e-8, abs=1e-9)


@pytest.mark.slow
def test_flat_originals_have_no_vif_and_no_iw_ssim() -> None:
    """Where there is no texture there is nothing to keep and nothing to weight by: no value, not a wrong one."""
    flat = np.full((192, 200, 3), 200, np.uint8)
    assert metrics.get("vif").measure(flat, flat + np.uint8(2)) is None
    assert usable("iw-ssim").measure(flat, flat + np.uint8(2)) is None


def test_nlpd_is_that_of_another_implementation() -> None:
    """The value that the NLPD of pyiqa 0.1.16 gives of this pair's luma in float64 (its constants are in float32)."""
    whole = generated()[:201, :300]
    noise = np.random.default_rng(7).normal(0, 12, whole.shape)
    coded = np.clip(whole + noise, 0, 255).astype(np.uint8)
    assert metrics.get("nlpd").measure(whole, coded) == pytest.approx(0.22208610639746218, abs=1e-8)


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


@pytest.mark.parametrize("quality", QUALITIES)
def test_psnr_hvs_m_is_that_of_its_package(quality: int) -> None:
    """Luma by its own conversion; of an image that is not a multiple of 8, the whole blocks."""
    usable("psnr-hvs-m")
    from psnr_hvsm.numpy import bt601ycbcr, psnr_hvs_hvsm

    pair = [bt601ycbcr(image[:173, :197])[0][:168, :192] for image in (original(), decoded(quality))]
    found = metrics.get("psnr-hvs-m").measure(original()[:173, :197], decoded(quality)[:173, :197])
    with np.errstate(divide="ignore", invalid="ignore"):
        assert found == pytest.approx(float(psnr_hvs_hvsm(*pair)[1]), abs=1e-9)


def test_ssimulacra2_is_that_of_its_package_on_files(tmp_path: Path) -> None:
    """Images in memory are scored as the package scores PNG files."""
    usable("ssimulacra2")
    from ssimulacra2 import compute_ssimulacra2

    for name, image in (("original", original()), ("decoded", decoded(30))):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    expected = compute_ssimulacra2(str(tmp_path / "original.png"), str(tmp_path / "decoded.png"))
    assert metrics.get("ssimulacra2").measure(original(), decoded(30)) == expected


@pytest.mark.slow
def test_cvvdp_is_that_of_its_package() -> None:
    """The default display of the package, images as arrays, test first."""
    usable("cvvdp")
    import pycvvdp
    import torch

    by_hand = pycvvdp.cvvdp(display_name="standard_4k", device=torch.device("cpu"))
    expected, _ = by_hand.predict(decoded(30), original(), dim_order="HWC")
    assert metrics.get("cvvdp").measure(original(), decoded(30)) == float(expected)


def test_vmaf_is_that_of_ffmpeg_on_files(tmp_path: Path) -> None:
    """The same ffmpeg on two files of luma gives the value; the decoded image is its first input."""
    usable("vmaf")
    import json
    import subprocess

    import imageio_ffmpeg

    inputs = []
    for name, image in (("decoded", decoded(30)), ("original", original())):
        luma = np.rint(16 + image @ np.array([0.2126, 0.7152, 0.0722]) * 219 / 255).astype(np.uint8)
        (tmp_path / f"{name}.y4m").write_bytes(
            f"YUV4MPEG2 W{luma.shape[1]} H{luma.shape[0]} F1:1 Ip A1:1 C420jpeg\nFRAME\n".encode()
            + luma.tobytes()
            + bytes([128]) * (luma.size // 2)
        )
        inputs += ["-i", str(tmp_path / f"{name}.y4m")]
    log = tmp_path / "log.json"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", *inputs, "-lavfi"]
    subprocess.run([*command, f"libvmaf=log_fmt=json:log_path={log}", "-f", "null", "-"], check=True)
    expected = json.loads(log.read_text())["pooled_metrics"]["vmaf"]["mean"]
    assert metrics.get("vmaf").measure(original(), decoded(30)) == expected


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


@pytest.mark.slow
@pytest.mark.parametrize(("name", "file"), WITHOUT_WEIGHTS.items())
def test_perceptual_distances_are_those_of_their_packages(
    name: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever lies where the weights belong is looked through; here a network at random, by package and by us."""
    import importlib

    import torch
    import torchvision

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    if "pip install" in metrics.get(name).missing():
        pytest.skip(metrics.get(name).missing())
    torch.manual_seed(1)
    (tmp_path / "hub/checkpoints").mkdir(parents=True)
    network = torchvision.models.alexnet() if name == "lpips" else torchvision.models.vgg16()
    torch.save(network.state_dict(), tmp_path / "hub/checkpoints" / file)
    metric = metrics.get(name)
    assert metric.version().startswith(f"{metric.needs[0]} ")
    assert file in metric.version()
    pair = [torch.from_numpy(x.transpose(2, 0, 1).copy())[None].float() / 255 for x in (original(), decoded(10))]
    import warnings

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        if name == "lpips":
            package = importlib.import_module("lpips").LPIPS(net="alex", verbose=False).eval()
            expected = float(package(2 * pair[0] - 1, 2 * pair[1] - 1))
        else:
            module = importlib.import_module("DISTS_pytorch")
            package = module.DISTS(load_weights=False).eval()
            weights = torch.load(Path(module.__file__).with_name("weights.pt"), weights_only=True)
            package.alpha.data, package.beta.data = weights["alpha"], weights["beta"]
            expected = float(package(*pair))
    assert metric.measure(original(), decoded(10)) == pytest.approx(expected, rel=1e-5)
    assert metric.measure(original(), original()) == pytest.approx(0, abs=1e-6)


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
