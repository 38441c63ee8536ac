"""How strongly probabilities contradict a label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["contradiction", "softmin_confidence"]

_SUREST = 0.9999
"""Beyond this a network's confidence is no evidence any more: the odds would grow without end."""

_TEMPERATURE = 0.1


def contradiction(label: NDArray[Any], probs: NDArray[Any]) -> NDArray[np.float64]:
    """Return, voxel by voxel, how strongly probabilities speak against a label.

    That is the logarithm of the odds against the given class, squared: of what was tried this told wrong labels
    from right ones best. All other classes count together, so that a structure that was forgotten is seen also
    where the network cannot tell which one it is.

    Args:
        label: given class ids, ``(*spatial)``, below C.
        probs: ``(C, *spatial)``, probabilities that sum to 1.

    Returns:
        At least 0, at most 85; 0 where the given class is the likeliest, or as likely as all others together.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> probs = np.array([[0.2, 0.9], [0.8, 0.1]])
        >>> contradiction(np.array([0, 0]), probs).round(2).tolist()
        [1.92, 0.0]
    """
    if label.shape != probs.shape[1:]:
        raise ValueError(f"found a label of {label.shape} and probabilities of {probs.shape[1:]}, expected one shape")
    own = np.take_along_axis(probs, label[None].astype(np.int64), axis=0)[0].astype(np.float64)
    clipped = np.clip(own, 1.0 - _SUREST, _SUREST)
    odds = np.maximum(np.log1p(-clipped) - np.log(clipped), 0.0)
    against: NDArray[np.float64] = np.where(probs.argmax(axis=0) != label, odds**2, 0.0)
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
