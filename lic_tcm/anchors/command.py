"""Any program that turns a picture into a stream, and another that turns it back: two command lines in a config."""

import functools
import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lic_tcm.anchors import files, framing, pictures, pixels, templates, tool
from lic_tcm.anchors.checks import check_choice, check_image, check_integer, check_timeout
from lic_tcm.anchors.codec import ANY_POINT, CodecError, QualityRange, UInt8Image
from lic_tcm.anchors.options import Table, check_files, check_text, check_texts, existing, option_name, point_text

FILES = frozenset({"input", "output"})
PLACEHOLDERS = FILES | {"point", "width", "height", "bitdepth", "threads", "folder"}
SHOWN_LINES = 3  # of what a program says when it fails


@dataclass(frozen=True)
class Command:
    """Two programs, run without a shell in a folder of their own for each image.

    `{input}` and `{output}` are files: of the picture in `format`, and of the stream, whose name ends in `suffix`. The
    stream is what the encoder wrote and nothing else, unless it is framed: then the counted bytes of framing.py come
    first (width, height, checksum), then the point's text if `decode` asks for {point}. YUV has no size of its own and
    is always framed. What decides a stream is in `version`: what the option `version` prints, and the hashes of both
    programs, of every file that the command lines name, and of `files`.
    """

    encode_: str = ""  # "tool {input} {output} -q {point}"
    decode_: str = ""
    version_: str = ""  # prints a version
    format: str = "png"  # of pictures.FORMATS: what `encode` reads and `decode` writes
    suffix: str = ".bin"  # of the stream's file, for programs that go by it
    framed: bool | str = "auto"
    convention: str = ""  # of pixels.CONVENTIONS, for YUV; empty: the fair one of that depth
    pad_to: int = 0  # YUV: sides are multiples of it, the last row and column repeated; 0: 2 for 4:2:0, else 1
    files: tuple[str, ...] = ()  # others that decide a stream
    env: Table = Table()  # noqa: RUF009  (nobody may change a Table)
    threads: int = 1
    timeout: float = 600.0  # seconds, per image

    name: ClassVar[str] = "command"
    label: ClassVar[str] = "Command"
    quality_range: ClassVar[QualityRange] = ANY_POINT

    def __post_init__(self) -> None:
        example = "give a command such as 'tool {input} {output}'"
        for field in ("encode_", "decode_"):
            check_text(self.name, option_name(field), getattr(self, field), example, empty=False)
        check_text(self.name, "version", self.version_, "give a command that prints a version")
        check_choice(self.name, "format", self.format, list(pictures.FORMATS))
        check_text(self.name, "suffix", self.suffix, "give the end of a file name, such as '.webp'")
        if "/" in self.suffix:
            raise CodecError(f"{self.name}: option suffix is {self.suffix!r}: give the end of a file name, not a path")
        check_choice(self.name, "framed", self.framed, (True, False, "auto"))
        check_integer(self.name, "pad_to", self.pad_to, 0, 1024)
        check_files(self.name, "files", self.files)
        check_texts(self.name, "env", self.env)
        check_integer(self.name, "threads", self.threads, 1, 1024)
        check_timeout(self.name, self.timeout)
        self._check_format()
        self._check_commands()

    def version(self) -> str:
        """What the option `version` prints, and the first digits of the SHA-256 of every file that decides a stream."""
        for words in (self._encoder(), self._decoder()):
            if shutil.which(words[0]) is None:
                raise CodecError(f"{self.name} cannot find the program {words[0]}: install it or correct its path")
        hashes = [f"{path.name} {files.fingerprint(path)[:12]}" for path in self._deciding()]
        return " ".join(filter(None, [self._said(), f"({', '.join(hashes)})"]))

    def files_at_hand(self, quality: float) -> tuple[Path, ...]:  # noqa: ARG002  (of every point alike)
        """The programs and files whose contents decide a stream, as far as they are there."""
        return tuple(self._deciding())

    def check_points(self, points: Sequence[float]) -> None:  # noqa: ARG002  (of every point alike)
        """Find the option's `files`; programs may be on other machines only, and are missed when they are wanted."""
        existing(self.name, "files", self.files)

    def encode(self, image: UInt8Image, quality: float) -> bytes:
        """Return what the encoder writes for an image (H, W, 3), framed where it must be."""
        point = point_text(self.quality_range.check(self.name, quality))
        check_image(self.name, image)
        height, width = image.shape[:2]
        form = self._form()
        shape = form.coded_shape(height, width)
        with tempfile.TemporaryDirectory(prefix="lic-tcm-") as folder:
            source, coded = Path(folder, f"image{form.suffix}"), Path(folder, f"stream{self.suffix}")
            source.write_bytes(form.write(image))
            self._run(self._encoder(), source, coded, shape, point)
            stream = self._written(coded, self._encoder()[0])
        if not self._is_framed():
            return stream
        extra = len(point.encode()).to_bytes() + point.encode() if self._keeps_point() else b""
        return framing.pack(self._family(), form.bits, height, width, extra + stream)

    def decode(self, stream: bytes) -> UInt8Image:
        """Return the image (H, W, 3) that the decoder writes."""
        form = self._form()
        if form.convention:
            return pixels.planes_to_rgb(self.decode_ycbcr(stream), form.convention)
        content, (height, width) = self._decoded(stream)
        image = form.read_picture(self.name, content)
        if self._is_framed() and image.shape[:2] != (height, width):
            raise CodecError(
                f"{self.name}: {self._decoder()[0]} wrote {image.shape[1]}x{image.shape[0]} pixels where "
                f"{width}x{height} belong: correct the option decode"
            )
        return image

    def decode_ycbcr(self, stream: bytes) -> pixels.Planes:
        """Return the decoded YCbCr planes (3, H, W), of YUV formats."""
        form = self._form()
        if not form.convention:
            raise CodecError(f"{self.name}: the format {self.format} has no YCbCr planes: choose one of YUV")
        content, (height, width) = self._decoded(stream)
        return form.read_planes(self.name, content, height, width, self._decoder()[0])[:, :height, :width]

    # --- what the options mean ------------------------------------------------------------------------------------

    def _form(self) -> pictures.Form:
        return pictures.form(self.format, self.convention, self.pad_to)

    def _check_format(self) -> None:
        bits, chroma = pictures.FORMATS[self.format]
        if not chroma:
            for option in ("convention", "pad_to"):
                if getattr(self, option) not in ("", 0):
                    raise CodecError(
                        f"{self.name}: option {option} is {getattr(self, option)!r}, but {self.format} holds RGB of "
                        "its own size: leave it out"
                    )
            return
        known = ["", *(name for name, one in pixels.CONVENTIONS.items() if one.bits == bits)]
        if chroma == 2:
            known = [name for name in known if not name or pixels.CONVENTIONS[name].reference == "rgb"]
            if self.pad_to % 2:
                raise CodecError(f"{self.name}: option pad_to is {self.pad_to!r}: 4:2:0 needs an even number")
        check_choice(self.name, "convention", self.convention, known)
        if self.framed is False:
            raise CodecError(f"{self.name}: option framed is False: {self.format} has no size: leave it out")

    def _check_commands(self) -> None:
        self._encoder()
        if self.version_:
            self._arguments("version", self.version_, frozenset(), frozenset())
        unknown = templates.placeholders(self._decoder()) & {"width", "height", "point"}
        if unknown and self.framed is False:
            raise CodecError(
                f"{self.name}: option decode uses {{{min(unknown)}}}, which only a framed stream tells: "
                "leave out the option framed"
            )

    def _encoder(self) -> tuple[str, ...]:
        return self._arguments("encode", self.encode_, FILES, PLACEHOLDERS)

    def _decoder(self) -> tuple[str, ...]:
        return self._arguments("decode", self.decode_, FILES, PLACEHOLDERS)

    def _arguments(
        self, option: str, template: str, required: frozenset[str], allowed: frozenset[str]
    ) -> tuple[str, ...]:
        return templates.arguments(self.name, option, template, required, allowed)

    def _is_framed(self) -> bool:
        if self.framed != "auto":
            return bool(self.framed)
        asked = templates.placeholders(self._decoder()) & {"width", "height", "point"}
        return bool(asked) or self._form().convention is not None

    def _keeps_point(self) -> bool:
        return "point" in templates.placeholders(self._decoder())

    def _family(self) -> str:
        """What a stream's checksum covers beside its bytes."""
        return f"{self.name} {self.format} {self.convention}".strip()

    # --- what decides a stream ------------------------------------------------------------------------------------

    def _said(self) -> str:
        if not self.version_:
            return ""
        words = self._arguments("version", self.version_, frozenset(), frozenset())
        return _said(self.name, words, tuple(sorted(self.env.items())))

    def _deciding(self) -> list[Path]:
        """Both programs, the files that the command lines name, and those of the option `files`; each once."""
        found = []
        for words in (self._encoder(), self._decoder()):
            program = shutil.which(words[0])
            found += [Path(program)] if program else []
            fixed = [word for word in words[1:] if not templates.placeholders([word])]
            found += [path for word in fixed for path in _paths(word.format())]
        found += existing(self.name, "files", self.files)
        return list(dict.fromkeys(found))

    # --- running --------------------------------------------------------------------------------------------------

    def _run(self, words: Sequence[str], source: Path, target: Path, shape: tuple[int, int], point: str) -> None:
        values = {
            "input": source,
            "output": target,
            "folder": source.parent,
            "point": point,
            "width": shape[1],
            "height": shape[0],
            "bitdepth": self._form().bits,
            "threads": self.threads,
        }
        tool.run(self.name, templates.fill(words, values), self.timeout, environment=self.env, lines=SHOWN_LINES)

    def _decoded(self, stream: bytes) -> tuple[bytes, tuple[int, int]]:
        """The bytes that the decoder writes, and the image's size where the stream is framed."""
        form, size, point = self._form(), (0, 0), ""
        if self._is_framed():
            *size_, stream = framing.unpack(self._family(), form.bits, stream)
            size = (size_[0], size_[1])
            if self._keeps_point():
                point, stream = stream[1 : 1 + stream[0]].decode("ascii", "replace"), stream[1 + stream[0] :]
        with tempfile.TemporaryDirectory(prefix="lic-tcm-") as folder:
            coded, target = Path(folder, f"stream{self.suffix}"), Path(folder, f"image{form.suffix}")
            coded.write_bytes(stream)
            self._run(self._decoder(), coded, target, form.coded_shape(*size), point)
            return self._written(target, self._decoder()[0]), size

    def _written(self, path: Path, program: str) -> bytes:
        content = path.read_bytes() if path.is_file() else b""
        if not content:
            raise CodecError(
                f"{self.name}: {program} succeeded but wrote nothing to {{output}}: run it by hand to see why"
            )
        return content


def _paths(word: str) -> list[Path]:
    """The file that an argument names: all of it, or what follows its first "="."""
    candidates = [word, word.partition("=")[2]]
    return [Path(text) for text in candidates if text and Path(text).is_file()][:1]


@functools.cache
def _said(name: str, words: tuple[str, ...], environment: tuple[tuple[str, str], ...]) -> str:
    """The first line that a version command prints; of what follows, the first digits of its SHA-256."""
    output = tool.run(name, words, 60, any_exit=True, environment=dict(environment), errors_too=True)
    lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        raise CodecError(f"{name}: {' '.join(words)} prints nothing: correct the option version or leave it out")
    rest = "\n".join(lines[1:]).encode()
    return lines[0] + (f" +{hashlib.sha256(rest).hexdigest()[:8]}" if rest else "")
