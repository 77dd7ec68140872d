"""Which weights, in eight bytes."""

import dataclasses
import hashlib
import json

import torch

from lic_tcm.nn.model import Model

LENGTH = 8


def fingerprint(model: Model) -> bytes:
    """Return the first 8 bytes of a SHA-256 over the config and every parameter's name, shape and float32 values."""
    digest = hashlib.sha256(json.dumps(dataclasses.asdict(model.config), sort_keys=True).encode())
    for key, parameter in sorted(model.named_parameters()):
        values = parameter.detach().to("cpu", torch.float32).contiguous().numpy()
        digest.update(f"{key} {values.shape}".encode())
        digest.update(values.astype("<f4", copy=False).tobytes())
    return digest.digest()[:LENGTH]
