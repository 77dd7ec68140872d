"""Every codec of the suite but TCM, by name: adding one is one file and one line here.

Packages add theirs without us: a class under the entry point group `lic_tcm.codecs` is a codec of that name.
"""

import dataclasses
import functools
import importlib.metadata
from collections.abc import Mapping
from typing import Any

from lic_tcm.anchors.avc import Avc
from lic_tcm.anchors.avif import Avif
from lic_tcm.anchors.codec import Anchor, CodecError
from lic_tcm.anchors.command import Command
from lic_tcm.anchors.compressai import CompressAI
from lic_tcm.anchors.decoded import Files
from lic_tcm.anchors.hevc import Hevc
from lic_tcm.anchors.hints import choose
from lic_tcm.anchors.jpeg import Jpeg
from lic_tcm.anchors.jpeg2000 import Jpeg2000
from lic_tcm.anchors.jpegxl import JpegXL
from lic_tcm.anchors.options import field_name, frozen, option_name
from lic_tcm.anchors.python_class import PythonClass
from lic_tcm.anchors.vtm import Vtm
from lic_tcm.anchors.vvenc import Vvenc
from lic_tcm.anchors.webp import WebP
from lic_tcm.anchors.zoo import Bmshj2018Hyperprior, Cheng2020Attn, Mbt2018

BROUGHT: dict[str, type[Anchor]] = {  # of users: they are nothing without options
    "command": Command,
    "compressai": CompressAI,
    "python": PythonClass,
}
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
    **BROUGHT,
}
GROUP = "lic_tcm.codecs"  # of entry points


def create(name: str, codecs: Mapping[str, type[Anchor]] = CODECS, /, **options: Any) -> Anchor:
    """Build one of the codecs from its name and options (its dataclass fields).

    Raises CodecError for an unknown codec, an unknown option, or a value the codec does not accept.

    >>> create("webp", method=6)
    WebP(method=6)
    >>> create("webp", metod=6)
    Traceback (most recent call last):
    lic_tcm.anchors.codec.CodecError: webp has no option 'metod'; did you mean 'method'? choose one of method
    """
    if name not in codecs and name in installed():
        return PythonClass(class_=installed()[name], arguments=frozen(options))
    known = option_names(name, codecs)
    rest = getattr(codecs[name], "rest", None)  # the field for whatever is no field
    if rest:
        others = {option: options.pop(option) for option in list(options) if option not in known}
        given = options.get(rest, {})
        options[rest] = {**given, **others} if isinstance(given, Mapping) else given
    for option in options:
        if option not in known:
            raise CodecError(f"{name} has no option {option!r}; {choose(option, known)}")
    fields = [field.name for field in dataclasses.fields(codecs[name])]  # type: ignore[arg-type]
    return codecs[name](**{field_name(option, fields): frozen(value) for option, value in options.items()})


def option_names(name: str, codecs: Mapping[str, type[Anchor]] = CODECS, /) -> list[str]:
    """The options of a codec, in the order of its definition; raises CodecError for an unknown codec."""
    if name not in codecs and name in installed():
        return []  # its class's arguments, whatever they are
    if name not in codecs:
        raise CodecError(f"there is no codec {name!r}; {choose(name, sorted({*codecs, *installed()}))}")
    return [option_name(field.name) for field in dataclasses.fields(codecs[name])]  # type: ignore[arg-type]


@functools.cache
def installed() -> Mapping[str, str]:
    """The codecs that installed packages add: references "package.module:Class" by name.

    Raises CodecError when two packages, or a package and this suite, give one name.
    """
    found: dict[str, str] = {}
    for entry in importlib.metadata.entry_points(group=GROUP):
        if entry.name in CODECS or found.get(entry.name, entry.value) != entry.value:
            package = entry.dist.name if entry.dist else entry.value
            raise CodecError(f"the package {package} adds a codec {entry.name!r}, which is there already: remove one")
        found[entry.name] = entry.value
    return found
