"""The rate `forward` estimates for an image, to be compared with the size of its stream.

What lies between the two (tests/coding/test_estimate.py):
- 29 bytes of header, and up to 8 bytes that close each of the two rANS strings: constant, so it shows in small streams;
- values their distribution did not expect: the estimate charges up to 30 bits each (likelihoods end at 1e-9), the coder
  16 bits, or an escape and the symbol's own bits. Almost all symbols of random weights are such, and of trained ones
  almost none;
- 64 standard deviations instead of any, the next larger one each time, and probabilities in steps of 2^-16. That is
  little where the network's standard deviations are right. Where they are too small it makes the stream shorter than
  the estimate: a stream several % below its estimate says that the weights are badly calibrated.
"""

import torch

from lic_tcm.anchors.checks import check_image
from lic_tcm.anchors.codec import UInt8Image
from lic_tcm.coding.coders import repeatable
from lic_tcm.coding.network import Ready
from lic_tcm.nn.padding import Padding


@torch.inference_mode()
def estimated_bytes(ready: Ready, image: UInt8Image, padding: Padding) -> float:
    """Bytes that the likelihoods of an RGB image (H, W, 3) add up to, padded as in coding."""
    check_image("tcm", image)
    x = torch.tensor(image).to(ready.device).permute(2, 0, 1)[None].float() / 255
    with repeatable(x.shape[-2] * x.shape[-1]):
        _, bits_y, bits_z = ready.model.estimate(padding.pad(x))
    return float(bits_y + bits_z) / 8
