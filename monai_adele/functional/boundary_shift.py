"""How far a prediction moves the boundaries of a label."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from monai_adele.functional.counts import overlap_counts

__all__ = ["boundary_shift_voxels"]


def boundary_shift_voxels(
    label: Tensor, pred: Tensor, num_classes: int, *, allowance: float = 0.0, ignore_index: int | None = None
) -> dict[int, float]:
    """Return by how many voxels, on average, a prediction moves the boundary of each structure.

    That is the number of voxels in which the prediction contradicts the label of a class, added or missing, divided
    by the number of voxels on the class's boundary: those with a neighbour of another class at one of
    their faces. The edge of the image is none. Ours; in the paper, any class with an onset is corrected.

    The mean over a short boundary says little: a network that is unsure of a structure moves twenty voxels by more
    than one, by chance. With an ``allowance`` the mean is divided by ``1 + allowance / sqrt(boundary voxels)``.

    Args:
        label: class ids, ``(*spatial)``, any integer dtype.
        pred: predicted class ids, same shape, any integer dtype.
        num_classes: number of classes, background included.
        allowance: how much less a short boundary counts, at least 0; 0 for the plain mean.
        ignore_index: label of voxels that do not contradict.

    Returns:
        Voxels by class id, for the classes that occur in the label; infinity for one that has no boundary
        since it fills the image, and is contradicted.

    Raises:
        ValueError: if the shapes differ, or the allowance is below 0.
        TypeError: if ids are not of an integer dtype.

    Example:
        >>> label = torch.tensor([[0, 1, 1, 1, 0, 0]])
        >>> boundary_shift_voxels(label, torch.tensor([[0, 1, 1, 1, 1, 0]]), 2)[1]
        0.5
    """
    if not allowance >= 0:
        raise ValueError(f"allowance: found {allowance}, expected a number of at least 0")
    counts = overlap_counts(pred, label, num_classes, ignore_index=ignore_index)
    both, predicted, labelled = counts.unbind(-1)
    contradicted = (predicted + labelled - 2 * both).tolist()
    edges = label[_boundary(label)].long()
    edges = edges[(edges >= 0) & (edges < num_classes)]
    boundary = torch.bincount(edges, minlength=num_classes).tolist()
    return {c: _ratio(contradicted[c], boundary[c], allowance) for c in range(num_classes) if int(labelled[c]) > 0}


def _boundary(label: Tensor) -> Tensor:
    """Where a neighbour at one of the faces holds another class id."""
    boundary = torch.zeros_like(label, dtype=torch.bool)
    for axis, size in enumerate(label.shape):
        differs = label.narrow(axis, 1, size - 1) != label.narrow(axis, 0, size - 1)
        boundary.narrow(axis, 1, size - 1).logical_or_(differs)
        boundary.narrow(axis, 0, size - 1).logical_or_(differs)
    return boundary


def _ratio(contradicted: int, boundary: int, allowance: float) -> float:
    if contradicted == 0:
        return 0.0
    return contradicted / (boundary + allowance * math.sqrt(boundary)) if boundary else math.inf
