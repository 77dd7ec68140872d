"""Named ways of padding an image to sides the model takes; a stream records which one it was coded with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a config is checked without loading torch
    from torch import Tensor


@dataclass(frozen=True)
class Padding:
    """Pads both sides up to a multiple."""

    name: str
    multiple: int
    centred: bool  # else right and below only
    mode: str  # of torch.nn.functional.pad: "replicate" (the edge pixels) or "constant" (zeros)

    def padded(self, height: int, width: int) -> tuple[int, int]:
        """Return the sides after padding."""
        return height + -height % self.multiple, width + -width % self.multiple

    def pad(self, x: "Tensor") -> "Tensor":
        """Pad x (B, C, H, W)."""
        from torch.nn import functional

        top, left = self._offset(x.shape[-2], x.shape[-1])
        height, width = self.padded(x.shape[-2], x.shape[-1])
        border = (left, width - x.shape[-1] - left, top, height - x.shape[-2] - top)
        return functional.pad(x, border, mode=self.mode)

    def crop(self, x: "Tensor", height: int, width: int) -> "Tensor":
        """Cut the image of height x width out of a padded x (B, C, H', W')."""
        top, left = self._offset(height, width)
        return x[..., top : top + height, left : left + width]

    def _offset(self, height: int, width: int) -> tuple[int, int]:
        """Rows above and columns left of the image."""
        if not self.centred:
            return 0, 0
        return (-height % self.multiple) // 2, (-width % self.multiple) // 2


PADDINGS: dict[str, Padding] = {
    padding.name: padding
    for padding in (
        Padding("replicate", multiple=64, centred=False, mode="replicate"),  # ours: fewest pixels, no edge
        Padding("paper", multiple=128, centred=True, mode="constant"),  # of the paper's evaluation
    )
}
