"""What every codec of the registry must do: one suite, every entry."""

import dataclasses
import hashlib
import importlib
import multiprocessing
import pickle
import pkgutil
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest
from support.decoding import DecodesHere

from lic_tcm import anchors
from lic_tcm.anchors import pixels
from lic_tcm.anchors.codec import Anchor, CodecError, Estimating, Weighted
from lic_tcm.anchors.files import sha256_file
from lic_tcm.bench import code, codecs, decoder
from lic_tcm.bench.records import Coding

NAMES = [name for name in codecs.codec_names() if name != "files"]  # which makes nothing: test_decoded.py
ZOO = ("bmshj2018-hyperprior", "cheng2020-attn", "mbt2018")
BROUGHT = {
    "command": (10, 90),
    "python": (10, 90),
    "compressai": (1, 1),
}  # users' own, with points for those of the tests
RANDOM = (  # with weights, here of one point
    *(name for name in NAMES if name not in BROUGHT and isinstance(codecs.create(name, {}), Weighted)),
    "compressai",
)
QUICK: dict[str, dict[str, Any]] = {
    "avc": {"preset": "fast"},
    "hevc": {"preset": "fast"},
    "vvenc": {"preset": "faster"},
}
SIZES = [(1, 1), (1, 7), (7, 1), (2, 2), (17, 33), (31, 64), (65, 130)]


def photo_like(height: int, width: int) -> np.ndarray:
    """A colour gradient with edges and noise: neither flat nor random."""
    y, x = np.mgrid[0:height, 0:width]
    edges = 40 * ((x // 9 + y // 13) % 2)
    base = np.stack([60 + x % 100 + edges, 80 + y % 90 + edges, 200 - (x + y) % 110], -1)
    return pixels.to_uint8(base + np.random.default_rng(5).normal(0, 4, base.shape))


def psnr(image: np.ndarray, decoded: np.ndarray) -> float:
    """PSNR in dB."""
    return float(10 * np.log10(255**2 / max(np.mean((image.astype(float) - decoded) ** 2), 1e-9)))


def middle(codec: Anchor) -> float:
    """A point inside the codec's range."""
    return point(codec, 0.5)


def point(codec: Anchor, fraction: float) -> float:
    """A point that far up the codec's range; 1 for networks, the only quality the test weights have."""
    if codec.name in RANDOM:
        return 1
    low, high = BROUGHT.get(codec.name) or (codec.quality_range.low, codec.quality_range.high)
    return float(round(low + fraction * (high - low)))


@pytest.fixture
def make(request: pytest.FixtureRequest) -> Callable[..., Anchor]:
    """Build a codec of the registry with what it needs on this machine: stand-in VTM, random small zoo networks."""

    def build(name: str, **options: Any) -> Anchor:
        needs: dict[str, Any] = QUICK.get(name, {})
        if name == "vtm":
            needs = request.getfixturevalue("vtm_options")
        elif name in ZOO:
            needs = request.getfixturevalue("zoo_options")(name)
        elif name in BROUGHT:
            needs = request.getfixturevalue(f"{name}_options")
        elif name == codecs.TCM:
            needs = request.getfixturevalue("tcm_options")
        return anchors.create(name, codecs.CODECS, **{**needs, **options})

    return build


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[ProcessPoolExecutor]:
    """Another process, freshly started."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize("name", NAMES)
def test_stream_alone_is_decoded_in_another_process(name, make, elsewhere):
    """A pickled codec in a fresh process makes the same image from the bytes as this one, near the original."""
    image = photo_like(49, 67)
    codec = make(name)
    stream = codec.encode(image, middle(codec))
    assert type(stream) is bytes
    decoded = codec.decode(stream)
    assert decoded.dtype == np.uint8
    assert decoded.shape == image.shape
    np.testing.assert_array_equal(elsewhere.submit(codec.decode, stream).result(timeout=120), decoded)
    if name not in RANDOM:  # random networks decode to a random image
        assert psnr(image, decoded) > 20


@pytest.mark.parametrize("name", NAMES)
def test_encoding_is_deterministic(name, make):
    """Two encodings of one image are the same bytes, wherever its pixels lie in memory; it is not written to."""
    image = photo_like(40, 48)
    image.flags.writeable = False
    codec = make(name)
    stream = codec.encode(image, middle(codec))
    assert codec.encode(image, middle(codec)) == stream
    strided = np.repeat(np.repeat(image, 2, 0), 2, 1)[::2, ::2]
    assert make(name).encode(strided, middle(codec)) == stream


@pytest.mark.parametrize("name", NAMES)
def test_points_order_bytes_and_quality(name, make):
    """Along the range, bytes and PSNR both rise, or both fall."""
    if name in RANDOM:
        pytest.skip("random weights of one quality: nothing to order")
    image = photo_like(64, 96)
    codec = make(name)
    streams = [codec.encode(image, point(codec, fraction)) for fraction in (0.3, 0.6, 0.9)]
    sizes = [len(stream) for stream in streams]
    qualities = [psnr(image, codec.decode(stream)) for stream in streams]
    direction = -1 if codec.quality_range.unit == "QP" else 1
    assert sizes == sorted(set(sizes), reverse=direction < 0)
    assert qualities == sorted(set(qualities), reverse=direction < 0)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", NAMES)
def test_every_size_comes_back(name, size, make):
    """Tiny, odd and unaligned images come back at their size; a flat one close to its colour."""
    codec = make(name)
    image = np.full((*size, 3), (90, 120, 150), np.uint8)
    fine = point(codec, 0.2 if codec.quality_range.unit == "QP" else 0.8)
    decoded = codec.decode(codec.encode(image, fine))
    assert decoded.shape == image.shape
    if name not in RANDOM:
        assert np.abs(decoded.astype(int) - image).max() <= 15  # OpenJPEG misses its target on single pixels


@pytest.mark.parametrize("name", NAMES)
def test_damaged_streams_are_refused(name, make):
    """Empty, cut, random and foreign streams raise CodecError naming the codec: no other exception, no image."""
    codec = make(name)
    stream = codec.encode(photo_like(48, 64), middle(codec))
    random = np.random.default_rng(6).bytes(300)
    foreign = anchors.create("webp" if name == "jpeg" else "jpeg").encode(photo_like(16, 16), 50)
    cuts = [stream[:length] for length in (0, 1, 5, 12, len(stream) // 2, len(stream) - 1)]
    for damaged in (*cuts, random, bytes(200), foreign):
        with pytest.raises(CodecError, match=re.escape(name)):
            codec.decode(damaged)


@pytest.mark.parametrize("name", NAMES)
def test_points_outside_the_range_are_refused(name, make):
    """The message names the codec and the range; the check needs no image, and `encode` makes it too."""
    codec = make(name)
    if name in BROUGHT:
        pytest.skip("takes any finite number; the next test")
    low, high = codec.quality_range.low, codec.quality_range.high
    bad: list[Any] = [low - 1, high + 1, float("nan"), float("inf"), True, None, str(low)]
    if codec.quality_range.integer:
        bad.append(low + 0.5)
    for quality in bad:
        with pytest.raises(CodecError, match=rf"{name} cannot code at .*{low:g} to {high:g}"):
            codec.quality_range.check(name, quality)
        with pytest.raises(CodecError, match=f"{name} cannot code at"):
            codec.encode(photo_like(16, 16), quality)
    for quality in (low, high, float(low)):
        codec.quality_range.check(name, quality)


@pytest.mark.parametrize("name", BROUGHT)
def test_points_that_are_no_finite_numbers_are_refused(name, make):
    """Users' own codecs take any number but those that are none."""
    for quality in (float("nan"), float("inf"), True, None, "30"):
        with pytest.raises(CodecError, match=f"{name} cannot code at .*choose a finite number"):
            make(name).encode(photo_like(16, 16), quality)


@pytest.mark.parametrize("name", NAMES)
def test_other_images_than_uint8_rgb_are_refused(name, make):
    """Grey, alpha, deep, float and empty arrays, and no arrays, are refused by name."""
    codec = make(name)
    rgb = photo_like(16, 16)
    bad: list[Any] = [rgb[..., 0], rgb[..., :1], np.dstack([rgb, rgb[..., 0]]), rgb.astype(np.uint16)]
    bad += [rgb.astype(np.float32), rgb[:0], rgb[None], rgb.tolist()]
    for image in bad:
        with pytest.raises(CodecError, match=f"{name} codes"):
            codec.encode(image, middle(codec))


@pytest.mark.parametrize(
    ("name", "most"),
    [("jpeg", 65500), ("webp", 16383), ("avif", 65536), ("avc", 16384), ("hevc", 16384), ("vvenc", 65535)],
)
def test_an_image_beyond_a_formats_size_is_refused_for_that(name, most):
    """Its limit is named before an encoder says something else; cutting the image, as advised, makes it fit."""
    height = 128 if name == "hevc" else 16  # libx265 has its own mind of images 500 times as wide as high
    wide = np.zeros((height, most + 1, 3), np.uint8)
    codec = anchors.create(name, **({"preset": "ultrafast"} if name in ("avc", "hevc") else {}))
    point = codec.quality_range.high if name in ("avc", "hevc", "vvenc") else codec.quality_range.low
    with pytest.raises(CodecError, match=rf"{name} codes sides of at most {most} pixels, not {most + 1}x{height}: cut"):
        codec.encode(wide, point)
    if name != "vvenc":  # which takes a minute
        codec.encode(wide[:, :most], point)


@pytest.mark.parametrize("name", NAMES)
def test_a_codec_describes_itself(name, make):
    """Name, label, version and fields are there; copies are equal and pickle; fields cannot be set."""
    codec = make(name)
    assert isinstance(codec, Anchor)
    assert codec.name == name
    assert codec.label
    assert re.search(r"\d", codec.version())
    assert isinstance(codec, Weighted) == ("torch" in codec.version())  # what runs a network has weights
    assert pickle.loads(pickle.dumps(codec)) == codec == make(name)
    assert hash(codec) == hash(make(name))
    with pytest.raises(dataclasses.FrozenInstanceError):
        codec.name = "other"  # type: ignore[misc]
    assert codecs.option_names(name) == [field.name.removesuffix("_") for field in dataclasses.fields(codec)]


@pytest.mark.parametrize("name", RANDOM)
def test_replaced_weights_make_new_streams_and_records(name, write_weights, originals, tmp_path, monkeypatch):
    """Other weights under the same path: coding starts again and its record names the new file; else nothing is coded.

    The file that a scheduler watches is the one that is used.
    """
    monkeypatch.setattr(decoder, "ProcessPoolExecutor", DecodesHere)
    method = code.Method(name, name, tuple(sorted(write_weights(name, 0).items())))
    codec = method.create()
    assert isinstance(codec, Weighted)

    def record() -> tuple[Coding, bytes]:
        (found,) = code.code(originals[:1], method, 1, tmp_path / "out")
        weights = codec.weights(1)
        assert found.weights == weights.sha256 == sha256_file(weights.path)
        assert weights.path == codec.weights_at_hand(1)
        assert codecs.files_at_hand(name, dict(method.options), 1) == [weights.path]
        assert (found.estimated_bytes is not None) == isinstance(codec, Estimating)
        stream = (tmp_path / "out" / f"{originals[0].image}.bin").read_bytes()
        assert hashlib.sha256(stream).hexdigest() == found.sha256_stream
        return found, stream

    first, again = record(), record()
    assert again == first
    write_weights(name, 1)
    other, stream = record()
    assert other.weights != first[0].weights
    assert stream != first[1]
    assert other.sha256_decoded != first[0].sha256_decoded


@pytest.mark.parametrize("name", NAMES)
def test_every_option_refuses_nonsense(name, make):
    """No option takes an object of a type it cannot mean."""
    for option in codecs.option_names(name):
        with pytest.raises(CodecError, match=f"{name}: option {option} is"):
            make(name, **{option: {"nonsense": 1} if option != "arguments" else 1})  # these are whatever a class takes


@pytest.mark.parametrize("convention", list(pixels.CONVENTIONS))
@pytest.mark.parametrize(
    "name", [name for name in NAMES if "convention" in codecs.option_names(name) and name not in BROUGHT]
)
def test_pictures_are_made_of_the_decoded_planes(name, convention, make):
    """Under each convention a codec takes, `decode` is `decode_ycbcr` and the convention's way back."""
    if name == "vvenc":
        if convention == "rgb-10bit":
            assert make(name, convention=convention) == make(name)
        else:
            with pytest.raises(CodecError, match="10-bit 4:2:0 only"):
                make(name, convention=convention)
        return
    codec = make(name, convention=convention)
    stream = codec.encode(photo_like(33, 47), middle(codec))
    planes = codec.decode_ycbcr(stream)
    assert planes.shape == (3, 33, 47)
    np.testing.assert_array_equal(codec.decode(stream), pixels.planes_to_rgb(planes, pixels.CONVENTIONS[convention]))


def test_labels_differ():
    """No two codecs share a name in tables."""
    labels = [codec.label for codec in anchors.CODECS.values()]
    assert len(set(labels)) == len(labels)


def test_every_codec_in_the_package_is_registered():
    """A class with a name, encode and decode in any module of anchors has its registry line, under its own name."""
    found = {}
    for module in pkgutil.iter_modules(anchors.__path__, "lic_tcm.anchors."):
        for value in vars(importlib.import_module(module.name)).values():
            is_codec = isinstance(value, type) and value.__module__ == module.name and hasattr(value, "encode")
            if is_codec and isinstance(getattr(value, "name", None), str):
                found[value.name] = value
    assert found == anchors.CODECS
