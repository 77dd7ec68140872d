"""Decoded images that exist, with their streams or the streams' sizes: scored as they are, nothing is run."""

import csv
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lic_tcm.anchors import given
from lic_tcm.anchors.checks import check_image
from lic_tcm.anchors.codec import ANY_POINT, CodecError, Given, QualityRange, UInt8Image
from lic_tcm.anchors.files import State, state


@dataclass(frozen=True)
class Files:
    """Images that somebody else decoded. Rates are those of the streams beside them, or of a list of their sizes.

    The list is a CSV file with the columns image, point, num_bytes. This suite can check neither that a stream is what
    the image was decoded from nor that the sizes are true; tables show such series as "given", never as "measured".
    """

    decoded: str = ""  # a path with {point} and {image} in it
    streams: str = ""  # likewise; or
    sizes: str = ""  # the list's path

    name: ClassVar[str] = "files"
    label: ClassVar[str] = "Given files"
    quality_range: ClassVar[QualityRange] = ANY_POINT

    def __post_init__(self) -> None:
        given.check_template(self.name, "decoded", self.decoded)
        if self.streams:
            given.check_template(self.name, "streams", self.streams)
        if not isinstance(self.sizes, str):
            raise CodecError(f"{self.name}: option sizes is {self.sizes!r}: give the path of a CSV file")
        if bool(self.streams) == bool(self.sizes):
            raise CodecError(f"{self.name}: give the option streams, or sizes where the streams are gone")

    def version(self) -> str:
        """Say that this suite decoded nothing."""
        return f"decoded elsewhere, {'streams' if self.streams else 'only sizes of streams'} given"

    def given(self, name: str, image: UInt8Image, quality: float) -> Given:
        """What there is of an image; the decoded one is not read here."""
        self.quality_range.check(self.name, quality)
        check_image(self.name, image)
        decoded = given.path_of(self.decoded, name, quality)
        if not decoded.is_file():
            raise CodecError(f"{self.name}: there is no {decoded}: correct the option decoded, or put the file there")
        if self.streams:
            stream = given.read(self.name, "streams", given.path_of(self.streams, name, quality))
            return Given(len(stream), stream, decoded)
        return Given(self._size(name, quality), None, decoded)

    def given_files(self, quality: float) -> list[Path]:
        """The files of a point."""
        streams = given.files_at(self.streams, quality) if self.streams else [Path(self.sizes)]
        return [*given.files_at(self.decoded, quality), *(path for path in streams if path.is_file())]

    def _size(self, name: str, quality: float) -> int:
        path = Path(self.sizes)
        try:
            sizes = _sizes(path, state(path))
        except OSError as error:
            raise CodecError(f"{self.name}: cannot read {path} ({error.strerror}): correct the option sizes") from error
        if (name, quality) not in sizes:
            raise CodecError(f"{self.name}: {path} has no line with image {name} and point {quality:g}: add it")
        return sizes[name, quality]

    def encode(self, image: UInt8Image, quality: float) -> bytes:  # noqa: ARG002  (a codec's signature)
        """Raise CodecError: nothing is coded."""
        raise CodecError(f"{self.name} codes nothing: it takes what was made elsewhere by the image's name, in a run")

    def decode(self, stream: bytes) -> UInt8Image:  # noqa: ARG002
        """Raise CodecError: nothing is decoded."""
        raise CodecError(f"{self.name} decodes nothing: the decoded images are given, in a run")


@functools.cache
def _sizes(path: Path, _state: State) -> dict[tuple[str, float], int]:
    """(image, point) -> size of a list; raises CodecError naming the line that is wrong, OSError without a file."""
    found: dict[tuple[str, float], int] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for line in reader:
            where = f"files: {path}:{reader.line_num}"
            try:
                key, size = (line["image"], float(line["point"])), int(line["num_bytes"])
            except (KeyError, TypeError, ValueError) as error:
                raise CodecError(
                    f"{where} is not an image, point and num_bytes ({error}): write kodim01,40,11097 under that header"
                ) from error
            if size <= 0 or key in found:
                raise CodecError(
                    f"{where}: {'the size is not positive' if size <= 0 else 'the line is repeated'}: fix it"
                )
            found[key] = size
    return found
