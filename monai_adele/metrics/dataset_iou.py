"""The IoU of a whole set of cases."""

from __future__ import annotations

from typing import Any

import torch
from monai.metrics import CumulativeIterationMetric
from torch import Tensor

from monai_adele.functional import iou_from_counts, overlap_counts

__all__ = ["DatasetIoU"]


class DatasetIoU(CumulativeIterationMetric):
    """IoU of each class over a set of cases: counts are summed first and divided last.

    MONAI's ``MeanIoU`` is the mean of the cases' own ratios, another number: there a case with
    three voxels of a class weighs as much as one with three thousand.

    Args:
        num_classes: number of classes ``C``, the background included.
        include_background: whether the mean over classes counts class 0.
        ignore_index: label value of voxels that are not counted.

    Raises:
        ValueError: if ``num_classes`` is below 2.

    Example:
        >>> metric = DatasetIoU(num_classes=3)
        >>> _ = metric(torch.tensor([[[0, 1, 1, 2]]]), torch.tensor([[[0, 1, 2, 2]]]))
        >>> metric.aggregate().item()
        0.5
    """

    def __init__(self, num_classes: int, *, include_background: bool = False, ignore_index: int | None = None) -> None:
        super().__init__()
        if num_classes < 2:
            raise ValueError(f"num_classes: found {num_classes}, expected at least 2, background and one class")
        self.num_classes = num_classes
        self.include_background = include_background
        self.ignore_index = ignore_index

    def _compute_tensor(self, y_pred: Tensor, y: Tensor | None = None, **kwargs: Any) -> Tensor:
        """Count the overlaps of a batch.

        Args:
            y_pred: predicted class ids, ``(B, 1, *spatial)``.
            y: labels, the same shape.
            kwargs: not used.

        Returns:
            Counts of each case, ``(B, C, 3)``.
        """
        if y is None:
            raise ValueError("DatasetIoU: found no label (y is None), expected one of the prediction's shape")
        pairs = zip(y_pred, y, strict=True)
        return torch.stack([self._counts(pred, label) for pred, label in pairs])

    def _counts(self, pred: Tensor, label: Tensor) -> Tensor:
        return overlap_counts(pred.long(), label.long(), num_classes=self.num_classes, ignore_index=self.ignore_index)

    def aggregate(self) -> Tensor:
        """Mean over the classes of the set's IoU.

        Returns:
            A scalar, NaN where no class was seen. Classes neither predicted nor labelled anywhere
            are left out of the mean.
        """
        per_class = self.per_class()
        return per_class[0 if self.include_background else 1 :].nanmean()

    def per_class(self) -> Tensor:
        """IoU of each class over the cases so far, ``(C,)``, NaN where a class was not seen."""
        counts = self.get_buffer()
        if not isinstance(counts, Tensor) or counts.numel() == 0:
            return torch.full((self.num_classes,), float("nan"), dtype=torch.float64)
        return iou_from_counts(counts.sum(dim=0))
