"""Muon."""

import torch
from torch import nn

from lic_tcm.training.muon import Muon, orthogonal


def test_steps_are_those_of_torch() -> None:
    """Three steps of two matrices and a convolution are torch.optim.Muon's, up to its bfloat16."""
    torch.manual_seed(0)
    values = [torch.randn(16, 40), torch.randn(16, 40), torch.randn(40, 4, 2, 2)]
    ours = [nn.Parameter(value.clone()) for value in values]
    theirs = [nn.Parameter(value.flatten(1).clone()) for value in values]
    optimisers = (Muon(ours, lr=1e-2), torch.optim.Muon(theirs, lr=1e-2, weight_decay=0.0))
    for _ in range(3):
        for one, two in zip(ours, theirs, strict=True):
            one.grad = torch.randn_like(one)
            two.grad = one.grad.flatten(1).clone()
        for optimiser in optimisers:
            optimiser.step()
    for one, two, before in zip(ours, theirs, values, strict=True):
        moved = (two.detach() - before.flatten(1)).norm()
        assert moved > 0.05
        assert (one.detach().flatten(1) - two.detach()).norm() < 0.05 * moved


def test_orthogonal_keeps_singular_vectors() -> None:
    """Singular values come near one; what the matrix did not reach stays unreached; tall and wide are alike."""
    torch.manual_seed(0)
    x = torch.randn(3, 12, 20)
    x[1, 6:] = 0
    y = orthogonal(x)
    values = torch.linalg.svdvals(y)
    assert float(values[[0, 2]].min()) > 0.6
    assert float(values.max()) < 1.3
    assert float(values[1, 6:].max()) < 1e-5
    torch.testing.assert_close(orthogonal(x.mT), y.mT)
    u, _, v = torch.linalg.svd(x[0], full_matrices=False)
    core = u.mT @ y[0] @ v.mT
    torch.testing.assert_close(core, core.diag().diag(), rtol=0, atol=1e-4)


def test_a_matrix_without_gradient_stays() -> None:
    """What had no part in the loss is not moved."""
    still, moving = nn.Parameter(torch.ones(4, 4)), nn.Parameter(torch.ones(4, 4))
    moving.grad = torch.eye(4)
    Muon([still, moving], lr=0.1).step()
    assert torch.equal(still, torch.ones(4, 4))
    assert not torch.equal(moving, torch.ones(4, 4))
