"""Tests of label smoothing by confident learning."""

import numpy as np
import pytest
import torch
from monai.losses import DiceCELoss
from schemes import ConfidentSmoothingLoss, MeanTeacher, likely_labels


def noisy_probs(classes, voxels=200, seed=0):
    """Labels and probabilities that lean to them, so that some are contradicted."""
    generator = torch.Generator().manual_seed(seed)
    label = torch.randint(0, classes, (2, voxels // 2), generator=generator)
    logits = torch.randn(2, classes, voxels // 2, generator=generator) * 1.5
    logits += torch.nn.functional.one_hot(label, classes).movedim(-1, 1)
    return logits.softmax(dim=1), label


def slow_likely(probs, label):
    """A loop over voxels."""
    rows = [(probs[b, :, x].tolist(), int(label[b, x])) for b in range(probs.shape[0]) for x in range(probs.shape[2])]
    means = {}
    for c in range(probs.shape[1]):
        own = [row[c] for row, given in rows if given == c]
        means[c] = sum(own) / len(own) if own else 2.0
    found = []
    for row, given in rows:
        likely = [c for c in means if row[c] >= means[c] - 1e-6]
        moved = likely and max(range(len(row)), key=row.__getitem__) != given
        found.append(max(likely, key=row.__getitem__) if moved else given)
    return torch.tensor(found).reshape(label.shape)


@pytest.mark.parametrize("classes", [2, 4])
def test_likely_labels_are_those_of_a_loop_over_voxels(classes):
    probs, label = noisy_probs(classes)
    found = likely_labels(probs, label)
    assert torch.equal(found, slow_likely(probs, label))
    assert 0.02 < (found != label).float().mean() < 0.5


def test_what_is_found_wrong_is_what_cleanlab_finds():
    filters = pytest.importorskip("cleanlab.filter")
    probs, label = noisy_probs(2, voxels=400, seed=1)
    rows, given = probs.movedim(1, -1).reshape(-1, 2).double().numpy(), label.flatten().numpy()
    expected = filters.find_label_issues(given, rows, filter_by="confident_learning", n_jobs=1)
    found = (likely_labels(probs, label) != label).flatten().numpy()
    assert np.array_equal(found, expected)
    assert found.any()


def test_ignored_voxels_stay_and_do_not_count():
    probs, label = noisy_probs(3)
    wider, ids = torch.cat([probs, probs], dim=2), torch.cat([label, torch.full_like(label, 7)], dim=1)
    found = likely_labels(wider, ids, ignore_index=7)
    assert torch.equal(found, torch.cat([likely_labels(probs, label), torch.full_like(label, 7)], dim=1))


def test_a_class_without_a_voxel_is_likely_nowhere():
    probs = torch.tensor([[[0.2, 0.1], [0.1, 0.1], [0.7, 0.8]]])
    assert likely_labels(probs, torch.tensor([[0, 1]])).tolist() == [[0, 1]]


def logits_of(probs):
    return probs.clamp(min=1e-6).log()


def seen_target(steps, **settings):
    """What the base loss is given."""
    probs, label = noisy_probs(3)
    teacher, seen = MeanTeacher(torch.nn.Conv1d(1, 1, 1)), []
    teacher.steps = steps
    loss = ConfidentSmoothingLoss(lambda own, y: seen.append(y) or own.sum(), teacher, start_step=10, **settings)
    loss([torch.zeros_like(probs), logits_of(probs)], label[:, None])
    return seen[0], label, likely_labels(probs, label)


def test_voxels_found_wrong_have_a_part_of_the_likely_class():
    target, label, likely = seen_target(10, shift=0.8)
    for b, x in np.ndindex(*label.shape):
        expected = [0.0, 0.0, 0.0]
        expected[label[b, x]] += 0.2
        expected[likely[b, x]] += 0.8
        assert target[b, :, x].tolist() == pytest.approx(expected)


def test_labels_stay_before_the_start():
    target, label, _ = seen_target(9, shift=0.8)
    assert torch.equal(target.argmax(dim=1), label)
    assert set(target.unique().tolist()) == {0.0, 1.0}


def test_without_a_shift_it_is_the_base_loss():
    teacher = MeanTeacher(torch.nn.Conv2d(1, 1, 1))
    own, taught = torch.randn(2, 3, 6, 6), torch.randn(2, 3, 6, 6)
    label = torch.randint(0, 3, (2, 1, 6, 6))
    loss = ConfidentSmoothingLoss(DiceCELoss(softmax=True), teacher, shift=0.0, start_step=0)
    expected = DiceCELoss(to_onehot_y=True, softmax=True)(own, label)
    assert loss([own, taught], label).item() == pytest.approx(expected.item(), rel=1e-5)


def test_ignored_voxels_have_no_gradient():
    teacher = MeanTeacher(torch.nn.Conv2d(1, 1, 1))
    own = torch.randn(1, 2, 4, 4, requires_grad=True)
    label = torch.randint(0, 2, (1, 1, 4, 4))
    label[0, 0, 0] = 9
    loss = ConfidentSmoothingLoss(DiceCELoss(softmax=True), teacher, shift=0.8, start_step=0, ignore_index=9)
    loss([own, torch.randn(1, 2, 4, 4)], label).backward()
    assert own.grad[0, :, 0].abs().sum() == 0
    assert own.grad[0, :, 1:].abs().min() > 0


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="shift, start_step: found 2, 0"):
        ConfidentSmoothingLoss(DiceCELoss(), MeanTeacher(torch.nn.Conv1d(1, 1, 1)), shift=2, start_step=0)
