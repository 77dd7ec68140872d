"""What the codec promises: the decoder has the encoder's image, and anything else is refused."""

import json
import os
import random
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from lic_tcm.anchors.codec import CodecError
from lic_tcm.coding.bitstream import MAX_PIXELS, OVERHEAD, unpack
from lic_tcm.coding.codec import TCMCodec
from lic_tcm.coding.network import Ready, decode_stream, encode_image, picture, prepare
from lic_tcm.nn import zoo
from lic_tcm.nn.checkpoints import save
from lic_tcm.nn.padding import PADDINGS

Image = npt.NDArray[np.uint8]
DECODE = """
import json, sys
from hashlib import sha256
from pathlib import Path
import torch
from lic_tcm.coding.bitstream import unpack
from lic_tcm.coding.network import decode_stream, load
found = []
for threads in (1, 2, 4):
    torch.set_num_threads(threads)
    found.append({})
    for stream in Path(sys.argv[1]).glob("*.tcm"):
        image = decode_stream(load(stream.with_suffix(".safetensors"), "cpu"), unpack(stream.read_bytes()))
        found[-1][stream.stem] = [image.shape, sha256(image.tobytes()).hexdigest()]
print(json.dumps(found))
"""
PATIENT = {**os.environ, "OMP_WAIT_POLICY": "passive"}  # four threads may have fewer cores
TINY: dict[str, object] = {
    "channels": 64, "latent": 32, "hyper": 32, "slices": 2, "squeeze": 16, "context_widths": (16, 16)
}  # fmt: skip


def noise(height: int, width: int, seed: int) -> Image:
    """A noisy ramp."""
    ramp = np.linspace(0, 200, height * width * 3).reshape(height, width, 3)
    return (ramp + np.random.default_rng(seed).integers(0, 56, ramp.shape)).astype(np.uint8)


def own_picture(ready: Ready, image: Image, name: str) -> tuple[bytes, Image]:
    """The stream of an image, and the encoder's own 8-bit reconstruction."""
    stream, y_hat = encode_image(ready, image, PADDINGS[name])
    return stream, picture(ready.model, y_hat, PADDINGS[name], *image.shape[:2])


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.long)])
def test_pictures_of_random_sizes_come_back(network: Ready, count: int) -> None:
    """Whatever the size and padding, the decoder's pixels are byte for byte the encoder's."""
    rng = random.Random(count)
    for seed in range(count):
        image = noise(rng.randint(1, 130), rng.randint(1, 130), seed)
        stream, own = own_picture(network, image, rng.choice(list(PADDINGS)))
        assert np.array_equal(decode_stream(network, unpack(stream)), own), image.shape


def test_every_network_of_the_zoo_codes_for_another_process(tmp_path: Path) -> None:
    """Each zoo entry, in small, codes here; another process with 1, 2 and 4 threads decodes the same images."""
    expected = {}
    for seed, (name, config) in enumerate(sorted(zoo.ZOO.items())):
        torch.manual_seed(seed)
        ready = network_of(name, squeeze=16 if config.squeeze else None)
        save(ready.model, tmp_path / f"{name}.safetensors", {})
        stream, own = own_picture(ready, noise(40 + seed, 60 - seed, seed), "replicate")
        (tmp_path / f"{name}.tcm").write_bytes(stream)
        expected[name] = [list(own.shape), sha256(own.tobytes()).hexdigest()]
    command = [sys.executable, "-W", "ignore", "-c", DECODE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=PATIENT)
    assert json.loads(done.stdout) == [expected] * 3


def test_larger_pictures_are_equal_under_any_number_of_threads(network: Ready) -> None:
    """Sizes whose convolutions round differently under 1, 2 and 4 threads: streams and images are the same."""
    for height, width in ((320, 256), (256, 448)):
        image, found = noise(height, width, 0), set()
        threads = torch.get_num_threads()
        try:
            for count in (1, 2, 4):
                torch.set_num_threads(count)
                stream = encode_image(network, image, PADDINGS["replicate"])[0]
                found.add((stream, decode_stream(network, unpack(stream)).tobytes()))
        finally:
            torch.set_num_threads(threads)
        assert len(found) == 1, (height, width)


def network_of(name: str, **overrides: object) -> Ready:
    """A zoo entry with few channels."""
    return prepare(zoo.build(name, **TINY | overrides))


def resealed(data: bytes) -> bytes:
    """The bytes with an outer checksum that fits."""
    return data[:25] + zlib.crc32(data[29:], zlib.crc32(data[:25])).to_bytes(4, "big") + data[29:]


def flip(data: bytes, other: bytes, rng: random.Random) -> bytes:  # noqa: ARG001
    """Change 1 to 8 bits."""
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def cut(data: bytes, other: bytes, rng: random.Random) -> bytes:  # noqa: ARG001
    """Lose the end, or a piece in the middle."""
    start = rng.randrange(len(data))
    end = rng.choice((len(data), rng.randint(start, len(data)), start + 1))
    return data[:start] + data[end:]


def extend(data: bytes, other: bytes, rng: random.Random) -> bytes:  # noqa: ARG001
    """Gain bytes, anywhere."""
    at = rng.choice((len(data), rng.randrange(len(data))))
    return data[:at] + rng.randbytes(rng.randint(1, 300)) + data[at:]


def splice(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """The beginning of one stream, the end of another."""
    at = rng.randrange(1, min(len(data), len(other)))
    return data[:at] + other[at:]


def forge(data: bytes, other: bytes, rng: random.Random) -> bytes:  # noqa: ARG001
    """Other header values: any field, whole."""
    start, size = rng.choice(((4, 8), (12, 2), (14, 2), (16, 1), (17, 4), (21, 4)))
    value = rng.choice((rng.randbytes(size), bytes(size), b"\xff" * size, rng.randrange(256).to_bytes(size, "big")))
    return data[:start] + value + data[start + size :]


DAMAGES: tuple[Callable[[bytes, bytes, random.Random], bytes], ...] = (flip, cut, extend, splice, forge)


@pytest.fixture(scope="module")
def codec(network: Ready, tmp_path_factory: pytest.TempPathFactory) -> TCMCodec:
    """A codec with one network."""
    folder = tmp_path_factory.mktemp("weights")
    save(network.model, folder / "nano-0.013.safetensors", {})
    return TCMCodec(model="nano", folder=str(folder))


def check_damaged(codec: TCMCodec, count: int, sealed_every: int) -> None:
    """Decode `count` damaged streams, some with their outer checksum made to fit, and expect nothing but refusals."""
    streams = [codec.encode(noise(50, 70, seed), 0.013) for seed in range(3)]
    streams.append(codec.encode(noise(20, 20, 3), 0.013))
    normal = max(seconds(codec, stream)[0] for stream in streams)
    rng = random.Random(count)
    for i in range(count):
        data = DAMAGES[i % len(DAMAGES)](*rng.sample(streams, 2), rng)
        if i % sealed_every == 0 and len(data) >= OVERHEAD:
            data = resealed(data)
        if data in streams:  # what was changed was equal
            continue
        spent, refused = seconds(codec, data)
        if spent >= normal + 1:  # other programs took the processor: once more
            spent, refused = seconds(codec, data)
        assert refused, (i, data[:OVERHEAD].hex())
        assert spent < normal + 1, (i, data[:OVERHEAD].hex())


def seconds(codec: TCMCodec, data: bytes) -> tuple[float, bool]:
    """CPU seconds of decoding on one thread, and whether the stream was refused."""
    start = time.process_time()
    try:
        codec.decode(data)
    except CodecError:
        return time.process_time() - start, True
    return time.process_time() - start, False


def test_damaged_streams_are_refused(codec: TCMCodec) -> None:
    """20,000 streams flipped, cut, extended, spliced or forged, 417 of them resealed: each is refused, and soon."""
    check_damaged(codec, 20_000, sealed_every=48)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_resealed_damaged_streams_are_refused(codec: TCMCodec) -> None:
    """The same where every outer checksum fits, so that the symbols have to be decoded to notice."""
    check_damaged(codec, 20_000, sealed_every=1)


@pytest.mark.parametrize(("height", "width"), [(8192, 8192), (65535, 1024), (50, 6000), (2048, 2048), (1, 65535)])
def test_forged_sizes_cost_nothing(codec: TCMCodec, height: int, width: int) -> None:
    """A header of up to 67 megapixels on a small image's symbols is refused before its size is computed with."""
    assert height * width <= MAX_PIXELS
    stream = codec.encode(noise(50, 70, 0), 0.013)
    forged = stream[:12] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + stream[16:]
    start = time.process_time()
    with pytest.raises(CodecError, match="do not fill"):
        codec.decode(resealed(forged))
    assert time.process_time() - start < 1


@pytest.mark.parametrize(("offset", "value"), [(13, 51), (15, 64), (16, 1)])
def test_another_crop_of_the_same_symbols_is_refused(codec: TCMCodec, offset: int, value: int) -> None:
    """A size or padding that leaves the symbols as they are is not believed either."""
    stream = bytearray(codec.encode(noise(50, 70, 0), 0.013))
    stream[offset] = value
    with pytest.raises(CodecError, match=r"other symbols|do not fill"):
        codec.decode(resealed(bytes(stream)))


def test_a_kernel_that_is_off_by_a_little_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where 1e-4 more from a kernel of the decoder changes a symbol, the image is refused, else it is the same."""
    ready = network_of("nano")
    for kernel in (transform[-1] for transform in ready.model.context.cc_scale_transforms):
        torch.nn.init.normal_(kernel.weight, std=0.3)  # scales that lie between many levels of the table
        torch.nn.init.constant_(kernel.bias, 0.4)
    ready = prepare(ready.model)
    kernel = ready.exact.context.cc_scale_transforms[0][-1]
    coded = [own_picture(ready, noise(120, 120, seed), "replicate") for seed in range(6)]
    for stream, own in coded:
        assert np.array_equal(decode_stream(ready, unpack(stream)), own)
    monkeypatch.setattr(kernel, "forward", lambda x, exact=kernel.forward: exact(x) + 1e-4)
    refused = 0
    for stream, own in coded:
        try:
            after = decode_stream(ready, unpack(stream))
        except CodecError as error:
            refused += "arithmetic differs" in str(error)
        else:
            assert np.array_equal(after, own)
    assert refused > 0
