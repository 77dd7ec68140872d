"""Every codec the suite can run, by name: the anchors and TCM."""

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import anchors
from anchors.codec import Anchor, Codec, CodecError, UInt8Image
from anchors.pixels import Convention, convention_named
from lic_tcm.coding.codec import TCMCodec, Weights
from lic_tcm.errors import UserError

TCM = "tcm"


def codec_names() -> list[str]:
    """Names a config or a command may give as codec."""
    return sorted([*anchors.CODECS, TCM])


def create(name: str, options: dict[str, Any]) -> Anchor:
    """Build a codec; raises UserError for an unknown name, option or value."""
    try:
        return tcm(**options) if name == TCM else anchors.create(name, **options)
    except CodecError as error:
        raise UserError(str(error)) from error


def tcm(**options: Any) -> TCMCodec:
    """Build the TCM codec; raises CodecError for an unknown option or value."""
    known = option_names(TCM)
    for option in options:
        if option not in known:
            raise CodecError(f"tcm has no option {option!r}. Its options: {', '.join(known)}")
    return TCMCodec(**options)


def option_names(name: str) -> list[str]:
    """The options of a codec, in the order of its definition."""
    if name == TCM:
        return [field.name for field in dataclasses.fields(TCMCodec)]
    return anchors.option_names(name)


def check_points(codec: Anchor, points: Iterable[float]) -> None:
    """Raise UserError for a point outside the codec's range, naming both."""
    try:
        for point in points:
            codec.quality_range.check(codec.name, point)
    except CodecError as error:
        raise UserError(str(error)) from error


def weights_of(codec: Codec, point: float) -> Weights | None:
    """Which weights a codec of the suite codes with; None for codecs that have none. Raises CodecError as they do."""
    return codec.weights(point) if isinstance(codec, TCMCodec) else None


def weights_at_hand(name: str, options: dict[str, Any], point: float) -> Path | None:
    """The file of weights a codec with these options takes at a point, where it has one; errors as `create`."""
    codec = create(name, options)
    return codec.weights_at_hand(point) if isinstance(codec, TCMCodec) else None


def estimated_bytes(codec: Codec, image: UInt8Image, point: float) -> float | None:
    """The rate a network estimates for an image; None for codecs that know none. Raises CodecError as they do."""
    return codec.estimated_bytes(image, point) if isinstance(codec, TCMCodec) else None


def optimised_for(options: Mapping[str, Any]) -> str:
    """What a codec with these options minimises, where its option `metric` chooses it; else "mse"."""
    return str(options.get("metric", "mse"))


def converted_convention(codec: Codec) -> Convention | None:
    """The YCbCr convention of a codec whose PSNR is taken against the converted original; None for all others."""
    value = getattr(codec, "convention", None)
    if value is None:
        return None
    convention = convention_named(codec.name, value)
    return convention if convention.reference == "converted" else None
