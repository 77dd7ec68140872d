"""The rate `forward` estimates for a picture, to be compared with the size of its stream.

A stream differs from the estimate by (measured in tests/coding/test_coding_estimate.py):
- 29 bytes of header, and up to 8 bytes that close each of the two rANS strings: constant, so it shows in small streams;
- symbols their distribution did not expect: the estimate charges at most 30 bits each (likelihoods end at 1e-9), the
  coder an escape of 16 bits or less and the symbol's own bits. Trained networks have next to none, random ones many;
- probabilities in steps of 2^-16 and 64 standard deviations instead of any.
"""

import torch

from anchors.checks import check_image
from anchors.codec import UInt8Image
from lic_tcm.coding.coders import exact
from lic_tcm.coding.network import Ready
from lic_tcm.nn.padding import Padding


@torch.inference_mode()
def estimated_bytes(ready: Ready, image: UInt8Image, padding: Padding) -> float:
    """Bytes that the likelihoods of an RGB image (H, W, 3) add up to, padded as in coding."""
    check_image("tcm", image)
    x = torch.tensor(image).to(ready.device).permute(2, 0, 1)[None].float() / 255
    with exact():
        _, bits_y, bits_z = ready.model.estimate(padding.pad(x))
    return float(bits_y + bits_z) / 8
