"""Which weights, in eight bytes."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping

import torch
from torch import Tensor

from lic_tcm.nn.model import Config

LENGTH = 8


def fingerprint(config: Config, parameters: Mapping[str, Tensor]) -> bytes:
    """Return the first 8 bytes of a SHA-256 over the config and every parameter's name, shape and float32 values."""
    digest = hashlib.sha256(json.dumps(dataclasses.asdict(config), sort_keys=True).encode())
    for key, parameter in sorted(parameters.items()):
        values = parameter.detach().to("cpu", torch.float32).contiguous().numpy()
        digest.update(f"{key} {values.shape}".encode())
        digest.update(values.astype("<f4", copy=False).tobytes())
    return digest.digest()[:LENGTH]
