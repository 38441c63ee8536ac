"""Count the crops that teach nothing."""

from __future__ import annotations

import logging

import ignite.distributed as idist
import torch
from ignite.engine import Engine
from torch import Tensor

__all__ = ["IgnoredSamples"]


class IgnoredSamples:
    """Counts the samples of a training in which every voxel is ignored, on the device and without waiting for it.

    Args:
        ignore_index: label of voxels that are not counted; None counts nothing.
    """

    def __init__(self, ignore_index: int | None) -> None:
        self.ignore_index = ignore_index
        self._epoch: Tensor | None = None
        self._run = (0, 0)

    def count(self, label: Tensor) -> None:
        """Count the samples of a batch.

        Args:
            label: class ids, ``(B, 1, *spatial)``.
        """
        if self.ignore_index is None:
            return
        empty = (label == self.ignore_index).flatten(1).all(dim=1)
        counts = torch.stack([empty.sum(), torch.ones_like(empty).sum()])
        self._epoch = counts if self._epoch is None else self._epoch + counts

    def finish_epoch(self, engine: Engine) -> None:
        """Publish ``ignored_samples``, their number in the epoch over all processes, in the engine's metrics.

        Args:
            engine: the trainer.
        """
        if self.ignore_index is None:
            return
        own = torch.zeros(2, dtype=torch.int64, device=engine.state.device) if self._epoch is None else self._epoch
        empty, samples = torch.as_tensor(idist.all_reduce(own)).tolist()
        engine.state.metrics["ignored_samples"] = float(empty)
        self._run, self._epoch = (self._run[0] + empty, self._run[1] + samples), None

    def tell(self) -> None:
        """Warn, if there were any, how many there were since the training was started or resumed."""
        empty, samples = self._run
        if empty and idist.get_rank() == 0:
            logging.getLogger(__name__).warning(
                "%d of %d training samples held no voxel but those of the ignored id %s, and taught nothing; "
                "crop where there are labels, if there are many",
                empty,
                samples,
                self.ignore_index,
            )
