import numpy as np
import pytest

from monai_adele.noise import SparseSlices


def rng(seed=1):
    return np.random.default_rng(seed)


def cone(axis=2, slices=25, slope=1.0):
    """Discs whose radius grows by a voxel a slice along ``axis``."""
    rows, columns, index = np.mgrid[:64, :64, :slices]
    half = (index - 4) * slope
    inside = (np.hypot(rows - 32, columns - 32) <= half) & (index >= 5) & (index <= 20)
    return np.moveaxis(inside.astype(np.uint8), 2, axis)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("every", [1, 3, 50])
def test_a_shape_that_grows_evenly_comes_back(axis, every):
    label = cone(axis)
    noisy = SparseSlices(every=every, slice_axis=axis)(label, (1.0, 1.0, 1.0), rng())
    assert (noisy != label).sum() <= (0 if every == 1 else 0.06 * label.sum())
    in_plane = tuple({0, 1, 2} - {axis})
    np.testing.assert_array_equal(noisy.any(axis=in_plane), label.any(axis=in_plane))


def test_drawn_slices_stay_and_others_are_interpolated():
    label = cone()
    label[:, :, 9] = 0
    label[30:34, 30:34, 9] = 1
    kept = 0
    for seed in range(12):
        noisy = SparseSlices(every=4)(label, (1.0, 1.0, 1.0), rng(seed))
        start = np.random.default_rng(seed).integers(4)
        for index in {5, 20, *(i for i in range(5, 21) if i % 4 == start)}:
            np.testing.assert_array_equal(noisy[:, :, index], label[:, :, index])
        kept += (noisy[:, :, 9] == label[:, :, 9]).all()
        if start != 9 % 4:
            assert noisy[:, :, 9].sum() > 50
    assert 0 < kept < 12


def test_the_shape_tapers_towards_a_drawn_slice_that_lacks_it():
    label = np.zeros((40, 40, 21), dtype=np.uint8)
    label[10:30, 10:30, [0, 1, 2, 3, 4, 5, 20]] = 1
    for seed in range(20):
        if np.random.default_rng(seed).integers(5) == 0:
            noisy = SparseSlices(every=5)(label, (1.0, 1.0, 1.0), rng(seed))
            areas = noisy.sum(axis=(0, 1)).tolist()
            assert areas[:6] == [400] * 6
            assert areas[6:20] == [256, 64] + [0] * 9 + [0, 64, 256]
            return
    pytest.fail("no seed starts at slice 0")


def test_a_2d_label_is_drawn_as_it_is(organs):
    label, spacing = organs[2]
    np.testing.assert_array_equal(SparseSlices(every=3)(label, spacing, rng()), label)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"every": 0}, "every is 0, expected a whole number of at least 1"),
        ({"every": 2.5}, "every is 2.5, expected a whole number"),
        ({"every": 2, "slice_axis": -1}, "slice_axis is -1, expected 0, 1 or 2"),
    ],
)
def test_bad_arguments_are_refused_at_construction(arguments, match):
    with pytest.raises(ValueError, match=match):
        SparseSlices(**arguments)


def test_it_has_no_strength():
    with pytest.raises(TypeError, match="SparseSlices has no strength"):
        SparseSlices(every=3).with_strength(0)
