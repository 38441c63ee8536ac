"""Tests of the mean teacher."""

import math

import pytest
import torch
from monai.losses import DiceCELoss
from schemes import MeanTeacher, MeanTeacherInferer, MeanTeacherLoss


def network(norm="batch"):
    torch.manual_seed(0)
    layer = torch.nn.BatchNorm2d(3) if norm == "batch" else torch.nn.Identity()
    return torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3, padding=1), layer)


def test_the_teacher_is_the_moving_average_of_all_steps():
    student = network()
    teacher = MeanTeacher(student, decay=0.6)
    expected = student[0].weight.detach().clone()
    for step in range(1, 6):
        with torch.no_grad():
            student[0].weight.add_(torch.randn_like(student[0].weight))
        share = min(step / (step + 1), 0.6)
        expected = share * expected + (1 - share) * student[0].weight
        teacher.follow()
    assert torch.allclose(teacher.network[0].weight, expected, atol=1e-6)


def test_the_first_steps_are_averaged_evenly():
    student = network("none")
    teacher, seen = MeanTeacher(student, decay=0.99), [student[0].weight.detach().clone()]
    for _ in range(4):
        with torch.no_grad():
            student[0].weight.mul_(1.5)
        seen.append(student[0].weight.detach().clone())
        teacher.follow()
    assert torch.allclose(teacher.network[0].weight, torch.stack(seen).mean(dim=0), atol=1e-6)


def test_buffers_are_those_of_the_network():
    student = network()
    teacher = MeanTeacher(student)
    student(torch.randn(4, 1, 8, 8) + 5)
    teacher.follow()
    assert torch.equal(teacher.network[1].running_mean, student[1].running_mean)


def test_the_teacher_gets_no_gradient_and_the_network_gets_one():
    student = network()
    teacher = MeanTeacher(student)
    images, labels = torch.randn(2, 1, 8, 8), torch.randint(0, 3, (2, 1, 8, 8))
    logits = MeanTeacherInferer(teacher)(images, student)
    loss = MeanTeacherLoss(DiceCELoss(to_onehot_y=True, softmax=True), teacher, weight=1.0, ramp_steps=1)
    loss(logits, labels).backward()
    assert student[0].weight.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in teacher.network.parameters())


def test_the_network_sees_the_images_as_they_are_and_the_teacher_with_bounded_noise():
    student = torch.nn.Identity()
    teacher = MeanTeacher(student)
    images = torch.randn(2, 1, 16, 16)
    own, taught = MeanTeacherInferer(teacher, noise=0.1)(images, student)
    assert torch.equal(own, images)
    assert 0.05 < (taught - images).std() < 0.1
    assert (taught - images).abs().max() <= 0.2 + 1e-6


def test_the_loss_is_that_of_a_loop_over_voxels():
    teacher = MeanTeacher(network())
    teacher.steps = 30
    loss = MeanTeacherLoss(lambda logits, target: logits.new_tensor(0.25), teacher, weight=4.0, ramp_steps=120)
    own, taught = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5)
    distances = []
    for b in range(2):
        for x in range(4):
            for y in range(5):
                one, two = own[b, :, x, y].exp(), taught[b, :, x, y].exp()
                distances.append(sum((p / one.sum() - q / two.sum()) ** 2 for p, q in zip(one, two, strict=True)))
    expected = 0.25 + 4.0 * math.exp(-5 * 0.75**2) * sum(distances) / len(distances)
    assert loss([own, taught], torch.zeros(2, 1, 4, 5)).item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_teacher_that_agrees_costs_nothing():
    teacher = MeanTeacher(network())
    teacher.steps = 10
    loss = MeanTeacherLoss(lambda logits, target: logits.sum() * 0, teacher, weight=4.0, ramp_steps=1)
    same = torch.randn(1, 3, 4, 4)
    assert loss([same, same.clone()], torch.zeros(1, 1, 4, 4)).item() == 0


def test_a_resumed_teacher_goes_on_counting():
    teacher = MeanTeacher(network())
    teacher.follow()
    teacher.follow()
    resumed = MeanTeacher(network())
    resumed.load_state_dict(teacher.state_dict())
    assert resumed.steps == 2


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="decay: found 1"):
        MeanTeacher(network(), decay=1)
    with pytest.raises(ValueError, match="weight, ramp_steps: found -1, 3"):
        MeanTeacherLoss(torch.nn.MSELoss(), MeanTeacher(network()), weight=-1, ramp_steps=3)
