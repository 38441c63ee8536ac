"""Metrics that MONAI does not have."""

from monai_adele.metrics.better_metric import better_metric
from monai_adele.metrics.dataset_iou import DatasetIoU
from monai_adele.metrics.memorization import memorization_counts

__all__ = ["DatasetIoU", "better_metric", "memorization_counts"]
