"""Every block against the reference implementation's outputs and gradients."""

from collections.abc import Callable

import pytest
from support.reference import golden
from torch import Tensor, nn
from torch.nn import functional

from lic_tcm.nn import layers
from lic_tcm.nn.attention import Attention
from lic_tcm.nn.transforms import TCMStage
from lic_tcm.nn.window import SwinBlock, SwinPair, WindowAttention

BLOCKS: dict[str, Callable[[], nn.Module]] = {
    "wmsa_W_w8_hd8": lambda: WindowAttention(32, 8, 8, shifted=False),
    "wmsa_SW_w8_hd8": lambda: WindowAttention(32, 8, 8, shifted=True),
    "wmsa_W_w4_hd16": lambda: WindowAttention(32, 16, 4, shifted=False),
    "wmsa_SW_w4_hd16": lambda: WindowAttention(32, 16, 4, shifted=True),
    "wmsa_SW_w4_single_window": lambda: WindowAttention(32, 16, 4, shifted=True),
    "wmsa_SW_w4_single_row": lambda: WindowAttention(32, 32, 4, shifted=True),
    "block_W": lambda: SwinBlock(32, 8, 8, shifted=False),
    "block_SW": lambda: SwinBlock(32, 8, 8, shifted=True),
    "convtrans_W_w8": lambda: TCMStage(32, 8, 8, shifted=False),
    "convtrans_SW_w8": lambda: TCMStage(32, 8, 8, shifted=True),
    "convtrans_W_w4_hd32": lambda: TCMStage(64, 32, 4, shifted=False),
    "convtrans_SW_w4_hd32": lambda: TCMStage(64, 32, 4, shifted=True),
    "swinblock": lambda: SwinPair(32, 16, 8),
    "swatten": lambda: Attention("swatten", 40, squeeze=32),
    "attention_block": lambda: Attention("local", 32, squeeze=None),
    "rb": lambda: layers.ResidualBlock(16, 16),
    "rbs": lambda: layers.ResidualBlockWithStride(12, 16, 2),
    "rbs_same_channels": lambda: layers.ResidualBlockWithStride(16, 16, 2),
    "rbs_3ch": lambda: layers.ResidualBlockWithStride(3, 16, 2),
    "rbu": lambda: layers.ResidualBlockUpsample(12, 16, 2),
    "subpel": lambda: layers.subpel_conv3x3(16, 3, 2),
    "gdn": lambda: layers.GDN(16),
    "igdn": lambda: layers.GDN(16, inverse=True),
}


@pytest.mark.parametrize("case", BLOCKS)
def test_a_block_equals_the_reference(case: str) -> None:
    """Output, gradient of the input and gradients of the parameters are the reference's, within 1e-5."""
    data = golden(f"block_{case}")
    block = with_weights(BLOCKS[case](), data)
    check_against(data, block, data["input"])


def test_a_pair_of_blocks_pads_small_maps() -> None:
    """A 7x7 map is padded to one window: the reference's values, cropped back to 7x7."""
    data = golden("block_swinblock_7x7_pads_to_8x8")
    pair = with_weights(SwinPair(32, 16, 8), data)
    assert close(pair(data["input"]), data["output"][..., :7, :7])
    check_against(data, lambda x: pair(functional.pad(x, (0, 1, 0, 1))), data["input"], dict(pair.named_parameters()))


def with_weights(block: nn.Module, data: dict[str, Tensor]) -> nn.Module:
    """Fill a block's parameters, all of them, from `w:<key>`; the GDN files carry a prefix."""
    stored = {key[2:].removeprefix("gdn.").removeprefix("igdn.") if isinstance(block, layers.GDN) else key[2:]: value
              for key, value in data.items() if key.startswith("w:")}  # fmt: skip
    assert stored.keys() == dict(block.named_parameters()).keys()
    missing, unexpected = block.load_state_dict(stored, strict=False)
    assert not unexpected
    assert not set(missing) & set(stored)
    return block


def check_against(
    data: dict[str, Tensor],
    function: Callable[[Tensor], Tensor],
    x: Tensor,
    parameters: dict[str, nn.Parameter] | None = None,
) -> None:
    """Compare output and gradients of a function with the golden ones."""
    if parameters is None:
        assert isinstance(function, nn.Module)
        parameters = dict(function.named_parameters())
    x = x.clone().requires_grad_()
    output = function(x)
    (output * data["cotangent"]).sum().backward()
    assert close(output, data["output"])
    assert x.grad is not None
    assert close(x.grad, data["grad_input"])
    gradients = {key[2:]: value for key, value in data.items() if key.startswith("g:")}
    for key, expected in gradients.items():
        short = key if key in parameters else key.split(".", 1)[1]
        found = parameters[short].grad
        assert found is not None
        assert close(found, expected), key


def close(found: Tensor, expected: Tensor) -> bool:
    """Whether two tensors of one shape differ by at most 1e-5 of the largest expected value."""
    assert found.shape == expected.shape
    return bool((found - expected).abs().max() <= 1e-5 * expected.abs().max())
