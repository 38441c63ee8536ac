import numpy as np
import pytest

from monai_adele.functional.morphology import dilate_labels
from monai_adele.noise import Dilate


def rng(seed=1):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("dims", [2, 3])
def test_radius_in_mm_is_that_of_the_morphology(dims, organs):
    label, spacing = organs[dims]
    noisy = Dilate(radius_mm=2)(label, spacing, rng())
    np.testing.assert_array_equal(noisy, dilate_labels(label, spacing, radius_mm=2))


def test_radius_in_voxels_does_not_see_the_spacing(organs):
    label, spacing = organs[3]
    noisy = Dilate(radius_voxels=2)(label, spacing, rng())
    np.testing.assert_array_equal(noisy, dilate_labels(label, (1, 1, 1), radius_mm=2))


def test_relative_radius_is_a_share_of_each_class():
    label = np.array([0] * 9 + [1] * 20 + [0] * 15 + [2] * 40 + [0] * 9)
    noisy = Dilate(radius_relative=0.3)(label, (0.5,), rng())
    assert [(noisy == 1).sum(), (noisy == 2).sum()] == [26, 52]


@pytest.mark.parametrize("dims", [2, 3])
def test_no_class_loses_a_voxel(dims, organs):
    label, spacing = organs[dims]
    noisy = Dilate(radius_mm=3)(label, spacing, rng())
    assert (label[noisy != label] == 0).all()


def test_growth_over_a_chosen_class():
    label = np.array([1, 2, 2, 2, 3])
    assert Dilate(radius_mm=2, classes=[1], over=[2])(label, (1.0,), rng()).tolist() == [1, 1, 1, 2, 3]


@pytest.mark.parametrize("over", [[0], [1, 1], ["a"]])
def test_bad_classes_to_grow_over_are_refused(over):
    with pytest.raises(ValueError, match=r"over is .*, expected different whole numbers of at least 1"):
        Dilate(radius_mm=1, over=over)
