import numpy as np
import pytest

from monai_adele.functional.morphology import erode_labels
from monai_adele.noise import Erode


def rng(seed=1):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("dims", [2, 3])
def test_radius_in_mm_is_that_of_the_morphology(dims, organs):
    label, spacing = organs[dims]
    noisy = Erode(radius_mm=2, keep_at_least=0)(label, spacing, rng())
    np.testing.assert_array_equal(noisy, erode_labels(label, spacing, radius_mm=2))


def test_radius_in_voxels_does_not_see_the_spacing(organs):
    label, spacing = organs[3]
    noisy = Erode(radius_voxels=2, keep_at_least=0)(label, spacing, rng())
    np.testing.assert_array_equal(noisy, erode_labels(label, (1, 1, 1), radius_mm=2))


def test_relative_radius_is_a_share_of_each_class():
    label = np.array([0] + [1] * 20 + [0] + [2] * 40 + [0])
    noisy = Erode(radius_relative=0.3)(label, (0.5,), rng())
    # equivalent radii are 5 and 10 mm, eroded by 1.5 and 3 mm: 3 and 6 voxels from either side
    assert [(noisy == 1).sum(), (noisy == 2).sum()] == [14, 28]


def test_a_range_is_drawn_from():
    label = np.array([0] + [1] * 40 + [0])
    sizes = {int((Erode(radius_mm=(2, 4.9))(label, (1.0,), rng(seed)) == 1).sum()) for seed in range(30)}
    assert sizes == {32, 34, 36}


def test_a_structure_is_not_erased_unless_asked():
    label = np.zeros((9, 9), dtype=np.uint8)
    label[4, 2:7] = 1
    assert Erode(radius_mm=5)(label, (1.0, 1.0), rng()).any()
    assert not Erode(radius_mm=5, keep_at_least=0)(label, (1.0, 1.0), rng()).any()


@pytest.mark.parametrize("dims", [2, 3])
def test_no_class_gains_a_voxel(dims, organs):
    label, spacing = organs[dims]
    noisy = Erode(radius_mm=3)(label, spacing, rng())
    changed = noisy != label
    assert (noisy[changed] == 0).all()


def test_lists_from_a_config_make_the_same_model():
    noise = Erode(radius_mm=[1, 2], classes=[1])
    assert noise == Erode(radius_mm=(1.0, 2.0), classes=(1,))
    assert hash(noise) == hash(Erode(radius_mm=(1.0, 2.0), classes=(1,)))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({}, "found none, expected one of radius_mm, radius_voxels and radius_relative"),
        ({"radius_mm": 1, "radius_voxels": 1}, "found radius_mm, radius_voxels, expected one of"),
        ({"radius_mm": -1}, r"radius_mm is -1, expected a finite number in \[0.0, inf\]"),
        ({"radius_mm": float("nan")}, "radius_mm is nan, expected a finite number"),
        ({"radius_mm": float("inf")}, "radius_mm is inf, expected a finite number"),
        ({"radius_mm": "2"}, "radius_mm is '2', expected a finite number"),
        ({"radius_voxels": (3, 1)}, r"radius_voxels is \(3, 1\), expected \(low, high\) with low <= high"),
        ({"radius_relative": (1, 2, 3)}, r"radius_relative is \(1, 2, 3\), expected a number or a pair"),
        ({"radius_mm": 1, "keep_at_least": 1.5}, r"keep_at_least is 1.5, .* in \[0.0, 1.0\]"),
        (
            {"radius_mm": 1, "classes": [0]},
            r"classes is \[0\], expected different whole numbers",
        ),
        ({"radius_mm": 1, "classes": [1, 1]}, r"classes is \[1, 1\], expected different whole numbers"),
        ({"radius_mm": 1, "classes": [1.5]}, r"classes is \[1.5\], expected different whole numbers"),
    ],
)
def test_bad_arguments_are_refused_at_construction(arguments, match):
    with pytest.raises(ValueError, match=match):
        Erode(**arguments)


def test_a_negative_strength_is_refused():
    with pytest.raises(ValueError, match=r"strength is -1, expected a finite number of at least 0"):
        Erode(radius_mm=1).with_strength(-1)
