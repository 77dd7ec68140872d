"""Files that somebody else made: paths with {image} and {point}, lists of sizes, and what the codec refuses."""

import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from lic_tcm.anchors import given
from lic_tcm.anchors.codec import CodecError, Receiving
from lic_tcm.anchors.decoded import Files

IMAGE = np.zeros((4, 5, 3), np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A decoded image and a stream at point 0.025."""
    for name, content in (("d/0.025/a.png", b"pixels"), ("s/0.025/a.bin", b"stream")):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def codec(folder: Path, **options: str) -> Files:
    """A codec of files below a folder."""
    return Files(decoded=f"{folder}/d/{{point}}/{{image}}.png", **options)


def test_stream_and_decoded_image_are_found(folder):
    """Rate and bytes are the stream's, the decoded image is a path; both files are what a scheduler watches."""
    files = codec(folder, streams=f"{folder}/s/{{point}}/{{image}}.bin")
    assert isinstance(files, Receiving)
    found = files.given("a", IMAGE, 0.0250)
    assert (found.num_bytes, found.stream, found.what) == (6, b"stream", "decoded")
    assert found.decoded == folder / "d/0.025/a.png"
    assert files.given_files(0.025) == [folder / "d/0.025/a.png", folder / "s/0.025/a.bin"]
    assert pickle.loads(pickle.dumps(files)) == files
    assert files.version() == "decoded elsewhere, streams given"


def test_sizes_stand_for_streams_that_are_gone(folder):
    """A CSV of bytes, read again when it is replaced."""
    sizes = folder / "sizes.csv"
    sizes.write_text("image,point,num_bytes\na,0.025,11\nb,0.025,12\n", encoding="utf-8")
    files = codec(folder, sizes=str(sizes))
    found = files.given("a", IMAGE, 0.025)
    assert (found.num_bytes, found.stream, found.what) == (11, None, "size")
    assert files.version() == "decoded elsewhere, only sizes of streams given"
    assert files.given_files(0.025) == [folder / "d/0.025/a.png", sizes]
    sizes.write_text("image,point,num_bytes\na,2.5e-2,13\n", encoding="utf-8")
    assert files.given("a", IMAGE, 0.025).num_bytes == 13


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("image,point,num_bytes\nb,0.025,1", "has no line with image a and point 0.025: add it"),
        ("image,point,bytes\na,0.025,1", "sizes.csv:2 is not an image, point and num_bytes"),
        ("image,point,num_bytes\na,x,1", "sizes.csv:2 is not an image, point and num_bytes"),
        ("image,point,num_bytes\na,0.025", "sizes.csv:2 is not an image, point and num_bytes"),
        ("image,point,num_bytes\na,0.025,0", "sizes.csv:2: the size is not positive"),
        ("image,point,num_bytes\na,0.025,1\na,0.025,2", "sizes.csv:3: the line is repeated"),
    ],
)
def test_a_bad_list_of_sizes_is_refused_by_its_line(folder, lines, message):
    """The line is named, with what is wrong."""
    (folder / "sizes.csv").write_text(lines + "\n", encoding="utf-8")
    with pytest.raises(CodecError, match=re.escape(message)):
        codec(folder, sizes=str(folder / "sizes.csv")).given("a", IMAGE, 0.025)


def test_missing_and_empty_files_are_named(folder):
    """The path and the option are named."""
    files = codec(folder, streams=f"{folder}/s/{{point}}/{{image}}.bin")
    with pytest.raises(CodecError, match=r"there is no .*d/0.025/b.png: correct the option decoded"):
        files.given("b", IMAGE, 0.025)
    (folder / "s/0.025/a.bin").write_bytes(b"")
    with pytest.raises(CodecError, match=r"a.bin is empty: put the file of the option streams there"):
        files.given("a", IMAGE, 0.025)
    (folder / "s/0.025/a.bin").unlink()
    with pytest.raises(CodecError, match=r"cannot read .*a.bin .*: correct the option streams"):
        files.given("a", IMAGE, 0.025)
    with pytest.raises(CodecError, match=r"cannot read .*none.csv .*: correct the option sizes"):
        codec(folder, sizes=str(folder / "none.csv")).given("a", IMAGE, 0.025)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "option decoded is '': give a path with {image} in it"),
        ({"decoded": "d/{image}.png"}, "give the option streams, or sizes where the streams are gone"),
        ({"decoded": "d/{image}.png", "streams": "s/{image}", "sizes": "x.csv"}, "give the option streams, or sizes"),
        (
            {"decoded": "d/{image}.png", "streams": "s/{point}"},
            "option streams is 's/{point}': give a path with {image}",
        ),
        ({"decoded": "d/{name}/{image}.png", "streams": "s/{image}"}, "option decoded is 'd/{name}/{image}.png'"),
        ({"decoded": "d/{image.png", "streams": "s/{image}"}, "option decoded is 'd/{image.png'"),
        ({"decoded": 3, "streams": "s/{image}"}, "option decoded is 3"),
        ({"decoded": "d/{image}.png", "sizes": 3}, "option sizes is 3"),
    ],
)
def test_bad_options_are_refused_when_the_codec_is_made(options, message):
    """Before any job; {image} is asked for, and other names in braces are refused."""
    with pytest.raises(CodecError, match=re.escape(message)):
        Files(**options)


def test_nothing_is_coded(folder):
    """A codec without an encoder says what it is for."""
    files = codec(folder, streams=f"{folder}/s/{{point}}/{{image}}.bin")
    with pytest.raises(CodecError, match="files codes nothing"):
        files.encode(IMAGE, 1)
    with pytest.raises(CodecError, match="files decodes nothing"):
        files.decode(b"stream")


def test_paths_may_hold_what_patterns_mean(tmp_path):
    """Brackets and stars in a folder's name are no patterns, and an image's name may stand twice."""
    odd = tmp_path / "a[1]*"
    (odd / "x").mkdir(parents=True)
    (odd / "x/x.png").touch()
    assert given.files_at(f"{odd}/{{image}}/{{image}}.png", 3) == [odd / "x/x.png"]
    assert given.files_at(f"{tmp_path}/a1/{{image}}.png", 3) == []
    assert given.path_of("{image}/{point}", "{point}", 3).as_posix() == "{point}/3"
