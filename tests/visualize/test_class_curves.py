import math

import numpy as np
import pytest

from monai_adele.visualize.class_curves import ClassCurves


@pytest.mark.parametrize("name", ["fit", "validation_iou", "early_learned", "memorized"])
def test_a_series_of_another_length_is_refused(name):
    with pytest.raises(ValueError, match=rf"class 'heart': {name} has 3 epochs, expected 2"):
        ClassCurves("heart", [0.1, 0.2], **{name: [0.1, 0.2, 0.3]})


def test_an_onset_before_the_first_epoch_is_refused():
    with pytest.raises(ValueError, match="class 'heart': onset_epoch must be at least 1, got 0"):
        ClassCurves("heart", [0.1], onset_epoch=0)


@pytest.mark.parametrize(
    ("early_learned", "memorized", "known"),
    [
        (None, None, False),
        ([math.nan] * 2, None, False),
        (None, [math.nan, 0.0], True),
        (np.array([0.0, 1.0]), None, True),
    ],
)
def test_truth_is_known_where_a_share_was_measured(early_learned, memorized, known):
    curves = ClassCurves("heart", [0.1, 0.2], early_learned=early_learned, memorized=memorized)
    assert curves.knows_truth is known
