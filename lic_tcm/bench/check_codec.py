"""Does a codec keep the contract that a fair comparison needs? Each check says what it did, and why it failed."""

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lic_tcm.anchors.codec import UInt8Image
from lic_tcm.anchors.pixels import to_uint8
from lic_tcm.bench import code, codecs
from lic_tcm.bench.elsewhere import Elsewhere, Outcome
from lic_tcm.bench.methods import MethodConfig
from lic_tcm.datasets.fetch import fetch
from lic_tcm.errors import UserError
from lic_tcm.images import write_png
from lic_tcm.metrics import psnr

SIZE, ODD, TINY = (48, 64), (17, 23), (1, 1)  # height, width
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
LOW = 15.0  # dB: a picture worse than this is another one


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    check: str
    passed: bool
    why: str

    def __str__(self) -> str:
        return f"{'pass' if self.passed else 'FAIL'}  {self.check:16} {self.why}"


class CheckError(Exception):
    """A check's reason to fail, in one sentence."""


@dataclass(frozen=True)
class Subject:
    """The method under test, and its codec in two processes that share nothing but what is handed on here."""

    method: code.Method
    points: tuple[float, ...]
    encoder: Elsewhere
    decoder: Elsewhere
    timeout: float
    before: frozenset[Path]  # what this folder held before anything was coded

    @property
    def middle(self) -> float:
        """The point that most checks use."""
        return self.points[len(self.points) // 2]

    def stream(self, image: UInt8Image, point: float, where: Elsewhere | None = None) -> bytes:
        """A stream of an image; raises CheckError when there is none."""
        found = (where or self.encoder).ask("encode", image, point)
        if not found.ok or not isinstance(found.value, bytes):
            raise CheckError(f"encoding {_sides(image.shape)} at {point:g}: {_said(found)}")
        return found.value

    def picture(self, stream: bytes, shape: tuple[int, ...], where: Elsewhere | None = None) -> UInt8Image:
        """What another process makes of a stream; raises CheckError unless it is an image of that shape."""
        found = (where or self.decoder).ask("decode", stream)
        if not found.ok:
            raise CheckError(f"decoding {len(stream)} bytes of {_sides(shape)}: {_said(found)}")
        image = found.value
        if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.shape != shape:
            got = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
            raise CheckError(f"{_sides(shape)} is decoded to {got}, not uint8 {shape}")
        return image


def check(method: MethodConfig, timeout: float = 120) -> Iterator[Finding]:
    """Check the codec of a method, one finding after another; `timeout` is in seconds, for each call.

    Raises UserError when the codec cannot be made at all.
    """
    subject = code.Method(method.name, method.codec, method.options)
    before = frozenset(Path().iterdir())
    subject.create()
    with ExitStack() as stack:
        encoder, decoder = (stack.enter_context(Elsewhere(subject, timeout)) for _ in range(2))
        one = Subject(subject, method.points, encoder, decoder, timeout, before)
        for title, work in CHECKS.items():
            try:
                yield Finding(title, True, work(one))
            except CheckError as error:
                yield Finding(title, False, str(error))


def picture(height: int, width: int) -> UInt8Image:
    """An image (H, W, 3) with colours, edges and a little noise; the same everywhere."""
    y, x = np.mgrid[0:height, 0:width]
    edges = 40 * ((x // 9 + y // 13) % 2)
    base = np.stack([60 + x % 100 + edges, 80 + y % 90 + edges, 200 - (x + y) % 110], -1)
    return to_uint8(base + np.random.default_rng(5).normal(0, 4, base.shape))


def _version(subject: Subject) -> str:
    """The version is text, and the same in both processes: records are compared by it."""
    said = [where.ask("version") for where in (subject.encoder, subject.decoder)]
    for one in said:
        if not one.ok or not isinstance(one.value, str) or not one.value.strip():
            raise CheckError(_said(one) if not one.ok else f"version() is {one.value!r}, not text")
    if said[0].value != said[1].value:
        raise CheckError(f"two processes say {said[0].value!r} and {said[1].value!r}: nothing would ever be resumed")
    return str(said[0].value)


def _round_trip(subject: Subject) -> str:
    """Every point comes back in another process, at its size, near the original, with its channels in order."""
    image = picture(*SIZE)
    qualities, sizes = [], []
    for point in subject.points:
        stream = subject.stream(image, point)
        decoded = subject.picture(stream, image.shape)
        quality = psnr(image, decoded)
        if psnr(image, decoded[..., ::-1]) > max(quality + 1, LOW):
            raise CheckError(f"at {point:g} red and blue are exchanged: images are RGB")
        qualities.append(quality)
        sizes.append(len(stream))
    if max(qualities) < LOW:
        raise CheckError(f"no point is nearer to the original than {max(qualities):.1f} dB: is it that image?")
    if len(subject.points) > 1 and len(set(sizes)) == 1 and len(set(qualities)) == 1:
        raise CheckError(f"all points give {sizes[0]} bytes and {qualities[0]:.2f} dB: the point does not arrive")
    return f"{len(sizes)} points, {min(sizes)} to {max(sizes)} bytes, {min(qualities):.1f} to {max(qualities):.1f} dB"


def _odd_sizes(subject: Subject) -> str:
    """A picture of odd sides comes back at its size; one pixel may be refused."""
    odd = picture(*ODD)
    subject.picture(subject.stream(odd, subject.middle), odd.shape)
    tiny = picture(*TINY)
    found = subject.encoder.ask("encode", tiny, subject.middle)
    if found.ending == "refused":
        return f"{_sides(ODD)} comes back; {_sides(TINY)} is refused ({found.text})"
    subject.picture(subject.stream(tiny, subject.middle), tiny.shape)
    return f"{_sides(ODD)} and {_sides(TINY)} come back at their sizes"


def _determinism(subject: Subject) -> str:
    """Two encodings, and one in another process, are the same bytes; so are two decodings."""
    image = picture(*SIZE)
    places = (subject.encoder, subject.encoder, subject.decoder)
    first, second, third = (subject.stream(image, subject.middle, where) for where in places)
    if first != second:
        raise CheckError(
            f"two encodings of one image differ ({_difference(first, second)}): is there a time or a seed in it?"
        )
    if first != third:
        raise CheckError(f"another process encodes otherwise ({_difference(first, third)}): does it depend on a state?")
    one, other = (subject.picture(first, image.shape, where) for where in (subject.decoder, subject.encoder))
    if not np.array_equal(one, other):
        raise CheckError("two processes decode one stream to different pictures")
    return f"three encodings are the same {len(first)} bytes, two decodings the same picture"


def _threads(subject: Subject) -> str:
    """One and two threads give the same stream and picture: by the option `threads`, else by the environment."""
    options = dict(subject.method.options)
    by_option = "threads" in codecs.option_names(subject.method.codec)
    image = picture(*SIZE)
    found: list[tuple[bytes, UInt8Image]] = []
    for threads in (1, 2):
        changed = {**options, "threads": threads} if by_option else options
        method = dataclasses.replace(subject.method, options=tuple(sorted(changed.items())))
        with Elsewhere(method, subject.timeout, dict.fromkeys(THREADS, str(threads))) as there:
            stream = subject.stream(image, subject.middle, there)
            found.append((stream, subject.picture(found[0][0] if found else stream, image.shape, there)))
    how = "option threads" if by_option else THREADS[0]
    if not np.array_equal(found[0][1], found[1][1]):
        raise CheckError(
            f"{how} 1 and 2 decode one stream to different pictures: fix the number of threads in the codec"
        )
    if found[0][0] != found[1][0]:
        raise CheckError(
            f"{how} 1 and 2 give different streams ({_difference(found[0][0], found[1][0])}): "
            "fix the number of threads in the codec"
        )
    return f"{how} 1 and 2 give the same stream and picture"


def _damage(subject: Subject) -> str:
    """Cut and changed streams are refused, or decoded to some picture; no crash, no hang, no error but a refusal."""
    image = picture(*SIZE)
    stream = subject.stream(image, subject.middle)
    whole = subject.picture(stream, image.shape)
    damaged = [stream[:length] for length in (0, 1, len(stream) // 2, len(stream) - 1)]
    places = np.random.default_rng(7).integers(0, len(stream), 8)
    damaged += [stream[:at] + bytes([stream[at] ^ 0x55]) + stream[at + 1 :] for at in map(int, places)]
    refused = unnoticed = same = 0
    for number, one in enumerate(damaged):
        found = subject.decoder.ask("decode", one)
        if found.ending in ("crashed", "hung", "raised"):
            kind = f"cut to {len(one)} bytes" if number < 4 else f"with byte {places[number - 4]} changed"
            raise CheckError(f"a stream {kind}: {_said(found)}; refuse it by raising an error")
        refused += found.ending == "refused"
        same += found.ok and np.array_equal(found.value, whole)
        unnoticed += found.ok and not np.array_equal(found.value, whole)
    said = f"of {len(damaged)} cut or changed streams {refused} are refused"
    said += f", {unnoticed} decode to another picture unnoticed: the stream has no checksum" if unnoticed else ""
    return said + (f", {same} to the same picture" if same else "")


def _accounting(subject: Subject) -> str:
    """The rate is the size of the stream's file, which is all that decoding is given; nothing is left beside it."""
    image = picture(*SIZE)
    stream = subject.stream(image, subject.middle)
    with tempfile.TemporaryDirectory() as folder:
        write_png(Path(folder, "pictures/one.png"), image)
        originals = fetch("check", Path(folder, "check.csv"), folder=Path(folder, "pictures"))
        try:
            (record,) = code.code(originals, subject.method, subject.middle, Path(folder, "out"))
        except UserError as error:
            raise CheckError(f"`lic-tcm code` stops: {error}") from error
        size = Path(folder, "out/one.bin").stat().st_size
    left = sorted(path.name for path in set(Path().iterdir()) - subject.before)
    if left:
        raise CheckError(f"coding leaves {', '.join(left[:3])} in this folder; only the stream may carry anything")
    if not record.num_bytes == size == len(stream):
        raise CheckError(
            f"the file has {size} bytes, its record says {record.num_bytes}, encode returned {len(stream)}"
        )
    estimate = "" if record.estimated_bytes is None else f"; the network estimates {record.estimated_bytes:.1f}"
    return f"{size} bytes in the file are what encode returned{estimate}"


CHECKS: dict[str, Callable[[Subject], str]] = {
    "version": _version,
    "round trip": _round_trip,
    "odd sizes": _odd_sizes,
    "determinism": _determinism,
    "threads": _threads,
    "damaged streams": _damage,
    "size accounting": _accounting,
}


def _said(found: Outcome) -> str:
    return found.text or f"it returned a {type(found.value).__name__}"


def _sides(shape: Sequence[int]) -> str:
    return f"{shape[1]}x{shape[0]} pixels"


def _difference(one: bytes, other: bytes) -> str:
    if len(one) != len(other):
        return f"{len(one)} and {len(other)} bytes"
    return f"from byte {next(i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)} on"
