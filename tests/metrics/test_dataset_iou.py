"""Tests of DatasetIoU."""

from __future__ import annotations

import pytest
import torch
from monai.engines import SupervisedEvaluator
from monai.handlers import IgniteMetricHandler, from_engine

from monai_adele.metrics import DatasetIoU

PRED = [torch.tensor([[[0, 1], [1, 2]]]), torch.tensor([[[1, 1], [1, 1]]])]
LABEL = [torch.tensor([[[0, 1], [2, 2]]]), torch.tensor([[[1, 1], [1, 0]]])]


def test_counts_are_summed_over_cases_before_they_are_divided() -> None:
    metric = DatasetIoU(num_classes=3)
    metric(PRED, LABEL)
    # class 1: intersections 1 + 3, unions 2 + 4; class 2: 1 of 2
    torch.testing.assert_close(metric.per_class()[1:], torch.tensor([4 / 6, 1 / 2], dtype=torch.float64))
    assert metric.aggregate().item() == pytest.approx((4 / 6 + 1 / 2) / 2)


def test_the_mean_may_count_the_background() -> None:
    metric = DatasetIoU(num_classes=3, include_background=True)
    metric(PRED, LABEL)
    assert metric.aggregate().item() == pytest.approx((1 / 2 + 4 / 6 + 1 / 2) / 3)


def test_a_class_that_nobody_saw_does_not_enter_the_mean() -> None:
    metric = DatasetIoU(num_classes=5)
    metric(PRED, LABEL)
    assert metric.per_class().isnan().tolist() == [False, False, False, True, True]
    assert metric.aggregate().item() == pytest.approx((4 / 6 + 1 / 2) / 2)


def test_before_any_case_the_answer_is_not_a_number() -> None:
    assert DatasetIoU(num_classes=3).aggregate().isnan()


def test_ignored_voxels_are_not_counted() -> None:
    metric = DatasetIoU(num_classes=2, ignore_index=255)
    metric([torch.tensor([[1, 1, 0]])], [torch.tensor([[1, 255, 0]])])
    assert metric.aggregate().item() == 1.0


def test_it_works_as_the_key_metric_of_an_evaluator() -> None:
    data = [{"image": pred[None].float(), "label": label[None]} for pred, label in zip(PRED, LABEL, strict=True)]
    handler = IgniteMetricHandler(
        metric_fn=DatasetIoU(num_classes=3), output_transform=from_engine(["pred", "label"]), save_details=True
    )
    evaluator = SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=data,
        network=torch.nn.Identity(),
        key_val_metric={"mean_iou": handler},
    )
    evaluator.run()
    assert evaluator.state.metrics["mean_iou"] == pytest.approx((4 / 6 + 1 / 2) / 2)
    assert evaluator.state.metric_details["mean_iou"].shape == (2, 3, 3)


def test_too_few_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="num_classes: found 1"):
        DatasetIoU(num_classes=1)
