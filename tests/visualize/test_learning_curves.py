import math

import numpy as np
import pytest

from monai_adele.visualize.class_curves import ClassCurves
from monai_adele.visualize.learning_curves import learning_curves_figure

NAN = math.nan


def curves(name, num_epochs, **changes):
    training = np.linspace(0.1, 0.9, num_epochs)
    settings = {"fit": training, "onset_epoch": 3, "validation_iou": training / 2} | changes
    return ClassCurves(name, training, **settings)


def drawn(axes, color):
    return [line for line in axes.lines if line.get_color() == color and len(line.get_xdata())]


def test_training_iou_is_drawn_as_points_at_its_epochs():
    figure = learning_curves_figure([ClassCurves("heart", [0.2, NAN, 0.7])])
    points = figure.axes[0].lines[0]
    assert points.get_xdata().tolist() == [1, 2, 3]
    assert points.get_ydata()[[0, 2]].tolist() == [0.2, 0.7]
    assert math.isnan(points.get_ydata()[1])


def test_the_onset_is_a_line_that_says_its_epoch():
    early, late = learning_curves_figure([curves("a", 20, onset_epoch=4), curves("b", 20, onset_epoch=19)]).axes
    for axes, epoch in ((early, 4), (late, 19)):
        assert [line.get_xdata() for line in drawn(axes, "#D55E00")] == [[epoch, epoch]]
        assert [text.get_text() for text in axes.texts] == [f"onset {epoch}"]


def test_a_class_without_onset_says_so():
    axes = learning_curves_figure([curves("a", 20, onset_epoch=None)]).axes[0]
    assert axes.get_title(loc="right") == "no onset"
    assert drawn(axes, "#D55E00") == []


def test_truth_adds_a_row_for_every_class():
    share = [0.5, 0.25, 0.125, 0.0]
    known = curves("a", 4, early_learned=share, memorized=share[::-1])
    figure = learning_curves_figure([known, curves("b", 4)])
    upper, shares, _, unknown = figure.axes
    assert upper.get_title(loc="left") == "a"
    assert drawn(shares, "#009E73")[0].get_ydata().tolist() == share
    assert drawn(shares, "#CC79A7")[0].get_ydata().tolist() == share[::-1]
    assert "not measured" in [text.get_text() for text in unknown.texts]


def test_epochs_measured_now_and_then_are_joined_and_lonely_ones_are_dots():
    sparse = curves("a", 5, validation_iou=[NAN, 0.1, NAN, 0.3, NAN])
    gapped = curves("b", 5, validation_iou=[0.1, 0.2, NAN, 0.4, NAN])
    joined, torn = (drawn(axes, "#E69F00") for axes in learning_curves_figure([sparse, gapped]).axes)
    assert joined[0].get_xdata().tolist() == [2, 4]
    assert torn[0].get_xdata().tolist() == [1, 2, 3, 4, 5]
    assert torn[1].get_xdata().tolist() == [4]


def test_the_legend_names_what_is_drawn_and_nothing_else():
    plain = learning_curves_figure([ClassCurves("a", [0.1, 0.2], validation_iou=[0.1, 0.1], memorized=[NAN, NAN])])
    assert [text.get_text() for text in plain.legends[0].get_texts()] == ["training IoU", "validation IoU"]


@pytest.mark.parametrize(("num_classes", "num_epochs", "truth"), [(1, 1, False), (4, 300, True), (15, 40, True)])
def test_no_two_texts_of_a_panel_overlap_and_none_is_cut(num_classes, num_epochs, truth):
    share = np.linspace(0, 1, num_epochs) if truth else None
    classes = [
        curves("a class with a very long name indeed", num_epochs, onset_epoch=None if i % 2 else 1, memorized=share)
        for i in range(num_classes)
    ]
    figure = learning_curves_figure(classes, title="epoch 40: validation mIoU 0.58")
    figure.canvas.draw()
    assert figure.get_size_inches()[0] <= 12.8
    for axes in figure.axes:
        texts = [axes.title, axes._left_title, axes._right_title, *axes.texts]
        boxes = [text.get_window_extent() for text in texts if text.get_text() and text.get_visible()]
        for number, box in enumerate(boxes):
            assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
            assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
            assert not any(box.overlaps(other) for other in boxes[number + 1 :])


@pytest.mark.parametrize("lengths", [[], [0], [3, 4]])
def test_classes_of_different_or_no_epochs_are_refused(lengths):
    classes = [ClassCurves("a", [0.5] * length) for length in lengths]
    with pytest.raises(ValueError, match="same number of epochs, at least 1"):
        learning_curves_figure(classes)
