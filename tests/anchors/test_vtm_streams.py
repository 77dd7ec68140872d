"""The VTM-12.1 streams that come with the suite, and ffmpeg as their decoder."""

import hashlib
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lic_tcm.anchors import ffmpeg, framing, vtm_streams
from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.pixels import CONVENTIONS, Planes
from lic_tcm.anchors.vtm import FFMPEG, OURS, Vtm, decoders
from lic_tcm.datasets.fetch import get_dataset, known_images

STREAMS = vtm_streams.streams()
THREE = [("kodim01", "truncate-8bit", 40), ("kodim23", "truncate-8bit", 28), ("kodim04", "round-10bit", 36)]
SHARING = {
    "truncate-8bit": ("paper", "compressai-2021", "truncate-round"),
    "round-10bit": ("rgb-10bit",),
}


def stream(image: str, conversion: str, qp: int) -> vtm_streams.Stream:
    """The one line of the manifest."""
    (found,) = [one for one in STREAMS if (one.image, one.conversion, one.qp) == (image, conversion, qp)]
    return found


def codec(conversion: str, decoder: str = FFMPEG) -> Vtm:
    """A codec that decodes such streams."""
    return Vtm(streams=OURS, decoder=decoder, convention=SHARING[conversion][0])


def decode(one: vtm_streams.Stream, coder: Vtm) -> Planes:
    """The planes of a stream."""
    bits = CONVENTIONS[coder.convention].bits
    return coder.decode_ycbcr(framing.pack("vtm", bits, one.height, one.width, one.read()))


def test_the_manifest_lists_the_files_there_are():
    """24 images at four QPs in two forms: each line's file has its size and hash, and there is no other file."""
    expected = {(conversion, qp): 24 for conversion in SHARING for qp in (28, 32, 36, 40)}
    assert Counter((one.conversion, one.qp) for one in STREAMS) == expected
    assert {one.path for one in STREAMS} == set(vtm_streams.FOLDER.rglob("*.266"))
    for one in STREAMS:
        assert len(one.read()) == one.num_bytes
    assert sum(one.num_bytes for one in STREAMS) == 4053245


def test_the_streams_are_of_kodak():
    """Names, sizes and pixel hashes of the originals are those of the catalogue."""
    known = known_images(get_dataset("kodak"))
    assert {one.image for one in STREAMS} == set(known)
    assert len({one.sha256_rgb for one in STREAMS}) == 24


@pytest.mark.parametrize(("image", "conversion", "qp"), THREE)
def test_ffmpeg_decodes_to_vtms_samples(image, conversion, qp):
    """Three streams: the hash of all samples is the manifest's, of 8-bit ones that of what VTM's own decoder wrote."""
    one = stream(image, conversion, qp)
    planes = decode(one, codec(conversion))
    assert planes.shape == (3, one.height, one.width)
    assert planes.dtype == (np.uint8 if conversion == "truncate-8bit" else np.uint16)
    samples = planes.astype(np.uint8 if conversion == "truncate-8bit" else "<u2").tobytes()
    assert hashlib.sha256(samples).hexdigest() == one.sha256_planes


@pytest.mark.slow
def test_ffmpeg_decodes_every_stream_to_the_manifests_samples():
    """All 192 (the codec itself compares the hashes and would refuse)."""
    for one in STREAMS:
        assert vtm_streams.sha256_planes(decode(one, codec(one.conversion))) == one.sha256_planes


@pytest.mark.vtm
@pytest.mark.slow
def test_vtms_own_decoder_and_ffmpeg_agree():
    """Where DecoderAppStatic is at hand, both make the same planes of three streams."""
    if "VTM_DECODER" not in os.environ:
        pytest.skip("VTM_DECODER is unset: no VTM decoder")
    for image, conversion, qp in THREE:
        one = stream(image, conversion, qp)
        by_vtm = decode(one, codec(conversion, os.environ["VTM_DECODER"]))
        np.testing.assert_array_equal(by_vtm, decode(one, codec(conversion)))


def test_ten_bits_become_eight_as_in_vtm(monkeypatch):
    """min((x + 2) >> 2, 255): halves go up, and the top is not exceeded."""
    tens = np.array([0, 1, 2, 5, 6, 509, 510, 1021, 1022, 1023, 700, 701], np.uint16)
    monkeypatch.setattr(ffmpeg, "decode", lambda *_: [tens.reshape(1, 12)] * 3)
    payload = framing.pack("vtm", 8, 1, 12, b"\0\0\1x")
    planes = Vtm(decoder=FFMPEG, convention="paper").decode_ycbcr(payload)
    np.testing.assert_array_equal(planes, [[[0, 0, 1, 1, 2, 127, 128, 255, 255, 255, 175, 175]]] * 3)
    ten = Vtm(decoder=FFMPEG, convention="rgb-10bit").decode_ycbcr(framing.pack("vtm", 10, 1, 12, b"\0\0\1x"))
    np.testing.assert_array_equal(ten, [[tens]] * 3)


def test_a_decoder_that_differs_is_refused(monkeypatch):
    """One sample off, and the stream is named; a stream that is not of the manifest has nothing to be compared with."""
    one = stream("kodim01", "truncate-8bit", 40)
    right = ffmpeg.decode("vtm", one.read(), "vvc", [(one.height, one.width)] * 3, 10, 1, 60)
    wrong = [right[0], right[1], right[2].copy()]
    wrong[2][-1, -1] ^= 64
    monkeypatch.setattr(ffmpeg, "decode", lambda *_: wrong)
    with pytest.raises(CodecError, match=r"ffmpeg decodes kodim01.266 at QP 40 \(truncate-8bit\) to other samples"):
        decode(one, codec("truncate-8bit"))
    other = framing.pack("vtm", 8, one.height, one.width, one.read() + b"\0")
    codec("truncate-8bit").decode_ycbcr(other)


@pytest.mark.parametrize("conversion", list(SHARING))
def test_conventions_that_convert_alike_share_their_streams(conversion):
    """The streams depend on the conversion to YCbCr only; of what is rounded to 8 bits there are none."""
    points = {name: vtm_streams.points("kodak", convention) for name, convention in CONVENTIONS.items()}
    assert {points[name] for name in SHARING[conversion]} == {(28, 32, 36, 40)}
    assert points["rgb-8bit"] == ()
    assert vtm_streams.points("tecnick", CONVENTIONS["paper"]) == ()


def picture(name: str) -> np.ndarray:
    """An original of Kodak."""
    from lic_tcm.images import read_rgb

    path = Path(os.environ.get("LIC_TCM_DATA", "none"), "kodak", f"{name}.png")
    if not path.is_file():
        pytest.skip("LIC_TCM_DATA has no Kodak")
    return read_rgb(path)


def test_an_image_is_known_by_its_pixels():
    """The stream of an image is found whatever its name; six bytes of framing are counted; other pixels have none."""
    image = picture("kodim01")
    coder = codec("truncate-8bit")
    found = coder.given("whatever", image, 40)
    assert found is not None
    assert (found.num_bytes, found.what, found.decoded) == (11097, "stream", None)
    assert found.stream is not None
    assert found.stream[6:] == stream("kodim01", "truncate-8bit", 40).read()
    changed = image.copy()
    changed[0, 0, 0] ^= 1
    with pytest.raises(
        CodecError, match=r"no given stream of this image at QP 40 .*'paper'.* kodak .*at QP 28, 32, 36"
    ):
        coder.given("kodim01", changed, 40)
    with pytest.raises(CodecError, match=r"no given stream of this image at QP 30 .*there are QP 28, 32, 36, 40"):
        coder.given("kodim01", image, 30)
    with pytest.raises(CodecError, match="vtm encodes nothing with the option streams"):
        coder.encode(image, 40)


def test_versions_name_encoder_and_decoder():
    """A row says whose streams, whose decoder, and that nothing was encoded."""
    version = codec("round-10bit").version()
    assert version.startswith("VTM 12.1 (encoder 10feea774671, cfg 2581fd18882d), streams given, decoder ffmpeg ")
    assert Vtm(streams="a/{image}", decoder=FFMPEG).version().startswith("VTM, streams given, decoder ffmpeg ")


def test_a_damaged_file_is_refused(tmp_path, monkeypatch):
    """A stream that is missing or not the manifest's is named, with the remedy."""
    monkeypatch.setattr(vtm_streams, "FOLDER", tmp_path)
    one = STREAMS[0]
    with pytest.raises(CodecError, match=r"cannot read .*kodim01.266 .*: get that folder"):
        one.read()
    one.path.parent.mkdir(parents=True)
    one.path.write_bytes(b"\0\0\1")
    with pytest.raises(CodecError, match=r"kodim01.266 is not the stream of its manifest: get that folder"):
        one.read()


def test_streams_of_ones_own_are_found_by_name(tmp_path):
    """A path with {point} and {image}: bare bitstreams and framed ones give the same stream; the size is checked."""
    one = stream("kodim01", "truncate-8bit", 40)
    framed = framing.pack("vtm", 8, one.height, one.width, one.read())
    image = np.zeros((one.height, one.width, 3), np.uint8)
    coder = Vtm(streams=f"{tmp_path}/{{point}}/{{image}}.x", decoder=FFMPEG, convention="paper")
    (tmp_path / "40").mkdir()
    for name, content in (("bare", one.read()), ("framed", framed)):
        (tmp_path / "40" / f"{name}.x").write_bytes(content)
        found = coder.given(name, image, 40.0)
        assert found is not None
        assert found.stream == framed
    assert coder.given_files(40) == [tmp_path / "40/bare.x", tmp_path / "40/framed.x"]
    with pytest.raises(CodecError, match="of 768x512 pixels, the image of 512x768: is it another image's"):
        coder.given("framed", image.transpose(1, 0, 2), 40)
    with pytest.raises(CodecError, match=r"vtm: cannot read .*none.x .*: correct the option streams"):
        coder.given("none", image, 40)
    with pytest.raises(CodecError, match="option streams is 'a/b': give a path with"):
        Vtm(streams="a/b")
    assert codec("round-10bit").given_files(40) == []
    assert Vtm().given("kodim01", image, 40) is None


def test_both_decoders_are_compared_where_they_are_at_hand(tmp_path):
    """ffmpeg agrees; VTM's own decoder is asked too: missing, wrong and right ones are told apart."""
    assert decoders("/nowhere/DecoderAppStatic") == {
        "ffmpeg": "agrees",
        "/nowhere/DecoderAppStatic": "vtm cannot run /nowhere/DecoderAppStatic (No such file or directory): "
        "install it or correct its path",
    }
    one = vtm_streams.sample()
    planes = decode(one, codec(one.conversion))
    (tmp_path / "right.yuv").write_bytes(planes.astype("<u2" if planes.dtype == np.uint16 else np.uint8).tobytes())
    (tmp_path / "wrong.yuv").write_bytes(bytes((tmp_path / "right.yuv").stat().st_size))
    for name, said in (("right", "agrees"), ("wrong", f"vtm: {tmp_path}/wrong decodes {one.path.name} at QP ")):
        script = tmp_path / name  # called as VTM's decoder: -b stream -o planes -d bits
        script.write_text(f'#!/bin/sh\ncp "{tmp_path}/{name}.yuv" "$4"\n')
        script.chmod(0o755)
        assert decoders(str(script))[str(script)].startswith(said)
