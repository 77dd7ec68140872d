"""Data-parallel training: what one process of `torchrun` knows of the others, or that there are none.

Gradients are summed by one all-reduce after the backward pass. DistributedDataParallel would overlap the two, but
hides the loop's averages and its auxiliary loss, which is not worth it for these networks' gradients (at most 300 MB).

"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor

from lic_tcm.errors import UserError


class Share(NamedTuple):
    """What of a batch one process works on."""

    parts: range
    samples: range


@dataclass(frozen=True)
class Processes:
    """This process among those that train together."""

    rank: int
    count: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files."""
        return self.rank == 0

    def share(self, parts: int | None, batch: int) -> Share:
        """Return what of a batch is this process's; raises UserError when it cannot be shared evenly."""
        total = self.total_parts(parts)
        if total % self.count:
            raise UserError(f"parts: {total} cannot be shared by {self.count} processes; choose a multiple")
        if batch % total:
            raise UserError(f"batch: {batch} cannot be cut into {total} equal parts; choose a multiple")
        mine = range(self.rank * total // self.count, (self.rank + 1) * total // self.count)
        return Share(mine, range(mine.start * batch // total, mine.stop * batch // total))

    def total_parts(self, parts: int | None) -> int:
        """Parts of a batch: as the recipe says, or one per process."""
        return self.count if parts is None else parts

    def sum(self, tensors: list[Tensor]) -> None:
        """Replace tensors of one dtype by their sums over all processes."""
        if self.count == 1:
            return
        flat = torch.cat([t.reshape(-1) for t in tensors])
        dist.all_reduce(flat)
        for tensor, total in zip(tensors, torch.split(flat, [t.numel() for t in tensors]), strict=True):
            tensor.copy_(total.view_as(tensor))

    def highest(self, *values: float) -> list[float]:
        """Return each value's maximum over all processes."""
        if self.count == 1:
            return list(values)
        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(tensor, op=dist.ReduceOp.MAX)
        return [float(value) for value in tensor]


@contextmanager
def processes(device: str) -> Iterator[Processes]:
    """Join the processes that torchrun started, if it did; `device` is "auto", "cpu" or "cuda".

    Raises UserError when "cuda" is asked for and there is none.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("device: 'cuda' is asked for, but torch finds no CUDA device; set device: auto")
    cuda = device != "cpu" and torch.cuda.is_available()
    count = int(os.environ.get("WORLD_SIZE", "1"))
    place = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(place)
    if count == 1:
        yield Processes(0, 1, place)
        return
    dist.init_process_group("nccl" if cuda else "gloo")
    try:
        yield Processes(dist.get_rank(), count, place)
    finally:
        dist.destroy_process_group()
