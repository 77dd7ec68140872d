"""A stand-in for VTM's two programs: "codes" a raw video by quantising and deflating it, with VTM's command line.

What it does is set by the name it is installed under and, for failures, by the word in the file FAKE_VTM beside it.
"""

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from array import array
from pathlib import Path


def main() -> int:
    """Act as EncoderAppStatic or DecoderAppStatic."""
    here = Path(sys.argv[0]).parent
    print("VVCSoftware: VTM Encoder Version 12.1 [Linux][GCC 0.0.0][64 bit] [SIMD=NONE]")
    if len(sys.argv) == 1:
        return 1
    with (here / "calls").open("a") as log:
        log.write(json.dumps(sys.argv[1:]) + "\n")
    failure = (here / "FAKE_VTM").read_text() if (here / "FAKE_VTM").exists() else ""
    if failure == "exit":
        print("ERROR: Unable to open source file", file=sys.stderr)
        return 3
    if failure == "hang":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (here / "child").write_text(str(child.pid))
        time.sleep(60)
    if failure == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    arguments = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=False))
    if failure == "empty":
        Path(arguments["-b"] if "-i" in arguments else arguments["-o"]).touch()
        return 0
    encode(arguments) if "-i" in arguments else decode(arguments, failure)
    return 0


def encode(arguments: dict[str, str]) -> None:
    """Quantise the samples with a step that grows with QP, then deflate."""
    step = max(1, round(2 ** ((int(arguments["-q"]) - 20) / 6)))
    samples = array("H" if "--InputBitDepth=10" in sys.argv else "B", Path(arguments["-i"]).read_bytes())
    assert len(samples) == 3 * int(arguments["-wdt"]) * int(arguments["-hgt"])
    indexes = array("H", [(sample + step // 2) // step for sample in samples])
    Path(arguments["-b"]).write_bytes(bytes([step]) + zlib.compress(indexes.tobytes(), 9))


def decode(arguments: dict[str, str], failure: str) -> None:
    """Inflate, then scale back."""
    stream = Path(arguments["-b"]).read_bytes()
    bits = int(arguments["-d"])
    indexes = array("H", zlib.decompress(stream[1:]))
    samples = [min(index * stream[0], 2**bits - 1) for index in indexes]
    if failure == "short":
        samples = samples[:-1]
    Path(arguments["-o"]).write_bytes(array("B" if bits == 8 else "H", samples).tobytes())


if __name__ == "__main__":
    sys.exit(main())
