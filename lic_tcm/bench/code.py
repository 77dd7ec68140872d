"""The code stage: images -> streams and decoded images on disk, one JSON record per image.

For every image `<out>/<image>.bin` is the stream, `<out>/<image>.png` what another process decoded from that
file, and `<out>/<image>.json` the record. An image whose record, stream and decoded file are already there and
agree is not coded again, so a run that was killed anywhere goes on where it stopped.
"""

import hashlib
import json
import logging
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lic_tcm import layout
from lic_tcm.anchors.codec import Codec, CodecError, UInt8Image
from lic_tcm.bench import codecs
from lic_tcm.bench.budgets import budget_of
from lic_tcm.bench.records import Coding
from lic_tcm.datasets.manifest import Original, load
from lic_tcm.environment import command_line, environment
from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes
from lic_tcm.images import sha256_rgb, write_png

log = logging.getLogger(__name__)

_Given = TypeVar("_Given")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Method:
    """A named codec with its options: what a config calls a method, less its points."""

    name: str
    codec: str
    options: tuple[tuple[str, Any], ...] = ()

    def create(self) -> Codec:
        """Build the codec; raises UserError when its name or options are wrong."""
        return codecs.create(self.codec, dict(self.options))

    def options_json(self) -> str:
        """Options in the one spelling records keep."""
        return json.dumps(dict(self.options), sort_keys=True)


@dataclass(frozen=True)
class Tool:
    """What codes. A record of another version or other weights is not taken for finished."""

    version: str
    weights: str  # sha256; empty for codecs without


@dataclass(frozen=True)
class Decoded:
    """What the decoding process reports of one stream."""

    seconds: float
    height: int
    width: int
    sha256: str


def code(originals: Sequence[Original], method: Method, point: float, out: Path) -> list[Coding]:
    """Code images at one point into the folder `out`; returns one record per image, in order.

    Finished images are taken from their records. Raises UserError naming the image when the codec
    refuses it, decodes it to another size, or a file cannot be written; what was finished before stays.
    """
    codec = method.create()
    tool = _tool(codec, method, point)
    records: dict[str, Coding] = {}
    todo = []
    for original in originals:
        record = _finished(original, method, point, tool, out)
        if record is None:
            todo.append(original)
        else:
            records[original.image] = record
    if records:
        log.info("%s %g: %d of %d images are finished", method.name, point, len(records), len(records) + len(todo))
    for original, record in _code_all(todo, method, codec, tool, point, out):
        record.write(layout.image_file(out, original.image, ".json"))
        records[original.image] = record
        log.info("%s %g %s: %d bytes", method.name, point, original.image, record.num_bytes)
    return [records[original.image] for original in originals]


def _tool(codec: Codec, method: Method, point: float) -> Tool:
    """What codes; raises UserError when it is not usable, or the method's name hides the budget of its weights."""
    try:
        version, weights = codec.version(), codecs.weights_of(codec, point)
    except CodecError as error:
        raise UserError(str(error)) from error
    if weights and weights.budget != budget_of(method.name):
        trained, stated = (
            f"the {budget} budget" if budget else "no budget of ablations"
            for budget in (weights.budget, budget_of(method.name))
        )
        raise UserError(
            f"{method.name} at point {point:g}: its weights were trained with {trained}, its name states {stated}; "
            "name the method <network>@<budget>, so that no table shows it without"
        )
    return Tool(version, weights.sha256 if weights else "")


def _finished(original: Original, method: Method, point: float, tool: Tool, out: Path) -> Coding | None:
    """The record of an image that needs no coding: same image, settings and software, and its files are whole."""
    stem = out / original.image
    path = _with(stem, ".json")
    if not path.exists():
        return None
    try:
        record = Coding.read(path)
    except UserError:
        return None  # torn or of an older form: code again
    same = (
        record.sha256_original == original.sha256_rgb
        and (record.codec, record.options, record.point) == (method.codec, method.options_json(), point)
        and (record.codec_version, record.weights) == (tool.version, tool.weights)
    )
    if not same or not _with(stem, ".png").exists() or not _with(stem, ".bin").exists():
        return None
    stream = _with(stem, ".bin").read_bytes()
    return record if hashlib.sha256(stream).hexdigest() == record.sha256_stream else None


def _code_all(
    originals: Sequence[Original], method: Method, codec: Codec, tool: Tool, point: float, out: Path
) -> Iterator[tuple[Original, Coding]]:
    """Encode here, decode in a second process that is given nothing but the file."""
    if not originals:
        return
    environment_id = ""
    with _decoder(method) as decoder:
        for number, original in enumerate(originals):
            image = load(original)
            if number == 0:
                _warm_up(codec, image, point, decoder)
                machine = environment()  # now that the codec's libraries are loaded
                environment_id = machine.id()
                machine.save(layout.environment(out, environment_id))
            stem = out / original.image
            try:
                start = time.perf_counter()
                stream = codec.encode(image, point)
                encode_s = time.perf_counter() - start
                write_bytes(_with(stem, ".bin"), stream)
                decoded = _decoded(codec, image, point, decoder, stem)
                estimated_bytes = codecs.estimated_bytes(codec, image, point)
            except CodecError as error:
                raise UserError(f"{method.name} at point {point:g}, image {original.path}: {error}") from error
            if (decoded.height, decoded.width) != (original.height, original.width):
                raise UserError(
                    f"{method.name} at point {point:g} decoded {original.path} to {decoded.width}x{decoded.height} "
                    f"instead of {original.width}x{original.height}; the codec is at fault, leave the method out"
                )
            yield (
                original,
                Coding(
                    dataset=original.dataset,
                    image=original.image,
                    method=method.name,
                    codec=method.codec,
                    point=point,
                    options=method.options_json(),
                    codec_version=tool.version,
                    height=original.height,
                    width=original.width,
                    num_bytes=len(stream),
                    encode_s=round(encode_s, 6),
                    decode_s=round(decoded.seconds, 6),
                    sha256_original=original.sha256_rgb,
                    sha256_stream=hashlib.sha256(stream).hexdigest(),
                    sha256_decoded=decoded.sha256,
                    environment=environment_id,
                    command=command_line(),
                    weights=tool.weights,
                    estimated_bytes=estimated_bytes,
                ),
            )


def _decoded(codec: Codec, image: UInt8Image, point: float, decoder: "_Decoder", stem: Path) -> Decoded:
    """What the decoding process makes of a stream's file; where it refuses, the codec may know more of the reason."""
    try:
        return decoder.decode(stem)
    except CodecError as error:
        raise CodecError(f"{error}{codecs.explanation(codec, image, point)}") from error


@dataclass(frozen=True)
class _Decoder:
    """The process that decodes; it shares no memory with the encoder."""

    pool: ProcessPoolExecutor

    def decode(self, stem: Path) -> Decoded:
        """Decode `<stem>.bin` to `<stem>.png`."""
        return self._result(_decode_file, stem, str(_with(stem, ".bin")))

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
def _decoder(method: Method) -> Iterator[_Decoder]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_start_decoder, initargs=(method,)) as pool:
        yield _Decoder(pool)


_codec: Codec | None = None  # of the decoding process, built once by its initializer


def _start_decoder(method: Method) -> None:
    global _codec  # noqa: PLW0603  (process-wide by nature: the pool's initializer has no other way to hand it on)
    _codec = method.create()


def _decode_file(stem: Path) -> Decoded:
    assert _codec is not None
    stream = _with(stem, ".bin").read_bytes()
    start = time.perf_counter()
    image = _codec.decode(stream)
    seconds = time.perf_counter() - start
    write_png(_with(stem, ".png"), image)
    if converting := codecs.scored_planes(_codec):
        planes = converting.decode_ycbcr(stream)
        write_png(_with(stem, ".ycbcr.png"), planes.transpose(1, 2, 0).astype("uint8"))
    return Decoded(seconds, image.shape[0], image.shape[1], sha256_rgb(image))


def _decode_only(stream: bytes) -> None:
    assert _codec is not None
    _codec.decode(stream)


def _warm_up(codec: Codec, image: UInt8Image, point: float, decoder: _Decoder) -> None:
    """Code a small crop untimed, so that no image pays for loading libraries, weights or binaries."""
    try:
        decoder.warm_up(codec.encode(image[:64, :64].copy(), point))
    except CodecError:
        log.debug("the warm-up crop could not be coded; the first image will tell why")


def _with(stem: Path, suffix: str) -> Path:
    """`with_suffix` for image names that contain dots."""
    return layout.image_file(stem.parent, stem.name, suffix)
