"""Building VTM, on a project of two tiny programs that has VTM's layout."""

import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from lic_tcm.anchors import vtm_build
from lic_tcm.anchors.codec import CodecError

CMAKE = """cmake_minimum_required(VERSION 3.5)
project(VTM CXX)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_SOURCE_DIR}/bin)
add_compile_options(-Wall -Werror)
add_executable(EncoderApp main.cpp)
set_target_properties(EncoderApp PROPERTIES OUTPUT_NAME EncoderAppStatic)
add_executable(DecoderApp main.cpp)
set_target_properties(DecoderApp PROPERTIES OUTPUT_NAME DecoderAppStatic)
add_executable(SubpicMergeApp not-needed.cpp)
"""
MAIN = '#include <cstdio>\nint main() { int unused; std::puts("VTM Encoder Version 0.0"); return 0; }\n'
needs_compiler = pytest.mark.skipif(
    shutil.which("cmake") is None or shutil.which("c++") is None, reason="cmake or a C++ compiler is missing"
)


def pack(archive: Path, files: dict[str, str]) -> Path:
    """Write a .tar.gz of text files."""
    with tarfile.open(archive, "w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return archive


def project(root: str = "VVCSoftware_VTM-VTM-12.1") -> dict[str, str]:
    """The files of the tiny project."""
    cfg = f"{root}/cfg/encoder_intra_vtm.cfg"
    programs = {f"{root}/main.cpp": MAIN, f"{root}/not-needed.cpp": "#error built, though nobody needs it\n"}
    return {f"{root}/CMakeLists.txt": CMAKE, **programs, cfg: "IntraPeriod : 1\n"}


@needs_compiler
def test_archive_becomes_two_programs_and_a_cfg(tmp_path):
    """The command leaves bin/ and cfg/ as the workflow expects them, runnable, and the hash beside the archive."""
    archive = pack(tmp_path / "vtm.tar.gz", project())
    out = tmp_path / "out"
    subprocess.run([sys.executable, "-m", "lic_tcm.anchors.vtm_build", archive, out, "--jobs", "1"], check=True)
    for name in ("EncoderAppStatic", "DecoderAppStatic"):
        assert (
            subprocess.run([out / "bin" / name], capture_output=True, check=True).stdout == b"VTM Encoder Version 0.0\n"
        )
    assert (out / "cfg/encoder_intra_vtm.cfg").read_text() == "IntraPeriod : 1\n"
    assert (tmp_path / "vtm.tar.gz.sha256").read_text().endswith("  vtm.tar.gz\n")
    assert sorted(path.name for path in out.rglob("*.part")) == []


@needs_compiler
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"main.cpp": "int main( {}"}, "cmake failed with exit code"),
        ({"CMakeLists.txt": CMAKE.replace("NAME DecoderAppStatic", "NAME Other")}, "made no DecoderAppStatic"),
        ({"cfg/encoder_intra_vtm.cfg": None}, "has no cfg/encoder_intra_vtm.cfg"),
    ],
)
def test_failed_builds_are_told(tmp_path, change, message):
    """A compile error, a missing program and a missing cfg each say so, and nothing is installed."""
    files = project("root")
    for name, text in change.items():
        del files[f"root/{name}"]
        if text is not None:
            files[f"root/{name}"] = text
    with pytest.raises(CodecError, match=message):
        vtm_build.build(pack(tmp_path / "vtm.tar.gz", files), tmp_path / "out", jobs=1)
    assert not (tmp_path / "out").exists()


def test_another_archive_than_the_locked_one_is_refused(tmp_path):
    """The first use locks the SHA-256; other bytes under that name are refused afterwards."""
    archive = pack(tmp_path / "vtm.tar.gz", project())
    vtm_build.check_hash(archive)
    vtm_build.check_hash(archive)
    archive.write_bytes(archive.read_bytes() + b"\0")
    with pytest.raises(CodecError, match=r"vtm.tar.gz.sha256 says [0-9a-f]{64}; get the file again"):
        vtm_build.check_hash(archive)


@pytest.mark.parametrize("filters", [True, False])
@pytest.mark.parametrize("name", ["../outside", "/outside", "root/../../outside"])
def test_archives_that_leave_their_folder_are_refused(tmp_path, monkeypatch, name, filters):
    """No member is written outside, whatever its name, also by a Python whose tarfile has no filters yet."""
    if not filters:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    archive = pack(tmp_path / "vtm.tar.gz", {**project(), name: "x"})
    target = tmp_path / "deep" / "er"
    try:
        vtm_build.unpack(archive, target)
    except CodecError as error:
        assert "cannot unpack" in str(error)  # noqa: PT017 - a leading slash is stripped instead, which is as safe
    assert {path.name for path in tmp_path.iterdir()} <= {"vtm.tar.gz", "deep"}
    assert not Path("/outside").exists()
    assert {path.name for path in (tmp_path / "deep").iterdir()} == {"er"}


def test_damaged_and_foreign_archives_are_refused(tmp_path, capsys):
    """Cut, non-tar and non-CMake archives, and no archive, exit with code 2 and one sentence."""
    whole = pack(tmp_path / "whole.tar.gz", project()).read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.tar.gz").write_text("<html>not found</html>")
    pack(tmp_path / "other.tar.gz", {"root/README": "no project"})
    for name, message in [
        ("cut", "cannot unpack"),
        ("text", "cannot unpack"),
        ("other", "is not a CMake project"),
        ("none", "no archive"),
    ]:
        assert vtm_build.main([str(tmp_path / f"{name}.tar.gz"), str(tmp_path / "out")]) == 2
        assert message in capsys.readouterr().err
