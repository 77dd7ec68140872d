"""Trained models of CompressAI's interface: every architecture, every form of checkpoint, and what they get wrong."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.compressai_models import PICTURE, SMALL, coded, narrow, save
from support.decoding import DecodesHere

from lic_tcm import anchors
from lic_tcm.anchors import framing, network_codec, networks
from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.files import sha256_file
from lic_tcm.bench import code, decoder
from lic_tcm.errors import UserError

VARIABLE = [name for name in SMALL if name.endswith("vbr")]
OWN = """
import torch
from compressai.models import MeanScaleHyperprior

class Mine(MeanScaleHyperprior):
    def __init__(self, N=8, M=12, extra=0):
        super().__init__(N, M)
        self.extra = torch.nn.Parameter(torch.zeros(extra))

    @classmethod
    def from_state_dict(cls, state):
        raise KeyError("never asked, when arguments are given")

class Diverging(MeanScaleHyperprior):  # its decoder computes other means than its encoder
    def decompress(self, strings, shape):
        self.h_s[0].bias.data += 0.5
        try:
            return super().decompress(strings, shape)
        finally:
            self.h_s[0].bias.data -= 0.5

class Scaled(MeanScaleHyperprior):  # its decoder computes other scales: what follows is noise
    def decompress(self, strings, shape):
        indexes = self.gaussian_conditional.build_indexes
        self.gaussian_conditional.build_indexes = lambda scales: (indexes(scales) + 9) % 64
        try:
            return super().decompress(strings, shape)
        finally:
            del self.gaussian_conditional.build_indexes

class Infinite(MeanScaleHyperprior):
    def decompress(self, strings, shape):
        return {"x_hat": super().decompress(strings, shape)["x_hat"] / 0}
"""


def test_all_image_models_are_tested_here() -> None:
    """Whatever CompressAI registers for images has a narrow network in this file."""
    assert set(networks.architectures()) == set(SMALL)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long if name.startswith(("elic", "cheng2020-attn")) else ())
        for name in SMALL
        if name not in VARIABLE
    ],
)
def test_every_architecture_codes_as_compressai_does(name: str, tmp_path: Path) -> None:
    """Sizes are inferred from the weights; strings and picture are those of CompressAI's own methods; rates agree."""
    model = narrow(name)
    path = save({"state_dict": model.state_dict()}, tmp_path / "w.pth.tar")
    codec = anchors.create("compressai", architecture=name, checkpoints=path)
    stream = codec.encode(PICTURE, 1)
    model.update(force=True)
    model.eval()
    x = torch.zeros(1, 3, 128, 128)
    x[0, :, 29:99, 19:109] = torch.from_numpy(PICTURE).permute(2, 0, 1) / 255
    with networks.inference(1):
        theirs = model.compress(x)
        decoded = model.decompress(theirs["strings"], theirs["shape"])["x_hat"]
        likelihoods = model(x)["likelihoods"]
    ours = network_codec.container.leaves(network_codec.container.unpack(stream[framing.HEADER.size + 9 :])[0])
    assert ours == network_codec.container.leaves(theirs["strings"])
    expected = np.rint(decoded[0, :, 29:99, 19:109].permute(1, 2, 0).numpy().astype(float) * 255)
    np.testing.assert_allclose(codec.decode(stream), expected, atol=1)  # a convolution may round on a half
    estimate = codec.estimated_bytes(PICTURE, 1)
    assert estimate == pytest.approx(float(sum(-one.double().log2().sum() for one in likelihoods.values())) / 8)
    assert stream[framing.HEADER.size + 4 :][:4] != bytes(4)  # the symbols were seen


@pytest.mark.parametrize("name", VARIABLE)
def test_variable_rate_takes_the_point_as_an_argument(name: str, tmp_path: Path) -> None:
    """One file serves all points: levels `s`, or quantisation steps `inputscale`, each another stream."""
    arguments = {} if name == "mbt2018-vbr" else {"vr_entbttlnck": True}
    path = save(narrow(name, **arguments).state_dict(), tmp_path / "w.pth")
    for point_as, points in (("s", [0, 7]), ("inputscale", [0.25, 1.0])):
        codec = anchors.create("compressai", architecture=name, checkpoints=path, point_as=point_as)
        codec.check_points(points)
        streams = [codec.encode(PICTURE, point) for point in points]
        assert streams[0] != streams[1]
        for stream in streams:
            assert codec.decode(stream).shape == PICTURE.shape
    with pytest.raises(CodecError, match=r"one file for 2 points: write \{point\} in it, a file for each, or say"):
        anchors.create("compressai", architecture=name, checkpoints=path).check_points([1, 2])


def test_a_class_of_ones_own_is_made_with_its_arguments(tmp_path: Path) -> None:
    """A subclass in a file, with arguments that from_state_dict does not know; its source is part of the version."""
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    options = {"path": str(tmp_path / "own.py"), "class": "Mine", "arguments": {"N": 8, "M": 12, "extra": 3}}
    state = narrow().state_dict() | {"extra": torch.ones(3)}
    options["checkpoints"] = save(state, tmp_path / "w.pth")
    assert coded(options)[1].shape == PICTURE.shape
    codec = anchors.create("compressai", **options)
    before = codec.version()
    assert codec.files_at_hand(1) == (tmp_path / "own.py",)
    (tmp_path / "own.py").write_text(OWN + "# edited\n", encoding="utf-8")
    assert codec.version() != before
    assert "padded to 64 around the centre with zeros" in before


@pytest.mark.parametrize(
    ("class_", "message"),
    [
        (
            "Scaled",
            "decompress reads other symbols than compress wrote.*string 1 of 2, slice 1 of 1",
        ),
        ("Infinite", "numbers that are not finite: correct it"),
    ],
)
def test_a_model_whose_halves_disagree_is_refused_by_image_and_slice(
    class_: str, message: str, originals: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the decoder computes other probabilities, no row is made: the image and the first wrong slice are named."""
    monkeypatch.setattr(decoder, "ProcessPoolExecutor", DecodesHere)
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    path = save(narrow().state_dict(), tmp_path / "w.pth")
    options = {"path": str(tmp_path / "own.py"), "class": class_, "checkpoints": path}
    method = code.Method("mine", "compressai", tuple(sorted(options.items())))
    with pytest.raises(UserError, match=rf"mine at point 1, image .*café\.png: compressai: {class_}.*{message}"):
        code.code(originals[:1], method, 1, tmp_path / "out")
    assert not list((tmp_path / "out").glob("caf*.json"))  # no record, so no row


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "option architecture is '', class '': give one of them"),
        ({"architecture": "mbt2018", "class": "a:B", "checkpoints": "x"}, "give one of them"),
        ({"class": "a:B"}, "option checkpoints is '': give a table"),
        ({"architecture": "mbt2018", "checkpoints": {}}, "option checkpoints is"),
        ({"architecture": "mbt2018", "checkpoints": {"best": "x"}}, "its keys are points, numbers"),
        (
            {"architecture": "mbt2018", "checkpoints": {"0.1": "x", "0.10": "y"}},
            "has a point twice: 0.1, 0.10: keep one",
        ),
        ({"architecture": "mbt2018", "checkpoints": "x", "metric": "psnr"}, "option metric is 'psnr'"),
        ({"architecture": "mbt2018", "checkpoint": "x"}, "did you mean 'checkpoints'?"),
    ],
)
def test_wrong_options_are_refused_at_once(options: dict[str, Any], message: str) -> None:
    """Without reading a file or importing torch."""
    with pytest.raises(CodecError) as caught:
        anchors.create("compressai", **options)
    assert message in str(caught.value)


def test_what_a_point_lacks_is_said_before_any_job(tmp_path: Path) -> None:
    """An unknown architecture, a point without a file and a missing file are found without coding."""
    with pytest.raises(CodecError, match=r"no image model 'mbt2018-men'; did you mean 'mbt2018-mean'\?"):
        anchors.create("compressai", architecture="mbt2018-men", checkpoints="x").check_points([1])
    table = {0.013: save(narrow().state_dict(), tmp_path / "w.pth")}
    codec = anchors.create("compressai", architecture="mbt2018-mean", checkpoints=table)
    codec.check_points([0.013])
    assert codec.weights(0.013).sha256 == sha256_file(tmp_path / "w.pth")
    with pytest.raises(CodecError, match=r"has no file for the point 0.025; there are 0.013"):
        codec.check_points([0.013, 0.025])
    pattern = anchors.create("compressai", architecture="mbt2018-mean", checkpoints=f"{tmp_path}/{{point}}.pth")
    with pytest.raises(CodecError, match=r"there is no checkpoint .*0\.013\.pth: correct the option checkpoints"):
        pattern.check_points([0.013])
    assert pattern.weights_at_hand(0.013) is None
    with pytest.raises(CodecError, match=r"CompressAI has no weights of mbt2018-mean \(mse\) for 9; there are 1, 2, 3"):
        anchors.create("compressai", architecture="mbt2018-mean", folder=str(tmp_path)).weights(9)


def test_points_are_kept_as_they_are() -> None:
    """Small whole numbers take a byte of the stream, other points their digits; all come back."""
    for point in (0.0, 1.0, 239.0, 240.0, 0.013, 1e-5, -3.0, 0.0483):
        packed = network_codec._pack_point(point)
        assert network_codec._unpack_point(packed + b"rest") == (point, b"rest")
        assert len(packed) == 1 or not (point.is_integer() and 0 <= point < 240)
