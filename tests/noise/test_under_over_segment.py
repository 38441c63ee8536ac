import numpy as np
import pytest

from monai_adele.functional.morphology import equivalent_radius_mm
from monai_adele.noise import UnderOverSegment


def rng(seed=1):
    return np.random.default_rng(seed)


def discs(*radii):
    rows, columns = np.mgrid[:80, : 80 * len(radii)]
    label = np.zeros(rows.shape, dtype=np.uint8)
    for index, radius in enumerate(radii):
        label[(rows - 40) ** 2 + (columns - 40 - 80 * index) ** 2 <= radius**2] = index + 1
    return label


def test_the_equivalent_radius_changes_by_one_of_the_shares_in_either_direction():
    label = discs(25)
    radius = equivalent_radius_mm(int(label.sum()), (1.0, 1.0))
    changes = []
    for seed in range(60):
        noisy = UnderOverSegment()(label, (1.0, 1.0), rng(seed))
        changes.append(equivalent_radius_mm(int(noisy.sum()), (1.0, 1.0)) / radius - 1)
    groups = np.array([-0.22, -0.17, -0.11, 0.11, 0.17, 0.22])
    nearest = np.abs(np.array(changes)[:, None] - groups).argmin(axis=1)
    assert np.abs(np.array(changes) - groups[nearest]).max() < 0.03
    assert set(nearest) == set(range(6))


def test_all_classes_change_in_the_same_direction_by_the_same_share():
    label = discs(14, 28)
    for seed in range(10):
        noisy = UnderOverSegment()(label, (1.0, 1.0), rng(seed))
        ratios = [(noisy == class_id).sum() / (label == class_id).sum() for class_id in (1, 2)]
        assert (ratios[0] > 1) == (ratios[1] > 1)
        assert ratios[0] == pytest.approx(ratios[1], abs=0.15)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_every_slice_draws_anew_and_keeps_to_its_plane(axis):
    label = np.stack([discs(20)] * 30, axis=axis)
    noisy = np.moveaxis(UnderOverSegment(slice_axis=axis)(label, (1.0, 1.0, 1.0), rng()), axis, 0)
    areas = {int(area) for area in noisy.sum(axis=(1, 2))}
    assert len(areas) == 6
    assert min(areas) < discs(20).sum() < max(areas)


def test_a_slice_is_changed_as_a_2d_label_with_its_spacing():
    label = np.stack([discs(10, 20)] * 2, axis=1)
    noisy = UnderOverSegment(relative=[0.2], slice_axis=1)(label, (2.0, 5.0, 1.0), rng())
    options = [UnderOverSegment(relative=[0.2])(discs(10, 20), (2.0, 1.0), rng(seed)) for seed in range(9)]
    for index in range(2):
        assert any(np.array_equal(noisy[:, index], option) for option in options)


def test_under_and_over_have_equal_chances():
    label = np.zeros((2000, 7, 7), dtype=np.uint8)
    label[:, 1:6, 1:6] = 1
    areas = UnderOverSegment(relative=[0.4], slice_axis=0)(label, (1.0, 1.0, 1.0), rng()).sum(axis=(1, 2))
    assert set(areas) == {9, 45}
    assert 0.46 < (areas == 45).mean() < 0.54


def test_over_segmentation_takes_background_only():
    label = np.array([3, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0])
    grown = [
        noisy
        for noisy in (UnderOverSegment(relative=[0.5], classes=[1])(label, (1.0,), rng(s)) for s in range(9))
        if (noisy == 1).sum() > 8
    ]
    assert grown
    assert all(noisy.tolist() == [3] + [1] * 10 + [0] * 3 for noisy in grown)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"relative": []}, "relative is empty, expected at least one share"),
        ({"relative": [0.1, -0.1]}, r"relative is -0.1, expected a finite number in \[0.0, inf\]"),
        ({"slice_axis": 3}, "slice_axis is 3, expected 0, 1, 2 or None"),
        ({"keep_at_least": -1}, r"keep_at_least is -1, expected a finite number in \[0.0, 1.0\]"),
        ({"classes": [-1]}, r"classes is \[-1\], expected different whole numbers"),
    ],
)
def test_bad_arguments_are_refused_at_construction(arguments, match):
    with pytest.raises(ValueError, match=match):
        UnderOverSegment(**arguments)


def test_an_axis_that_the_label_lacks_is_refused():
    with pytest.raises(ValueError, match=r"slice_axis is 2, expected one of a label with 2 > 1 axes"):
        UnderOverSegment(slice_axis=2)(discs(5), (1.0, 1.0), rng())
