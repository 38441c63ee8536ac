"""Which labels are likely to be wrong, and what they should be: confident learning."""

from __future__ import annotations

import torch
from torch import Tensor


@torch.no_grad()
def likely_labels(probs: Tensor, label: Tensor, *, ignore_index: int | None = None) -> Tensor:
    """Return the label with each voxel of an off-diagonal entry of the confident joint moved to its likely class.

    A class is likely for a voxel if its probability reaches the mean that it has over the voxels with that label;
    among several, the most probable. A voxel whose most probable class is its own label stays as it is. Northcutt,
    Jiang and Chuang, *Confident learning*, JAIR 2021; the thresholds are those of the batch. A class without a voxel
    in the batch is likely nowhere.

    Args:
        probs: ``(B, C, *spatial)``, in ``[0, 1]``.
        label: class ids, ``(B, *spatial)``, int64.
        ignore_index: label value of voxels that do not count and stay.

    Returns:
        Class ids of the same shape.

    Example:
        >>> probs = torch.tensor([[[0.9, 0.8, 0.1, 0.2], [0.1, 0.2, 0.9, 0.8]]])
        >>> likely_labels(probs, torch.tensor([[0, 0, 0, 1]])).tolist()
        [[0, 0, 1, 1]]
    """
    counted = torch.ones_like(label, dtype=torch.bool) if ignore_index is None else label != ignore_index
    flat, ids = probs.movedim(1, -1)[counted].double(), label[counted]
    given = torch.nn.functional.one_hot(ids, flat.shape[1])
    sizes = given.sum(dim=0)
    thresholds = torch.where(sizes > 0, (flat * given).sum(dim=0) / sizes.clamp(min=1), 2.0)
    likely = flat >= thresholds - 1e-6
    best = torch.where(likely, flat, -1.0).argmax(dim=1)
    moved = likely.any(dim=1) & (flat.argmax(dim=1) != ids)
    result = label.clone()
    result[counted] = torch.where(moved, best, ids)
    return result
