"""How sure a network is of each class that it predicts."""

from __future__ import annotations

import torch
from torch import Tensor

from monai_adele.functional.predicted_classes import predicted_classes

__all__ = ["confidence_sums", "mean_confidence"]

_UNITS = 2**16  # whole numbers add up to the same sum in any order


def confidence_sums(scores: Tensor, label: Tensor, *, ignore_index: int | None = None, step: int = 2) -> Tensor:
    """Sum, by class, the probability of the voxels predicted as it; of every other voxel of each axis.

    Sums add up: over batches, crops and processes, in any order. On a GPU the host does not wait for
    the result.

    Args:
        scores: logits, ``(B, C, *spatial)``.
        label: class ids, ``(B, 1, *spatial)``, any integer dtype; only asked for voxels to ignore.
        ignore_index: label of voxels that are not counted.
        step: every how many voxels of each axis one is looked at; 1 for all.

    Returns:
        ``(C, 2)`` int64 on the device of ``scores``: the sum in units of 2^-16, and the number of voxels.

    Raises:
        ValueError: if the shapes do not fit.

    Example:
        >>> scores = torch.tensor([[[0.0, 2.0], [1.0, 0.0]]])
        >>> mean_confidence(confidence_sums(scores, torch.tensor([[[1, 0]]]), step=1)).numpy().round(3)
        array([0.881, 0.731])
    """
    if scores.ndim < 3 or label.shape != (len(scores), 1, *scores.shape[2:]):
        raise ValueError(
            f"scores {tuple(scores.shape)}, label {tuple(label.shape)}: expected (B, C, *spatial), (B, 1, …)"
        )
    every = (slice(None), slice(None), *[slice(None, None, step)] * (scores.ndim - 2))
    with torch.no_grad():
        by_class = scores[every].float().transpose(0, 1).flatten(1)  # (C, voxels)
        best, pred = by_class[0].clone(), predicted_classes(by_class[None])[0, 0]
        for others in by_class[1:]:
            torch.maximum(best, others, out=best)
        units = (by_class - best).exp_().sum(0).reciprocal_().mul_(_UNITS).round_()
        counted = torch.isfinite(best)
        if ignore_index is not None:
            counted &= (label[every] != ignore_index).flatten()
        sums = torch.zeros(2, scores.shape[1], dtype=torch.int64, device=scores.device)
        sums[0].index_add_(0, pred.int(), torch.where(counted, units, 0).long())
        sums[1].index_add_(0, pred.int(), counted.long())
    return sums.T.contiguous()


def mean_confidence(sums: Tensor) -> Tensor:
    """Return the mean probability of what is predicted as each class.

    Args:
        sums: ``(C, 2)`` of :func:`confidence_sums`, or sums of such.

    Returns:
        ``(C,)`` float64 in ``[0, 1]``; NaN for a class that is predicted nowhere.

    Example:
        >>> mean_confidence(torch.tensor([[3 * 2**15, 2], [0, 0]]))
        tensor([0.7500,    nan], dtype=torch.float64)
    """
    units, voxels = sums.double().unbind(-1)
    return units / voxels / _UNITS
