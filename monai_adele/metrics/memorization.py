"""Early learning and memorization, where the truth is known."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["memorization_counts"]


def memorization_counts(
    pred: Tensor, given: Tensor, truth: Tensor, *, num_classes: int, ignore_index: int | None = None
) -> Tensor:
    """Count, class by class, what the network says where the given label is wrong.

    A wrongly labelled voxel concerns the class it was given and the class it truly has, and is
    counted for both. Liu et al. (CVPR 2022) plot the same shares, for the true class.

    Args:
        pred: predicted class ids, any shape, integers.
        given: labels as they were given, the same shape.
        truth: right labels, the same shape.
        num_classes: number of classes ``C``.
        ignore_index: value of given or true voxels that are not counted.

    Returns:
        ``(C, 3)`` int64 on the device of ``pred``: voxels that concern the class and whose given
        label is wrong; among them, those where ``pred`` is the truth (early learning); those
        where it repeats the given label (memorization). Divide last; 0 wrong voxels give NaN.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> given, truth = torch.tensor([1, 0, 2, 1]), torch.tensor([1, 1, 1, 0])
        >>> memorization_counts(torch.tensor([1, 1, 2, 2]), given, truth, num_classes=3).tolist()
        [[2, 1, 0], [3, 1, 1], [1, 0, 1]]
    """
    if not pred.shape == given.shape == truth.shape:
        raise ValueError(
            f"memorization_counts: found shapes {tuple(pred.shape)}, {tuple(given.shape)} and "
            f"{tuple(truth.shape)}, expected one shape"
        )
    wrong = given != truth
    if ignore_index is not None:
        wrong = wrong & (given != ignore_index) & (truth != ignore_index)
    pred, given, truth = pred[wrong], given[wrong], truth[wrong]  # few voxels: the rest costs little
    right, repeated = pred == truth, pred == given
    rows = []
    for c in range(num_classes):
        concerned = (given == c) | (truth == c)
        rows.append(torch.stack([concerned.sum(), (concerned & right).sum(), (concerned & repeated).sum()]))
    return torch.stack(rows)
