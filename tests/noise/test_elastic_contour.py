import numpy as np
import pytest
import scipy.ndimage

from monai_adele.functional import equivalent_radius_mm
from monai_adele.noise import ElasticContour


def rng(seed=1):
    return np.random.default_rng(seed)


def disc(radius_mm=30.0, spacing=(1.0, 1.0), size_mm=120):
    shape = [int(size_mm / step) for step in spacing]
    rows, columns = (
        (np.arange(length) + 0.5) * step - size_mm / 2 for length, step in zip(shape, spacing, strict=True)
    )
    return (rows[:, None] ** 2 + columns[None] ** 2 <= radius_mm**2).astype(np.uint8)


def radii_along_the_contour(label):
    """Mean distance to the centre of the contour in each of 90 directions, in voxels."""
    rim = np.argwhere((label == 1) & ~scipy.ndimage.binary_erosion(label == 1)) - np.array(label.shape) / 2
    bins = ((np.arctan2(rim[:, 0], rim[:, 1]) + np.pi) / (2 * np.pi) * 90).astype(int) % 90
    return np.bincount(bins, np.hypot(*rim.T), minlength=90) / np.bincount(bins, minlength=90)


def test_the_contour_moves_by_its_amplitude():
    noise = ElasticContour(amplitude_mm=3, correlation_mm=15)
    radii = np.concatenate([radii_along_the_contour(noise(disc(), (1.0, 1.0), rng(s))) for s in range(12)])
    assert radii.std() == pytest.approx(3, rel=0.15)
    assert radii.mean() == pytest.approx(30, abs=0.8)


def test_near_points_of_the_contour_move_together():
    rough, smooth = (
        [
            radii_along_the_contour(ElasticContour(amplitude_mm=3, correlation_mm=length)(disc(), (1.0, 1.0), rng(s)))
            for s in range(6)
        ]
        for length in (4, 30)
    )
    jumps = [np.abs(np.diff(np.stack(radii), axis=1)).mean() for radii in (rough, smooth)]
    assert jumps[0] > 2.5 * jumps[1]


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (2.0, 1.0), (0.25, 0.5)])
@pytest.mark.parametrize("bias_mm", [-4.0, 5.0])
def test_the_bias_is_in_mm(bias_mm, spacing):
    label = disc(spacing=spacing)
    noisy = ElasticContour(amplitude_mm=0, correlation_mm=5, bias_mm=bias_mm)(label, spacing, rng())
    assert equivalent_radius_mm(int(noisy.sum()), spacing) == pytest.approx(30 + bias_mm, abs=0.6)


def test_contours_grow_into_background_only():
    label = np.array([1, 1, 0, 0, 2, 2, 2, 255])
    noisy = ElasticContour(amplitude_mm=0, correlation_mm=5, bias_mm=9)(label, (1.0,), rng())
    assert noisy.tolist() == [1, 1, 1, 1, 2, 2, 2, 255]


def test_a_structure_is_not_erased_unless_asked():
    arguments = {"amplitude_mm": 1, "correlation_mm": 5, "bias_mm": -20}
    assert ElasticContour(**arguments)(disc(9), (1.0, 1.0), rng()).sum() >= 0.1 * disc(9).sum()
    assert not ElasticContour(**arguments, keep_at_least=0)(disc(9), (1.0, 1.0), rng()).any()


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"amplitude_mm": -1, "correlation_mm": 5}, r"amplitude_mm is -1, expected a finite number in \[0.0"),
        ({"amplitude_mm": 1, "correlation_mm": 0}, r"correlation_mm is 0, expected a finite number in"),
        ({"amplitude_mm": 1, "correlation_mm": 5, "bias_mm": float("nan")}, r"bias_mm is nan, expected"),
    ],
)
def test_bad_arguments_are_refused_at_construction(arguments, match):
    with pytest.raises(ValueError, match=match):
        ElasticContour(**arguments)
