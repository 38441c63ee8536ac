"""Tests of early-learning regularization."""

import math

import pytest
import torch
from monai.data import MetaTensor
from schemes import EarlyLearningLoss, EarlyLearningTargets


def no_base(logits, target):
    return logits.sum() * 0


def slow_term(logits, before, beta):
    """Targets and mean regularization of one case, a loop over voxels."""
    terms, targets = [], {}
    for place in range(logits[0].numel()):
        scores = [math.exp(value) for value in logits.flatten(1)[:, place].tolist()]
        probs = [min(max(score / sum(scores), 1e-4), 1 - 1e-4) for score in scores]
        cut = [prob / sum(probs) for prob in probs]
        targets[place] = [beta * t + (1 - beta) * p for t, p in zip(before[place], cut, strict=True)]
        terms.append(math.log(1 - sum(p * t for p, t in zip(probs, targets[place], strict=True))))
    return targets, sum(terms) / len(terms)


def test_targets_and_loss_are_those_of_a_loop_over_voxels_and_epochs():
    targets = EarlyLearningTargets(beta=0.7)
    loss = EarlyLearningLoss(no_base, targets, weight=3.0)
    label, kept = torch.zeros(1, 1, 2, 3), {place: [0.0] * 3 for place in range(6)}
    for epoch in range(3):
        logits = torch.randn(1, 3, 2, 3, generator=torch.Generator().manual_seed(epoch)) * 2
        targets.see(["a"])
        kept, expected = slow_term(logits[0], kept, 0.7)
        assert loss(logits, label).item() == pytest.approx(3.0 * expected, rel=5e-3)  # targets are in half precision


def test_each_case_has_its_own_targets_in_any_order():
    targets = EarlyLearningTargets(beta=0.5)
    first, second = torch.zeros(2, 4), torch.zeros(2, 4)
    first[0], second[1] = 1.0, 1.0
    targets.see(["a", "b"])
    targets.updated(torch.stack([first, second]))
    targets.see(["b", "a"])
    found = targets.updated(torch.stack([second, first]))
    assert torch.allclose(found, 0.75 * torch.stack([second, first]))


def test_the_gradient_pulls_towards_the_targets():
    targets = EarlyLearningTargets(beta=0.9)
    targets.targets["a"] = torch.tensor([[0.9], [0.1]]).half()
    logits = torch.zeros(1, 2, 1, requires_grad=True)
    targets.see(["a"])
    EarlyLearningLoss(no_base, targets)(logits, torch.zeros(1, 1, 1)).backward()
    assert logits.grad[0, 0] < 0 < logits.grad[0, 1]


def test_a_case_on_another_grid_is_refused():
    targets = EarlyLearningTargets()
    moved = torch.eye(4)
    moved[0, 3] = 2.0
    targets.see(["a"], torch.eye(4)[None])
    targets.see(["a"], MetaTensor(torch.zeros(1), affine=torch.eye(4)).affine[None])
    with pytest.raises(ValueError, match="case 'a': found another grid"):
        targets.see(["a"], moved[None])


def test_targets_of_a_checkpoint_are_taken_up():
    targets, resumed = EarlyLearningTargets(), EarlyLearningTargets()
    targets.see(["a"], torch.eye(4)[None])
    targets.updated(torch.rand(1, 2, 3))
    resumed.load_state_dict(targets.state_dict())
    assert torch.equal(resumed.targets["a"], targets.targets["a"])


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="beta: found 1"):
        EarlyLearningTargets(beta=1)
    with pytest.raises(ValueError, match="weight: found -1"):
        EarlyLearningLoss(no_base, EarlyLearningTargets(), weight=-1)
