"""The mistakes of generated pseudo-labels."""

import numpy as np
import torch

from monai_adele.functional import iou_from_counts, overlap_counts
from monai_adele.phantom import SceneObject, make_pseudo_label, make_voc_scene


def square(class_id, start, shape=(48, 60)):
    mask = np.zeros(shape, bool)
    mask[10:37, start : start + 25] = True  # off the grid of every 4th pixel
    return SceneObject(class_id, 14.0, mask)


def labels(objects, number=40):
    return [make_pseudo_label(np.random.default_rng(seed), objects) for seed in range(number)]


def test_far_parts_are_missed_and_background_is_taken_in():
    item = square(3, 20)
    found = labels([item])
    assert np.mean([(label[item.mask] != 3).mean() for label in found]) > 0.1
    assert np.mean([(label[~item.mask] == 3).sum() for label in found]) > 10
    assert all((label == 3).any() for label in found)
    assert all(set(np.unique(label)) == {0, 3, 255} for label in found)


def test_the_mistakes_differ_from_label_to_label():
    item = square(3, 20)
    average = np.mean([(label == 3) for label in labels([item], 80)], axis=0)
    assert (average[item.mask] > 0.5).mean() > 0.75
    assert (average[~item.mask] > 0.5).mean() < 0.06


def test_open_pixels_lie_between_an_object_and_the_background():
    for label in labels([square(1, 20)], 10):
        open_pixels = np.argwhere(label == 255)
        for row, column in open_pixels:
            near = label[max(row - 8, 0) : row + 9, max(column - 8, 0) : column + 9]
            assert {0, 1} <= set(np.unique(near))


def test_an_object_is_confused_with_another_of_the_image_only():
    objects = [square(2, 2), square(5, 32)]
    found = labels(objects, 100)
    assert all(set(np.unique(label)) <= {0, 2, 5, 255} for label in found)
    confused = [np.bincount(label[objects[0].mask], minlength=6)[[2, 5]] for label in found]
    share = np.mean([five > two for two, five in confused])
    assert 0.1 < share < 0.3
    assert not any((label == 5).any() for label in labels(objects[:1]))


def test_they_are_as_good_as_those_of_the_literature():
    counts = torch.zeros(6, 3, dtype=torch.int64)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        scene = make_voc_scene(rng, (72, 88))
        if scene.objects:
            label = torch.from_numpy(make_pseudo_label(rng, scene.objects)).long()
            counts += overlap_counts(
                label.where(label != 255, 0), torch.from_numpy(scene.truth).long(), 6, ignore_index=255
            )
    assert 0.5 < float(iou_from_counts(counts).mean()) < 0.75
