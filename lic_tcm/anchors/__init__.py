"""All codecs but TCM behind one protocol: `create("webp").encode(image, 30)`."""

from lic_tcm.anchors.codec import Anchor, Codec, CodecError, Estimating, QualityRange, UInt8Image, Weighted, Weights
from lic_tcm.anchors.registry import CODECS, create, option_names

__all__ = [
    "CODECS",
    "Anchor",
    "Codec",
    "CodecError",
    "Estimating",
    "QualityRange",
    "UInt8Image",
    "Weighted",
    "Weights",
    "create",
    "option_names",
]
