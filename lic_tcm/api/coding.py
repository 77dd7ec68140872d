"""One image through one codec, and its scores."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lic_tcm.errors import UserError
from lic_tcm.extras import explained
from lic_tcm.rd.curves import METRICS

Image = npt.NDArray[np.uint8]


@explained()
def encode(image: Image | str | Path, codec: str, point: float, **options: Any) -> bytes:
    """The stream of an image: uint8 RGB (H, W, 3), or a file of one.

    `point` is in the codec's unit: QP, quality, or TCM's lambda; `options` are those of the codec, such as
    `model="nano"`. Raises UserError or CodecError for an image, codec, point or option that does not fit.

    Examples:
        >>> stream = encode(np.full((16, 24, 3), 128, np.uint8), "webp", 80)
        >>> decode(stream, "webp").shape
        (16, 24, 3)
    """
    from lic_tcm.bench import codecs

    return codecs.create(codec, options).encode(_pixels(image), point)


@explained()
def decode(stream: bytes | str | Path, codec: str, **options: Any) -> Image:
    """The picture of a stream or of a file of one: uint8 RGB (H, W, 3). Raises UserError or CodecError."""
    from lic_tcm.bench import codecs
    from lic_tcm.files import unreadable

    if not isinstance(stream, bytes):
        path = Path(stream).expanduser()
        try:
            stream = path.read_bytes()
        except OSError as error:
            raise unreadable(path, error, "check the path") from error
    return codecs.create(codec, options).decode(stream)


@explained()
def score(
    original: Image | str | Path,
    decoded: Image | str | Path,
    num_bytes: int | None = None,
    metrics: Sequence[str] = METRICS,
) -> dict[str, float]:
    """A decoded picture's value in each metric, by default PSNR in dB and MS-SSIM in 0..1; with `num_bytes` "bpp".

    Both are uint8 RGB (H, W, 3) of one size, or files; `num_bytes` is the size of the stream. A metric is absent where
    the pictures are too small for it, as for MS-SSIM under 161 pixels. `lic-tcm metrics` lists what there is.
    Raises UserError for pictures of two sizes, and for a metric that is unknown or lacks its library.
    """
    from lic_tcm.metrics import use

    a, b = _pixels(original), _pixels(decoded)
    if a.shape != b.shape:
        raise UserError(f"the pictures are of two sizes, {a.shape} and {b.shape}; score a decoded picture of the same")
    values = {metric.name: metric.measure(a, b) for metric in map(use, metrics)}
    found = {name: value for name, value in values.items() if value is not None}
    if num_bytes is not None:
        found["bpp"] = 8 * num_bytes / (a.shape[0] * a.shape[1])
    return found


def _pixels(image: Image | str | Path) -> Image:
    from lic_tcm.images import read_rgb

    return read_rgb(Path(image).expanduser()) if isinstance(image, str | Path) else image
