"""Which weights, in eight bytes."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping

import torch
from torch import Tensor

from lic_tcm.nn.model import Config
from lic_tcm.nn.tables import Tables

LENGTH = 8


def fingerprints(config: Config, parameters: Mapping[str, Tensor], tables: Tables) -> dict[int, bytes]:
    """Return the first 8 bytes of a SHA-256, by version of the stream.

    Version 1: over the config and every parameter's name, shape and float32 values. Version 2: over z's tables too.
    """
    digest = hashlib.sha256(json.dumps(dataclasses.asdict(config), sort_keys=True).encode())
    for key, parameter in sorted(parameters.items()):
        values = parameter.detach().to("cpu", torch.float32).contiguous().numpy()
        digest.update(f"{key} {values.shape}".encode())
        digest.update(values.astype("<f4", copy=False).tobytes())
    first = digest.digest()[:LENGTH]
    digest.update(tables.to_json().encode())
    return {1: first, 2: digest.digest()[:LENGTH]}
