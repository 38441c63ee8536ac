"""The order of a data set's items, by epoch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler

__all__ = ["EpochSampler"]


class EpochSampler(Sampler[int]):
    """Gives every index once, in an order that depends on seed and epoch only.

    Args:
        num_items: number of items, at least 1.
        seed: any integer.
        shuffle: False for ascending order.

    Raises:
        ValueError: if ``num_items`` is below 1.

    Example:
        >>> sampler = EpochSampler(5, seed=0)
        >>> sampler.set_epoch(3)
        >>> list(sampler) == list(sampler), sorted(sampler)
        (True, [0, 1, 2, 3, 4])
    """

    def __init__(self, num_items: int, *, seed: int, shuffle: bool = True) -> None:
        if num_items < 1:
            raise ValueError(f"num_items: found {num_items}, expected at least 1")
        self.num_items = int(num_items)
        self.seed = int(seed)
        self.shuffle = shuffle
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch; takes effect when the sampler is next iterated.

        Args:
            epoch: counted from 1; 0 before the first.
        """
        self.epoch = int(epoch)

    def __len__(self) -> int:
        return self.num_items

    def __iter__(self) -> Iterator[int]:
        if not self.shuffle:
            return iter(range(self.num_items))
        digest = hashlib.sha256(f"order/{self.seed}/{self.epoch}".encode()).digest()
        generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
        return iter(generator.permutation(self.num_items).tolist())
