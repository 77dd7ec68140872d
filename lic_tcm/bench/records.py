"""The records the stages hand to each other: one JSON per coded image, one CSV row per scored image."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lic_tcm.errors import UserError
from lic_tcm.files import write_text
from lic_tcm.metrics import Values


@dataclass(frozen=True)
class Coding:
    """One image coded by one method at one point: the `.json` beside its `.bin` and `.png`."""

    dataset: str
    image: str
    method: str
    codec: str
    point: float  # QP, quality or lambda, in the codec's unit
    options: str  # codec options as sorted JSON
    codec_version: str
    height: int
    width: int
    num_bytes: int  # size of the .bin file, headers included
    encode_s: float | None  # wall seconds; None when not timed, never estimated
    decode_s: float | None
    sha256_original: str  # of the original's RGB pixels
    sha256_stream: str
    sha256_decoded: str  # of the decoded RGB pixels
    environment: str  # id of the machine's description, layout.environment
    command: str  # what was run, to be pasted
    weights: str = ""  # sha256 of the codec's file of weights, where it has one
    estimated_bytes: float | None = None  # what the network's likelihoods add up to; None where the codec has none
    code: str = ""  # hash of the codec's Python, see bench.edits; "" in records of versions that did not look
    given: str = ""  # what somebody else made of it, anchors.codec.Given.what; empty: nothing

    def write(self, path: Path) -> None:
        """Write as JSON, atomically."""
        write_text(path, json.dumps(dataclasses.asdict(self), indent=1, sort_keys=True) + "\n")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a record; raises UserError when the file is torn or of another form."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise UserError(f"{path} is not a coding record ({error}); delete it and run again") from error


@dataclass(frozen=True)
class Row:
    """One scored image x method x point: a line of `results/rows/<dataset>/<method>.csv`."""

    dataset: str
    images_total: int
    method: str
    codec: str
    point: float
    image: str
    height: int
    width: int
    num_bytes: int
    bpp: float  # 8 * num_bytes / (width * height) of the original
    values: Values  # by metric; infinite when beyond measure, None where the image is too small for it
    psnr_reference: str  # "rgb" or "converted", see anchors.pixels
    encode_s: float | None
    decode_s: float | None
    codec_version: str
    sha256_stream: str
    environment: str
    bpp_estimated: float | None = None  # rate by the network's likelihoods; None where the codec has none
    given: str = ""  # what somebody else made of it: "stream", "decoded" (and its stream) or "size"; empty: nothing
