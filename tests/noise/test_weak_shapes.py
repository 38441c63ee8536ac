import numpy as np
import pytest
import skimage.measure

from monai_adele.noise import Box, Ellipse


def rng(seed=1):
    return np.random.default_rng(seed)


def two_parts():
    label = np.zeros((12, 14), dtype=np.uint8)
    label[2, 3:6] = label[4, 3] = label[3, 4] = 1
    label[9, 10] = 1
    return label


def test_every_part_gets_its_box_or_all_together_one():
    expected = np.zeros_like(two_parts())
    expected[2:5, 3:6] = expected[9, 10] = 1
    np.testing.assert_array_equal(Box()(two_parts(), (1.0, 1.0), rng()), expected)
    expected[2:10, 3:11] = 1
    np.testing.assert_array_equal(Box(of="class")(two_parts(), (1.0, 1.0), rng()), expected)


def test_the_margin_is_in_mm_and_ends_at_the_image():
    noisy = Box(of="class", margin_mm=4)(two_parts(), (4.0, 1.0), rng())
    expected = np.zeros_like(noisy)
    expected[1:11, 0:14] = 1
    np.testing.assert_array_equal(noisy, expected)


@pytest.mark.parametrize("shape", [Box(), Ellipse()])
def test_shapes_cover_background_only(shape):
    label = np.zeros((20, 20), dtype=np.uint8)
    label[3:17, 3] = label[3, 3:17] = 1
    label[6:10, 6:10] = 2
    label[12, 12] = 255
    noisy = shape(label, (1.0, 1.0), rng())
    assert noisy[12, 12] == 255
    assert (noisy == 1).sum() > 40
    chosen = type(shape)(classes=[1])(label, (1.0, 1.0), rng())
    np.testing.assert_array_equal(chosen == 2, label == 2)


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (2.0, 1.0)])
@pytest.mark.parametrize("turn_deg", [0, 30, 75])
def test_an_ellipse_is_marked_by_itself(spacing, turn_deg):
    rows, columns = ((np.arange(size) * step - 60) for size, step in zip((120, 120), spacing, strict=True))
    turn = np.deg2rad(turn_deg)
    along = rows[:, None] * np.cos(turn) + columns[None] * np.sin(turn)
    across = columns[None] * np.cos(turn) - rows[:, None] * np.sin(turn)
    label = ((along / 30) ** 2 + (across / 12) ** 2 <= 1).astype(np.uint8)
    noisy = Ellipse()(label, spacing, rng())
    assert (noisy != label).sum() < 0.04 * label.sum()
    wider = Ellipse(margin_mm=5)(label, spacing, rng())
    assert wider.sum() == pytest.approx(np.pi * 35 * 17 / np.prod(spacing), rel=0.03)


def test_a_line_and_a_voxel_have_ellipses_too():
    label = np.zeros((9, 12), dtype=np.uint8)
    label[1, 1] = label[5, 3:10] = 1
    expected = label.copy()
    expected[5, [2, 10]] = 1  # an ellipse has the second moment of a line on a half axis 2 / sqrt(3) of its half
    np.testing.assert_array_equal(Ellipse()(label, (3.0, 0.5), rng()), expected)


def test_an_ellipsoid_has_the_volume_of_the_block_it_stands_for():
    label = np.zeros((30, 40, 50), dtype=np.uint8)
    label[10:20, 10:30, 10:40] = 1
    noisy = Ellipse()(label, (1.0, 1.0, 1.0), rng())
    region = skimage.measure.regionprops(noisy)[0]
    np.testing.assert_allclose(region.centroid, [14.5, 19.5, 24.5], atol=0.01)
    assert noisy.sum() == pytest.approx(4 / 3 * np.pi * (5 / 12) ** 1.5 * 10 * 20 * 30, rel=0.03)


@pytest.mark.parametrize("shape", [Box, Ellipse])
def test_bad_arguments_are_refused_at_construction(shape):
    with pytest.raises(ValueError, match="of is 'voxel', expected 'component' or 'class'"):
        shape(of="voxel")
    with pytest.raises(ValueError, match=r"margin_mm is -1, expected a finite number in \[0.0, inf\]"):
        shape(margin_mm=-1)
