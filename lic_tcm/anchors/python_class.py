"""A codec that is somebody's own Python class: named in a config, installed by a package, or in a file beside it."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np

from lic_tcm.anchors import files, sources
from lic_tcm.anchors.checks import check_image
from lic_tcm.anchors.codec import ANY_POINT, CodecError, QualityRange, UInt8Image
from lic_tcm.anchors.options import Table, check_files, existing

Result = TypeVar("Result")
NEEDED = ("encode", "decode", "version")


@dataclass(frozen=True)
class PythonClass:
    """A class with `encode(image, point) -> bytes`, `decode(stream) -> image` and `version() -> text`.

    Images are uint8 RGB (H, W, 3). Options that are not listed here are its keyword arguments. Everything that
    `decode` needs must be in the stream or the options, since another process decodes. What decides a stream is in
    `version`: what the class says, and a hash of its file, of the files of its project that this one imports, and of
    `files`. Where the class has `quality_range`, points are checked against it before any job; where it has
    `estimated_bytes(image, point)`, the estimate stands beside the real rate.
    """

    class_: str = ""  # "package.module:Class"; "Class" beside a path
    path: str = ""  # of the class's file, where it cannot be imported
    files: tuple[str, ...] = ()  # others that decide a stream: weights, tables
    arguments: Table = Table()  # noqa: RUF009  (nobody may change a Table)

    name: ClassVar[str] = "python"
    label: ClassVar[str] = "Python class"
    quality_range: ClassVar[QualityRange] = ANY_POINT
    rest: ClassVar[str] = "arguments"  # the field that takes the options which are no field

    def __post_init__(self) -> None:
        sources.check_reference(self.name, self.class_, self.path)
        check_files(self.name, "files", self.files)
        if not isinstance(self.arguments, Table):
            raise CodecError(f"{self.name}: option arguments is {self.arguments!r}: give a table of keyword arguments")

    def version(self) -> str:
        """What the class says of itself, and the hashes of the files it is made of."""
        said = self._ask("version", self.user().version)
        if not isinstance(said, str) or not said.strip():
            raise CodecError(f"{self._class()}.version returned {said!r}: return a name and a version as text")
        paths = self._sources()
        extra = [f"{path.name} {files.fingerprint(path)[:12]}" for path in existing(self.name, "files", self.files)]
        own = [f"source {sources.digest(paths)}"] if paths else []
        return f"{said} ({', '.join([*own, *extra])})" if own or extra else said

    def check_points(self, points: Sequence[float]) -> None:
        """Import and make the class, and hold the points against its `quality_range` where it has one."""
        user = self.user()
        existing(self.name, "files", self.files)
        own = getattr(user, "quality_range", None)
        if own is not None:
            for point in points:
                self._ask("quality_range.check", own.check, self._class(), point)

    def files_at_hand(self, quality: float) -> tuple[Path, ...]:  # noqa: ARG002  (of every point alike)
        """The files of the class, of its project's modules that it imports, and those of the option `files`."""
        return (*self._sources(), *existing(self.name, "files", self.files))

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Return the class's stream of an image (H, W, 3)."""
        point = self.quality_range.check(self.name, quality)
        check_image(self.name, image)
        stream = self._ask("encode", self.user().encode, np.array(image), point)  # a copy: it is theirs to write to
        if not isinstance(stream, bytes):
            raise CodecError(f"{self._class()}.encode returned a {type(stream).__name__}: return bytes")
        return stream

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the image (H, W, 3) that the class makes of a stream."""
        image = self._ask("decode", self.user().decode, stream)
        if not isinstance(image, np.ndarray):
            raise CodecError(f"{self._class()}.decode returned a {type(image).__name__}: return a numpy array")
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise CodecError(
                f"{self._class()}.decode returned {image.dtype} {image.shape}: return uint8 RGB (H, W, 3), "
                "values rounded to 0..255"
            )
        return image

    def user(self) -> Any:
        """The object of the class; raises CodecError when it cannot be made."""
        return _made(self, files.state(Path(self.path)) if Path(self.path).is_file() else None)

    def estimated_bytes(self, image: UInt8Image, quality: float) -> float | None:
        """What the class estimates, where it has such a method; else None."""
        if not hasattr(self.user(), "estimated_bytes"):
            return None
        return float(self._ask("estimated_bytes", self.user().estimated_bytes, np.array(image), quality))

    def _sources(self) -> list[Path]:
        return sources.sources(self.name, self.class_, self.path)

    def _class(self) -> str:
        return f"{self.name}: {self.class_}"

    def _ask(self, work: str, call: Callable[..., Result], *arguments: Any) -> Result:
        try:
            return call(*arguments)
        except CodecError as error:
            raise CodecError(f"{self._class()}: {error}") from error
        except Exception as error:  # a user's class raises what it likes
            raise CodecError(f"{self._class()}.{work} failed ({sources.reason(error)}): correct it") from error


@functools.lru_cache(maxsize=8)
def _made(codec: PythonClass, _state: files.State | None) -> Any:
    """The object of a codec's class, made once in a process for each state of its file."""
    class_ = sources.load(codec.name, codec.class_, codec.path)
    missing = [work for work in NEEDED if not callable(getattr(class_, work, None))]
    if missing:
        raise CodecError(f"{codec.name}: {codec.class_} has no method {missing[0]}: write {', '.join(NEEDED)}")
    arguments = dict(codec.arguments)
    if problem := sources.arguments_problem(class_, arguments):
        raise CodecError(f"{codec.name}: {problem}")
    try:
        return class_(**arguments)
    except Exception as error:  # a user's class raises what it likes
        raise CodecError(
            f"{codec.name}: {codec.class_} cannot be made ({sources.reason(error)}): correct it"
        ) from error
