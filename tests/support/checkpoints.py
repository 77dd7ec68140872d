"""Checkpoints as other people's trainings write them."""

from typing import Any


def training_checkpoint(model: Any) -> dict[str, Any]:
    """What CompressAI's examples/train.py saves of a network: its state beside those of two optimisers."""
    import torch

    optimizer = torch.optim.Adam([p for n, p in model.named_parameters() if not n.endswith(".quantiles")], lr=1e-4)
    aux = torch.optim.Adam([p for n, p in model.named_parameters() if n.endswith(".quantiles")], lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, "min")
    return {
        "epoch": 7,
        "state_dict": model.state_dict(),
        "loss": torch.tensor(1.5),
        "optimizer": optimizer.state_dict(),
        "aux_optimizer": aux.state_dict(),
        "lr_scheduler": scheduler.state_dict(),
    }
