"""Tests of GeneralizationGap."""

import math

import numpy as np
import pytest

from monai_adele.functional import GeneralizationGap, SlopeOnset

LEARNED = [0.2, 0.4, 0.5]


def test_the_onset_is_where_the_means_part_for_the_second_time():
    training, validation = [*LEARNED, 0.6, 0.7, 0.8], [*LEARNED, 0.5, 0.5, 0.5]
    # means of two: .50 of .55 (91 %), .50 of .65 (77 %), .50 of .75 (67 %)
    decision = GeneralizationGap(ratio=0.85, window=2, patience=2).decide(training, validation)
    assert decision.epoch == 6
    assert "is 67 % of the training IoU, 0.75: below 85 % for 2 epochs" in decision.reason


@pytest.mark.parametrize("length", range(1, 9))
def test_what_comes_later_does_not_change_the_onset(length):
    training, validation = [*LEARNED, 0.6, 0.7, 0.8, 0.5, 0.5], [*LEARNED, 0.5, 0.5, 0.5, 0.9, 0.9]
    decision = GeneralizationGap().decide(training[:length], validation[:length])
    assert decision.epoch == (6 if length >= 6 else None)


def test_one_bad_validation_is_no_onset():
    training, validation = [*LEARNED, 0.55, 0.6, 0.6], [*LEARNED, 0.25, 0.6, 0.6]
    assert GeneralizationGap(window=1, patience=2).decide(training, validation).epoch is None


def test_a_class_that_is_not_learned_has_no_onset():
    decision = GeneralizationGap(min_iou=0.3).decide([0.5] * 6, [0.1] * 6)
    assert decision.epoch is None
    assert decision.reason == "the validation IoU has reached 0.10 only: below 0.3 the class is not learned"


def test_a_network_that_generalizes_has_no_onset():
    curve = list(np.linspace(0.1, 0.9, 20))
    decision = GeneralizationGap().decide(curve, curve)
    assert decision.epoch is None
    assert decision.reason == "the validation IoU, 0.88, is 100 % of the training IoU, 0.88"


def test_epochs_not_measured_are_passed_over():
    nan = math.nan
    training = [*LEARNED, nan, 0.7, nan, 0.8, 0.9]
    validation = [*LEARNED, 0.1, 0.5, nan, 0.5, 0.5]
    # measured: epochs 1, 2, 3, 5, 7, 8; means of two part at 5 (.50 of .60) and at 7 (.50 of .75)
    assert GeneralizationGap().decide(training, validation).epoch == 7


def test_without_validation_the_fallback_decides():
    curve = [0.2, 0.4, 0.55, 0.65, 0.7, 0.72, 0.73, 0.73]
    expected = SlopeOnset(threshold=0.85).decide(curve)
    assert expected.epoch is not None
    assert GeneralizationGap().decide(curve) == expected
    assert GeneralizationGap().decide(curve, [math.nan] * 8) == expected


def test_no_epochs_at_all_are_undecided():
    assert GeneralizationGap().decide([], []).epoch is None


def test_curves_of_different_length_and_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="found 1 validation IoUs, expected 2"):
        GeneralizationGap().decide([0.1, 0.2], [0.1])
    for options, found in (
        ({"ratio": 1.0}, "ratio: found 1.0"),
        ({"window": 0}, "window 0, patience 2"),
        ({"patience": 0}, "window 2, patience 0"),
        ({"min_iou": -1}, "min_iou: found -1"),
    ):
        with pytest.raises(ValueError, match=found):
            GeneralizationGap(**options)
