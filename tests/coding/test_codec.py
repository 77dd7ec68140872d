"""TCM as a codec."""

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from support.reference import golden, golden_model

from lic_tcm.anchors.codec import Anchor, CodecError
from lic_tcm.coding import bitstream
from lic_tcm.coding.bitstream import VERSIONS
from lic_tcm.coding.codec import SHIPPED, TCMCodec
from lic_tcm.coding.coders import Strings, compress, decompress
from lic_tcm.coding.network import Ready, decode_stream, encode_image, picture, prepare
from lic_tcm.nn import zoo
from lic_tcm.nn.checkpoints import save
from lic_tcm.nn.model import Model
from lic_tcm.nn.padding import PADDINGS

Image = npt.NDArray[np.uint8]


def tiny(**overrides: object) -> Ready:
    """A network with other parts than the fixture's."""
    sizes = {"channels": 64, "latent": 32, "hyper": 32, "slices": 4, "squeeze": 16, "context_widths": (16, 16)}
    torch.manual_seed(1)
    return prepare(zoo.build("nano", **sizes | overrides))


@pytest.mark.parametrize("name", PADDINGS)
@pytest.mark.parametrize("size", [(50, 70), (1, 1), (64, 128), (3, 70)])
def test_decoding_gives_the_encoders_own_picture(
    network: Ready, image: Image, name: str, size: tuple[int, int]
) -> None:
    """Any size and padding: the decoder's pixels are, byte for byte, those the encoder has."""
    image = np.resize(image, (*size, 3))
    stream, y_hat = encode_image(network, image, PADDINGS[name])
    decoded = decode_stream(network, bitstream.unpack(stream))
    assert decoded.dtype == np.uint8
    assert decoded.shape == image.shape
    assert np.array_equal(decoded, picture(network.model, y_hat, PADDINGS[name], *size))


@pytest.mark.parametrize(
    "overrides",
    [
        {"context": "spatial"},
        {"context": "spatial", "main_path": "swin-only", "hyper_path": "swin-only", "attention": "none"},
        {"context": "spatial", "main_path": "cheng", "hyper_path": "cheng", "attention": "none"},
        {"main_path": "conv", "hyper_path": "conv", "attention": "none", "slices": 8},
        {"main_path": "swin-only", "hyper_path": "swin-only", "attention": "watten", "squeeze": None},
        {"main_path": "conv-only", "hyper_path": "conv-only", "attention": "nonlocal", "max_support": 2},
    ],
)
def test_every_kind_of_network_codes(image: Image, overrides: dict[str, object]) -> None:
    """Other transforms, attentions and the raster-order model code and decode alike."""
    network = tiny(**overrides)
    stream, y_hat = encode_image(network, image, PADDINGS["replicate"])
    own = picture(network.model, y_hat, PADDINGS["replicate"], 50, 70)
    assert np.array_equal(decode_stream(network, bitstream.unpack(stream)), own)


def test_the_stream_is_as_long_as_estimated(network: Ready, image: Image) -> None:
    """Where symbols lie inside the tables, the strings are within 2 % + 16 bytes of the forward pass's estimate."""
    network = tiny_like(network)
    with torch.no_grad():
        for convolutions in network.model.context.cc_scale_transforms:
            convolutions[4].bias.add_(20)
    network = prepare(network.model)
    x = PADDINGS["replicate"].pad(torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255)
    with torch.no_grad():
        output = network.model(x)
    ((strings, _),) = compress(network.model, network.exact, network.z_tables, x)
    assert len(strings.z + strings.y) == pytest.approx((output.bits_y + output.bits_z).item() / 8, rel=0.02, abs=16)


@pytest.mark.parametrize("version", VERSIONS)
def test_strings_equal_the_reference(version: int) -> None:
    """The crop's string of y is, byte for byte, the reference's, in float64 too; y_hat comes back from both strings.

    The reference's tables of z are made in float32: version 1 has its string, version 2 one as long.
    """
    data = golden("tcm_N32_latents")
    x = data["x_u8"].permute(2, 0, 1)[None].float() / 255
    network = prepare(golden_model())
    networks, z_tables = network.deciding(version)
    assert z_tables.lengths == data["eb_cdf_length"].tolist()
    ((strings, y_hat),) = compress(network.model, networks, z_tables, x)
    z_string = data["z_string"].numpy().tobytes()
    assert len(strings.z) == len(z_string)
    assert (strings.z == z_string) == (version == 1)
    assert strings.y == data["y_string"].numpy().tobytes()
    assert torch.equal(decompress(networks, z_tables, strings, 256, 256), y_hat)


def test_a_batch_gives_a_stream_for_each_picture(network: Ready, image: Image) -> None:
    """Three different images at once: each one's strings alone give back its y_hat, bit for bit."""
    one = PADDINGS["replicate"].pad(torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255)
    x = torch.cat((one, one.flip(-1), 1 - one))
    coded = compress(network.model, network.exact, network.z_tables, x)
    assert len({strings.y for strings, _ in coded}) == len(x)
    for strings, y_hat in coded:
        assert torch.equal(decompress(network.exact, network.z_tables, strings, *x.shape[-2:]), y_hat)


def test_other_arithmetic_is_noticed(network: Ready, image: Image) -> None:
    """Where the decoder's networks compute something else, its symbols differ, and the image is refused."""
    stream, _ = encode_image(network, image, PADDINGS["replicate"])
    changed = tiny_like(network)
    with torch.no_grad():
        changed.model.h_scale_s[3][0].bias.add_(0.5)
    with pytest.raises(CodecError, match="this machine's arithmetic differs"):
        decode_stream(prepare(changed.model), bitstream.unpack(stream))


def test_exchanged_strings_are_noticed(network: Ready, image: Image) -> None:
    """A well-sealed stream whose strings are not its own is refused."""
    parsed = bitstream.unpack(encode_image(network, image, PADDINGS["replicate"])[0])
    forged = dataclasses.replace(parsed, strings=Strings(parsed.strings.y, parsed.strings.z, parsed.strings.checksum))
    with pytest.raises(CodecError, match="do not fill"):
        decode_stream(network, bitstream.unpack(bitstream.pack(forged)))


def tiny_like(network: Ready) -> Ready:
    """A copy of a network, weights and all."""
    model = Model(network.model.config)
    model.load_state_dict(network.model.state_dict())
    return prepare(model)


def test_the_fingerprint_is_of_weights_and_config(network: Ready) -> None:
    """A copy has the same fingerprint; another weight, or another padding of the support, has another."""
    copy = tiny_like(network)
    assert copy.fingerprint == network.fingerprint
    with torch.no_grad():
        next(copy.model.parameters()).view(-1)[0] += 1e-6
    assert prepare(copy.model).fingerprint != network.fingerprint
    assert len(network.fingerprint) == 8


@pytest.fixture
def codec(network: Ready, tmp_path: Path) -> TCMCodec:
    """A codec with weights of two lambdas."""
    save(network.model, tmp_path / "nano-0.013.safetensors", {})
    save(tiny().model, tmp_path / "nano-0.05.safetensors", {})
    return TCMCodec(model="nano", folder=str(tmp_path))


def test_the_codec_fulfils_the_contract(codec: TCMCodec, image: Image) -> None:
    """encode and decode; equal codecs code alike; one finds the weights of the other's stream by itself."""
    assert isinstance(codec, Anchor)
    stream = codec.encode(image, 0.013)
    assert codec.encode(image, 0.013) == stream
    assert TCMCodec(model="nano", folder=codec.folder).decode(stream).shape == image.shape
    other = codec.encode(image, 0.05)
    assert codec.decode(other).shape == image.shape
    assert not np.array_equal(codec.decode(other), codec.decode(stream))


def test_weights_at_hand_are_the_ones_encode_takes(codec: TCMCodec, tmp_path: Path) -> None:
    """The folder's before the package's; a named checkpoint whatever the lambda; None where there is no file."""
    assert codec.weights_at_hand(0.013) == tmp_path / "nano-0.013.safetensors"
    assert TCMCodec(model="nano").weights_at_hand(0.013) == SHIPPED / "nano-0.013.safetensors"
    assert codec.weights_at_hand(0.3) is None
    one = tmp_path / "nano-0.05.safetensors"
    assert TCMCodec(checkpoint=str(one)).weights_at_hand(0.3) == one
    assert TCMCodec(checkpoint=str(tmp_path / "none.pth")).weights_at_hand(0.013) is None


def test_changed_weights_are_not_confused_with_old_ones(codec: TCMCodec, image: Image) -> None:
    """After its file is replaced, a lambda codes with the new weights, and the old stream is refused."""
    stream = codec.encode(image, 0.013)
    for lmbda in ("0.013", "0.05"):
        save(tiny(hyper=48).model, Path(codec.folder) / f"nano-{lmbda}.safetensors", {})
    assert codec.encode(image, 0.013) != stream
    codec.encode(image, 0.05)
    with pytest.raises(CodecError, match="none at hand are those"):
        codec.decode(stream)


def test_a_lambda_without_weights_is_refused(codec: TCMCodec, image: Image) -> None:
    """The error names the missing file."""
    with pytest.raises(CodecError, match=r"there is no .*nano-0\.1\.safetensors"):
        codec.encode(image, 0.1)
    with pytest.raises(CodecError, match="tcm cannot code at 0"):
        codec.encode(image, 0)


def test_wrong_images_and_options_are_refused(codec: TCMCodec, image: Image) -> None:
    """Grey images, floats and unknown paddings are named."""
    with pytest.raises(CodecError, match="uint8 RGB"):
        codec.encode(image[..., 0], 0.013)
    with pytest.raises(CodecError, match="float64"):
        codec.encode(image.astype(np.float64), 0.013)  # type: ignore[arg-type]
    with pytest.raises(CodecError, match=r"option padding is .mirror."):
        TCMCodec(padding="mirror")


def test_broken_weights_are_named(image: Image) -> None:
    """A network that gives NaN says so instead of coding garbage."""
    network = tiny()
    with torch.no_grad():
        network.model.g_a[9].bias.fill_(float("nan"))
    with pytest.raises(CodecError, match="not finite"):
        encode_image(network, image, PADDINGS["replicate"])
