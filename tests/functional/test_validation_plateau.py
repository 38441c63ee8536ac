"""Tests of ValidationPlateau."""

import math

import pytest

from monai_adele.functional import SlopeOnset, ValidationPlateau

RISING = [0.1 * i for i in range(1, 10)]


def test_the_onset_is_where_the_best_has_grown_old():
    validation = [0.3, 0.5, 0.6, 0.59, 0.58, 0.57, 0.7]
    decision = ValidationPlateau(patience=3).decide(RISING[:7], validation)
    assert decision.epoch == 6
    assert decision.reason == "the validation IoU has had no new best since 0.60 in epoch 3"


@pytest.mark.parametrize("length", range(1, 8))
def test_what_comes_later_does_not_change_the_onset(length):
    validation = [0.3, 0.5, 0.6, 0.59, 0.58, 0.57, 0.9]
    decision = ValidationPlateau().decide(RISING[:length], validation[:length])
    assert decision.epoch == (6 if length >= 6 else None)


def test_a_new_best_starts_the_waiting_anew():
    validation = [0.5, 0.4, 0.4, 0.51, 0.4, 0.4]
    assert ValidationPlateau(patience=3).decide(RISING[:6], validation).epoch is None


def test_a_class_that_is_not_learned_has_no_onset():
    decision = ValidationPlateau(min_iou=0.2).decide(RISING[:6], [0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert decision.epoch is None
    assert "is not learned" in decision.reason


def test_a_late_starter_is_judged_from_where_it_is_learned():
    validation = [0.0] * 8 + [0.3, 0.5, 0.49, 0.48, 0.47]
    assert ValidationPlateau().decide([0.0] * 8 + RISING[:5], validation).epoch == 13


def test_epochs_without_validation_are_passed_over():
    validation = [0.5, math.nan, 0.4, math.nan, 0.4, math.nan, 0.4]
    assert ValidationPlateau(patience=3).decide(RISING[:7], validation).epoch == 7


def test_without_validation_the_fallback_decides():
    curve = [0.2, 0.4, 0.55, 0.65, 0.7, 0.72, 0.73, 0.73]
    expected = SlopeOnset(threshold=0.85).decide(curve)
    assert ValidationPlateau().decide(curve) == expected
    assert ValidationPlateau().decide(curve, [math.nan] * 8) == expected
    assert expected.epoch is not None


def test_no_epochs_at_all_are_undecided():
    assert ValidationPlateau().decide([], []).epoch is None


def test_the_fit_is_that_of_the_training_curve_up_to_the_onset():
    decision = ValidationPlateau(patience=1).decide(RISING[:6], [0.5, 0.6, 0.7, 0.8, 0.6, 0.5])
    assert decision.epoch == 5
    assert decision.fit == SlopeOnset(threshold=0.85).decide(RISING[:5]).fit


def test_curves_of_different_length_and_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="found 1 validation IoUs, expected 2"):
        ValidationPlateau().decide([0.1, 0.2], [0.1])
    with pytest.raises(ValueError, match="patience: found 0"):
        ValidationPlateau(patience=0)
    with pytest.raises(ValueError, match="min_iou: found 2"):
        ValidationPlateau(min_iou=2)
