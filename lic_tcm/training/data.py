"""Random crops, decoded ahead by threads. What is drawn is a function of (seed, number of the sample) and nothing else,
so a resumed run, or one on more processes, sees the same crops without any state being kept.
"""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lic_tcm.anchors.codec import UInt8Image
from lic_tcm.training.sources import Source, random_crop

AHEAD = 4  # batches decoded in advance
_ORDER, _PLACE, _NOISE = 0, 1, 2  # the uses of the seed


def rng_of(seed: int, use: int, *numbers: int) -> np.random.Generator:
    """A random generator that depends on its arguments alone."""
    return np.random.default_rng((seed, use, *numbers))


def noise_seed(seed: int, step: int, part: int) -> int:
    """Seed of torch's noise in one part of one step's batch."""
    return int(rng_of(seed, _NOISE, step, part).integers(2**63))


class Crops:
    """Sample n of the training set: every image once per epoch, in random order, cropped at a random place."""

    def __init__(self, source: Source, crop: int, seed: int) -> None:
        self.source = source
        self.crop = crop
        self.seed = seed
        self._order = lru_cache(maxsize=2)(self._permutation)

    def _permutation(self, epoch: int) -> npt.NDArray[Any]:
        return rng_of(self.seed, _ORDER, epoch).permutation(len(self.source))

    def image_of(self, n: int) -> int:
        """Number of the image that sample n is cut from."""
        epoch, i = divmod(n, len(self.source))
        return int(self._order(epoch)[i])

    def sample(self, n: int) -> UInt8Image:
        """Pixels of sample n (crop, crop, 3)."""
        return random_crop(self.source.image(self.image_of(n)), self.crop, rng_of(self.seed, _PLACE, n))

    def names(self, samples: range) -> list[str]:
        """The images samples are cut from, for messages."""
        return [self.source.name(self.image_of(n)) for n in samples]


def batches(crops: Crops, batch: int, first_step: int, share: range, workers: int) -> Generator[Tensor, None, None]:
    """Yield this process's share of each step's batch from `first_step` on: (len(share), 3, crop, crop), uint8.

    `share` says which of the samples 0 .. batch - 1 of a step are this process's.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="decode")
    try:
        waiting: deque[list[Future[UInt8Image]]] = deque()
        step = first_step
        while True:
            while len(waiting) < AHEAD:
                waiting.append([pool.submit(crops.sample, step * batch + i) for i in share])
                step += 1
            images = np.stack([future.result() for future in waiting.popleft()])
            yield torch.from_numpy(images).permute(0, 3, 1, 2)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
