"""One image through one codec, file to file: what `lic-tcm encode` and `lic-tcm decode` do."""

from pathlib import Path
from typing import Any

from lic_tcm.bench import codecs
from lic_tcm.errors import UserError
from lic_tcm.extras import require
from lic_tcm.files import unreadable, write_bytes
from lic_tcm.images import read_rgb, write_png

ANY_LAMBDA = 1.0  # where a checkpoint names the weights


def flag_options(codec: str, model: str | None, checkpoint: Path | None) -> dict[str, Any]:
    """The options that have a flag of their own; raises UserError when the codec has no such option."""
    options = {"model": model, "checkpoint": str(checkpoint) if checkpoint else None}
    given = {key: value for key, value in options.items() if value is not None}
    foreign = [key for key in given if key not in codecs.option_names(codec)]
    if foreign:
        raise UserError(f"--{foreign[0]} is no option of the codec {codec}; leave it out")
    return given


def encode_file(
    image: Path, output: Path, codec: str, options: dict[str, Any], point: float | None
) -> tuple[int, float]:
    """Code an image file; returns bytes and bpp. Writes nothing when it raises UserError or CodecError."""
    if codec == codecs.TCM:
        require("torch")  # before asking for more: nothing else helps
    if point is None:
        if not options.get("checkpoint"):
            raise UserError("--point is missing (TCM: --lambda, or a --checkpoint); say at which point to code")
        point = ANY_LAMBDA
    coder = codecs.create(codec, options)
    picture = read_rgb(image)
    given = codecs.given(coder, image.stem, picture, point)
    stream = given.stream if given else coder.encode(picture, point)
    if stream is None:
        raise UserError(f"{image}: only the size of this stream is given, so there is none to write; give the streams")
    write_bytes(output, stream)
    return len(stream), 8 * len(stream) / (picture.shape[0] * picture.shape[1])


def decode_file(stream: Path, output: Path, codec: str, options: dict[str, Any]) -> None:
    """Decode a stream file to a PNG; raises UserError or CodecError when it cannot be, and writes nothing then."""
    try:
        data = stream.read_bytes()
    except OSError as error:
        raise unreadable(stream, error, "check the path") from error
    write_png(output, codecs.create(codec, options).decode(data))
