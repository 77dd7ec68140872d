"""What `lic-tcm check-codec` says of codecs that keep the contract, and of those that break one part of it each."""

import subprocess
import sys
from pathlib import Path

import pytest

from lic_tcm.bench import check_codec
from lic_tcm.bench.methods import definition
from lic_tcm.errors import UserError

GOOD = Path(__file__).parents[1] / "anchors/my_codec.py"
BROKEN = {  # how a codec breaks a check: lines of a subclass, and what is said
    "random bytes": (
        "determinism",
        "def encode(s, i, p): return super().encode(i, p)[:-9] + os.urandom(9)",
        "two encodings",
    ),
    "random tail": (
        "determinism",
        "def encode(s, i, p): return super().encode(i, p) + os.urandom(3)\n"
        "    def decode(s, d): return super().decode(d[:-3])",
        "two encodings of one image differ (from byte",
    ),
    "memory": (
        "round trip",
        "def encode(s, i, p): global LAST; LAST = i; return b'x' * int(p)\n    def decode(s, d): return LAST",
        "NameError: name 'LAST' is not defined",
    ),
    "blue and red": (
        "round trip",
        "def decode(s, d): return super().decode(d)[..., ::-1].copy()",
        "red and blue are exchanged",
    ),
    "one quality": ("round trip", "def encode(s, i, p): return super().encode(i, 50)", "the point does not arrive"),
    "another picture": ("round trip", "def decode(s, d): return super().decode(d) * 0", "no point is nearer"),
    "multiples of eight": (
        "odd sizes",
        "def encode(s, i, p): return super().encode(i[:i.shape[0] // 8 * 8, :i.shape[1] // 8 * 8], p)",
        "23x17 pixels is decoded to uint8 (16, 16, 3)",
    ),
    "threads": (
        "threads",
        "def encode(s, i, p): return super().encode(i, p + 9 * int(os.environ['OMP_NUM_THREADS']))",
        "OMP_NUM_THREADS 1 and 2 give different streams",
    ),
    "crash": (
        "damaged streams",
        "def decode(s, d): return super().decode(d) if len(d) > 99 else os._exit(3)",
        "with code 3",
    ),
    "hang": (
        "damaged streams",
        "def decode(s, d): return super().decode(d) if len(d) > 99 else time.sleep(99)",
        "took more than",
    ),
    "side file": (
        "size accounting",
        "def encode(s, i, p): open('side.txt', 'w').close(); return super().encode(i, p)",
        "coding leaves side.txt in this folder",
    ),
    "no version": ("version", "def version(s): return ''", "version returned ''"),
    "changing version": ("version", "def version(s): return f'at {time.time()}'", "nothing would ever be resumed"),
}


def config(place: Path, lines: str = "pass") -> Path:
    """A configuration whose method `mine` is a subclass of the good codec, in `place`."""
    text = GOOD.read_text(encoding="utf-8") + f"\n\nimport os, time\nclass Mine(Quantiser):\n    {lines}\n"
    (place / "mine.py").write_text(text, encoding="utf-8")
    method = "{codec: python, points: [10, 30], options: {path: mine.py, class: Mine}}"
    (place / "mine.yaml").write_text(f"definitions:\n  mine: {method}\n", encoding="utf-8")
    return place / "mine.yaml"


def test_a_good_codec_passes_all_checks(tmp_path: Path) -> None:
    """The command prints a line for each check, and its exit code is 0."""
    command = [sys.executable, "-m", "lic_tcm", "check-codec", str(config(tmp_path)), "mine"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line[6:].partition("  ")[0].strip() for line in lines] == list(check_codec.CHECKS)
    assert all(line.startswith("pass  ") for line in lines)
    assert "of 12 cut or changed streams 12 are refused" in done.stdout
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("fault", BROKEN)
def test_each_fault_fails_its_check_with_the_reason(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A codec that breaks one part of the contract is reported by that check."""
    title, lines, message = BROKEN[fault]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(check_codec, "CHECKS", {title: check_codec.CHECKS[title]})
    (finding,) = check_codec.check(definition(config(tmp_path, lines), "mine"), 20)
    assert not finding.passed
    assert message in finding.why


def test_a_failed_check_is_exit_code_one(tmp_path: Path) -> None:
    """And a method that is not there, or cannot be made, is one line and exit code 2."""
    path = config(tmp_path, "def decode(s, d): return super().decode(d)[:-1]")
    run = [sys.executable, "-m", "lic_tcm", "check-codec", str(path)]
    failed, unknown = (
        subprocess.run([*run, name], capture_output=True, text=True, check=False, cwd=tmp_path)
        for name in ("mine", "mein")
    )
    assert failed.returncode == 1
    assert "FAIL  round trip       64x48 pixels is decoded to uint8 (47, 64, 3)" in failed.stdout
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("lic-tcm: config: unknown method 'mein'; did you mean 'mine'?")
    (tmp_path / "mine.py").unlink()
    with pytest.raises(UserError, match=r"mine: python: option path: there is no file mine\.py"):
        definition(path, "mine")
