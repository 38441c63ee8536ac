"""Overlap counts of every class, and the IoU that follows from them."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["overlap_counts", "iou_from_counts"]

_BYTE_VALUES = 256


def overlap_counts(pred: Tensor, label: Tensor, num_classes: int, *, ignore_index: int | None = None) -> Tensor:
    """Count, for every class, the voxels in the intersection, predicted and labelled.

    Counts add up: over batches, crops and processes, in any order. On a GPU the host
    does not wait for the result.

    Args:
        pred: predicted class ids, any shape, any integer dtype.
        label: class ids of the same shape, on the same device, any integer dtype.
            Voxels whose label is not one of ``0 .. num_classes - 1`` count nowhere,
            not even as predicted.
        num_classes: number of classes, background included.
        ignore_index: a label whose voxels count nowhere; only needed where it is one
            of ``0 .. num_classes - 1``.

    Returns:
        ``(num_classes, 3)`` int64 on the device of ``pred``: intersection, predicted,
        labelled. Zeros for absent classes and for empty input.

    Raises:
        ValueError: if the shapes differ or ``num_classes`` is not positive.
        TypeError: if ids are not of an integer dtype.

    Example:
        >>> overlap_counts(torch.tensor([0, 1, 1, 0]), torch.tensor([0, 1, 0, 255]), 2)
        tensor([[1, 1, 2],
                [1, 2, 1]])
    """
    _check_ids(pred, label, num_classes)
    if pred.device.type == "cpu" and num_classes < _BYTE_VALUES - 1:
        return _counts_by_table(pred, label, num_classes, ignore_index)
    return _counts_by_comparison(pred, label, num_classes, ignore_index)


def iou_from_counts(counts: Tensor) -> Tensor:
    """Intersection over union of every class, NaN where a class is neither predicted nor labelled.

    Args:
        counts: ``(C, 3)`` of :func:`overlap_counts`, or sums of such.

    Returns:
        ``(C,)`` float64 in ``[0, 1]`` or NaN, on the device of ``counts``.

    Example:
        >>> iou_from_counts(torch.tensor([[1, 2, 2], [0, 0, 0]]))
        tensor([0.3333,    nan], dtype=torch.float64)
    """
    intersection, predicted, labelled = counts.to(torch.float64).unbind(-1)
    return intersection / (predicted + labelled - intersection)


def _check_ids(pred: Tensor, label: Tensor, num_classes: int) -> None:
    if pred.shape != label.shape:
        raise ValueError(f"pred has shape {tuple(pred.shape)}, label {tuple(label.shape)}; expected the same")
    if num_classes < 1:
        raise ValueError(f"num_classes is {num_classes}; expected at least 1")
    for name, ids in (("pred", pred), ("label", label)):
        if ids.is_floating_point() or ids.is_complex() or ids.dtype == torch.bool:
            raise TypeError(f"{name} has dtype {ids.dtype}; expected class ids of an integer dtype")


def _counts_by_table(pred: Tensor, label: Tensor, num_classes: int, ignore_index: int | None) -> Tensor:
    """Count through one table of (label, pred) pairs: quickest on a CPU, but waits for the result."""
    other = num_classes
    if ignore_index is not None and 0 <= ignore_index < num_classes:
        label = torch.where(label == ignore_index, other, label)
    rows = _as_bytes(label, other)
    columns = _as_bytes(pred, other)
    size = other + 1
    if size**2 > _BYTE_VALUES:
        rows, columns = rows.to(torch.int32), columns.to(torch.int32)
    table = torch.bincount((rows * size + columns).flatten(), minlength=size**2).view(size, size)
    table = table[:num_classes]
    predicted, labelled = table.sum(0)[:num_classes], table.sum(1)
    return torch.stack([table.diagonal(), predicted, labelled], dim=1)


def _as_bytes(ids: Tensor, other: int) -> Tensor:
    """Return ids as uint8, with ``other`` for all that lie outside ``0 .. other - 1``."""
    if ids.dtype != torch.uint8:
        ids = ids.to(torch.int64).clamp(-1, other).to(torch.uint8)
    return ids.clamp(max=other)


def _counts_by_comparison(pred: Tensor, label: Tensor, num_classes: int, ignore_index: int | None) -> Tensor:
    """Count class by class, with nothing the host would have to wait for."""
    counted = (label >= 0) & (label < num_classes)
    if ignore_index is not None:
        counted &= label != ignore_index
    counts = []
    for class_id in range(num_classes):
        predicted = (pred == class_id) & counted
        labelled = (label == class_id) & counted
        both = predicted & labelled
        counts.append(torch.stack([torch.count_nonzero(mask) for mask in (both, predicted, labelled)]))
    return torch.stack(counts)
