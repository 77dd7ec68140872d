"""Train a narrow model for a while, as CompressAI's examples/train.py does, and save what that saves."""

import argparse
from pathlib import Path
from typing import Any

import torch
from compressai.models import CompressionModel, MeanScaleHyperprior
from own_model import Gated
from torch import Tensor

from lic_tcm.datasets.manifest import load, read_manifest

CROP, BATCH = 64, 8


def main() -> None:
    """Read the command line; train and save a network for each lambda."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path, help="manifest that `lic-tcm fetch` wrote")
    parser.add_argument("lmbda", type=float, nargs="+")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--own", action="store_true", help="train own_model.py instead of CompressAI's class")
    parser.add_argument("--out", required=True, help="file to write, with {point} for the lambda")
    chosen = parser.parse_args()
    images = [torch.from_numpy(load(one)).permute(2, 0, 1).float() / 255 for one in read_manifest(chosen.images)]
    for lmbda in chosen.lmbda:
        torch.manual_seed(0)
        net = Gated(32, 48) if chosen.own else MeanScaleHyperprior(32, 48)
        checkpoint = train(net, images, lmbda, chosen.steps)
        path = Path(chosen.out.replace("{point}", f"{lmbda:g}"))
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(checkpoint, path)
        print(f"{path}: {chosen.steps} steps at lambda {lmbda:g}, loss {float(checkpoint['loss']):.3f}")


def train(net: CompressionModel, images: list[Tensor], lmbda: float, steps: int) -> dict[str, Any]:
    """Minimise rate + lambda * distortion on random crops; returns what CompressAI's examples/train.py saves."""
    named = dict(net.named_parameters())
    optimizer = torch.optim.Adam([p for name, p in named.items() if not name.endswith("quantiles")], lr=1e-3)
    aux_optimizer = torch.optim.Adam([p for name, p in named.items() if name.endswith("quantiles")], lr=1e-2)
    loss = torch.tensor(0.0)
    for _ in range(steps):
        x = torch.stack([crop(images[int(torch.randint(len(images), ()))]) for _ in range(BATCH)])
        out = net(x)
        bpp = sum(-one.log2().sum() for one in out["likelihoods"].values()) / (BATCH * CROP * CROP)
        loss = bpp + lmbda * 255**2 * (out["x_hat"] - x).square().mean()
        optimizer.zero_grad()
        aux_optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        net.aux_loss().backward()
        aux_optimizer.step()
    return {
        "epoch": steps,
        "state_dict": net.state_dict(),
        "loss": loss.detach(),
        "optimizer": optimizer.state_dict(),
        "aux_optimizer": aux_optimizer.state_dict(),
        "lr_scheduler": torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, "min").state_dict(),
    }


def crop(image: Tensor) -> Tensor:
    """A random square of an image (3, H, W)."""
    top, left = (int(torch.randint(side - CROP + 1, ())) for side in image.shape[1:])
    return image[:, top : top + CROP, left : left + CROP]


if __name__ == "__main__":
    main()
