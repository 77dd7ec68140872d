"""Tables of a prior: cumulative distributions as whole numbers, which every machine reads alike once they are made.

Made in float32 they are not the same everywhere: with other instructions an entry of 2^16 moves by one, and all that
follows in a string is read wrong. So they are made once, when weights are saved, and stored with them. Where a file has
none they are made in float64: an entry then differs between machines only where a probability times 2^16 lies within
about 1e-10 of a half, which one file of weights in a million has.
"""

import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from lic_tcm.anchors.checkpoint_files import check_quantiles
from lic_tcm.anchors.codec import CodecError
from lic_tcm.errors import UserError
from lic_tcm.nn.layers import EntropyBottleneck, GaussianConditional

CDF_BITS = 16
PRIOR = "entropy_bottleneck."  # how the names of the factorised prior's parameters begin


@dataclass(frozen=True)
class Tables:
    """Cumulative distributions, one row per index, in the form the rANS coder takes."""

    cdfs: list[list[int]]  # of CDF_BITS bits, each row cut to its length
    lengths: list[int]
    offsets: list[int]  # the symbol of the first entry of each row

    def least_bits(self) -> float:
        """Fewest bits that one symbol of each row can take together."""
        most = (max(high - low for low, high in itertools.pairwise(row)) for row in self.cdfs)
        return sum(CDF_BITS - math.log2(frequency) for frequency in most)

    def to_json(self) -> str:
        """One text for equal tables."""
        return json.dumps({"cdfs": self.cdfs, "offsets": self.offsets}, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str, rows: int) -> Self:
        """Read `rows` rows; raises UserError for what is no such table: a coder given it would not end, or crash."""
        try:
            content = json.loads(text)
            cdfs, offsets = content["cdfs"], content["offsets"]
            sound = len(cdfs) == len(offsets) == rows and all(map(_is_row, cdfs)) and all(map(_is_offset, offsets))
        except (ValueError, KeyError, TypeError, RecursionError):
            sound = False
        if not sound:
            raise UserError("the tables of its prior are no cumulative distributions; get an intact copy of the file")
        return cls(cdfs, [len(row) for row in cdfs], offsets)

    @classmethod
    def of(cls, prior: EntropyBottleneck | GaussianConditional) -> Self:
        """The tables CompressAI has put into a prior's buffers."""
        lengths = prior.cdf_length.tolist()
        cdfs = [row[:length] for row, length in zip(prior.quantized_cdf.tolist(), lengths, strict=True)]
        return cls(cdfs, lengths, prior.offset.tolist())


def factorised(parameters: Mapping[str, Tensor], dtype: torch.dtype = torch.float64) -> Tables:
    """Tables of the factorised prior of z from a model's parameters; an index is a channel.

    Version 1 of the stream has those made in float32. Raises UserError for parameters of which none can be made.
    """
    values = {key.removeprefix(PRIOR): value for key, value in parameters.items() if key.startswith(PRIOR)}
    if values.get("quantiles", torch.empty(0)).dim() != 3:
        raise UserError("the weights have no quantiles of a factorised prior; choose weights of a TCM network")
    prior = EntropyBottleneck(len(values["quantiles"]))
    try:
        with torch.no_grad():
            for key, parameter in prior.named_parameters():
                parameter.copy_(values[key])
        prior = prior.to(dtype)
        check_quantiles(prior.quantiles)
        prior.update(force=True)
    except CodecError as error:
        raise UserError(f"no tables can be made of the weights' prior: {error}") from error
    except (KeyError, IndexError, RuntimeError, ValueError, OverflowError) as error:
        raise UserError(
            f"no tables can be made of the weights' prior ({error}): get an intact copy of the weights"
        ) from error
    return Tables.of(prior)


def _is_row(row: object) -> bool:
    """Whether it rises from 0 to 2^16 by at least one each time, by whole numbers, over an escape at least."""
    if not isinstance(row, list) or len(row) < 3 or not all(type(value) is int for value in row):
        return False
    rising = all(low < high for low, high in itertools.pairwise(row))
    return rising and row[0] == 0 and row[-1] == 2**CDF_BITS


def _is_offset(offset: object) -> bool:
    return type(offset) is int and abs(offset) < 2**CDF_BITS
