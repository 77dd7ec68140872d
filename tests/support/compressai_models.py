"""What the tests of the codec compressai share: narrow networks of CompressAI, saved and coded with."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from support.pictures import photo

from lic_tcm import anchors
from lic_tcm.anchors import networks

PICTURE = photo(70, 90)
SMALL: dict[str, tuple[int, ...]] = {  # arguments of narrow networks
    "bmshj2018-factorized": (8, 12),
    "bmshj2018-factorized-relu": (8, 12),
    "bmshj2018-hyperprior": (8, 12),
    "mbt2018-mean": (8, 12),
    "mbt2018": (8, 12),
    "cheng2020-anchor": (8,),
    "cheng2020-attn": (8,),
    "cheng2020-anchor-checkerboard": (8,),
    "elic2022-official": (16,),
    "elic2022-chandelier": (16,),
    "bmshj2018-hyperprior-vbr": (8, 12),
    "mbt2018-mean-vbr": (8, 12),
    "mbt2018-vbr": (8, 12),
}


def narrow(name: str = "mbt2018-mean", seed: int = 0, **arguments: Any) -> Any:
    """A narrow network of an architecture with seeded random weights that make symbols."""
    torch.manual_seed(seed)
    model = networks.architectures()[name](*SMALL[name], **arguments)
    for parameter in model.g_a.parameters():
        parameter.data *= 1.5
    return model


def save(content: Any, path: Path) -> str:
    """Save with torch; the path as text."""
    torch.save(content, path)
    return str(path)


def coded(options: dict[str, Any], point: float = 1) -> tuple[bytes, np.ndarray]:
    """The stream and picture of a codec with such options."""
    codec = anchors.create("compressai", **options)
    stream = codec.encode(PICTURE, point)
    return stream, codec.decode(stream)
