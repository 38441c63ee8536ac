"""Generated scenes."""

import numpy as np
import pytest

from monai_adele.phantom import VOC_PHANTOM_CLASSES, make_voc_scene


def scenes(number, size=(64, 80)):
    return [make_voc_scene(np.random.default_rng(seed), size) for seed in range(number)]


def test_a_scene_follows_from_its_generator_alone():
    first, again = (make_voc_scene(np.random.default_rng(3), (40, 50)) for _ in range(2))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.truth, again.truth)
    assert not np.array_equal(first.image, make_voc_scene(np.random.default_rng(4), (40, 50)).image)


def test_all_classes_come_and_the_truth_is_what_is_seen_of_them():
    found = set()
    for scene in scenes(20):
        assert scene.image.shape == (64, 80, 3)
        assert sum(item.mask.astype(int) for item in scene.objects).max() <= 1
        for item in scene.objects:
            assert set(np.unique(scene.truth[item.mask])) <= {item.class_id, 255}
            found.add(item.class_id)
        outside = ~np.any([item.mask for item in scene.objects], axis=0)
        assert set(np.unique(scene.truth[outside])) <= {0}
    assert found == set(range(1, len(VOC_PHANTOM_CLASSES)))


def test_rims_are_ignored_and_thin():
    rims = np.mean([(scene.truth == 255).mean() for scene in scenes(10)])
    assert 0.005 < rims < 0.1


def test_a_ring_has_a_hole():
    rings = [
        item.mask for scene in scenes(40) if len(scene.objects) == 1 for item in scene.objects if item.class_id == 4
    ]
    assert rings
    for mask in rings:
        centre = np.argwhere(mask).mean(0).round().astype(int)
        assert not mask[tuple(centre)]


def test_too_small_a_scene_is_refused():
    with pytest.raises(ValueError, match=r"size: found \(31, 64\)"):
        make_voc_scene(np.random.default_rng(0), (31, 64))
