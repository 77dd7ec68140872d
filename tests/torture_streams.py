"""Damaged streams of every format, within bounds of time and memory: the second half of `make torture`.

Of a format with a checksum every damaged stream must be refused. JPEG, WebP and the like have none over their pixels:
there it may be decoded, to whatever image, but nothing else may happen: no other exception than CodecError, no crash,
no endless loop, no memory beyond the bound. Each format is tried in a process of its own, which may not take more.
"""

import multiprocessing
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 10.0  # of CPU that one damaged stream may take
MEMORY = 3 * 2**30  # bytes beyond those of the imported process; Pillow reads images of up to 0.54 GB, twice over
POINTS = {"jpeg": 50, "webp": 50, "avif": 50, "jpegxl": 70, "jpeg2000": 34, "avc": 35, "hevc": 35, "vvenc": 40}
NETWORKS = ("tcm", "bmshj2018-hyperprior")
CHECKED = ("avc", "hevc", "vvenc", *NETWORKS)  # formats with a checksum of ours
SLOW = {
    "avc": 16,
    "hevc": 16,
    "vvenc": 16,
}  # a program is started for each resealed stream: of so many, one is resealed
OUTCOMES = ("refused", "decoded", "slow", "wrong")


def damage(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """The stream with bits flipped, a piece lost or gained, the end of another, or a run of bytes of one value."""
    at = rng.randrange(len(data))
    kind = rng.randrange(5)
    if kind == 0:
        changed = bytearray(data)
        for _ in range(rng.randint(1, 8)):
            changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        return bytes(changed)
    if kind == 1:
        return data[:at] + data[rng.choice((len(data), rng.randint(at, len(data)), at + 1)) :]
    if kind == 2:
        return data[:at] + rng.randbytes(rng.randint(1, 200)) + data[at:]
    if kind == 3:
        return data[:at] + other[rng.randrange(len(other)) :]
    length = rng.randint(1, 8)
    return data[:at] + rng.choice((b"\0", b"\xff")) * length + data[at + length :]


def resealed(name: str, data: bytes) -> bytes:
    """The damaged stream with its outer checksum made to fit, so that what is behind it is tried."""
    import zlib

    from lic_tcm.anchors import framing

    if name == "tcm":
        return data[:25] + zlib.crc32(data[29:], zlib.crc32(data[:25])).to_bytes(4, "big") + data[29:]
    family = f"{name} mse" if name in NETWORKS else name
    if len(data) <= framing.HEADER.size:
        return data
    width, height, _ = framing.HEADER.unpack_from(data)
    return framing.pack(family, 8 if name in NETWORKS else 10, height, width, data[framing.HEADER.size :])


def codec_of(name: str, folder: Path) -> tuple[Any, float]:
    """A codec and a point of it; networks are small, with random weights."""
    from lic_tcm.bench import codecs

    if name not in NETWORKS:
        return codecs.create(name, {}), POINTS[name]
    import torch

    torch.manual_seed(0)
    if name == "tcm":
        from lic_tcm.nn import zoo
        from lic_tcm.nn.checkpoints import save

        small = {"channels": 64, "latent": 32, "hyper": 16, "slices": 4, "squeeze": 16, "context_widths": (16, 16)}
        save(zoo.build("nano", **small), folder / "nano-0.013.safetensors", {})
        return codecs.create("tcm", {"model": "nano", "folder": str(folder)}), 0.013
    sys.path.insert(0, str(ROOT / "tests/anchors"))
    from conftest import write_zoo_weights

    return codecs.create(name, write_zoo_weights(folder, name)), 1


def attempt(codec: Any, stream: bytes, error_type: type[Exception]) -> tuple[str, float]:
    """What came of decoding, and the CPU seconds of this process it took."""
    start = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, 3 * SECONDS)  # ends this process, should a decoder never come back
    try:
        codec.decode(stream)
        outcome = "decoded"
    except error_type:
        outcome = "refused"
    except Exception as error:  # anything else is what is looked for
        outcome = f"wrong: {type(error).__name__}: {str(error)[:200]}"
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return outcome, time.process_time() - start


def tried(name: str, count: int, seed: int, queue: Any) -> None:
    """Damage streams of one format and put what came of them into the queue; runs in a process of its own."""
    from lic_tcm.anchors.codec import CodecError

    rng = random.Random(f"{name} {seed}")
    counts: dict[str, Any] = dict.fromkeys(OUTCOMES, 0) | {"longest": 0.0, "examples": []}
    with tempfile.TemporaryDirectory() as folder:
        codec, point = codec_of(name, Path(folder))
        images = [np.random.default_rng(i).integers(0, 256, (48 + 16 * i, 70, 3), dtype=np.uint8) for i in range(3)]
        streams = [codec.encode(image, point) for image in images]
        for stream in streams:
            codec.decode(stream)  # what it imports is not the streams' memory
        limit = resident() + MEMORY
        done = 0
        while done < count:
            data = damage(*rng.sample(streams, 2), rng)
            sealed = name in CHECKED and rng.randrange(SLOW.get(name, 4)) == 0
            data = resealed(name, data) if sealed else data
            if not data or data in streams:
                continue
            done += 1
            outcome, seconds = attempt(codec, data, CodecError)
            counts["longest"] = max(counts["longest"], seconds)
            if seconds > SECONDS:
                outcome = f"slow: {seconds:.1f} s"
            elif name in CHECKED and outcome == "decoded" and not sealed:
                outcome = "wrong: decoded though its checksum does not fit"
            counts[outcome.partition(":")[0]] += 1
            if ":" in outcome:
                counts["examples"].append(f"{outcome} ({data[:40].hex()})")
            if resident() > limit:
                counts["wrong"] += 1
                counts["examples"].append(f"more than {MEMORY >> 30} GiB of memory ({data[:40].hex()})")
                break
    queue.put(counts)


def resident() -> int:
    """The most memory this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def torture(count: int, seed: int, formats: Sequence[str] | None = None) -> bool:
    """Try every format, print a table; True when nothing but refusals and images came of it."""
    print("| format | damaged streams | refused | decoded | slow | wrong | longest |\n|---|---|---|---|---|---|---|")
    right = True
    for name in formats or (*POINTS, *NETWORKS):
        counts = in_a_process(name, count, seed)
        cells = " | ".join(str(counts[outcome]) for outcome in OUTCOMES)
        print(f"| {name} | {count} | {cells} | {counts['longest']:.2f} s |", flush=True)
        for example in counts["examples"][:5]:
            print(f"{name}: {example}", file=sys.stderr, flush=True)
        right = right and not counts["slow"] and not counts["wrong"]
    return right


def in_a_process(name: str, count: int, seed: int) -> Mapping[str, Any]:
    """What came of a format's streams, also where the process that decodes them crashes."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=tried, args=(name, count, seed, queue))
    process.start()
    while process.is_alive() and queue.empty():
        process.join(0.2)
    if queue.empty():
        crash = f"the process died with code {process.exitcode}"
        return dict.fromkeys(OUTCOMES, 0) | {"wrong": 1, "longest": 0.0, "examples": [crash]}
    found: Mapping[str, Any] = queue.get()
    process.join()
    return found
