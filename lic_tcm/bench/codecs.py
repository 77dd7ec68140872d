"""Every codec the suite can run, by name: the anchors and TCM. What a codec can do is asked of it, not of its name."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lic_tcm import anchors
from lic_tcm.anchors.codec import (
    Anchor,
    Checking,
    Codec,
    CodecError,
    Downloading,
    Edited,
    Estimating,
    Explaining,
    Given,
    Receiving,
    UInt8Image,
    Weighted,
    Weights,
)
from lic_tcm.anchors.pixels import CONVENTIONS, Convention, Converting
from lic_tcm.anchors.registry import installed
from lic_tcm.coding.codec import TCMCodec
from lic_tcm.errors import UserError

TCM = "tcm"
CODECS: Mapping[str, type[Anchor]] = {**anchors.CODECS, TCM: TCMCodec}


def codec_names() -> list[str]:
    """Names a config or a command may give as codec."""
    return sorted({*CODECS, *installed()})


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


def check_points(codec: Anchor, points: Sequence[float]) -> None:
    """Raise UserError for a point outside the codec's range, naming both, or that the codec cannot code here."""
    try:
        for point in points:
            codec.quality_range.check(codec.name, point)
        if isinstance(codec, Checking):
            codec.check_points(points)
    except CodecError as error:
        raise UserError(str(error)) from error


def weights_of(codec: Codec, point: float) -> Weights | None:
    """Which weights a codec codes with at a point; None for codecs that have none. Raises CodecError as they do."""
    return codec.weights(point) if isinstance(codec, Weighted) else None


def is_downloaded(codec: Codec, point: float) -> bool:
    """Whether a codec's weights at a point come from other people's server; fetches nothing."""
    return isinstance(codec, Downloading) and codec.is_downloaded(point)


def files_at_hand(name: str, options: Mapping[str, Any], point: float) -> list[Path]:
    """The files that make other results at a point when they are replaced: weights, given ones, a user's code.

    Errors as `create`, and UserError when one is missing.
    """
    codec = create(name, options)
    weights = codec.weights_at_hand(point) if isinstance(codec, Weighted) else None
    try:
        given = codec.given_files(point) if isinstance(codec, Receiving) else []
        edited = codec.files_at_hand(point) if isinstance(codec, Edited) else ()
    except CodecError as error:
        raise UserError(str(error)) from error
    return [*([weights] if weights else []), *given, *edited]


def given(codec: Codec, name: str, image: UInt8Image, point: float) -> Given | None:
    """What somebody else made of an image, if the codec takes such; else None. Raises CodecError as they do."""
    return codec.given(name, image, point) if isinstance(codec, Receiving) else None


def estimated_bytes(codec: Codec, image: UInt8Image, point: float) -> float | None:
    """The rate a network estimates for an image; None for codecs that know none. Raises CodecError as they do."""
    return codec.estimated_bytes(image, point) if isinstance(codec, Estimating) else None


def explanation(codec: Codec, image: UInt8Image, point: float) -> str:
    """Why a codec does not decode its own stream of an image, after "; ", where it can say more; else nothing."""
    try:
        said = codec.explain(image, point) if isinstance(codec, Explaining) else ""
    except CodecError:
        return ""  # then what was raised first is the reason
    return f"; {said}" if said else ""


def optimised_for(options: Mapping[str, Any]) -> str:
    """What a codec with these options minimises, where its option `metric` chooses it; else "mse"."""
    return str(options.get("metric", "mse"))


def made_files(codec: Codec) -> tuple[str, ...]:
    """Suffixes of what coding an image leaves beside its record: stream, decoded image and, for some, its planes."""
    return (".bin", ".png", *([".ycbcr.png"] if scored_planes(codec) else []))


def scored_planes(codec: Codec) -> Converting | None:
    """The codec, if its PSNR is taken of its planes against the converted original; None for all others."""
    known = CONVENTIONS.get(codec.convention) if isinstance(codec, Converting) else None
    return codec if isinstance(codec, Converting) and known and known.reference == "converted" else None


def converted_convention(codec: Codec) -> Convention | None:
    """The YCbCr convention of a codec whose PSNR is taken against the converted original; None for all others."""
    converting = scored_planes(codec)
    return CONVENTIONS[converting.convention] if converting else None
