"""The process that decodes for the code stage: it is given nothing but files, and writes the decoded images."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lic_tcm import layout
from lic_tcm.anchors.codec import Codec
from lic_tcm.bench import codecs
from lic_tcm.errors import UserError
from lic_tcm.images import read_rgb, sha256_rgb, write_png

_Given = TypeVar("_Given")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Decoded:
    """What the decoding process reports of one stream."""

    seconds: float | None  # None: this suite did not decode it
    height: int
    width: int
    sha256: str


def take(path: Path, stem: Path) -> Decoded:
    """Put an image that somebody else decoded where this suite's decoder would have."""
    image = read_rgb(path)
    write_png(layout.beside(stem, ".png"), image)
    return Decoded(None, image.shape[0], image.shape[1], sha256_rgb(image))


@dataclass(frozen=True)
class Decoder:
    """The process that decodes; it shares no memory with the encoder."""

    pool: ProcessPoolExecutor

    def decode(self, stem: Path) -> Decoded:
        """Decode `<stem>.bin` to `<stem>.png`."""
        return self._result(_decode_file, stem, str(layout.beside(stem, ".bin")))

    def warm_up(self, stream: bytes) -> None:
        """Decode a stream that is no result: it is no file either, so that jobs that share a folder share no name."""
        self._result(_decode_only, stream, "the warm-up crop")

    def _result(self, work: Callable[[_Given], _Result], given: _Given, what: str) -> _Result:
        try:
            return self.pool.submit(work, given).result()
        except BrokenProcessPool as error:
            raise UserError(
                f"the process decoding {what} died; was it killed, or is memory short? Run again"
            ) from error


@contextmanager
def decoder_of(create: Callable[[], Codec]) -> Iterator[Decoder]:
    """A process that decodes with the codec that `create`, which is pickled, builds there."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_start_decoder, initargs=(create,)) as pool:
        yield Decoder(pool)


_codec: Codec | None = None  # of the decoding process, built once by its initializer


def _start_decoder(create: Callable[[], Codec]) -> None:
    global _codec  # noqa: PLW0603  (process-wide by nature: the pool's initializer has no other way to hand it on)
    _codec = create()


def _decode_file(stem: Path) -> Decoded:
    assert _codec is not None
    stream = layout.beside(stem, ".bin").read_bytes()
    start = time.perf_counter()
    image = _codec.decode(stream)
    seconds = time.perf_counter() - start
    write_png(layout.beside(stem, ".png"), image)
    if converting := codecs.scored_planes(_codec):
        planes = converting.decode_ycbcr(stream)
        write_png(layout.beside(stem, ".ycbcr.png"), planes.transpose(1, 2, 0).astype("uint8"))
    return Decoded(round(seconds, 6), image.shape[0], image.shape[1], sha256_rgb(image))


def _decode_only(stream: bytes) -> None:
    assert _codec is not None
    _codec.decode(stream)
