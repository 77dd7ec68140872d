"""The code stage: images -> streams and decoded images on disk, one JSON record per image.

For every image `<out>/<image>.bin` is the stream, `<out>/<image>.png` what another process decoded from that
file, and `<out>/<image>.json` the record. An image whose record, stream and decoded file are already there and
agree is not coded again, so a run that was killed anywhere goes on where it stopped. What somebody else made
(`anchors.codec.Given`) is put in the same places; it is taken anew every time, since nothing is coded for it.
"""

import hashlib
import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lic_tcm import layout
from lic_tcm.anchors.codec import Codec, CodecError, Given, UInt8Image
from lic_tcm.bench import codecs
from lic_tcm.bench.budgets import budget_of
from lic_tcm.bench.decoder import Decoded, Decoder, decoder_of, take
from lic_tcm.bench.edits import code_of
from lic_tcm.bench.records import Coding
from lic_tcm.datasets.manifest import Original, load
from lic_tcm.environment import Environment, command_line, environment
from lic_tcm.errors import UserError
from lic_tcm.files import write_bytes
from lic_tcm.progress import progress

log = logging.getLogger(__name__)


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
    """What codes. A record of another version, other weights or code that was edited is not taken for finished."""

    version: str
    weights: str  # sha256; empty for codecs without
    code: str  # hash, see `edits.code_of`


@dataclass(frozen=True)
class Made:
    """What there is of an image once it is coded, or taken."""

    num_bytes: int
    sha256_stream: str  # empty: only the stream's size was given
    encode_s: float | None  # None: this suite did not encode it
    decoded: Decoded
    estimated_bytes: float | None
    given: str  # as in its record


@dataclass
class Workshop:
    """What all points of a job share, so that it is started once: the codec and the process that decodes."""

    method: Method
    codec: Codec
    decoder: Decoder

    described: Environment | None = None

    def machine(self) -> Environment:
        """What it runs on; ask after the first warm-up, when the codec's libraries are loaded."""
        if self.described is None:
            self.described = environment()
        return self.described


def code(originals: Sequence[Original], method: Method, point: float, out: Path) -> list[Coding]:
    """Code images at one point into the folder `out`: see `code_points`."""
    return code_points(originals, method, {point: out})


def code_points(originals: Sequence[Original], method: Method, folders: Mapping[float, Path]) -> list[Coding]:
    """Code images at points, each into its folder, in one process; returns a record per point and image, in order.

    Finished images are taken from their records. Raises UserError naming the image when the codec
    refuses it, decodes it to another size, or a file cannot be written; what was finished before stays.
    """
    codec = method.create()
    with decoder_of(method.create) as decoder:  # it starts with the first stream to decode
        workshop = Workshop(method, codec, decoder)
        return [record for point, out in folders.items() for record in _code_point(originals, workshop, point, out)]


def folders_of(points: Sequence[float], folder: Path) -> dict[float, Path]:
    """Where each point's files go: of one point into the folder itself, else into a folder in it for each.

    Raises UserError when two points would share a folder.
    """
    folders = {point: folder / layout.point(point) if len(points) > 1 else folder for point in points}
    if len(set(folders.values())) < len(points):
        raise UserError(f"two of the points {', '.join(map(layout.point, points))} are written alike; leave one out")
    return folders


def _code_point(originals: Sequence[Original], workshop: Workshop, point: float, out: Path) -> list[Coding]:
    """As `code_points`, at one of them."""
    method = workshop.method
    tool = _tool(workshop.codec, method, point)
    records: dict[str, Coding] = {}
    todo = []
    for original in originals:
        record = _finished(original, workshop, point, tool, out)
        if record is None:
            todo.append(original)
        else:
            records[original.image] = record
    if records:
        log.info("%s %g: %d of %d images are finished", method.name, point, len(records), len(records) + len(todo))
    work = _code_all(todo, workshop, tool, point, out)
    for original, record in progress(work, len(todo), f"code {method.name} {point:g}", "image"):
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
    return Tool(version, weights.sha256 if weights else "", code_of(codec))


def _finished(original: Original, workshop: Workshop, point: float, tool: Tool, out: Path) -> Coding | None:
    """The record of an image that needs no coding: same image, settings and software, and its files are whole."""
    stem, method = out / original.image, workshop.method
    path = layout.beside(stem, ".json")
    if not path.exists():
        return None
    try:
        record = Coding.read(path)
    except UserError:
        return None  # torn or of an older form: code again
    same = (
        record.sha256_original == original.sha256_rgb
        and (record.codec, record.options, record.point) == (method.codec, method.options_json(), point)
        and (record.codec_version, record.weights, record.code) == (tool.version, tool.weights, tool.code)
    )
    needed = [layout.beside(stem, suffix) for suffix in codecs.made_files(workshop.codec)]
    needed.append(layout.environment(out, record.environment))
    if not same or record.given or not all(file.exists() for file in needed):
        return None
    stream = layout.beside(stem, ".bin").read_bytes()
    return record if hashlib.sha256(stream).hexdigest() == record.sha256_stream else None


def _code_all(
    originals: Sequence[Original], workshop: Workshop, tool: Tool, point: float, out: Path
) -> Iterator[tuple[Original, Coding]]:
    """Encode here, decode in a second process that is given nothing but the file."""
    method, codec, decoder = workshop.method, workshop.codec, workshop.decoder
    environment_id = ""
    for number, original in enumerate(originals):
        image = load(original)
        try:
            given = codecs.given(codec, original.image, image, point)
            if number == 0:
                _warm_up(codec, image, point, given, decoder)
                environment_id = workshop.machine().id()
                workshop.machine().save(layout.environment(out, environment_id))
            made = _make(codec, image, point, given, out / original.image, decoder)
        except CodecError as error:
            raise UserError(f"{method.name} at point {point:g}, image {original.path}: {error}") from error
        _check_size(original, method, point, given, made.decoded)
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
                num_bytes=made.num_bytes,
                encode_s=made.encode_s,
                decode_s=made.decoded.seconds,
                sha256_original=original.sha256_rgb,
                sha256_stream=made.sha256_stream,
                sha256_decoded=made.decoded.sha256,
                environment=environment_id,
                command=command_line(),
                weights=tool.weights,
                estimated_bytes=made.estimated_bytes,
                given=made.given,
                code=tool.code,
            ),
        )


def _decoded(codec: Codec, image: UInt8Image, point: float, decoder: Decoder, stem: Path) -> Decoded:
    """What the decoding process makes of a stream's file; where it refuses, the codec may know more of the reason."""
    try:
        return decoder.decode(stem)
    except CodecError as error:
        raise CodecError(f"{error}{codecs.explanation(codec, image, point)}") from error


def _make(codec: Codec, image: UInt8Image, point: float, given: Given | None, stem: Path, decoder: Decoder) -> Made:
    """Encode and decode an image, less what is given of it; raises CodecError as the codec does."""
    start = time.perf_counter()
    stream = given.stream if given else codec.encode(image, point)
    encode_s = None if given else round(time.perf_counter() - start, 6)
    if stream is not None:
        write_bytes(layout.beside(stem, ".bin"), stream)
    return Made(
        num_bytes=given.num_bytes if given else len(stream or b""),
        sha256_stream="" if stream is None else hashlib.sha256(stream).hexdigest(),
        encode_s=encode_s,
        decoded=take(given.decoded, stem) if given and given.decoded else _decoded(codec, image, point, decoder, stem),
        estimated_bytes=None if given else codecs.estimated_bytes(codec, image, point),
        given=given.what if given else "",
    )


def _check_size(original: Original, method: Method, point: float, given: Given | None, decoded: Decoded) -> None:
    """Raise UserError for a decoded image of another size than its original's."""
    if (decoded.height, decoded.width) == (original.height, original.width):
        return
    sizes = f"{decoded.width}x{decoded.height} pixels instead of {original.width}x{original.height}"
    if given and given.decoded:
        raise UserError(f"{given.decoded} has {sizes} of {original.path}; is it another image's? Replace it")
    raise UserError(
        f"{method.name} at point {point:g} decoded {original.path} to {sizes}; the codec is at fault, leave the "
        "method out"
    )


def _warm_up(codec: Codec, image: UInt8Image, point: float, given: Given | None, decoder: Decoder) -> None:
    """Code a small crop untimed, so that no image pays for loading libraries, weights or binaries.

    Where the stream is given, the whole image's is decoded instead.
    """
    try:
        if given is None:
            decoder.warm_up(codec.encode(image[:64, :64].copy(), point))
        elif given.stream is not None and given.decoded is None:
            decoder.warm_up(given.stream)
    except CodecError:
        log.debug("the warm-up could not be coded; the first image will tell why")
