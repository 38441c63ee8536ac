"""Tests of predicted_classes."""

import pytest
import torch

from monai_adele.functional import predicted_classes


@pytest.mark.parametrize("shape", [(2, 5, 7, 3), (1, 3, 4, 5, 6), (3, 1, 4), (2, 4, 0)])
def test_it_is_the_argmax_in_bytes(shape):
    scores = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    pred = predicted_classes(scores)
    assert pred.dtype == torch.uint8
    assert torch.equal(pred.long(), scores.argmax(dim=1, keepdim=True)) or scores.numel() == 0
    assert pred.shape == (shape[0], 1, *shape[2:])


def test_of_equal_scores_the_first_counts():
    assert predicted_classes(torch.zeros(1, 3, 2)).tolist() == [[[0, 0]]]


def test_ids_up_to_255_fit():
    scores = torch.zeros(1, 256, 1)
    scores[0, 255] = 1
    assert predicted_classes(scores).item() == 255


@pytest.mark.parametrize("shape", [(4,), (1, 0, 3), (1, 257, 3)])
def test_shapes_without_sense_are_refused(shape):
    with pytest.raises(ValueError, match="scores: found shape"):
        predicted_classes(torch.zeros(shape))
