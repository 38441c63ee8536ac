import numpy as np
import pytest

from monai_adele.noise import SliceJitter


def rng(seed=1):
    return np.random.default_rng(seed)


def block():
    label = np.zeros((40, 30, 50), dtype=np.uint8)
    label[14:26, 10:20, 5:45] = 1
    return label


def test_slices_keep_their_place_and_lose_their_fit():
    noisy = SliceJitter(radius_mm=2, translation_mm=3)(block(), (1.0, 1.0, 5.0), rng())
    np.testing.assert_array_equal(noisy.any(axis=(0, 1)), block().any(axis=(0, 1)))
    planes = noisy[:, :, 5:45]
    centres = np.array([np.argwhere(planes[:, :, index]).mean(axis=0) for index in range(40)])
    areas = planes.sum(axis=(0, 1))
    assert set(areas) == {8 * 6, 16 * 14 - 4 * 3}
    assert 1 < centres.std(axis=0).min() < 2.5
    steps = np.abs(np.diff(centres, axis=0))
    assert steps.mean() == pytest.approx(2, abs=0.7)  # mean distance of two draws from (-3, 3)


def test_translation_is_in_mm_of_the_plane():
    noisy = SliceJitter(translation_mm=(4, 4), slice_axis=0)(block(), (9.0, 2.0, 1.0), rng())
    np.testing.assert_array_equal(noisy[:, 12:22, 9:49], block()[:, 10:20, 5:45])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"radius_mm": -1}, r"radius_mm is -1, expected a finite number in \[0.0, inf\]"),
        ({"translation_mm": float("nan")}, "translation_mm is nan, expected a finite number"),
        ({"slice_axis": 5}, "slice_axis is 5, expected 0, 1 or 2"),
        ({"classes": [0]}, r"classes is \[0\], expected different whole numbers"),
    ],
)
def test_bad_arguments_are_refused_at_construction(arguments, match):
    with pytest.raises(ValueError, match=match):
        SliceJitter(**arguments)
