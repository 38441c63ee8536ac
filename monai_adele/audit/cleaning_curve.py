"""How labels get better as more of their cases are drawn anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CleaningCurve", "cleaning_curve"]

Array = NDArray[np.float64]

_BAND = (5.0, 95.0)


@dataclass(frozen=True)
class CleaningCurve:
    """Mean IoU of a data set's labels with the truth, when more and more cases are drawn anew.

    Attributes:
        ordered: cleaned in a given order, ``(N + 1,)``: of none of the N cases, of the first, ..., of all.
        random: the mean over random orders, the same shape.
        low: 5th percentile of those.
        high: 95th percentile.
    """

    ordered: Array
    random: Array
    low: Array
    high: Array

    @property
    def shares(self) -> Array:
        """Share of the cases that were cleaned, from 0 to 1, ``(N + 1,)``."""
        return np.linspace(0.0, 1.0, len(self.ordered))

    def share_needed(self, part: float = 0.5) -> tuple[float, float]:
        """Share of the cases to clean until a part of what the labels lack to the truth is won.

        Args:
            part: of the distance from the first to the last value, in ``(0, 1]``.

        Returns:
            In the given order, and in a random one; NaN where the labels lack nothing.

        Raises:
            ValueError: if the part is out of range.
        """
        if not 0 < part <= 1:
            raise ValueError(f"part: found {part}, expected a number above 0, up to 1")
        first, last = self.ordered[0], self.ordered[-1]
        if not last > first:
            return float("nan"), float("nan")
        wanted = first + part * (last - first) - 1e-12
        ordered, random = (float(self.shares[np.argmax(curve >= wanted)]) for curve in (self.ordered, self.random))
        return ordered, random


def cleaning_curve(
    counts: NDArray[np.integer[Any]], order: Sequence[int], *, draws: int = 200, seed: int = 0
) -> CleaningCurve:
    """Simulate that cases are drawn anew, one after the other, each as the truth is.

    The quality of the labels of all cases together is the mean over the classes, background left out, of the IoU with
    the truth; a class that is nowhere does not count. It says how good labels are, not how good a network becomes
    that is trained on them.

    Args:
        counts: ``(N, C, 3)``, of each case :func:`monai_adele.functional.overlap_counts` of its given label with the
            truth: intersection, given, true voxels of each class.
        order: indices of the cases, which to clean first standing first.
        draws: of random orders to compare with.
        seed: of those.

    Raises:
        ValueError: if the shape is another, or the order does not name each case once.

    Example:
        >>> counts = np.array([[[9, 9, 9], [1, 1, 1]], [[8, 9, 8], [0, 0, 1]]])
        >>> cleaning_curve(counts, [1, 0]).ordered.tolist()
        [0.5, 1.0, 1.0]
    """
    if counts.ndim != 3 or counts.shape[2] != 3 or not len(counts) or counts.shape[1] < 2:
        raise ValueError(f"counts: found shape {counts.shape}, expected (cases, classes, 3) with two classes at least")
    if sorted(order) != list(range(len(counts))):
        raise ValueError(f"order: found {len(order)} indices, expected each of 0 to {len(counts) - 1} once")
    if draws < 1:
        raise ValueError(f"draws: found {draws}, expected at least 1")
    rng = np.random.default_rng(seed)
    random = np.stack([_curve(counts, rng.permutation(len(counts))) for _ in range(draws)])
    low, high = np.percentile(random, _BAND, axis=0)
    return CleaningCurve(_curve(counts, np.asarray(order)), random.mean(axis=0), low, high)


def _curve(counts: NDArray[np.integer[Any]], order: NDArray[np.integer[Any]]) -> Array:
    foreground = counts[:, 1:].astype(np.int64)
    cleaned = np.repeat(foreground[..., 2:], 3, axis=2)
    steps = np.cumsum((cleaned - foreground)[order], axis=0)
    sums = foreground.sum(axis=0) + np.concatenate([np.zeros_like(steps[:1]), steps])
    both, given, true = np.moveaxis(sums, 2, 0)
    union = given + true - both
    occurs = union > 0
    iou = np.where(occurs, both / np.maximum(union, 1), 0.0)
    quality: Array = iou.sum(axis=1) / np.maximum(occurs.sum(axis=1), 1)
    return quality
