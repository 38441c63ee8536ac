import math

import pytest
import torch

from monai_adele.functional import confidence_sums, mean_confidence


def slow_mean(scores, label, ignore_index=None, step=1):
    sums = {}
    spatial = [range(0, size, step) for size in scores.shape[2:]]
    for b in range(len(scores)):
        for place in torch.cartesian_prod(*[torch.tensor(list(r)) for r in spatial]).tolist():
            vector = scores[(b, slice(None), *place)].double().softmax(0)
            if ignore_index is None or label[(b, 0, *place)] != ignore_index:
                sums.setdefault(int(vector.argmax()), []).append(float(vector.max()))
    return [sum(sums[c]) / len(sums[c]) if c in sums else math.nan for c in range(scores.shape[1])]


@pytest.mark.parametrize("shape", [(2, 3, 6, 5), (1, 4, 5, 4, 3), (1, 2, 7, 1)])
@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("ignore_index", [None, 255])
def test_it_is_the_mean_over_each_class_s_voxels(shape, step, ignore_index):
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(shape, generator=generator) * 2
    label = torch.where(torch.rand((shape[0], 1, *shape[2:]), generator=generator) < 0.3, 255, 0).to(torch.uint8)
    sums = confidence_sums(scores, label, ignore_index=ignore_index, step=step)
    expected = slow_mean(scores, label, ignore_index, step)
    assert mean_confidence(sums).tolist() == pytest.approx(expected, abs=1e-4, nan_ok=True)


def test_sums_add_up_to_the_same_in_any_order():
    scores = torch.randn((6, 3, 9, 8), generator=torch.Generator().manual_seed(1))
    label = torch.zeros((6, 1, 9, 8), dtype=torch.uint8)
    whole = confidence_sums(scores, label)
    parts = [confidence_sums(scores[i : i + 1], label[i : i + 1]) for i in (4, 0, 5, 2, 1, 3)]
    assert torch.equal(sum(parts), whole)


def test_scores_that_are_not_finite_are_not_counted():
    scores = torch.zeros(1, 2, 3)
    scores[0, 1] = torch.tensor([1.0, math.nan, math.inf])
    assert confidence_sums(scores, torch.zeros(1, 1, 3, dtype=torch.uint8), step=1)[:, 1].tolist() == [0, 1]


def test_half_precision_is_summed_in_float32():
    scores = torch.tensor([[[0.0], [4.0]]])
    label = torch.zeros(1, 1, 1, dtype=torch.uint8)
    assert torch.equal(confidence_sums(scores.bfloat16(), label), confidence_sums(scores, label))


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"scores \(1, 2, 3\), label \(1, 1, 4\)"):
        confidence_sums(torch.zeros(1, 2, 3), torch.zeros(1, 1, 4, dtype=torch.uint8))
