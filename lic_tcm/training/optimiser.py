"""The optimiser of the weights: Adam, as in the paper, or Muon for the matrices and Adam for the rest."""

from typing import Any

from torch import Tensor, nn
from torch.optim import Adam

from lic_tcm.nn.model import Model
from lic_tcm.training.muon import Muon

NOT_MATRICES = ("entropy_bottleneck.", "relative_position_params", "gdn")  # of two or more dimensions all the same
MIN_ROWS = 16  # smaller outputs, such as three colours, are no matrices to make orthogonal


class Optimiser:
    """Adam on all weights but the quantiles; with `muon_lr`, Muon on convolutions and linear layers."""

    def __init__(self, model: Model, lr: float, muon_lr: float | None) -> None:
        named = main_parameters(model)
        self.parameters = list(named.values())
        matrices = {} if muon_lr is None else {name: p for name, p in named.items() if _is_matrix(name, p)}
        self._rates = (lr, muon_lr or 0.0)
        self._adam = Adam([p for name, p in named.items() if name not in matrices], lr=lr, fused=True)
        self._muon = Muon(matrices.values(), lr=muon_lr) if muon_lr is not None else None

    @property
    def lr(self) -> float:
        """Adam's learning rate now."""
        rate: float = self._adam.param_groups[0]["lr"]
        return rate

    def set_lr(self, lr: float) -> None:
        """Set Adam's rate, and Muon's in proportion."""
        self._adam.param_groups[0]["lr"] = lr
        if self._muon:
            self._muon.param_groups[0]["lr"] = self._rates[1] * lr / self._rates[0]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for p in self.parameters:
            p.grad = None

    def step(self) -> None:
        """Change the weights by their gradients."""
        self._adam.step()
        if self._muon:
            self._muon.step()

    def state_dict(self) -> dict[str, Any]:
        """The state, for `load_state_dict`."""
        return {"adam": self._adam.state_dict(), "muon": self._muon.state_dict() if self._muon else None}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state."""
        self._adam.load_state_dict(state["adam"])
        if self._muon:
            self._muon.load_state_dict(state["muon"])


def main_parameters(model: Model) -> dict[str, nn.Parameter]:
    """What the rate-distortion loss trains, by name."""
    return {name: p for name, p in model.named_parameters() if not name.endswith("quantiles")}


def _is_matrix(name: str, p: Tensor) -> bool:
    return p.ndim in (2, 4) and p.shape[0] >= MIN_ROWS and not any(part in name for part in NOT_MATRICES)
