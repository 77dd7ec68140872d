"""The colour conversion every YCbCr codec shares."""

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lic_tcm.anchors import chroma, pixels
from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.pixels import CONVENTIONS

CORNERS = np.array([[(r, g, b) for b in (0, 255) for g in (0, 255)] for r in (0, 255)], np.uint8)  # (2, 4, 3)


def photo_like(height: int, width: int) -> np.ndarray:
    """A smooth colour gradient with a little noise."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([40 + x * 150 / width, 60 + y * 120 / height, 200 - (x + y) * 130 / (height + width)], -1)
    return pixels.to_uint8(base + rng.normal(0, 3, base.shape))


def exact_planes(image: np.ndarray, bits: int, rounding: str) -> np.ndarray:
    """BT.709 full range by the definition, in fractions, pixel by pixel."""
    kr, kg, kb = Fraction(2126, 10000), Fraction(7152, 10000), Fraction(722, 10000)
    top = 2**bits - 1
    out = np.empty((3, *image.shape[:2]), int)
    for position in np.ndindex(*image.shape[:2]):
        r, g, b = (Fraction(int(value), 255) for value in image[position])
        y = kr * r + kg * g + kb * b
        cb, cr = (b - y) / (2 * (1 - kb)) + Fraction(1, 2), (r - y) / (2 * (1 - kr)) + Fraction(1, 2)
        for i, value in enumerate((y, cb, cr)):
            out[(i, *position)] = (value * top + (Fraction(1, 2) if rounding == "round" else 0)) // 1
    return out


@pytest.mark.parametrize("convention", CONVENTIONS.values(), ids=lambda c: c.name)
def test_planes_equal_the_definition_in_exact_fractions(convention):
    """Corner colours and random pixels convert to what BT.709 says, to the last bit."""
    random = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    for image in (CORNERS, random):
        planes = pixels.rgb_to_planes(image, convention)
        assert planes.dtype == (np.uint8 if convention.bits == 8 else np.uint16)
        np.testing.assert_array_equal(planes, exact_planes(image, convention.bits, convention.forward))


def test_primaries_by_hand():
    """Black, white, red and blue have the planes one computes by hand."""
    image = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 0, 255]]], np.uint8)
    planes = pixels.rgb_to_planes(image, CONVENTIONS["paper"])
    np.testing.assert_array_equal(planes[0, 0], [0, 255, 54, 18])  # 255 * 0.2126 = 54.2, 255 * 0.0722 = 18.4
    np.testing.assert_array_equal(planes[1, 0], [127, 127, 98, 255])
    np.testing.assert_array_equal(planes[2, 0], [127, 127, 255, 115])


def test_float_planes_invert_the_forward_transform():
    """Unrounded 16-bit-like planes return every corner colour to within their step."""
    fine = pixels.Convention("fine", "round", "round", 16, "rgb")
    back = pixels.planes_to_float_rgb(pixels.rgb_to_planes(CORNERS, fine), fine)
    np.testing.assert_allclose(back, CORNERS, atol=0.02)


def test_ten_bits_are_lossless_on_corners_and_random_pixels():
    """Rounded at 10 bits, every 8-bit colour tried comes back."""
    image = np.random.default_rng(2).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    for picture in (CORNERS, image):
        convention = CONVENTIONS["rgb-10bit"]
        np.testing.assert_array_equal(
            pixels.planes_to_rgb(pixels.rgb_to_planes(picture, convention), convention), picture
        )


def test_truncating_back_is_never_brighter_than_rounding_back():
    """The two ways back differ by at most one level, downwards."""
    planes = pixels.rgb_to_planes(photo_like(40, 50), CONVENTIONS["compressai-2021"])
    truncated = pixels.planes_to_rgb(planes, CONVENTIONS["compressai-2021"]).astype(int)
    rounded = pixels.planes_to_rgb(planes, CONVENTIONS["truncate-round"]).astype(int)
    assert set(np.unique(rounded - truncated)) == {0, 1}


def test_converted_reference_is_the_float_round_trip():
    """The converted original equals the decoded float image when no codec stands between."""
    image = photo_like(20, 30)
    convention = CONVENTIONS["paper"]
    planes = pixels.rgb_to_planes(image, convention)
    reference = pixels.converted_reference(image, convention)
    np.testing.assert_array_equal(pixels.planes_to_float_rgb(planes, convention), reference)
    assert 0.5 < np.mean((reference - image) ** 2) < 4  # not the original itself


def test_unknown_convention_is_refused_with_the_choices():
    """The message names the codec, the value and every convention."""
    with pytest.raises(CodecError, match=r"vtm: option convention is 'papr'.*'paper'.*rgb-10bit"):
        pixels.convention_named("vtm", "papr")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("compressai-2021", "2.78"), ("truncate-round", "1.48"), ("rgb-8bit", "0.33"), ("rgb-10bit", "0.00")],
)
def test_kodak_round_trip_loses_what_is_published(name, expected):
    """Mean MSE over Kodak's 24 images, conversion alone, to the printed digits."""
    if "LIC_TCM_DATA" not in os.environ:
        pytest.skip("LIC_TCM_DATA is unset: no Kodak images")
    files = sorted((Path(os.environ["LIC_TCM_DATA"]) / "kodak").glob("*.png"))
    assert len(files) == 24
    convention = CONVENTIONS[name]
    errors = []
    for file in files:
        image = np.asarray(Image.open(file).convert("RGB"))
        back = pixels.planes_to_rgb(pixels.rgb_to_planes(image, convention), convention)
        errors.append(np.mean((back.astype(float) - image) ** 2))
    assert f"{np.mean(errors):.2f}" == expected
    assert (np.mean(errors) == 0) == (expected == "0.00")


@pytest.mark.parametrize("size", [(2, 2), (1, 1), (1, 7), (7, 1), (16, 24), (17, 33)])
def test_half_size_and_back_keep_a_flat_plane_and_the_size(size):
    """A constant plane survives 4:2:0 exactly, at every size; odd sizes round up."""
    plane = np.full(size, 700, np.uint16)
    half = chroma.downsample(plane, 10)
    assert half.shape == (-(-size[0] // 2), -(-size[1] // 2))
    assert half.dtype == np.uint16
    np.testing.assert_array_equal(half, 700)
    np.testing.assert_array_equal(chroma.upsample(half, *size, 10), plane)


def test_chroma_sits_on_even_columns_between_rows():
    """A linear ramp halves to its values at column 2k and row 2k + 1/2, and comes back unchanged inside."""
    y, x = np.mgrid[0:32, 0:32]
    ramp = (100 + 4 * x + 8 * y).astype(np.uint16)
    half = chroma.downsample(ramp, 10)
    np.testing.assert_array_equal(half[3:-3, 3:-3], (100 + 4 * x + 8 * y + 4)[::2, ::2][3:-3, 3:-3])
    back = chroma.upsample(half, 32, 32, 10)
    np.testing.assert_array_equal(back[8:-8, 8:-8], ramp[8:-8, 8:-8])


def test_chroma_is_clipped_to_its_bits():
    """The cubic's overshoot at an edge stays inside 0..1023."""
    plane = np.zeros((16, 16), np.uint16)
    plane[:, 7:] = 1023
    half = chroma.downsample(plane, 10)
    assert half.max() == 1023
    assert chroma.upsample(half, 16, 16, 10).max() == 1023
