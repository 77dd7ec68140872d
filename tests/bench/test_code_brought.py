"""The code stage with codecs of users: what is coded again, what is kept, what is refused by the image's name."""

import sys
from pathlib import Path
from typing import Any

import pytest
from support.decoding import DecodesHere

from lic_tcm.bench import code, decoder
from lic_tcm.datasets.manifest import Original
from lic_tcm.errors import UserError

ANCHORS = Path(__file__).parents[1] / "anchors"


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding in this process: a round takes milliseconds."""
    monkeypatch.setattr(decoder, "ProcessPoolExecutor", DecodesHere)


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    """A copy of the stand-in program, to be edited."""
    path = tmp_path / "tool.py"
    path.write_bytes((ANCHORS / "fake_tool.py").read_bytes())
    return path


def command(tool: Path, decoder: Path | None = None) -> code.Method:
    """A method that runs a script."""
    encode, decode = (
        f"{sys.executable} {tool} encode {{input}} {{output}} {{point}}",
        f"{sys.executable} {decoder or tool} decode",
    )
    return method(
        "command", encode=encode, decode=f"{decode} {{input}} {{output}}", version=f"{sys.executable} {tool} version"
    )


def method(codec: str, **options: Any) -> code.Method:
    """A method of a codec with options."""
    return code.Method("mine", codec, tuple(sorted(options.items())))


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that is there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_edited_program_codes_anew(originals: list[Original], tool: Path, tmp_path: Path) -> None:
    """Same options, another file: every image again; nothing changed: none, not even its record is written."""
    out = tmp_path / "out"
    first = code.code(originals, command(tool), 50, out)
    stamps = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert code.code(originals, command(tool), 50, out) == first
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == stamps
    edit(tool, "/ 4))", "/ 2))")
    second = code.code(originals, command(tool), 50, out)
    assert all(one.sha256_stream != two.sha256_stream for one, two in zip(first, second, strict=True))
    assert {one.codec_version for one in first}.isdisjoint(two.codec_version for two in second)


def test_a_decoder_that_writes_another_size_makes_no_row(originals: list[Original], tool: Path, tmp_path: Path) -> None:
    """The image and both sizes are named, and no record is left of it."""
    other = tool.with_name("other.py")
    other.write_bytes(tool.read_bytes())
    edit(other, "indexes.astype(int)", "indexes[1:].astype(int)")
    with pytest.raises(UserError, match=r"mine at point 50 decoded .*café\.png to 180x169 pixels instead of 180x170"):
        code.code(originals, command(tool, other), 50, tmp_path / "out")
    assert not list((tmp_path / "out").glob("caf*.json"))


def test_a_class_that_fails_keeps_what_was_finished(originals: list[Original], tmp_path: Path) -> None:
    """The second image stops the job by its name; once it is fixed, the class is another and codes all images again."""
    path = tmp_path / "my_codec.py"
    path.write_bytes((ANCHORS / "my_codec.py").read_bytes())
    edit(
        path,
        "        step = max",
        "        self.seen = getattr(self, 'seen', 0) + 1\n        assert self.seen < 3, 'full'\n        step = max",
    )
    mine = method("python", path=str(path), **{"class": "Quantiser"})
    with pytest.raises(
        UserError, match=r"image .*plain\.png: python: Quantiser\.encode failed \(AssertionError: full, my_co"
    ):
        code.code(originals, mine, 50, tmp_path / "out")
    assert [record.name for record in (tmp_path / "out").glob("*.json") if "environment" not in record.name] == [
        "café.json"
    ]
    edit(path, "        assert self.seen < 3, 'full'\n", "")
    assert len(code.code(originals, mine, 50, tmp_path / "out")) == len(originals)


def test_a_missing_binary_is_one_line_before_any_image(originals: list[Original], tool: Path, tmp_path: Path) -> None:
    """Nothing is written where the program is not installed."""
    mine = method(
        "command", encode="no-such-tool {input} {output}", decode=f"{sys.executable} {tool} decode {{input}} {{output}}"
    )
    with pytest.raises(UserError, match="command cannot find the program no-such-tool: install it"):
        code.code(originals, mine, 50, tmp_path / "out")
    assert not (tmp_path / "out").exists()
