"""What CompressAI's entropy coder is given and gives back, seen from outside: do a network's two directions agree?

A stream of such a coder holds no trace of the symbols. When the decoder's network computes another probability for one
of them, all that follow are noise and nothing is noticed. So the symbols are seen on their way in and out, whatever
model codes them, and a checksum of them is kept.
"""

import sys
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

CODERS = ("RansEncoder", "BufferedRansEncoder", "RansDecoder")  # of compressai.ans
Part = list[int]  # the symbols of one call


class Log:
    """The symbols of every string: of each time it was written or read, the calls, in order."""

    def __init__(self) -> None:
        self.written: dict[bytes, list[list[Part]]] = defaultdict(list)
        self.read: dict[bytes, list[list[Part]]] = defaultdict(list)


def checksum(seen: dict[bytes, list[list[Part]]], strings: Sequence[bytes]) -> int | None:
    """A CRC-32 of the symbols of strings; None where one of them was not seen, as with a coder of somebody's own."""
    found = 0
    for string in strings:
        if string not in seen:
            return None
        for one in sorted({_crc(parts) for parts in seen[string]}):
            found = zlib.crc32(one.to_bytes(4, "little"), found)
    return found


def first_difference(log: Log, strings: Sequence[bytes]) -> str:
    """Where what is read first differs from what was written, in words; empty when it does not."""
    for number, string in enumerate(strings, start=1):
        if not (log.written.get(string) and log.read.get(string)):
            continue
        parts = log.read[string][-1]
        written = [symbol for part in log.written[string][-1] for symbol in part]
        start = 0
        for slice_, part in enumerate(parts, start=1):
            differing = [i for i, (a, b) in enumerate(zip(part, written[start:], strict=False)) if a != b]
            if differing:
                return (
                    f"string {number} of {len(strings)}, slice {slice_} of {len(parts)} that are decoded: symbol "
                    f"{start + differing[0]} was {written[start + differing[0]]} and comes back as {part[differing[0]]}"
                )
            start += len(part)
    return ""


@contextmanager
def logged(model: Any) -> Iterator[Log]:
    """See what CompressAI's coders are given and give back in the block, in `model` and in all modules loaded."""
    from compressai import ans

    log = Log()
    seeing = _seeing(ans, log)
    undo: list[tuple[Any, str, Any]] = []
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        undo += [(module, name, names[name]) for name in CODERS if names.get(name) is getattr(ans, name)]
    for part in model.modules():
        coder = getattr(part, "entropy_coder", None)
        undo += [
            (coder, name, vars(coder)[name])
            for name in ("_encoder", "_decoder")
            if type(getattr(coder, name, None)) in seeing
        ]
    try:
        for owner, name, original in undo:
            setattr(owner, name, seeing[original] if isinstance(original, type) else seeing[type(original)]())
        yield log
    finally:
        for owner, name, original in undo:
            setattr(owner, name, original)


def _seeing(ans: Any, log: Log) -> dict[type, type]:
    """For each kind of coder one that does the same and writes it down."""

    class Encoder(ans.RansEncoder):  # type: ignore[misc]
        def encode_with_indexes(self, symbols: Sequence[int], *rest: Any) -> bytes:
            string: bytes = super().encode_with_indexes(symbols, *rest)
            log.written[string].append([list(symbols)])
            return string

    class Buffered(ans.BufferedRansEncoder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.parts: list[Part] = []

        def encode_with_indexes(self, symbols: Sequence[int], *rest: Any) -> None:
            super().encode_with_indexes(symbols, *rest)
            self.parts.append(list(symbols))

        def flush(self) -> bytes:
            string: bytes = super().flush()
            log.written[string].append(self.parts)
            self.parts = []
            return string

    class Decoder(ans.RansDecoder):  # type: ignore[misc]
        def decode_with_indexes(self, string: bytes, *rest: Any) -> Any:
            symbols = super().decode_with_indexes(string, *rest)
            log.read[string].append([list(symbols)])
            return symbols

        def set_stream(self, string: bytes) -> None:
            super().set_stream(string)
            log.read[string].append([])
            self.string = string

        def decode_stream(self, *rest: Any) -> Any:
            symbols = super().decode_stream(*rest)
            log.read[self.string][-1].append(list(symbols))
            return symbols

    return {ans.RansEncoder: Encoder, ans.BufferedRansEncoder: Buffered, ans.RansDecoder: Decoder}


def _crc(parts: Sequence[Part]) -> int:
    found = 0
    for part in parts:
        found = zlib.crc32(np.asarray(part, "<i4").tobytes(), found)
    return found
