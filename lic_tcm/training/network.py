"""The network as it is trained: the model, its main transforms faster or with less memory."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from lic_tcm.nn.model import Config, Model
from lic_tcm.training.recipe import Recipe


class TrainedModel(Model):
    """The model, with bfloat16 and recomputation for g_a and g_s in training mode; in evaluation mode it is `Model`.

    The hyper path and the slices decide the symbols and stay in float32.
    """

    def __init__(self, config: Config, recipe: Recipe) -> None:
        super().__init__(config)
        self.bf16 = recipe.bf16
        self.recompute = recipe.gradient_checkpointing

    def analyse(self, x: Tensor) -> Tensor:
        """As `Model.analyse`."""
        return self._run(super().analyse, x)

    def synthesise(self, y_hat: Tensor) -> Tensor:
        """As `Model.synthesise`."""
        return self._run(super().synthesise, y_hat)

    def _run(self, transform: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        if not self.training:
            return transform(x)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.bf16):
            if not self.recompute:
                return transform(x).float()
            out: Tensor = checkpoint(transform, x, use_reentrant=False, preserve_rng_state=False)
            return out.float()
