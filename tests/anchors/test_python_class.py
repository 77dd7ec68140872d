"""A user's own Python class as a codec: found, asked, and told what is wrong with it."""

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.pictures import photo

from lic_tcm import anchors
from lic_tcm.anchors import registry
from lic_tcm.anchors.codec import CodecError
from lic_tcm.bench import codecs

PICTURE = photo(20, 30)
GOOD = """
import numpy as np
class Mine:
    def __init__(self, step=1, name="mine"): self.step, self.name = step, name
    def version(self): return "mine 1"
    def encode(self, image, point): return bytes([*image.shape[:2]]) + (image // self.step).tobytes()
    def decode(self, stream):
        return np.frombuffer(stream[2:], np.uint8).reshape(stream[0], stream[1], 3) * np.uint8(self.step)
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a module of the user's and returns its path."""

    def write(text: str, name: str = "mine.py") -> Path:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def test_options_are_keyword_arguments(write: Callable[..., Path]) -> None:
    """What is not the codec's own option goes to the class; equal options are equal codecs."""
    path = write(GOOD)
    codec = anchors.create("python", **{"path": str(path), "class": "Mine", "step": 4})
    decoded = codec.decode(codec.encode(PICTURE, 1))
    np.testing.assert_array_equal(decoded, PICTURE // 4 * 4)
    assert codec == anchors.create("python", **{"path": str(path), "class": "Mine", "arguments": {"step": 4}})
    assert codec != anchors.create("python", **{"path": str(path), "class": "Mine"})


def test_a_class_is_imported_by_its_name(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """package.module:Class is found among what is installed, and in the folder that the run is started in."""
    write("", "bring_one/__init__.py")
    path = write(GOOD, "bring_one/codec.py")
    monkeypatch.chdir(path.parents[1])
    codec = anchors.create("python", **{"class": "bring_one.codec:Mine"})
    np.testing.assert_array_equal(codec.decode(codec.encode(PICTURE, 1)), PICTURE)
    assert codec.files_at_hand(1) == (path,)


def test_every_file_of_the_project_decides_the_version(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit of the class's file, of a module it imports in any way, or of a file it names is another version."""
    modules = {
        "bring_two/__init__.py": "",
        "bring_two/codec.py": "from .tools import table\nfrom bring_two.deep import far\n" + GOOD,
        "bring_two/tools.py": "def table():\n    from bring_two import late\n    return late\n",
        "bring_two/late.py": "import json\n",
        "bring_two/deep/__init__.py": "from . import far\n",
        "bring_two/deep/far.py": "far = 1\n",
        "bring_two/unrelated.py": "",
        "weights.bin": "1",
    }
    paths = {name: write(text, name) for name, text in modules.items()}
    monkeypatch.chdir(paths["weights.bin"].parent)

    def version() -> str:
        return anchors.create("python", **{"class": "bring_two.codec:Mine", "files": ["weights.bin"]}).version()

    seen = [version()]
    assert seen[0].startswith("mine 1 (source ")
    for name, path in paths.items():
        if name not in ("bring_two/__init__.py", "bring_two/unrelated.py"):
            path.write_text(path.read_text(encoding="utf-8") + "\n# edited", encoding="utf-8")
            assert version() not in seen, name
            seen.append(version())
    paths["bring_two/unrelated.py"].write_text("# edited", encoding="utf-8")
    assert version() == seen[-1]


def test_a_file_finds_its_neighbours(write: Callable[..., Path]) -> None:
    """A class in a file imports the modules beside it, as a script does, and they decide its version as well."""
    neighbour = write("STEP = 1\n", "neighbour_of_mine.py")
    path = write("import neighbour_of_mine\n" + GOOD)
    codec = anchors.create("python", **{"path": str(path), "class": "Mine"})
    before = codec.version()
    assert codec.files_at_hand(1) == (path, neighbour)
    neighbour.write_text("STEP = 2\n", encoding="utf-8")
    assert codec.version() != before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"class": "Mine"},
            "option class is 'Mine', path '': write package.module:Class, or Class beside the option path",
        ),
        ({"class": ""}, "option class is ''"),
        ({"class": "a:b:c"}, "write package.module:Class"),
        ({"path": "mine.py", "class": "m:Mine"}, "write package.module:Class, or Class beside"),
        ({"path": "gone.py", "class": "Mine"}, "option path: there is no file gone.py: correct the path"),
        ({"class": "no_such_package:Mine"}, "cannot import no_such_package: install its package, run in the folder"),
        ({"path": "mine.py", "class": "Main"}, "has no class 'Main': did you mean 'Mine'?"),
        ({"path": "mine.py", "class": "VALUE"}, "VALUE is a int, no class"),
        ({"path": "mine.py", "class": "Mine", "stop": 3}, "unexpected keyword argument 'stop'; did you mean 'step'?"),
        ({"path": "mine.py", "class": "Mine", "step": "x", "files": ["no.bin"]}, "there is no file no.bin"),
        ({"path": "half.py", "class": "Half"}, "Half has no method decode: write encode, decode, version"),
        (
            {"path": "broken.py", "class": "Mine"},
            "cannot be imported (ZeroDivisionError: division by zero, broken.py line 2)",
        ),
        ({"path": "needs.py", "class": "Mine"}, "needs.py needs no_such_library: install it"),
        (
            {"path": "raises.py", "class": "Mine"},
            "Mine cannot be made (RuntimeError: no GPU, raises.py line 3): correct it",
        ),
    ],
)
def test_what_is_wrong_with_a_class_is_said_before_any_job(
    options: dict[str, Any], message: str, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reference, file, argument or class that cannot work is one line that names it."""
    monkeypatch.chdir(write(GOOD + "VALUE = 3\n").parent)
    write("class Half:\n    def encode(self): ...\n    def version(self): ...\n", "half.py")
    write("\n1 / 0\n", "broken.py")
    write("import no_such_library\n", "needs.py")
    write(
        "class Mine:\n    encode = decode = version = print\n    def __init__(self): raise RuntimeError('no GPU')\n",
        "raises.py",
    )
    with pytest.raises(CodecError) as caught:
        anchors.create("python", **options).check_points([1])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("def encode(self, image, point): return [1]", "Mine.encode returned a list: return bytes"),
        (
            "def encode(self, image, point): raise ValueError('bad point')",
            "failed (ValueError: bad point, mine.py line 2",
        ),
        ("def decode(self, stream): return 'x'", "Mine.decode returned a str: return a numpy array"),
        (
            "def decode(self, stream): return np.zeros((20, 30, 3))",
            "returned float64 (20, 30, 3): return uint8 RGB (H, W, 3)",
        ),
        ("def version(self): return 3", "Mine.version returned 3: return a name and a version as text"),
    ],
)
def test_what_a_class_does_wrong_is_named_with_its_line(method: str, message: str, write: Callable[..., Path]) -> None:
    """Wrong types and exceptions of the user's code end as one line, never as a picture."""
    path = write(
        f"class Wrong:\n    {method}\n{GOOD.replace('class Mine:', 'class Mine_:')}\nclass Mine(Wrong, Mine_): ...\n"
    )
    codec = anchors.create("python", **{"path": str(path), "class": "Mine"})

    def use() -> None:
        codec.version()
        codec.decode(codec.encode(PICTURE, 1))

    with pytest.raises(CodecError) as caught:
        use()
    assert message in str(caught.value)


def test_a_class_may_limit_its_points_and_estimate(write: Callable[..., Path]) -> None:
    """A `quality_range` is checked before any job; `estimated_bytes` stands beside the real rate; none without them."""
    more = """
    from lic_tcm.anchors.codec import QualityRange
    quality_range = QualityRange(0, 63, "QP")
    def estimated_bytes(self, image, point): return 12.5
"""
    options = {"path": str(write(GOOD + more)), "class": "Mine"}
    codec = codecs.create("python", options)
    with pytest.raises(CodecError, match="Mine cannot code at 64: choose a whole number from 0 to 63"):
        codec.check_points([1, 64])
    assert codecs.estimated_bytes(codec, PICTURE, 1) == 12.5
    plain = codecs.create("python", {"path": str(write(GOOD, "plain.py")), "class": "Mine"})
    assert codecs.estimated_bytes(plain, PICTURE, 1) is None


def test_packages_add_codecs_of_their_own(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A class under the entry point group is a codec of that name, options and all; ours cannot be replaced."""
    path = write(GOOD, "package_with_codec.py")
    monkeypatch.syspath_prepend(path.parent)
    entries = EntryPoints([EntryPoint("shipped", "package_with_codec:Mine", registry.GROUP)])
    monkeypatch.setattr(registry.importlib.metadata, "entry_points", lambda group: entries.select(group=group))
    registry.installed.cache_clear()
    try:
        assert "shipped" in codecs.codec_names()
        codec = codecs.create("shipped", {"step": 2})
        np.testing.assert_array_equal(codec.decode(codec.encode(PICTURE, 1)), PICTURE // 2 * 2)
        entries = EntryPoints([EntryPoint("webp", "package_with_codec:Mine", registry.GROUP)])
        registry.installed.cache_clear()
        with pytest.raises(CodecError, match="adds a codec 'webp', which is there already: remove one"):
            registry.installed()
    finally:
        registry.installed.cache_clear()
        sys.modules.pop("package_with_codec", None)
