import numpy as np
import pytest

from monai_adele.noise import AffineJitter, Dilate, Erode, PerSlice


def rng(seed=1):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_every_slice_is_that_of_the_model_in_its_plane(axis, organs):
    label, spacing = organs[3]
    noisy = PerSlice(Dilate(radius_mm=2), slice_axis=axis)(label, spacing, rng())
    in_plane = spacing[:axis] + spacing[axis + 1 :]
    for index in range(label.shape[axis]):
        expected = Dilate(radius_mm=2)(np.take(label, index, axis), in_plane, rng())
        np.testing.assert_array_equal(np.take(noisy, index, axis), expected)


def test_every_slice_has_its_own_draws():
    label = np.zeros((20, 20, 40), dtype=np.uint8)
    label[8:12, 8:12] = 1
    noisy = PerSlice(AffineJitter(translation_mm=5))(label, (1.0, 1.0, 1.0), rng())
    assert len({noisy[:, :, index].tobytes() for index in range(40)}) > 20


def test_a_slice_does_not_depend_on_what_the_others_hold():
    label = np.zeros((20, 20, 5), dtype=np.uint8)
    label[8:12, 8:12] = 1
    full = PerSlice(AffineJitter(translation_mm=5))(label, (1.0, 1.0, 1.0), rng())
    label[:, :, :3] = 0
    part = PerSlice(AffineJitter(translation_mm=5))(label, (1.0, 1.0, 1.0), rng())
    np.testing.assert_array_equal(part[:, :, 3:], full[:, :, 3:])
    assert not part[:, :, :3].any()


def test_a_2d_label_is_one_slice(organs):
    label, spacing = organs[2]
    expected = Erode(radius_mm=(1, 3))(label, spacing, rng())
    np.testing.assert_array_equal(PerSlice(Erode(radius_mm=(1, 3)))(label, spacing, rng()), expected)


def test_bad_arguments_are_refused():
    with pytest.raises(TypeError, match="noise is a str, expected a noise model"):
        PerSlice("erode")
    with pytest.raises(ValueError, match="slice_axis is 3, expected 0, 1 or 2"):
        PerSlice(Erode(radius_mm=1), slice_axis=3)
    with pytest.raises(ValueError, match="label has 1 axis, expected slices of 2 axes"):
        PerSlice(Erode(radius_mm=1))(np.array([0, 1]), (1.0,), rng())
