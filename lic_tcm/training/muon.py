"""Muon (Jordan 2024, kellerjordan.github.io/posts/muon): momentum whose singular values are all made one.

torch.optim.Muon takes matrices one by one, in bfloat16. Here those of one shape are worked on at once, in float32: for
the 376 matrices of `nano` on a CPU (AMD EPYC, one thread, two threads) 0.09 s and 0.14 s a step for 0.18 s and 0.41 s.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic iteration: singular values end between 0.7 and 1.2
ITERATIONS = 5


class Muon(Optimizer):
    """Optimiser of matrices; a convolution is the matrix (outputs, inputs x rows x columns).

    Each step is lr * sqrt(max(1, rows / columns)) times an orthogonal matrix, from Nesterov's momentum.
    """

    def __init__(self, matrices: Iterable[nn.Parameter], lr: float, momentum: float = 0.95) -> None:
        super().__init__(matrices, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Change the weights by their gradients."""
        assert closure is None, "Muon evaluates nothing itself"
        for group in self.param_groups:
            alike: dict[tuple[int, ...], list[nn.Parameter]] = defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    alike[tuple(p.shape)].append(p)
            for matrices in alike.values():
                self._step(matrices, group["lr"], group["momentum"])

    def _step(self, matrices: list[nn.Parameter], lr: float, momentum: float) -> None:
        """Change matrices of one shape."""
        updates = torch.stack([self._momentum(p, momentum).flatten(1) for p in matrices])
        rows, columns = updates.shape[1:]
        updates = orthogonal(updates) * (lr * max(1, rows / columns) ** 0.5)
        for p, update in zip(matrices, updates, strict=True):
            p.sub_(update.view_as(p))

    def _momentum(self, p: nn.Parameter, momentum: float) -> Tensor:
        """Take the gradient into the running mean; return Nesterov's mixture of the two."""
        assert p.grad is not None
        state = self.state[p]
        mean: Tensor = state.setdefault("momentum_buffer", torch.zeros_like(p))
        mean.lerp_(p.grad, 1 - momentum)
        return p.grad.lerp(mean, momentum)


def orthogonal(x: Tensor) -> Tensor:
    """Return matrices (n, rows, columns) with the singular vectors of x and singular values near one."""
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp_min(1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(ITERATIONS):
        square = x @ x.mT
        x = a * x + torch.baddbmm(square, square, square, beta=b, alpha=c) @ x
    return x.mT if tall else x
