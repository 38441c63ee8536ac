import numpy as np
import pytest
from matplotlib.colors import to_hex

from monai_adele.visualize.overlay import difference_colors, overlay_figure
from monai_adele.visualize.overlay_case import OverlayCase

NAMES = ("background", "heart", "aorta")


def case(case_id, num_changed, *, shape=(16, 12), **more):
    given = np.zeros(shape, np.uint8)
    given[4:9, 3:8] = 1
    corrected = given.copy()
    corrected[0, :num_changed] = 2
    image = np.random.default_rng(0).normal(size=shape)
    return OverlayCase(case_id, image, given, corrected, spacing=(1.0, 2.0, 3.0)[: len(shape)], **more)


def titles(figure):
    return [band._suptitle.get_text() for band in figure.subfigs]


def test_differences_are_coloured_by_what_became_of_the_voxel():
    given = np.array([[0, 0, 1, 1, 255]])
    corrected = np.array([[0, 2, 0, 2, 255]])
    colors = difference_colors(given, corrected)
    assert colors[0, :, 3].tolist() == [0, 0.75, 0.75, 0.75, 0]
    assert [to_hex(color).upper() for color in colors[0, 1:4]] == ["#009E73", "#D55E00", "#CC79A7"]


def test_the_most_changed_cases_come_first_and_the_unchanged_not_at_all():
    cases = [case("few", 1), case("none", 0), case("most", 7), case("some", 3)]
    found = titles(overlay_figure(cases, class_names=NAMES, max_cases=2))
    assert found == ["most   7 voxels changed", "some   3 voxels changed"]
    assert titles(overlay_figure(cases, class_names=NAMES))[2] == "few   1 voxel changed"


def test_where_nothing_changed_the_figure_says_so():
    figure = overlay_figure([case("none", 0)], class_names=NAMES)
    assert [text.get_text() for text in figure.texts] == ["no voxel of any label was changed"]


def test_the_gain_is_told_where_truth_is_known():
    one = case("a", 2)
    known = OverlayCase("a", one.image, one.given, one.corrected, spacing=one.spacing, truth=one.given)
    assert titles(overlay_figure([known], class_names=NAMES))[0].endswith("mean IoU with truth 1.000 → 0.500")


def test_the_slice_is_counted_as_in_the_file_and_drawn_upright():
    label = np.zeros((8, 6, 5), np.uint8)
    corrected = label.copy()
    corrected[1, 5, 3] = 1
    affine = np.diag([1.0, -2.0, -3.0, 1.0])
    turned = OverlayCase("a", label * 1.0, label, corrected, spacing=(1.0, 2.0, 3.0), affine=affine)
    figure = overlay_figure([turned], class_names=NAMES)
    assert titles(figure)[0].endswith("slice 4 of 5")
    image, _, _, difference = figure.subfigs[0].axes
    assert [text.get_text() for text in image.texts] == ["R", "L"]
    tint = np.asarray(difference.images[1].get_array())
    assert np.argwhere(tint[..., 3]).tolist() == [[0, 6]]


def test_panels_show_given_and_corrected_outlines_and_the_difference():
    image, given, corrected, difference = overlay_figure([case("a", 4)], class_names=NAMES).subfigs[0].axes
    assert [len(axes.collections) for axes in (image, given, corrected, difference)] == [0, 1, 2, 0]
    tint = np.asarray(difference.images[1].get_array())
    assert np.argwhere(tint[..., 3]).tolist() == [[0, 0], [1, 0], [2, 0], [3, 0]]
    assert difference.images[1].get_extent() == image.images[0].get_extent() == [0, 16, 0, 24]


def test_ignored_voxels_are_neither_outlined_nor_framed():
    one = case("a", 2, shape=(40, 30))
    for label in (one.given, one.corrected):
        label[30:, 20:] = 255
    axes = overlay_figure([one], class_names=NAMES).subfigs[0].axes
    assert axes[1].get_ylim()[1] < 50
    assert len(axes[1].collections) == 1


def test_headings_stand_once_and_nothing_is_cut():
    figure = overlay_figure([case("a" * 60, 4), case("b", 2)], class_names=NAMES, title="most changed")
    figure.canvas.draw()
    first, second = figure.subfigs
    assert [axes.get_title() for axes in first.axes] == ["image", "given label", "corrected label", "difference"]
    assert [axes.get_title() for axes in second.axes] == [""] * 4
    for band in figure.subfigs:
        box = band._suptitle.get_window_extent()
        assert box.x1 <= figure.bbox.x1
        assert not any(box.overlaps(axes.title.get_window_extent()) for axes in band.axes if axes.get_title())
        widths = {round(axes.get_window_extent().width) for axes in band.axes}
        assert min(widths) > 250


@pytest.mark.parametrize(("max_cases", "names"), [(0, NAMES), (2, ("background",))])
def test_arguments_that_cannot_be_are_refused(max_cases, names):
    with pytest.raises(ValueError, match="max_cases must be at least 1, with a foreground class"):
        overlay_figure([], class_names=names, max_cases=max_cases)
