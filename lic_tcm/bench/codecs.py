"""Every codec the suite can run, by name: the anchors and TCM. What a codec can do is asked of it, not of its name."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lic_tcm import anchors
from lic_tcm.anchors.codec import (
    Anchor,
    Codec,
    CodecError,
    Estimating,
    Given,
    Receiving,
    UInt8Image,
    Weighted,
    Weights,
)
from lic_tcm.anchors.pixels import CONVENTIONS, Convention, Converting
from lic_tcm.coding.codec import TCMCodec
from lic_tcm.errors import UserError

TCM = "tcm"
CODECS: Mapping[str, type[Anchor]] = {**anchors.CODECS, TCM: TCMCodec}


def codec_names() -> list[str]:
    """Names a config or a command may give as codec."""
    return sorted(CODECS)


def create(name: str, options: Mapping[str, Any]) -> Anchor:
    """Build a codec; raises UserError for an unknown name, option or value."""
    try:
        return anchors.create(name, CODECS, **options)
    except CodecError as error:
        raise UserError(str(error)) from error


def option_names(name: str) -> list[str]:
    """The options of a codec, in the order of its definition; raises UserError for an unknown name."""
    try:
        return anchors.option_names(name, CODECS)
    except CodecError as error:
        raise UserError(str(error)) from error


def check_points(codec: Anchor, points: Iterable[float]) -> None:
    """Raise UserError for a point outside the codec's range, naming both."""
    try:
        for point in points:
            codec.quality_range.check(codec.name, point)
    except CodecError as error:
        raise UserError(str(error)) from error


def weights_of(codec: Codec, point: float) -> Weights | None:
    """Which weights a codec codes with at a point; None for codecs that have none. Raises CodecError as they do."""
    return codec.weights(point) if isinstance(codec, Weighted) else None


def files_at_hand(name: str, options: Mapping[str, Any], point: float) -> list[Path]:
    """The files whose replacement makes other results at a point, of weights or given ones; errors as `create`."""
    codec = create(name, options)
    weights = codec.weights_at_hand(point) if isinstance(codec, Weighted) else None
    return [*([weights] if weights else []), *(codec.given_files(point) if isinstance(codec, Receiving) else [])]


def given(codec: Codec, name: str, image: UInt8Image, point: float) -> Given | None:
    """What somebody else made of an image, if the codec takes such; else None. Raises CodecError as they do."""
    return codec.given(name, image, point) if isinstance(codec, Receiving) else None


def estimated_bytes(codec: Codec, image: UInt8Image, point: float) -> float | None:
    """The rate a network estimates for an image; None for codecs that know none. Raises CodecError as they do."""
    return codec.estimated_bytes(image, point) if isinstance(codec, Estimating) else None


def optimised_for(options: Mapping[str, Any]) -> str:
    """What a codec with these options minimises, where its option `metric` chooses it; else "mse"."""
    return str(options.get("metric", "mse"))


def scored_planes(codec: Codec) -> Converting | None:
    """The codec, if its PSNR is taken of its planes against the converted original; None for all others."""
    if isinstance(codec, Converting) and CONVENTIONS[codec.convention].reference == "converted":
        return codec
    return None


def converted_convention(codec: Codec) -> Convention | None:
    """The YCbCr convention of a codec whose PSNR is taken against the converted original; None for all others."""
    converting = scored_planes(codec)
    return CONVENTIONS[converting.convention] if converting else None
