"""CompressAI's models as codecs: streams, padding, weights."""

import hashlib
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import requests
import torch

from lic_tcm import anchors
from lic_tcm.anchors import container, downloads, framing, network_codec, networks
from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.files import sha256_file

NAMES = ("bmshj2018-hyperprior", "cheng2020-attn", "mbt2018")
IMAGE = np.random.default_rng(7).integers(0, 256, (70, 33, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", NAMES)
def test_stream_holds_compressais_own_strings(name, zoo_options):
    """Coding equals CompressAI's compress and decompress of the image padded with zeros around its centre."""
    options = zoo_options(name)
    stream = anchors.create(name, **options).encode(IMAGE, 1)
    path = next(Path(options["folder"]).glob(f"{name.replace('-', '?')}*"))
    model = networks.compressai("zoo.image").model_architectures[name].from_state_dict(torch.load(path)).eval()
    x = torch.zeros(1, 3, 128, 64)
    x[0, :, 29:99, 15:48] = torch.from_numpy(IMAGE).permute(2, 0, 1) / 255
    with torch.no_grad():
        coded = model.compress(x)
        decoded = model.decompress(**coded)["x_hat"]
    y, z = coded["strings"][0][0], coded["strings"][1][0]
    quality, held = (
        stream[framing.HEADER.size + network_codec.HEADER.size],
        framing.HEADER.size + network_codec.HEADER.size + 1,
    )
    assert quality == 1
    assert container.unpack(stream[held:]) == [[[y], [z]], [2, 1]]
    assert len(stream) - len(y) - len(z) <= 26  # what is added: a fraction of a percent at any rate
    assert struct.unpack(">HH", stream[:4]) == (33, 70)
    assert len(set(y)) > 3  # the test networks make symbols to code
    expected = np.rint(decoded[0, :, 29:99, 15:48].permute(1, 2, 0).numpy().astype(float) * 255)
    np.testing.assert_array_equal(anchors.create(name, **options).decode(stream), expected)


@pytest.mark.parametrize("size", [(7, 33), (700, 33), (70, 7000)])
def test_a_header_of_another_size_than_the_image_is_refused(size, zoo_options):
    """One that the coded image is no padding of, its checksum made to fit, does not decode to some other crop."""
    codec = anchors.create("bmshj2018-hyperprior", **zoo_options("bmshj2018-hyperprior"))
    image = np.random.default_rng(8).integers(0, 256, (70, 333, 3), dtype=np.uint8)
    payload = codec.encode(image, 1)[framing.HEADER.size :]
    with pytest.raises(CodecError, match="bmshj2018-hyperprior"):
        codec.decode(framing.pack("bmshj2018-hyperprior mse", 8, *size, payload))


def test_other_weights_refuse_the_stream(zoo_options, tmp_path):
    """A stream made with other weights of the same architecture and quality is not decoded to garbage."""
    options = zoo_options("mbt2018")
    stream = anchors.create("mbt2018", **options).encode(IMAGE, 1)
    source = next(Path(options["folder"]).glob("mbt2018-1*"))
    state = torch.load(source)
    state["g_s.6.bias"] += 0.1
    torch.save(state, tmp_path / source.name)
    with pytest.raises(CodecError, match="mbt2018: the stream was made with other weights"):
        anchors.create("mbt2018", folder=str(tmp_path), check_hash=False).decode(stream)


def test_weights_of_another_hash_are_refused(zoo_options):
    """By default a weight file must have the SHA-256 its name begins to spell."""
    options = {**zoo_options("mbt2018"), "check_hash": True}
    with pytest.raises(CodecError, match="does not begin with 3f36cd77: delete it and download https"):
        anchors.create("mbt2018", **options).encode(IMAGE, 1)


def test_weights_of_the_right_hash_are_taken(zoo_options, tmp_path, monkeypatch):
    """A file whose name does spell its hash passes the check."""
    path = next(Path(zoo_options("mbt2018")["folder"]).glob("mbt2018-1*"))
    content = path.read_bytes()
    digest = sha256_file(path)[:8]
    (tmp_path / f"mbt2018-1-{digest}.pth.tar").write_bytes(content)
    urls = networks.compressai("zoo.image").model_urls
    monkeypatch.setitem(urls["mbt2018"]["mse"], 1, f"https://example.org/mbt2018-1-{digest}.pth.tar")
    codec = anchors.create("mbt2018", folder=str(tmp_path))
    assert codec.decode(codec.encode(IMAGE, 1)).shape == IMAGE.shape
    assert "unverified" not in codec.version()


def test_missing_weights_name_address_file_and_folder(tmp_path):
    """Without weights in the given folder the message says what to fetch and where to put it."""
    codec = anchors.create("cheng2020-attn", folder=str(tmp_path))
    with pytest.raises(CodecError) as caught:
        codec.encode(IMAGE, 3)
    for part in ("https://", "cheng2020_attn-mse-3-2d07bbdf.pth.tar", str(tmp_path)):
        assert part in str(caught.value)


def test_failed_download_names_address_file_and_folder(tmp_path, monkeypatch):
    """Offline, the message says what to fetch and where to put it, and no half file stays."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))

    def offline(url: str, **_settings: object) -> None:
        raise requests.ConnectionError(f"no route to {url}")

    monkeypatch.setattr(downloads.requests, "get", offline)
    monkeypatch.setattr(downloads, "FIRST_PAUSE_S", 0.0)
    codec = anchors.create("bmshj2018-hyperprior", metric="ms-ssim")
    with pytest.raises(CodecError) as caught:
        codec.encode(IMAGE, 8)
    for part in ("cannot download weights", "bmshj2018-hyperprior-ms-ssim-8-cc15b5f3", str(tmp_path / "checkpoints")):
        assert part in str(caught.value)
    assert list((tmp_path / "checkpoints").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is empty"), (b"not a checkpoint", "is damaged, or no checkpoint of torch")]
)
def test_files_that_hold_no_network_are_refused(tmp_path, content, message):
    """A torn or foreign weight file is named."""
    (tmp_path / "mbt2018-2-43b70cdd.pth.tar").write_bytes(content)
    with pytest.raises(CodecError, match=rf"mbt2018-2-43b70cdd.pth.tar {message}"):
        anchors.create("mbt2018", folder=str(tmp_path), check_hash=False).encode(IMAGE, 2)


def test_weights_without_cdfs_are_given_them(tmp_path):
    """A network saved before update() codes like the same one saved after it."""
    torch.manual_seed(3)
    model = networks.compressai("zoo.image").model_architectures["mbt2018"](8, 12)
    streams = []
    for folder in ("before", "after"):
        (tmp_path / folder).mkdir()
        torch.save({"state_dict": model.state_dict()}, tmp_path / folder / "mbt2018-1-3f36cd77.pth.tar")
        codec = anchors.create("mbt2018", folder=str(tmp_path / folder), check_hash=False)
        streams.append(codec.encode(IMAGE, 1))
        assert codec.decode(streams[-1]).shape == IMAGE.shape
        model.update()
    fingerprint = slice(framing.HEADER.size, framing.HEADER.size + 4)
    assert streams[0][fingerprint] != streams[1][fingerprint]  # they are two files
    assert streams[0][fingerprint.stop :] == streams[1][fingerprint.stop :]


def test_jobs_that_start_together_download_a_file_once(tmp_path, monkeypatch):
    """Three batches that miss the weights of a quality: one fetches them, the others wait and find the file."""
    asked = []
    content = b"weights"
    digest = hashlib.sha256(content).hexdigest()

    class Slow:
        status_code, ok, headers = 200, True, {"Content-Length": str(len(content))}

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def iter_content(self, _size):
            time.sleep(0.2)
            yield content

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setitem(
        networks.compressai("zoo.image").model_urls["mbt2018"]["mse"],
        1,
        f"https://example.org/mbt2018-1-{digest[:8]}.pth.tar",
    )
    monkeypatch.setattr(downloads.requests, "get", lambda url, **_: asked.append(url) or Slow())
    codec = anchors.create("mbt2018")
    assert codec.is_downloaded(1)
    with ThreadPoolExecutor(3) as jobs:
        found = list(jobs.map(lambda _: codec.weights(1), range(3)))
    assert {weights.sha256 for weights in found} == {digest}
    assert len(asked) == 1
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == [f"mbt2018-1-{digest[:8]}.pth.tar"]
    assert not anchors.create("mbt2018", folder=str(tmp_path)).is_downloaded(1)


def test_what_coding_waits_for_is_found_without_a_download(zoo_options, tmp_path, monkeypatch):
    """A file in a folder of the user's is watched; a download whose name is its hash is not; nothing is fetched."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    options = zoo_options("mbt2018")
    (path,) = Path(options["folder"]).glob("mbt2018-1*")
    assert anchors.create("mbt2018", **options).weights_at_hand(1) == path
    assert anchors.create("mbt2018", **options).weights_at_hand(2) is None
    cached = tmp_path / "checkpoints" / path.name
    cached.parent.mkdir()
    cached.write_bytes(path.read_bytes())
    assert anchors.create("mbt2018").weights_at_hand(1) is None
    unverified = anchors.create("mbt2018", check_hash=False)
    assert [unverified.weights_at_hand(quality) for quality in (1, 2)] == [cached, None]
    assert unverified.weights(1).path == cached
    with pytest.raises(CodecError, match="mbt2018 cannot code at 9"):
        unverified.weights(9)


def test_metrics_have_streams_of_their_own(zoo_options):
    """A stream of the MSE model is not decoded by the MS-SSIM codec."""
    options = zoo_options("mbt2018")
    stream = anchors.create("mbt2018", **options).encode(IMAGE, 1)
    with pytest.raises(CodecError, match="mbt2018 ms-ssim: checksum mismatch"):
        anchors.create("mbt2018", metric="ms-ssim", **options).decode(stream)


def test_torchs_threads_are_given_back(zoo_options):
    """Coding runs on the option's number of threads and leaves the process as it was."""
    before = torch.get_num_threads()
    anchors.create("mbt2018", threads=before + 1, **zoo_options("mbt2018")).encode(IMAGE, 1)
    assert torch.get_num_threads() == before


def test_importing_the_package_does_not_import_torch():
    """`import lic_tcm.anchors` stays light: torch comes with the first image of a zoo codec."""
    import subprocess
    import sys

    code = "import sys, lic_tcm.anchors; sys.exit('torch' in sys.modules or 'pillow_jxl' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
