import numpy as np
import pytest

from monai_adele.visualize.figure_file import new_figure
from monai_adele.visualize.palette import class_style
from monai_adele.visualize.slice_view import draw_contours, frame_slice, show_slice

SPACING = (2.0, 0.5)


@pytest.fixture
def axes():
    return new_figure(4, 4).add_subplot()


def box(mask):
    label = np.zeros((9, 14), np.uint8)
    label[mask] = 1
    return label


def test_the_first_axis_runs_right_and_the_second_up_in_mm(axes):
    image = np.zeros((9, 14), np.float32)
    image[7, 2] = 5.0
    show_slice(axes, image, spacing=SPACING, window=(0.0, 5.0))
    (picture,) = axes.images
    assert picture.get_extent() == [0, 18.0, 0, 7.0]
    assert picture.origin == "lower"
    assert np.argwhere(np.asarray(picture.get_array()) == 1).tolist() == [[2, 7]]


def test_densities_that_are_not_finite_are_black_and_do_not_set_the_window(axes):
    image = np.linspace(0, 100, 126, dtype=np.float32).reshape(9, 14)
    image[0, 0], image[8, 13] = np.nan, np.inf
    show_slice(axes, image)
    shown = np.asarray(axes.images[0].get_array())
    assert shown[0, 0] == 0
    assert shown[5, 4] == pytest.approx((image[4, 5] - 1) / 98, abs=0.02)


@pytest.mark.parametrize("value", [0.0, 3.0, np.nan])
def test_an_image_of_one_density_can_be_shown(axes, value):
    show_slice(axes, np.full((9, 14), value))
    assert np.isfinite(np.asarray(axes.images[0].get_array())).all()


def test_an_outline_runs_along_the_edges_of_the_voxels(axes):
    draw_contours(axes, box(np.s_[2:5, 3:11]), num_classes=2, spacing=SPACING)
    vertices = np.concatenate([path.vertices for path in axes.collections[0].get_paths()])
    assert vertices.min(0) == pytest.approx([2 * 2.0, 3 * 0.5])
    assert vertices.max(0) == pytest.approx([5 * 2.0, 11 * 0.5])


def test_an_outline_encloses_the_area_of_its_class_also_at_the_border(axes):
    label = box(np.s_[6:9, 0:4])
    label[5, 2] = 1
    draw_contours(axes, label, num_classes=2, spacing=SPACING)
    x, y = axes.collections[0].get_paths()[0].vertices.T
    area = abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2
    assert area == pytest.approx(13 * 1.0, rel=0.02)
    bump = y[x < 11.5]
    assert (bump.min(), bump.max()) == pytest.approx((1.0, 1.5))


def test_each_class_has_its_own_outline_and_unknown_ids_have_none(axes):
    label = box(np.s_[2:5, 3:6])
    label[6:8, 3:6], label[0:2, 10:12] = 3, 255
    draw_contours(axes, label, num_classes=4)
    colors = [collection.get_edgecolor() for collection in axes.collections]
    assert len(colors) == 2
    assert axes.collections[1].get_paths()[0].vertices[:, 0].min() == 6
    assert class_style(1) != class_style(3)


def test_a_frame_is_a_square_around_the_mask_with_its_margin(axes):
    frame_slice(axes, box(np.s_[2:5, 3:11]) > 0, spacing=SPACING, margin=0.5)
    assert axes.get_xlim() == pytest.approx((7 - 6, 7 + 6))
    assert axes.get_ylim() == pytest.approx((3.5 - 6, 3.5 + 6))


def test_a_frame_is_not_smaller_than_asked_and_shows_all_of_an_empty_slice(axes):
    frame_slice(axes, box(np.s_[4:5, 3:5]) > 0, spacing=SPACING, smallest_mm=10.0)
    assert axes.get_xlim() == pytest.approx((9 - 5, 9 + 5))
    frame_slice(axes, np.zeros((9, 14), bool), spacing=SPACING)
    assert axes.get_xlim() == pytest.approx((0, 18))
