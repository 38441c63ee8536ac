"""Tests of co-teaching."""

import math

import pytest
import torch
from monai.losses import DiceCELoss
from schemes import CoTeacher, CoTeachingInferer, CoTeachingLoss


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3, padding=1), torch.nn.BatchNorm2d(3), torch.nn.PReLU())


def sum_of_kept(logits, target):
    """Cross-entropy summed over voxels; what is left out comes as background predicted with certainty, and adds 0."""
    return torch.nn.functional.cross_entropy(logits, target[:, 0].long(), reduction="sum")


def slow_losses(logits, target):
    """Cross-entropy voxel by voxel."""
    found = {}
    for place in range(target.numel()):
        scores = [math.exp(value) for value in logits[0].flatten(1)[:, place].tolist()]
        found[place] = -math.log(scores[int(target.flatten()[place])] / sum(scores))
    return found


def slow_kept(losses, target, share):
    """Of each class the voxels of smallest loss, at least that share of them."""
    kept = set()
    for c in {int(value) for value in target.flatten()} - {9}:
        places = sorted((p for p in losses if int(target.flatten()[p]) == c), key=lambda place: losses[place])
        kept |= set(places[: math.ceil(share * len(places))])
    return kept


@pytest.mark.parametrize(("steps", "share"), [(0, 1.0), (5, 0.8), (10, 0.6), (99, 0.6)])
def test_each_network_learns_the_voxels_of_each_class_that_are_easiest_for_the_other(steps, share):
    generator = torch.Generator().manual_seed(steps)
    one, two = (torch.randn(1, 3, 5, 7, generator=generator) for _ in range(2))
    target = torch.randint(0, 3, (1, 1, 5, 7), generator=generator)
    target[0, 0, 0, :2] = 9
    teacher = CoTeacher(network())
    teacher.steps = steps
    loss = CoTeachingLoss(sum_of_kept, teacher, forgotten=0.4, ramp_steps=10, ignore_index=9)
    readable = target.masked_fill(target == 9, 0)
    of_one, of_two = (slow_losses(logits, readable) for logits in (one, two))
    expected = sum(of_one[place] for place in slow_kept(of_two, target, share))
    expected += sum(of_two[place] for place in slow_kept(of_one, target, share))
    assert loss([one, two], target).item() == pytest.approx(expected, rel=1e-4)


def test_the_gradient_of_a_network_is_on_what_the_other_keeps():
    one, two = torch.zeros(1, 2, 1, 4, requires_grad=True), torch.zeros(1, 2, 1, 4)
    two[0, 0] = torch.tensor([3.0, 2.0, -2.0, -3.0])  # the second network believes the first two
    teacher = CoTeacher(network())
    teacher.steps = 1
    target = torch.zeros(1, 1, 1, 4)
    CoTeachingLoss(sum_of_kept, teacher, forgotten=0.5, ramp_steps=1)([one, two], target).backward()
    assert (one.grad[0, 0, 0] != 0).tolist() == [True, True, False, False]


def test_the_second_network_is_another_one_of_the_same_kind():
    first = network()
    teacher = CoTeacher(first)
    assert [p.shape for p in teacher.network.parameters()] == [p.shape for p in first.parameters()]
    assert not torch.equal(teacher.network[0].weight, first[0].weight)
    images, labels = torch.randn(2, 1, 8, 8), torch.randint(0, 3, (2, 1, 8, 8))
    loss = CoTeachingLoss(DiceCELoss(to_onehot_y=True, softmax=True), teacher, forgotten=0.2, ramp_steps=1)
    loss(CoTeachingInferer(teacher)(images, first), labels).backward()
    assert all(net[0].weight.grad.abs().sum() > 0 for net in (first, teacher.network))


def test_a_layer_that_cannot_be_drawn_anew_is_refused():
    class Own(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(2))

    with pytest.raises(TypeError, match="0: found a Own"):
        CoTeacher(torch.nn.Sequential(Own()))


def test_a_resumed_second_network_goes_on_counting():
    teacher, resumed = CoTeacher(network()), CoTeacher(network())
    teacher.count()
    resumed.load_state_dict(teacher.state_dict())
    assert resumed.steps == 1


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="forgotten, ramp_steps: found 1, 3"):
        CoTeachingLoss(sum_of_kept, CoTeacher(network()), forgotten=1, ramp_steps=3)
