"""Weights of others are fetched before any job wants them."""

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from lic_tcm.bench import codecs
from lic_tcm.bench.weights import Wanted, fetch_weights, named
from lic_tcm.coding.codec import TCMCodec
from lic_tcm.errors import UserError
from lic_tcm.nn.released import release


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with two of the released files, which stand for the server's."""
    monkeypatch.setenv("LIC_TCM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "data/checkpoints"
    folder.mkdir(parents=True)
    for lmbda in (0.013, 0.05):
        (folder / release("small", lmbda).filename).write_bytes(f"weights {lmbda}".encode())
    return folder


def test_a_list_says_where_each_file_lies_and_what_is_in_it(data: Path, tmp_path: Path) -> None:
    """`lic-tcm weights` writes a line for each point, with the path, size and SHA-256 of the very file."""
    command = [sys.executable, "-m", "lic_tcm", "weights", "--codec", "tcm", "--option", "model=small"]
    command += ["--point", "0.013", "--point", "0.05", "--out", str(tmp_path / "weights/tcm-small.csv")]
    subprocess.run(command, check=True)
    with (tmp_path / "weights/tcm-small.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [float(line["point"]) for line in lines] == [0.013, 0.05]
    for line in lines:
        content = Path(line["path"]).read_bytes()
        assert Path(line["path"]).parent == data
        assert (line["num_bytes"], line["sha256"]) == (str(len(content)), hashlib.sha256(content).hexdigest())


def test_a_replaced_file_is_refused(data: Path) -> None:
    """The hash at first use stays the hash."""
    wanted = Wanted("tcm-small", TCMCodec(model="small"), [0.013])
    fetch_weights(wanted)
    (data / release("small", 0.013).filename).write_bytes(b"others")
    with pytest.raises(UserError, match=r"tcm-small at point 0.013: .*is not the file first used here"):
        fetch_weights(wanted)


def test_only_weights_of_others_are_downloaded(tmp_path: Path) -> None:
    """Not those that ship, nor a user's own."""
    (tmp_path / "small-0.05.safetensors").touch()
    assert codecs.is_downloaded(TCMCodec(model="small"), 0.05)
    assert not codecs.is_downloaded(TCMCodec(model="small", folder=str(tmp_path)), 0.05)
    assert not codecs.is_downloaded(TCMCodec(model="small", checkpoint="mine.pth"), 0.05)
    assert not codecs.is_downloaded(TCMCodec(model="nano"), 0.013)
    assert not codecs.is_downloaded(TCMCodec(model="large"), 0.013)  # never released
    assert codecs.is_downloaded(codecs.create("compressai", {"architecture": "mbt2018-mean"}), 1)
    assert not codecs.is_downloaded(codecs.create("jpeg", {}), 50)


def test_a_name_is_a_method_or_a_configuration() -> None:
    """`lic-tcm fetch --weights NAME` takes both, and says what there is otherwise."""
    assert [wanted.name for wanted in named("tcm-small")] == ["tcm-small"]
    fetched = [wanted.name for wanted in named("paper") if codecs.is_downloaded(wanted.codec, wanted.points[0])]
    assert fetched == ["tcm-small", "bmshj2018-hyperprior", "mbt2018", "cheng2020-attn"]
    with pytest.raises(UserError, match="unknown method 'tcm-smal'; did you mean 'tcm-small'"):
        named("tcm-smal")
