"""How strongly probabilities contradict the label of a class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["contradiction", "softmin_confidence"]

_SUREST = 0.9999
"""Beyond this a network's confidence is no evidence any more: the odds would grow without end."""

_TEMPERATURE = 0.1


def contradiction(given: NDArray[np.bool_], probs: NDArray[Any]) -> NDArray[np.float64]:
    """Return, voxel by voxel, how much likelier the opposite of a class's label is than the label.

    Args:
        given: where the class was drawn, ``(*spatial)``.
        probs: probability of the class, the same shape, in ``[0, 1]``.

    Returns:
        Logarithm of the odds against the label, at most that of 0.9999; 0 where the label is the likelier one.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> contradiction(np.array([True, True, False]), np.array([0.2, 0.9, 0.5])).round(2).tolist()
        [1.39, 0.0, 0.0]
    """
    if given.shape != probs.shape:
        raise ValueError(f"found shapes {given.shape} and {probs.shape}, expected one of both")
    clipped = np.clip(probs.astype(np.float64), 1.0 - _SUREST, _SUREST)
    odds = np.log(clipped) - np.log1p(-clipped)
    against: NDArray[np.float64] = np.maximum(np.where(given, -odds, odds), 0.0)
    return against


def softmin_confidence(given: NDArray[np.bool_], probs: NDArray[Any]) -> float:
    """Return the confidence in the label of a class where it is lowest, softly.

    The mean of the label's probability over the voxels that were drawn or are predicted, each weighted by
    ``exp((1 - probability) / 0.1)``; Lad and Mueller (cleanlab, 2023) take it over whole images.

    Args:
        given: where the class was drawn, ``(*spatial)``.
        probs: probability of the class, the same shape.

    Returns:
        Confidence in ``[0, 1]``; NaN where the class is neither drawn nor predicted.

    Example:
        >>> round(softmin_confidence(np.array([True, True]), np.array([0.5, 1.0])), 2)
        0.5
    """
    region = given | (probs > 0.5)
    confidence = np.where(given, probs, 1.0 - probs)[region].astype(np.float64)
    if confidence.size == 0:
        return float("nan")
    weights = np.exp((confidence.min() - confidence) / _TEMPERATURE)
    return float((confidence * weights).sum() / weights.sum())
