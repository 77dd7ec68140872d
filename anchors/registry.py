"""Every codec of the suite but TCM, by name: adding one is one file and one line here."""

import dataclasses
import difflib
from collections.abc import Iterable
from typing import Any

from anchors.avc import Avc
from anchors.avif import Avif
from anchors.codec import Anchor, CodecError
from anchors.hevc import Hevc
from anchors.jpeg import Jpeg
from anchors.jpeg2000 import Jpeg2000
from anchors.jpegxl import JpegXL
from anchors.vtm import Vtm
from anchors.vvenc import Vvenc
from anchors.webp import WebP
from anchors.zoo import Bmshj2018Hyperprior, Cheng2020Attn, Mbt2018

CODECS: dict[str, type[Anchor]] = {
    "avc": Avc,
    "avif": Avif,
    "bmshj2018-hyperprior": Bmshj2018Hyperprior,
    "cheng2020-attn": Cheng2020Attn,
    "hevc": Hevc,
    "jpeg": Jpeg,
    "jpeg2000": Jpeg2000,
    "jpegxl": JpegXL,
    "mbt2018": Mbt2018,
    "vtm": Vtm,
    "vvenc": Vvenc,
    "webp": WebP,
}


def create(name: str, **options: Any) -> Anchor:
    """Build a codec from its registry name and options (its dataclass fields).

    Raises CodecError for an unknown codec, an unknown option, or a value the codec does not accept.

    >>> create("webp", method=6)
    WebP(method=6)
    >>> create("webp", metod=6)
    Traceback (most recent call last):
    anchors.codec.CodecError: webp has no option 'metod', did you mean 'method'? Its options: method
    """
    if name not in CODECS:
        raise CodecError(f"there is no codec {name!r}{_hint(name, CODECS)} Codecs: {', '.join(sorted(CODECS))}")
    codec = CODECS[name]
    known = option_names(name)
    for option in options:
        if option not in known:
            allowed = ", ".join(known) or "none"
            raise CodecError(f"{name} has no option {option!r}{_hint(option, known)} Its options: {allowed}")
    return codec(**options)


def option_names(name: str) -> list[str]:
    """Return the options of a registered codec, in the order of its definition."""
    return [field.name for field in dataclasses.fields(CODECS[name])]  # type: ignore[arg-type]


def check_point(codec: Anchor, quality: float) -> None:
    """Raise CodecError, naming the range, when the codec cannot code at this quality: before any job, at no cost."""
    codec.quality_range.check(codec.name, quality)


def _hint(word: str, known: Iterable[str]) -> str:
    """ ", did you mean 'x'?" for a near miss, else a full stop."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f", did you mean {near[0]!r}?" if near else "."
