"""Tests of memorization_counts."""

import pytest
import torch

from monai_adele.metrics import memorization_counts


def slow_counts(pred, given, truth, num_classes, ignore_index):
    rows = [[0, 0, 0] for _ in range(num_classes)]
    for p, g, t in zip(pred.flatten().tolist(), given.flatten().tolist(), truth.flatten().tolist(), strict=True):
        if g == t or ignore_index in (g, t):
            continue
        for c in {g, t}:
            rows[c][0] += 1
            rows[c][1] += p == t
            rows[c][2] += p == g
    return rows


@pytest.mark.parametrize("ignore_index", [None, 3])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64])
def test_it_equals_a_loop_over_voxels(ignore_index, dtype):
    generator = torch.Generator().manual_seed(0)
    pred, given, truth = (torch.randint(0, 4, (2, 1, 5, 7), generator=generator).to(dtype) for _ in range(3))
    found = memorization_counts(pred, given, truth, num_classes=4, ignore_index=ignore_index)
    assert found.tolist() == slow_counts(pred, given, truth, 4, ignore_index)


def test_without_wrong_labels_all_counts_are_zero():
    label = torch.tensor([0, 1, 2])
    assert not memorization_counts(torch.tensor([1, 1, 1]), label, label, num_classes=3).any()


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"found shapes \(2,\), \(3,\)"):
        memorization_counts(torch.zeros(2), torch.zeros(3), torch.zeros(3), num_classes=2)
