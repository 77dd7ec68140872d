"""Build VTM from its release archive: `python -m lic_tcm.anchors.vtm_build ARCHIVE FOLDER`.

The archive is the tag VTM-12.1 of jvet/VVCSoftware_VTM as the Fraunhofer GitLab packs it. No hash of it is published,
so its SHA-256 is written to ARCHIVE.sha256 at first use and must be the same ever after.

Verified: the tag's source, unchanged, was built by this module (gcc 12.2, x86-64), then all of its targets, and its
programs coded Kodak, the streams that come with this suite (`vtm_streams`). Not verified: the download from upstream.
The tests build a small stand-in project.
"""

import argparse
import os
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from lic_tcm.anchors import files, tool
from lic_tcm.anchors.codec import CodecError

NAME = "vtm"
TIMEOUT = 7200.0  # seconds, for each of configure and make
PROGRAMS = ("EncoderAppStatic", "DecoderAppStatic")
TARGETS = ("EncoderApp", "DecoderApp")  # their names in VTM's CMake files; all of VTM takes twice as long
CFG = PurePosixPath("cfg/encoder_intra_vtm.cfg")
# -w: the sources of 2021 turn warnings into errors, and newer compilers know more warnings.
CONFIGURE = ("-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS=-w", "-DCMAKE_POLICY_VERSION_MINIMUM=3.5")


def build(archive: Path, out_dir: Path, jobs: int = 0) -> None:
    """Build an archive (.tar.gz) into out_dir: bin/EncoderAppStatic, bin/DecoderAppStatic, cfg/encoder_intra_vtm.cfg.

    `jobs` is the number of compilers at once (0: one per core). Raises CodecError when the archive is not the locked
    one, is damaged or unsafe, or the build fails.
    """
    check_hash(archive)
    with tempfile.TemporaryDirectory() as folder:
        source = unpack(archive, Path(folder, "source"))
        compiled = Path(folder, "build")
        jobs = jobs or os.cpu_count() or 1
        tool.run(NAME, ["cmake", "-S", str(source), "-B", str(compiled), *CONFIGURE], TIMEOUT)
        tool.run(NAME, ["cmake", "--build", str(compiled), "--target", *TARGETS, "--parallel", str(jobs)], TIMEOUT)
        programs = [_find(name, (source, compiled)) for name in PROGRAMS]
        cfg = source / CFG
        if not cfg.is_file():
            raise CodecError(f"{NAME}: {archive} has no {CFG}: fetch the tag VTM-12.1")
        for path, target in [*((p, f"bin/{p.name}") for p in programs), (cfg, str(CFG))]:
            _install(path, out_dir / target)


def check_hash(archive: Path) -> None:
    """Compare an archive's SHA-256 with the lock file beside it, or write it there at first use."""
    if not archive.is_file():
        raise CodecError(f"{NAME}: no archive {archive}: download the tag VTM-12.1 of jvet/VVCSoftware_VTM")
    files.check_lock(archive, archive.with_name(archive.name + ".sha256"))


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack an archive without leaving `folder`, and return the one folder in it that holds CMakeLists.txt."""
    try:
        with tarfile.open(archive) as file:
            _extract(file, folder)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise CodecError(f"{NAME}: cannot unpack {archive} ({error}): download it again") from error
    roots = [path.parent for path in (*folder.glob("CMakeLists.txt"), *folder.glob("*/CMakeLists.txt"))]
    if len(roots) != 1:
        raise CodecError(f"{NAME}: {archive} is not a CMake project: fetch the tag VTM-12.1 of jvet/VVCSoftware_VTM")
    return roots[0]


def _extract(file: tarfile.TarFile, folder: Path) -> None:
    """Unpack without absolute paths, "..", links out of the folder and devices; raises TarError for such a member."""
    folder.mkdir(parents=True, exist_ok=True)
    if hasattr(tarfile, "data_filter"):
        file.extractall(folder, filter="data")
        return
    for member in file.getmembers():  # Python before 3.11.4 has no filters
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or not (member.isreg() or member.isdir()):
            raise tarfile.TarError(f"{member.name} leaves the folder, or is a link or a device")
    file.extractall(folder)


def _find(program: str, folders: Sequence[Path]) -> Path:
    """Return the built program: VTM writes it into bin/ of its sources, with or without the compiler's folders."""
    for folder in folders:
        for path in sorted(folder.rglob(program)):
            if path.is_file() and os.access(path, os.X_OK):
                return path
    raise CodecError(f"{NAME}: the build made no {program}: is the archive VTM-12.1?")


def _install(path: Path, target: Path) -> None:
    """Copy a file with its permissions under a temporary name, then rename."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = files.temporary(target)
    shutil.copy2(path, temporary)
    temporary.replace(target)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build from the command line; the exit code is 2 when it cannot be, with one sentence that says why."""
    parser = argparse.ArgumentParser(
        prog="python -m lic_tcm.anchors.vtm_build", description="Build VTM from its archive."
    )
    parser.add_argument("archive", type=Path, help="VVCSoftware_VTM-VTM-12.1.tar.gz")
    parser.add_argument("out_dir", type=Path, help="where bin/ and cfg/ go")
    parser.add_argument("--jobs", type=int, default=0, help="compilers at once [one per core]")
    options = parser.parse_args(arguments)
    try:
        build(options.archive, options.out_dir, options.jobs)
    except CodecError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
