"""The command line as a user meets it: exit codes, messages, no tracebacks."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.command import run
from support.pictures import photo
from typer.testing import CliRunner

import lic_tcm
from lic_tcm.cli import main
from lic_tcm.datasets.manifest import read_manifest
from lic_tcm.images import read_rgb, write_png


def shell(*arguments: str | Path, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run `lic-tcm` as a process of its own."""
    command = [sys.executable, "-m", "lic_tcm", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def refused(*arguments: str | Path, by: Callable[..., "subprocess.CompletedProcess[str]"] = run) -> str:
    """Run a command that must fail as a user's mistake; returns its one line on stderr."""
    done = by(*arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("lic-tcm: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_a_picture_goes_through_encode_and_decode(tmp_path: Path) -> None:
    """What decode writes is what the codec decodes from the file encode wrote."""
    write_png(tmp_path / "ö.png", photo(40, 60))
    stream = tmp_path / "ö.webp"
    assert run("encode", tmp_path / "ö.png", "-o", stream, "--codec", "webp", "--point", "90").returncode == 0
    assert run("decode", stream, "-o", tmp_path / "back.png", "--codec", "webp").returncode == 0
    with Image.open(stream) as picture:
        expected = np.asarray(picture.convert("RGB"))
    assert np.array_equal(read_rgb(tmp_path / "back.png"), expected)


def test_a_shell_sees_what_these_tests_see(tmp_path: Path) -> None:
    """One refusal and one answer of the real process: code, stdout and stderr are those of the command run in here."""
    for arguments in (
        ("decode", "gone.webp", "-o", "x.png", "--codec", "webp"),
        ("curves", "--find", "tcm-large", "--json"),
    ):
        command = [sys.executable, "-m", "lic_tcm", *arguments]
        real = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        here = run(*arguments, cwd=tmp_path)
        assert (real.returncode, real.stdout, real.stderr) == (here.returncode, here.stdout, here.stderr)


def test_a_codec_of_ones_own_goes_through_encode_and_decode(tmp_path: Path) -> None:
    """Options on the command line are those of a configuration: a binary and a class code one picture each."""
    write_png(tmp_path / "in.png", photo(40, 60))
    folder = Path(__file__).parents[1] / "anchors"
    tool = f"{sys.executable} {folder / 'fake_tool.py'}"
    templates = [f"encode={tool} encode {{input}} {{output}} {{point}}", f"decode={tool} decode {{input}} {{output}}"]
    for codec, options in {"command": templates, "python": [f"path={folder}/my_codec.py", "class=Quantiser"]}.items():
        given = [word for option in options for word in ("--option", option)]
        stream, picture = tmp_path / f"{codec}.bin", tmp_path / f"{codec}.png"
        coded = run("encode", tmp_path / "in.png", "-o", stream, "--codec", codec, "--point", "96", *given)
        assert coded.returncode == 0, coded.stderr
        assert run("decode", stream, "-o", picture, "--codec", codec, *given).returncode == 0
        assert np.array_equal(read_rgb(picture), read_rgb(tmp_path / "in.png"))
    message = refused("encode", tmp_path / "in.png", "-o", stream, "--codec", "command", "--point", "1")
    assert "option encode is '': give a command such as 'tool {input} {output}'" in message


def _bad_pictures(folder: Path) -> dict[str, Path]:
    rgb = photo(30, 30)
    write_png(folder / "whole.png", rgb)
    (folder / "truncated.png").write_bytes((folder / "whole.png").read_bytes()[:700])
    alpha = np.dstack([rgb, np.full((30, 30), 100, np.uint8)])
    Image.fromarray(alpha).save(folder / "transparent.png")
    Image.fromarray(rgb[..., 0].astype(np.uint16) * 257).save(folder / "deep.png")
    Image.fromarray(rgb).convert("CMYK").save(folder / "print.jpg")
    (folder / "text.png").write_text("not a picture", encoding="utf-8")
    return {path.name: path for path in folder.iterdir() if path.name != "whole.png"} | {
        "gone.png": folder / "gone.png"
    }


def test_pictures_that_cannot_be_coded_faithfully_are_refused(tmp_path: Path) -> None:
    """Truncated, transparent, 16-bit, CMYK, not an image, missing: one line naming the file, nothing written."""
    pictures = _bad_pictures(tmp_path)
    assert len(pictures) == 6
    for name, path in pictures.items():
        message = refused("encode", path, "-o", tmp_path / "x.webp", "--codec", "webp", "--point", "50")
        assert name in message
    assert not (tmp_path / "x.webp").exists()


def test_grey_and_opaque_pictures_are_coded(tmp_path: Path) -> None:
    """8-bit grey, opaque RGBA and one pixel are lossless to turn into RGB, so they are welcome."""
    rgb = photo(30, 30)
    Image.fromarray(rgb[..., 0]).save(tmp_path / "grey.png")
    Image.fromarray(np.dstack([rgb, np.full((30, 30), 255, np.uint8)])).save(tmp_path / "opaque.png")
    write_png(tmp_path / "dot.png", rgb[:1, :1].copy())
    for name in ("grey", "opaque", "dot"):
        arguments = (
            "encode",
            tmp_path / f"{name}.png",
            "-o",
            tmp_path / f"{name}.webp",
            "--codec",
            "webp",
            "--point",
            "50",
        )
        assert run(*arguments).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("encode", "PICTURE", "-o", "x", "--codec", "webq", "--point", "1"), "did you mean 'webp'"),
        (("encode", "PICTURE", "-o", "x", "--codec", "webp", "--point", "101"), "webp cannot code at 101"),
        (("encode", "PICTURE", "-o", "x", "--codec", "webp", "--point", "5", "--option", "method"), "key=value"),
        (
            ("encode", "PICTURE", "-o", "x", "--codec", "webp", "--point", "5", "--option", "method=9"),
            "option method is 9",
        ),
        (("decode", "PICTURE", "-o", "x", "--codec", "webp"), "webp cannot decode"),
        (("decode", "nowhere.bin", "-o", "x", "--codec", "webp"), "nowhere.bin does not exist"),
        (("fetch", "kodiak", "--out", "x.csv"), "kodiak"),
        (("bdrate", "nowhere.csv", "PICTURE"), "nowhere.csv"),
        (("score", "x.csv", "nowhere.csv", "--out", "y.csv"), "nowhere.csv"),
        (("code", "nowhere.csv", "--codec", "webp", "--point", "5", "--out", "y.csv", "--batch", "2/2"), "2/2"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    """Every mistake names the thing and prints no traceback."""
    write_png(tmp_path / "p.png", photo(20, 20))
    assert message in refused(*[str(tmp_path / "p.png") if a == "PICTURE" else a for a in arguments])


def test_every_verb_has_help() -> None:
    """`--help` works for the program and each verb."""
    from lic_tcm.cli import app

    verbs = [command.callback.__name__.replace("_", "-") for command in app.registered_commands if command.callback]
    assert {"fetch", "code", "score", "tables", "report", "bdrate", "encode", "decode", "doctor"} <= set(verbs)
    for arguments in (["--help"], ["-h"], *([verb, "--help"] for verb in verbs)):
        done = CliRunner().invoke(app, arguments)
        assert (done.exit_code, "Usage" in done.stdout) == (0, True), arguments


def test_the_version_is_printed() -> None:
    """As of the package."""
    assert run("--version").stdout == f"lic-tcm {lic_tcm.__version__}\n"


def test_a_tilde_is_the_home_folder_wherever_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after `=`, where a shell leaves it alone."""
    monkeypatch.setenv("HOME", str(tmp_path))
    write_png(tmp_path / "p.png", photo(20, 20))
    assert run("encode", "~/p.png", "--output=~/p.webp", "--codec", "webp", "--point", "50").returncode == 0
    assert (tmp_path / "p.webp").is_file()


def test_fetch_without_a_file_keeps_the_manifest_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And prints where, for `lic-tcm code $(lic-tcm fetch demo) ...`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    manifest = Path(run("fetch", "demo").stdout.strip())
    assert manifest.is_relative_to(tmp_path)
    assert len(read_manifest(manifest)) > 1


def test_doctor_prints_json() -> None:
    """Machine readable findings hold every codec with its version or the reason it is missing."""
    found = json.loads(run("doctor", "--json").stdout)
    assert found["codecs"]["webp"]["works"] is True
    assert "libwebp" in found["codecs"]["webp"]["version"]
    assert found["codecs"]["files"]["needs"].startswith("files: option decoded is ''")
    assert found["vtm_decoders"]["ffmpeg"] == "agrees"
    assert found["datasets"]["demo"]["images"] == found["datasets"]["demo"]["images_total"]
    assert "numpy" in found["environment"]["packages"]


@pytest.mark.parametrize(("given", "found"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_wait_without_spinning(given: str | None, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a shared machine spinning threads take each other's cores; who asks for it has it."""
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if given:
        monkeypatch.setenv("OMP_WAIT_POLICY", given)
    monkeypatch.setattr("sys.argv", ["lic-tcm", "metrics"])
    monkeypatch.setattr("lic_tcm.cli.app", lambda **_: None)
    main()
    assert os.environ["OMP_WAIT_POLICY"] == found


def test_bdrate_prints_the_golden_number(tmp_path: Path) -> None:
    """TCM-Large against VTM-12.1 on Kodak: -12.30 by the classic cubic, as in the paper."""
    published = Path(__file__).resolve().parents[2] / "lic_tcm/data/published/kodak"
    files = (published / "vtm-12.1-tcm-figure.json", published / "tcm-large.json")
    found = json.loads(run("bdrate", *files, "--json", cwd=tmp_path).stdout)
    assert found["bd_rate"]["cubic"] == pytest.approx(-12.30, abs=0.01)
    assert found["bd_rate"]["pchip"] == pytest.approx(-12.31, abs=0.01)
    assert found["points"] == [8, 6]
    assert "ci95" not in found or found["ci95"] is None
    assert "-12.3" in run("bdrate", *files, cwd=tmp_path).stdout


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with seeded random weights of a small network, under the name of a model and lambda."""
    import torch

    from lic_tcm.nn import checkpoints, zoo

    torch.manual_seed(0)
    sizes = {"channels": 64, "latent": 32, "hyper": 16, "slices": 4, "squeeze": 16, "context_widths": (16, 16)}
    folder = tmp_path_factory.mktemp("weights")
    checkpoints.save(zoo.build("nano", **sizes), folder / "nano-0.013.safetensors", {})
    return folder


def test_exported_weights_code(tmp_path: Path, weights: Path) -> None:
    """Half the size, they code an image that comes back; what is no checkpoint is refused."""
    write_png(tmp_path / "p.png", photo(40, 60))
    whole, half = weights / "nano-0.013.safetensors", tmp_path / "half.safetensors"
    assert run("export", whole, "-o", half).returncode == 0
    assert half.stat().st_size < 0.55 * whole.stat().st_size
    assert run("encode", tmp_path / "p.png", "-o", tmp_path / "a.tcm", "--checkpoint", half).returncode == 0
    assert run("decode", tmp_path / "a.tcm", "-o", tmp_path / "a.png", "--checkpoint", half).returncode == 0
    assert read_rgb(tmp_path / "a.png").shape == (40, 60, 3)
    assert "checkpoint" in refused("export", tmp_path / "p.png", "-o", tmp_path / "x.safetensors")
    assert not (tmp_path / "x.safetensors").exists()


def test_tcm_codes_by_lambda_or_checkpoint_and_decodes_by_fingerprint(tmp_path: Path, weights: Path) -> None:
    """Both ways of naming the weights give one stream; decoding needs no model name; other weights are refused."""
    write_png(tmp_path / "p.png", photo(40, 60))
    folder = ("--option", f"folder={weights}")
    encode = ("encode", tmp_path / "p.png", "-o")
    named = ("--model", "nano", "--lambda", "0.013", *folder)
    assert run(*encode, tmp_path / "a.tcm", *named).returncode == 0
    checkpoint = ("--checkpoint", weights / "nano-0.013.safetensors")
    assert run(*encode, tmp_path / "b.tcm", *checkpoint).returncode == 0
    assert (tmp_path / "a.tcm").read_bytes() == (tmp_path / "b.tcm").read_bytes()
    assert run("decode", tmp_path / "a.tcm", "-o", tmp_path / "a.png", *folder).returncode == 0
    assert read_rgb(tmp_path / "a.png").shape == (40, 60, 3)
    without = ("decode", tmp_path / "a.tcm", "-o", tmp_path / "c.png")
    assert "made with weights" in refused(*without, by=shell)  # one that has not loaded them yet
    data = bytearray((tmp_path / "a.tcm").read_bytes())
    data[-1] ^= 1
    (tmp_path / "bad.tcm").write_bytes(data)
    assert "damaged" in refused("decode", tmp_path / "bad.tcm", "-o", tmp_path / "c.png", *folder)
    assert not (tmp_path / "c.png").exists()
    assert "--lambda" in refused(*encode, tmp_path / "c.tcm", "--model", "nano")
    assert "option of the codec webp" in refused(
        *encode, tmp_path / "c.tcm", "--model", "nano", "--codec", "webp", "--point", "5"
    )
    unknown = refused(*encode, tmp_path / "c.tcm", "--model", "nano", "--lambda", "7")
    assert "at hand are nano-0.0025, " in unknown
    assert "no weights were released" in unknown
