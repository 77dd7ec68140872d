"""Memory reuse."""

import subprocess
import sys

import pytest

CODE = """
import hashlib, resource, sys
from lic_tcm.coding.allocator import keep_memory
if sys.argv[1] == "keep":
    assert keep_memory() and keep_memory()
import torch
torch.set_num_threads(1)
from lic_tcm.coding.bitstream import unpack
from lic_tcm.coding.network import decode_stream, encode_image, prepare
from lic_tcm.nn import zoo
from lic_tcm.nn.padding import PADDINGS
torch.manual_seed(0)
ready = prepare(zoo.build("nano", channels=64, latent=32, hyper=16, slices=4, squeeze=16, context_widths=(16, 16)))
image = torch.randint(0, 256, (192, 192, 3), dtype=torch.uint8).numpy()
stream = encode_image(ready, image, PADDINGS["replicate"])[0]
torch.ones(2**24)  # what is kept has to be taken once
first = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(8):
    torch.ones(2**24)
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - first
print(hashlib.sha256(stream + decode_stream(ready, unpack(stream)).tobytes()).hexdigest(), faults)
"""


def code(mode: str) -> tuple[str, int]:
    """Code an image in a process of its own: hash of stream and image, page faults of 8 large tensors in turn."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE, mode], capture_output=True, text=True, check=True
    )
    digest, faults = done.stdout.split()
    return digest, int(faults)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator is Linux's")
def test_memory_is_reused_and_nothing_else_changes() -> None:
    """With freed memory kept, large tensors fault far fewer pages in; stream and image stay the same."""
    (kept, kept_faults), (plain, plain_faults) = code("keep"), code("plain")
    assert kept == plain
    assert kept_faults < plain_faults / 3
