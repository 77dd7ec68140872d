"""Every codec of the suite but TCM, by name: adding one is one file and one line here."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from lic_tcm.anchors.avc import Avc
from lic_tcm.anchors.avif import Avif
from lic_tcm.anchors.codec import Anchor, CodecError
from lic_tcm.anchors.decoded import Files
from lic_tcm.anchors.hevc import Hevc
from lic_tcm.anchors.hints import choose
from lic_tcm.anchors.jpeg import Jpeg
from lic_tcm.anchors.jpeg2000 import Jpeg2000
from lic_tcm.anchors.jpegxl import JpegXL
from lic_tcm.anchors.vtm import Vtm
from lic_tcm.anchors.vvenc import Vvenc
from lic_tcm.anchors.webp import WebP
from lic_tcm.anchors.zoo import Bmshj2018Hyperprior, Cheng2020Attn, Mbt2018

CODECS: dict[str, type[Anchor]] = {
    "avc": Avc,
    "avif": Avif,
    "bmshj2018-hyperprior": Bmshj2018Hyperprior,
    "cheng2020-attn": Cheng2020Attn,
    "files": Files,
    "hevc": Hevc,
    "jpeg": Jpeg,
    "jpeg2000": Jpeg2000,
    "jpegxl": JpegXL,
    "mbt2018": Mbt2018,
    "vtm": Vtm,
    "vvenc": Vvenc,
    "webp": WebP,
}


def create(name: str, codecs: Mapping[str, type[Anchor]] = CODECS, /, **options: Any) -> Anchor:
    """Build one of the codecs from its name and options (its dataclass fields).

    Raises CodecError for an unknown codec, an unknown option, or a value the codec does not accept.

    >>> create("webp", method=6)
    WebP(method=6)
    >>> create("webp", metod=6)
    Traceback (most recent call last):
    lic_tcm.anchors.codec.CodecError: webp has no option 'metod'; did you mean 'method'? choose one of method
    """
    known = option_names(name, codecs)
    for option in options:
        if option not in known:
            raise CodecError(f"{name} has no option {option!r}; {choose(option, known)}")
    return codecs[name](**options)


def option_names(name: str, codecs: Mapping[str, type[Anchor]] = CODECS, /) -> list[str]:
    """The options of a codec, in the order of its definition; raises CodecError for an unknown codec."""
    if name not in codecs:
        raise CodecError(f"there is no codec {name!r}; {choose(name, sorted(codecs))}")
    return [field.name for field in dataclasses.fields(codecs[name])]  # type: ignore[arg-type]
