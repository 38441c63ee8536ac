import numpy as np
import pytest
import skimage.measure

from monai_adele.noise import Polygonize


def rng(seed=1):
    return np.random.default_rng(seed)


def ring(size=80, outer=30, inner=10):
    rows, columns = np.mgrid[:size, :size]
    squared = (rows - size / 2) ** 2 + (columns - size / 2) ** 2
    return ((squared <= outer**2) & (squared > inner**2)).astype(np.uint8)


def corners(label, tolerance=0.7):
    return [
        len(skimage.measure.approximate_polygon(contour, tolerance)) - 1
        for contour in skimage.measure.find_contours(np.pad(label, 1).astype(float), 0.5)
    ]


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.3, 2.0)])
def test_without_tolerance_every_shape_is_redrawn_exactly(spacing):
    label = (np.random.default_rng(0).random((40, 30)) < 0.5).astype(np.uint8)
    np.testing.assert_array_equal(Polygonize(tolerance_mm=0)(label, spacing, rng()), label)


def test_a_tolerance_leaves_few_vertices_and_the_hole():
    noisy = Polygonize(tolerance_mm=3)(ring(), (1.0, 1.0), rng())
    assert len(corners(noisy)) == 2
    for few, many in zip(corners(noisy), corners(ring()), strict=True):
        assert few < 0.6 * many
    assert noisy[40, 40] == 0
    assert 2 * (noisy & ring()).sum() / (noisy.sum() + ring().sum()) > 0.9


def test_no_part_of_the_contour_moves_further_than_the_tolerance():
    label = ring(inner=0)
    noisy = Polygonize(tolerance_mm=4)(label, (1.0, 1.0), rng())
    rows, columns = np.nonzero(noisy != label)
    assert np.abs(np.hypot(rows - 40, columns - 40) - 30).max() < 5
    assert (noisy != label).any()


def test_the_tolerance_is_in_mm():
    coarse = Polygonize(tolerance_mm=4)(ring(), (4.0, 4.0), rng())
    np.testing.assert_array_equal(coarse, Polygonize(tolerance_mm=1)(ring(), (1.0, 1.0), rng()))


def test_vertices_are_jittered():
    noise = Polygonize(tolerance_mm=2, jitter_mm=2)
    noisy = [noise(ring(), (1.0, 1.0), rng(seed)) for seed in range(4)]
    assert len({label.tobytes() for label in noisy}) == 4
    for label in noisy:
        assert 0.85 < 2 * (label & ring()).sum() / (label.sum() + ring().sum()) < 0.99


def test_small_parts_are_kept():
    label = np.zeros((9, 9), dtype=np.uint8)
    label[4, 4] = label[0, 0] = label[7, 2:4] = 1
    np.testing.assert_array_equal(Polygonize(tolerance_mm=5)(label, (1.0, 1.0), rng()), label)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_volume_is_drawn_slice_by_slice(axis):
    label = np.stack([ring(), np.zeros_like(ring()), ring(outer=20)], axis=axis)
    noisy = Polygonize(tolerance_mm=3, slice_axis=axis)(label, (1.0, 1.0, 1.0), rng())
    for index in range(3):
        plane = np.take(label, index, axis)
        expected = Polygonize(tolerance_mm=3)(plane, (1.0, 1.0), rng())
        np.testing.assert_array_equal(np.take(noisy, index, axis), expected)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"tolerance_mm": -1}, r"tolerance_mm is -1, expected a finite number in \[0.0, inf\]"),
        ({"tolerance_mm": 1, "jitter_mm": -1}, r"jitter_mm is -1, expected a finite number in"),
        ({"tolerance_mm": 1, "slice_axis": None}, "slice_axis is None, expected 0, 1 or 2"),
    ],
)
def test_bad_arguments_are_refused_at_construction(arguments, match):
    with pytest.raises(ValueError, match=match):
        Polygonize(**arguments)
