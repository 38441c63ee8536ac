"""Tests of the memory of the pass before."""

from __future__ import annotations

import io

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from monai_adele.handlers import CasePrediction
from monai_adele.handlers.pass_memory import PassMemory

GIVEN = torch.tensor([[0, 0, 1], [1, 2, 2]], dtype=torch.uint8)


def prediction(pred: list[list[int]], confidence: float | list[list[float]]) -> CasePrediction:
    confidences = torch.as_tensor(confidence, dtype=torch.float32).expand(2, 3).contiguous()
    return CasePrediction("a", GIVEN, torch.tensor(pred, dtype=torch.uint8), confidences)


def test_a_class_predicted_twice_has_the_mean_confidence() -> None:
    memory = PassMemory()
    memory.remember(prediction([[0, 1, 1], [1, 2, 0]], 0.6), GIVEN)
    steady = memory.steady(prediction([[0, 1, 1], [1, 0, 0]], 1.0), GIVEN)
    torch.testing.assert_close(steady.confidence, torch.tensor([[1.0, 0.8, 1.0], [1.0, 0.0, 0.8]]))
    assert steady.pred.tolist() == [[0, 1, 1], [1, 0, 0]]


def test_a_case_never_seen_was_predicted_as_given() -> None:
    steady = PassMemory().steady(prediction([[1, 0, 1], [1, 2, 0]], 0.9), GIVEN)
    torch.testing.assert_close(steady.confidence, torch.tensor([[0.0, 0.9, 0.9], [0.9, 0.9, 0.0]]))


def test_what_a_pass_does_not_know_stays_as_the_pass_before_said() -> None:
    memory = PassMemory()
    memory.remember(prediction([[1, 1, 1], [1, 1, 1]], 0.6), GIVEN)
    memory.remember(prediction([[0, 0, 0], [0, 0, 0]], [[0, 0, 0], [0.8, 0.8, 0.8]]), GIVEN)
    now = prediction([[1, 1, 1], [0, 0, 0]], 1.0)
    assert memory.before(now, GIVEN).tolist() == [[1, 1, 1], [0, 0, 0]]
    expected = torch.tensor([[0.8, 0.8, 1.0], [0.9, 0.9, 0.9]])
    torch.testing.assert_close(memory.steady(now, GIVEN).confidence, expected, atol=2e-3, rtol=0)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), passes=st.integers(1, 4))
def test_it_is_a_dense_memory_made_small(seed: int, passes: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    label = torch.randint(0, 3, (4, 5), generator=generator, dtype=torch.uint8)
    memory, dense = PassMemory(), label.clone()
    for _ in range(passes):
        pred = torch.randint(0, 3, (4, 5), generator=generator, dtype=torch.uint8)
        confidence = torch.rand(4, 5, generator=generator) * (torch.rand(4, 5, generator=generator) < 0.7)
        case = CasePrediction("a", label, pred, confidence)
        assert memory.before(case, label).equal(dense)
        sure = memory.steady(case, label).confidence
        assert ((sure > 0) == ((dense == pred) & (confidence > 0))).all()
        memory.remember(case, label)
        dense = torch.where(confidence > 0, pred, dense)


def test_it_comes_back_from_a_file_that_holds_only_tensors() -> None:
    memory, again = PassMemory(), PassMemory()
    case = prediction([[0, 1, 1], [1, 2, 0]], 0.6)
    memory.remember(case, GIVEN)
    file = io.BytesIO()
    torch.save(memory.state_dict(), file)
    file.seek(0)
    again.load_state_dict(torch.load(file, weights_only=True))
    assert len(again) == 1
    assert again.steady(case, GIVEN).confidence.equal(memory.steady(case, GIVEN).confidence)
    assert again.before(case, GIVEN).equal(memory.before(case, GIVEN))


def test_it_keeps_six_bytes_for_each_voxel_that_differs() -> None:
    memory = PassMemory()
    memory.remember(prediction([[0, 1, 1], [1, 2, 0]], 0.6), GIVEN)
    (tensors,) = memory.state_dict().values()
    assert sum(tensor.nbytes for tensor in tensors) == 6 * 2
