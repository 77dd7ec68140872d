"""PSNR and MS-SSIM against hand values and pytorch-msssim."""

import io
import math
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import correlate1d

from lic_tcm.metrics import MSSSIM, psnr


def _pair(height: int, width: int, noise: float = 12.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(height * 1000 + width)
    y, x = np.mgrid[:height, :width]
    smooth = 127 + 60 * np.sin(x / 17)[..., None] + 50 * np.cos(y / 11)[..., None] + np.array([0.0, 9.0, -9.0])
    original = np.clip(smooth + rng.normal(0, 6, (height, width, 3)), 0, 255).astype(np.uint8)
    return original, np.clip(original + rng.normal(0, noise, original.shape), 0, 255).astype(np.uint8)


def _oracle(original: np.ndarray, decoded: np.ndarray) -> float:
    import torch
    from pytorch_msssim import ms_ssim

    tensors = [torch.from_numpy(p.transpose(2, 0, 1).copy())[None].double() for p in (original, decoded)]
    return float(ms_ssim(*tensors, data_range=255))


def _definition(original: np.ndarray, decoded: np.ndarray) -> float:
    """MS-SSIM as Wang 2003 defines it, whole images in float64, with scipy's convolution."""
    taps = np.exp(-((np.arange(11) - 5.0) ** 2) / 4.5)
    taps /= taps.sum()

    def blur(x: np.ndarray) -> np.ndarray:
        for axis in (1, 2):
            x = correlate1d(x, taps, axis=axis)
        return x[:, 5:-5, 5:-5]

    def halve(x: np.ndarray) -> np.ndarray:
        x = np.pad(x, ((0, 0), (x.shape[1] % 2,) * 2, (x.shape[2] % 2,) * 2))
        x = x[:, : x.shape[1] // 2 * 2, : x.shape[2] // 2 * 2]
        return (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) / 4

    x, y = (np.moveaxis(picture, 2, 0).astype(np.float64) for picture in (original, decoded))
    value = np.ones(3)
    for level, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        mean_x, mean_y = blur(x), blur(y)
        variances = blur(x * x) - mean_x**2 + blur(y * y) - mean_y**2
        map_ = (2 * (blur(x * y) - mean_x * mean_y) + 58.5225) / (variances + 58.5225)
        if level == 4:
            map_ = map_ * (2 * mean_x * mean_y + 6.5025) / (mean_x**2 + mean_y**2 + 6.5025)
        value *= np.maximum(map_.mean(axis=(1, 2)), 0) ** weight
        x, y = halve(x), halve(y)
    return float(value.mean())


def _grainy(level: int) -> tuple[np.ndarray, np.ndarray]:
    """A pair with hardly any texture: grain of five values from a level on, and other grain on top of it."""
    rng = np.random.default_rng(level)
    original = rng.integers(level, level + 5, (176, 192, 3))
    return original.astype(np.uint8), np.clip(original + rng.integers(-2, 3, original.shape), 0, 255).astype(np.uint8)


def test_psnr_of_a_constant_error_is_the_hand_value() -> None:
    """An error of 5 everywhere is an MSE of 25: 10 log10(255^2 / 25) dB."""
    original = np.full((4, 6, 3), 100, np.uint8)
    assert psnr(original, original + np.uint8(5)) == pytest.approx(34.151404, abs=1e-6)


def test_psnr_does_not_wrap_around_in_8_bits() -> None:
    """Black against white is 0 dB, whichever is the original."""
    black, white = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)
    assert psnr(black, white) == psnr(white, black) == 0


def test_psnr_of_equal_pictures_is_infinite() -> None:
    """A lossless codec has no finite PSNR; it must not get an invented one."""
    picture = np.ones((3, 3, 3), np.uint8)
    assert psnr(picture, picture) == math.inf


def test_pictures_of_different_shape_are_refused() -> None:
    """Broadcasting must never produce a number."""
    with pytest.raises(ValueError, match=r"^images of different shape: \(2, 2, 3\) and \(2, 1, 3\)$"):
        psnr(np.zeros((2, 2, 3)), np.zeros((2, 1, 3)))
    with pytest.raises(ValueError, match=r"^images of different shape: \(3, 200, 200\) and \(3, 200, 201\)$"):
        MSSSIM(np.zeros((200, 200, 3)))(np.zeros((200, 201, 3)))
    with pytest.raises(ValueError, match="different shape"):
        MSSSIM(np.zeros((20, 20, 3)))(np.zeros((20, 21, 3)))


@pytest.mark.parametrize("size", [(161, 161), (162, 175), (176, 192), (193, 241), (256, 163), (330, 171)])
def test_ms_ssim_equals_pytorch_msssim(size: tuple[int, int]) -> None:
    """Odd and even sides at every scale give pytorch-msssim's value to 1e-6."""
    original, decoded = _pair(*size)
    assert MSSSIM(original)(decoded) == pytest.approx(_oracle(original, decoded), abs=1e-6)


@pytest.mark.slow
def test_ms_ssim_equals_pytorch_msssim_on_coded_photographs() -> None:
    """On real codec artefacts, from heavy to invisible, the value is pytorch-msssim's to 1e-6."""
    if "LIC_TCM_DATA" not in os.environ:
        pytest.skip("LIC_TCM_DATA is not set: no Kodak images")
    with Image.open(Path(os.environ["LIC_TCM_DATA"]) / "kodak/kodim13.png") as image:
        original = np.asarray(image.convert("RGB"))
    measure = MSSSIM(original)
    for quality in (5, 50, 95):
        buffer = io.BytesIO()
        Image.fromarray(original).save(buffer, format="WEBP", quality=quality)
        decoded = np.asarray(Image.open(buffer).convert("RGB"))
        assert measure(decoded) == pytest.approx(_oracle(original, decoded), abs=1e-6)


@pytest.mark.parametrize("level", [0, 125, 251])
def test_ms_ssim_of_dark_and_bright_pictures(level: int) -> None:
    """Where variances are small against the squares they are differences of, no digit is lost to single precision."""
    original, decoded = _grainy(level)
    assert MSSSIM(original)(decoded) == pytest.approx(_definition(original, decoded), abs=1e-12)
    assert MSSSIM(original)(decoded) == pytest.approx(_oracle(original, decoded), abs=1e-6)


@pytest.mark.parametrize(("grey", "other"), [(0, 2), (2, 0), (10, 12), (128, 130), (200, 203), (255, 250)])
def test_ms_ssim_of_flat_pictures_is_the_hand_value(grey: int, other: int) -> None:
    """Without any texture only luminance counts, at the coarsest scale: C1 and its weight decide the value."""
    original, decoded = (np.full((176, 192, 3), value, np.uint8) for value in (grey, other))
    c1 = 2.55**2
    luminance = (2 * grey * other + c1) / (grey**2 + other**2 + c1)
    assert MSSSIM(original)(decoded) == pytest.approx(luminance**0.1333, abs=1e-9)
    assert MSSSIM(original)(decoded) == pytest.approx(_oracle(original, decoded), abs=1e-6)


@pytest.mark.parametrize("size", [(161, 163), (330, 171)])
def test_ms_ssim_is_the_definition(size: tuple[int, int]) -> None:
    """Working in bands of rows changes nothing but the order of sums."""
    original, decoded = _pair(*size)
    assert MSSSIM(original)(decoded) == pytest.approx(_definition(original, decoded), abs=1e-12)


def test_ms_ssim_of_small_pictures_is_absent() -> None:
    """Five scales need 161 pixels; below, there is no value rather than a wrong one."""
    small = np.zeros((160, 400, 3), np.uint8)
    assert MSSSIM(small)(small) is None
    assert MSSSIM(small.transpose(1, 0, 2))(small.transpose(1, 0, 2)) is None
    just = np.zeros((161, 161, 3), np.uint8)
    assert MSSSIM(just)(just) == 1


def test_ms_ssim_of_an_inverted_picture_is_zero_where_nothing_agrees() -> None:
    """A scale whose structure is opposite counts as 0, not as a root of a negative number."""
    original, _ = _pair(176, 192)
    assert MSSSIM(original)(255 - original) == _definition(original, 255 - original) == 0


def test_psnr_is_that_of_any_kind_of_number() -> None:
    """Lists, floats and 8 bits alike, over all channels; the images are left as they are."""
    a, b = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 3, np.uint8)
    b[0, 0, 0] = 9
    mse = (11 * 9 + 81) / 12
    expected = 10 * math.log10(255**2 / mse)
    for one, other in ((a, b), (b, a), (a.tolist(), b.tolist()), (a.astype(np.float32), b)):
        assert psnr(one, other) == pytest.approx(expected, rel=1e-12)
    floats = b.astype(float)
    assert psnr(floats, a) == pytest.approx(expected, rel=1e-12)
    assert (floats == b).all()
