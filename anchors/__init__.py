"""All codecs but TCM behind one protocol: `create("webp").encode(image, 30)`."""

from anchors.codec import Anchor, Codec, CodecError, QualityRange, UInt8Image
from anchors.registry import CODECS, check_point, create, option_names

__all__ = [
    "CODECS",
    "Anchor",
    "Codec",
    "CodecError",
    "QualityRange",
    "UInt8Image",
    "check_point",
    "create",
    "option_names",
]
