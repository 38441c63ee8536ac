import numpy as np
import pytest

from monai_adele.noise import Omit


def rng(seed=1):
    return np.random.default_rng(seed)


def test_classes_are_forgotten_whole_each_by_its_own_draw():
    label = np.array([1, 0, 1, 2, 0, 2, 3, 255])
    noisy = [Omit(chance=0.5)(label, (1.0,), rng(seed)) for seed in range(200)]
    for class_id in (1, 2, 3):
        forgotten = [not (map_ == class_id).any() for map_ in noisy]
        assert 0.4 < np.mean(forgotten) < 0.6
        for map_, gone in zip(noisy, forgotten, strict=True):
            assert gone or ((map_ == class_id) == (label == class_id)).all()
    assert len({map_.tobytes() for map_ in noisy}) == 8


def test_components_are_forgotten_one_by_one():
    label = np.zeros((5, 9), dtype=np.uint8)
    label[0, 0] = label[1, 1] = 1  # one component: they touch at a corner
    label[3, 4:6] = label[0, 8] = 1
    maps = {Omit(chance=0.5, of="component")(label, (1.0, 1.0), rng(seed)).tobytes() for seed in range(80)}
    assert len(maps) == 8
    sizes = {np.frombuffer(map_, np.uint8).sum() for map_ in maps}
    assert sizes == {0, 1, 2, 3, 4, 5}


def test_only_chosen_classes_are_forgotten():
    assert Omit(chance=1, classes=[3])(np.array([1, 3, 0, 3]), (1.0,), rng()).tolist() == [1, 0, 0, 0]


def test_strength_multiplies_the_chance_up_to_1():
    assert Omit(chance=0.4).with_strength(0.5) == Omit(chance=0.2)
    assert Omit(chance=0.4).with_strength(9) == Omit(chance=1.0)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"chance": 1.5}, r"chance is 1.5, expected a finite number in \[0.0, 1.0\]"),
        ({"chance": 1, "of": "voxel"}, "of is 'voxel', expected 'class' or 'component'"),
    ],
)
def test_bad_arguments_are_refused_at_construction(arguments, match):
    with pytest.raises(ValueError, match=match):
        Omit(**arguments)
