"""Streams of version 2 decode where the arithmetic differs; those of version 1 still decode."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from support.reference import GOLDEN, golden, golden_model

from lic_tcm.anchors.codec import CodecError
from lic_tcm.coding import bitstream
from lic_tcm.coding.arithmetic import GUARD, SymbolNetworks, in_float32
from lic_tcm.coding.bitstream import VERSION, unpack
from lic_tcm.coding.codec import TCMCodec
from lic_tcm.coding.gaussian import LEVELS, scale_indexes
from lic_tcm.coding.network import Ready, decode_stream, encode_image, load, prepare
from lic_tcm.nn.checkpoints import save
from lic_tcm.nn.padding import PADDINGS

Image = npt.NDArray[np.uint8]
PADDING = PADDINGS["replicate"]
TABLES = """
import hashlib, sys
from pathlib import Path
import torch
from lic_tcm.coding.gaussian import LEVELS, gaussian_tables
from lic_tcm.nn.checkpoints import read
from lic_tcm.nn.tables import factorised
made = [factorised(read(Path(name)).parameters).to_json() for name in sys.argv[1:]]
print(torch.backends.cpu.get_cpu_capability())
print(hashlib.sha256(str((LEVELS, gaussian_tables(), made)).encode()).hexdigest())
"""


def with_noise(networks: SymbolNetworks, relative: float) -> SymbolNetworks:
    """The networks of a machine whose scales are off by up to so much."""
    rng = torch.Generator().manual_seed(0)

    class Noisy(torch.nn.Module):
        def reconstruct(self, hyper, coder):  # type: ignore[no-untyped-def]
            def noisy(region, mean, scale):  # type: ignore[no-untyped-def]
                noise = torch.rand(scale.shape, generator=rng, dtype=scale.dtype) * 2 - 1
                return coder(region, mean, scale * (1 + relative * noise))

            noisy.guess = None  # type: ignore[attr-defined]
            return networks.context.reconstruct(hyper, noisy)  # type: ignore[arg-type]

    return replace(networks, context=Noisy())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def spread(network: Ready) -> Ready:
    """The small network with scales all over the levels."""
    torch.manual_seed(3)
    model = type(network.model)(network.model.config)
    model.load_state_dict(network.model.state_dict())
    for convolutions in model.context.cc_scale_transforms:
        torch.nn.init.normal_(convolutions[-1].weight, std=0.3)
        torch.nn.init.constant_(convolutions[-1].bias, 1.0)
    return prepare(model)


def test_scales_near_a_level_are_told(spread: Ready, image: Image) -> None:
    """Where machines differ by less than the guard every stream decodes, with the levels told; untold, it is refused.

    Guard and difference are wide here, so that many scales of a small picture lie near a level.
    """
    guarded = spread._replace(exact=replace(spread.exact, guard=1e-2))
    stream, _ = encode_image(guarded, image, PADDING)
    told = unpack(stream).strings.told
    assert len(told) > 10
    other = spread._replace(exact=with_noise(spread.exact, 9e-3))
    assert np.array_equal(decode_stream(other, unpack(stream)), decode_stream(spread, unpack(stream)))
    untold = encode_image(spread, image, PADDING)[0]
    assert not unpack(untold).strings.told
    with pytest.raises(CodecError, match="arithmetic differs"):
        decode_stream(other, unpack(untold))


def test_what_is_told_is_which_scales_and_no_others(spread: Ready, image: Image) -> None:
    """A told symbol's scale lies within the guard of the level told; the guard costs nothing where no scale does."""
    scales: list[torch.Tensor] = []
    guard = 1e-3
    guarded = spread._replace(exact=replace(spread.exact, guard=guard))
    hyper, noting = guarded.exact.context, []

    class Noting(torch.nn.Module):
        def reconstruct(self, given, coder):  # type: ignore[no-untyped-def]
            def note(region, mean, scale):  # type: ignore[no-untyped-def]
                scales.append(scale.flatten())
                return coder(region, mean, scale)

            note.guess = None  # type: ignore[attr-defined]
            return hyper.reconstruct(given, note)  # type: ignore[arg-type]

    noting.append(guarded._replace(exact=replace(guarded.exact, context=Noting())))  # type: ignore[arg-type]
    told = unpack(encode_image(noting[0], image, PADDING)[0]).strings.told
    every = torch.cat(scales)
    near = scale_indexes(every * (1 - guard)) != scale_indexes(every * (1 + guard))
    assert [one.symbol for one in told] == near.nonzero().flatten().tolist()
    assert all(abs(float(every[one.symbol]) / LEVELS[one.level] - 1) <= 1.01 * guard for one in told)


def test_float64_differs_by_far_less_than_the_guard(spread: Ready, image: Image) -> None:
    """The slices' scales of the exact networks and of a plain float64 copy, other kernels, agree to a 1000th of it."""
    x = PADDING.pad(torch.tensor(image).permute(2, 0, 1)[None].float() / 255)
    model = type(spread.model)(spread.model.config)
    model.load_state_dict(spread.model.state_dict())
    plain = in_float32(model.double().eval())
    found = []
    with torch.no_grad():
        z = torch.round(spread.model.h_a(spread.model.analyse(x)) - spread.model.medians())
        for networks in (spread.exact, plain):
            found.append(networks.context.predict(0, networks.hyper(z), [])[2])  # type: ignore[operator]
    exact, other = found
    assert exact.dtype == other.dtype == torch.float64
    beyond = other > LEVELS[0]
    assert int(beyond.sum()) > 50
    assert float((exact[beyond] / other[beyond] - 1).abs().max()) < GUARD / 1000


@pytest.mark.parametrize("padding", PADDINGS)
def test_streams_of_version_1_still_decode(padding: str) -> None:
    """Streams that the last release before version 2 made are read: the same symbols, pixels within one grey level."""
    data = golden("version_1_streams")
    stream = unpack(data[f"stream_{padding}"].numpy().tobytes())
    assert stream.version == 1
    decoded = decode_stream(prepare(golden_model()), stream)
    assert np.abs(decoded.astype(int) - data[f"decoded_{padding}"].numpy().astype(int)).max() <= 1


def test_version_1_is_made_where_it_is_asked_for(network: Ready, image: Image, tmp_path: Path) -> None:
    """`portable: false` gives version 1, which any codec of these weights decodes; the default gives version 2."""
    save(network.model, tmp_path / "nano-0.013.safetensors", {})
    codec = TCMCodec(model="nano", folder=str(tmp_path))
    fast = replace(codec, portable=False)
    old, new = fast.encode(image, 0.013), codec.encode(image, 0.013)
    assert (unpack(old).version, unpack(new).version) == (1, VERSION)
    assert codec.decode(old).shape == fast.decode(new).shape == image.shape
    assert abs(len(old) - len(new)) <= 8
    with pytest.raises(CodecError, match="picture_checksum needs portable"):
        replace(fast, picture_checksum=True)
    with pytest.raises(CodecError, match=r"option portable is 1: choose True or False|option portable is 1"):
        TCMCodec(portable=1)  # type: ignore[arg-type]


def test_the_decoder_says_whether_its_picture_is_the_encoders(
    network: Ready, image: Image, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the picture's checksum: exact, or within 1 where the synthesis rounds otherwise; never a refusal."""
    caplog.set_level(logging.INFO)
    stream = encode_image(network, image, PADDING, with_picture=True)[0]
    assert len(stream) == len(encode_image(network, image, PADDING)[0]) + 4
    own = decode_stream(network, unpack(stream))
    assert caplog.messages == ["tcm: symbols exact, picture exact: every sample is the encoder's"]
    caplog.clear()
    synthesise = network.model.synthesise
    monkeypatch.setattr(network.model, "synthesise", lambda y_hat: synthesise(y_hat) + 1e-3)
    other = decode_stream(network, unpack(stream))
    assert np.abs(own.astype(int) - other.astype(int)).max() == 1
    assert len(caplog.records) == 1
    assert caplog.records[0].levelno == logging.WARNING
    assert caplog.messages[0].startswith("tcm: symbols exact, picture within 1: ")


def test_tables_are_of_the_fingerprint(network: Ready) -> None:
    """Other tables for the same weights have another fingerprint in version 2, and the same one in version 1."""
    rows = [list(row) for row in network.z_tables.cdfs]
    rows[0][1] += 1
    other = prepare(network.model, replace(network.z_tables, cdfs=rows))
    assert other.z_tables.cdfs == rows
    assert other.fingerprints[2] != network.fingerprints[2]
    assert other.fingerprints[1] == network.fingerprints[1]


def test_a_files_tables_are_used(network: Ready, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Saved weights carry their tables, so that loading makes none."""
    path = tmp_path / "own.safetensors"
    save(network.model, path, {})
    monkeypatch.setattr("lic_tcm.coding.network.factorised", lambda *_: pytest.fail("made anew"))
    assert load(path, "cpu").z_tables == network.z_tables


@pytest.mark.slow
def test_tables_are_the_same_with_other_instruction_sets(network: Ready, tmp_path: Path) -> None:
    """A process that may not use this processor's newer instructions makes the same tables, and has the same levels."""
    save(network.model, tmp_path / "tiny.safetensors", {})
    save(golden_model(), tmp_path / "golden.safetensors", {})
    names = [str(tmp_path / "tiny.safetensors"), str(tmp_path / "golden.safetensors")]

    def hashes() -> Iterator[list[str]]:
        oldest = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_CBWR": "COMPATIBLE"}
        for limit in ({}, oldest):
            command = [sys.executable, "-W", "ignore", "-c", TABLES, *names]
            done = subprocess.run(command, env=os.environ | limit, capture_output=True, text=True, check=True)
            yield done.stdout.split()

    (_, expected), (kernels, found) = hashes()
    assert found == expected
    assert kernels in ("DEFAULT", "NO", "NO_AVX") or "AVX" not in kernels


def test_the_golden_streams_are_small() -> None:
    """They are version 1, whole, and of the golden model."""
    assert (GOLDEN / "version_1_streams.npz").stat().st_size < 60_000
    stream = bitstream.unpack(golden("version_1_streams")["stream_paper"].numpy().tobytes())
    assert stream.fingerprint == prepare(golden_model()).fingerprints[1]
