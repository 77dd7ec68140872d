"""Values are those of other implementations, on the same pixels."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.metric_pairs import decoded, original
from support.metrics_setup import QUALITIES, WITHOUT_WEIGHTS, usable

from lic_tcm import metrics
from lic_tcm.measure.metric_costs import generated


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


def test_nlpd_is_that_of_another_implementation() -> None:
    """The value that the NLPD of pyiqa 0.1.16 gives of this pair's luma in float64 (its constants are in float32)."""
    whole = generated()[:201, :300]
    noise = np.random.default_rng(7).normal(0, 12, whole.shape)
    coded = np.clip(whole + noise, 0, 255).astype(np.uint8)
    assert metrics.get("nlpd").measure(whole, coded) == pytest.approx(0.22208610639746218, abs=1e-8)


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
