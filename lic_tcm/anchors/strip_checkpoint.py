"""Keep the tensors of a checkpoint alone: `python -m lic_tcm.anchors.strip_checkpoint FILE OUT`.

It loads the file as torch does by default elsewhere, which runs code that lies in it: only for files you trust.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def tensors(held: Any) -> Any:
    """Tables and tensors of what a file holds; a whole network becomes its state_dict, all else is left out."""
    import torch

    if isinstance(held, torch.nn.Module):
        return dict(held.state_dict())
    if isinstance(held, Mapping):
        kept = {key: tensors(value) for key, value in held.items()}
        return {key: value for key, value in kept.items() if value is not None}
    return held if isinstance(held, torch.Tensor) else None


def main() -> int:
    """Read the first file, write the second."""
    import torch

    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    source, target = map(Path, sys.argv[1:])
    if target.exists():
        print(f"{target} exists: choose another name", file=sys.stderr)
        return 2
    torch.save(tensors(torch.load(source, map_location="cpu", weights_only=False)), target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
