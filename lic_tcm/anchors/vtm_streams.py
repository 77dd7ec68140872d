"""The VTM-12.1 streams that come with this suite: which there are, of which image, and what they decode to.

They lie in `lic_tcm/data/streams/vtm-12.1`, whose README says how they were made; its manifest has a line for each.
"""

import csv
import functools
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lic_tcm.anchors.codec import CodecError, UInt8Image
from lic_tcm.anchors.pixels import CONVENTIONS, Convention, Planes

FOLDER = Path(__file__).resolve().parents[1] / "data" / "streams" / "vtm-12.1"
ENCODED_BY = "VTM 12.1 (encoder 10feea774671, cfg 2581fd18882d)"  # first digits of SHA-256, as `Vtm.version` gives them
REMEDY = "get that folder of this suite's release again"


@dataclass(frozen=True)
class Stream:
    """A line of the manifest."""

    dataset: str
    image: str
    conversion: str  # see `conversion`
    qp: int
    height: int
    width: int
    num_bytes: int
    sha256_stream: str
    sha256_planes: str  # of the decoded Y, Cb, Cr: 8-bit samples, or 16-bit little-endian ones
    sha256_rgb: str  # of the original's pixels, row-major

    @property
    def path(self) -> Path:
        """The bare bitstream."""
        return FOLDER / self.dataset / self.conversion / str(self.qp) / f"{self.image}.266"

    def read(self) -> bytes:
        """The bare bitstream; raises CodecError when the file is missing or another one."""
        try:
            bitstream = self.path.read_bytes()
        except OSError as error:
            raise CodecError(f"vtm: cannot read {self.path} ({error.strerror}): {REMEDY}") from error
        if hashlib.sha256(bitstream).hexdigest() != self.sha256_stream:
            raise CodecError(f"vtm: {self.path} is not the stream of its manifest: {REMEDY}")
        return bitstream


def conversion(convention: Convention) -> str:
    """How RGB became the planes that VTM coded: all that the streams depend on, and the name of their folder.

    >>> {name: conversion(one) for name, one in CONVENTIONS.items() if "rgb" in name}
    {'rgb-8bit': 'round-8bit', 'rgb-10bit': 'round-10bit'}
    """
    return f"{convention.forward}-{convention.bits}bit"


@functools.cache
def streams() -> tuple[Stream, ...]:
    """All lines of the manifest; raises CodecError where it is missing."""
    try:
        with (FOLDER / "manifest.csv").open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file))
    except OSError as error:
        raise CodecError(f"vtm: cannot read {FOLDER / 'manifest.csv'} ({error.strerror}): {REMEDY}") from error
    whole = ("qp", "height", "width", "num_bytes")
    return tuple(Stream(**{**line, **{key: int(line[key]) for key in whole}}) for line in lines)  # type: ignore[arg-type]


def points(dataset: str, convention: Convention) -> tuple[int, ...]:
    """The QPs at which a dataset's images are there under a convention, rising; none where there are no streams."""
    form = conversion(convention)
    return tuple(sorted({one.qp for one in streams() if (one.dataset, one.conversion) == (dataset, form)}))


def find(image: UInt8Image, convention: Convention, qp: int) -> Stream:
    """The stream of an image (H, W, 3), known by its pixels; raises CodecError where there is none."""
    form, digest = conversion(convention), hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()
    found = [one for one in streams() if (one.sha256_rgb, one.conversion) == (digest, form)]
    for one in found:
        if one.qp == qp:
            return one
    there = _listing(one.qp for one in found) if found else ""
    raise CodecError(
        f"vtm has no given stream of this image at QP {qp} under the convention {convention.name!r}: "
        + (f"there are QP {there}" if found else f"there are {_all()}; leave the option streams out to encode with VTM")
    )


def check(bitstream: bytes, planes: Planes, decoder: str) -> None:
    """Compare the decoded planes (3, H, W) of a stream of the manifest with its hash; others pass.

    Raises CodecError naming the decoder when they differ.
    """
    known = _by_hash().get(hashlib.sha256(bitstream).hexdigest())
    if known and sha256_planes(planes) != known.sha256_planes:
        raise CodecError(
            f"vtm: {decoder} decodes {known.path.name} at QP {known.qp} ({known.conversion}) to other samples than the "
            "manifest's: use another version of it, or VTM's own decoder (option decoder)"
        )


def sample() -> Stream:
    """The smallest stream, for a quick look at a decoder."""
    return min(streams(), key=lambda one: one.num_bytes)


def sha256_planes(planes: Planes) -> str:
    """SHA-256 of planes (3, H, W), row-major, samples above 8 bits as 16-bit little-endian numbers."""
    form = np.uint8 if planes.dtype == np.uint8 else np.dtype("<u2")
    return hashlib.sha256(np.ascontiguousarray(planes, form).data).hexdigest()


@functools.cache
def _by_hash() -> dict[str, Stream]:
    return {one.sha256_stream: one for one in streams()}


def _all() -> str:
    """Which streams there are, in words."""
    found: dict[str, set[int]] = defaultdict(set)
    for one in streams():
        names = [name for name, convention in CONVENTIONS.items() if conversion(convention) == one.conversion]
        found[f"{one.dataset} ({', '.join(names)})"].add(one.qp)
    return "; ".join(f"{where} at QP {_listing(qps)}" for where, qps in found.items())


def _listing(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in sorted(numbers))
