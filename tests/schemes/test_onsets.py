"""Tests of the onsets that ADELE's own are compared with."""

import math

import pytest
from schemes import CommonOnsetDetector, FixedOnset
from schemes.common_onset_detector import mean_curve

from monai_adele.functional import LearningCurve, OnsetDecision


class Above:
    """Sees an onset in the first epoch whose training IoU is above a half."""

    def decide(self, curve):
        epochs = [epoch for epoch, iou in enumerate(curve.iou, start=1) if iou > 0.5]
        return OnsetDecision(epochs[0] if epochs else None, "above", None)


def test_a_fixed_onset_comes_with_its_epoch_whatever_the_curve():
    rule = FixedOnset(epoch=3)
    assert [rule.decide(LearningCurve([0.1] * epochs)).epoch for epochs in (1, 2, 3, 4)] == [None, None, 3, 3]


def test_all_classes_have_the_onset_of_the_mean_of_their_curves():
    detector = CommonOnsetDetector(["background", "early", "late"], Above())
    detector.curves = {1: LearningCurve([0.6, 0.7, 0.8]), 2: LearningCurve([0.1, 0.2, 0.3])}
    decided = [[detector.rule.decide(detector.curves[c].until(epoch)).epoch for c in (1, 2)] for epoch in (1, 2, 3)]
    assert decided == [[None, None], [None, None], [3, 3]]  # means of 0.35, 0.45 and 0.55


def test_classes_that_were_not_measured_are_left_out_of_the_mean():
    found = mean_curve([LearningCurve([0.2, math.nan], [0.1, 0.3]), LearningCurve([0.4, math.nan], [math.nan, 0.5])])
    assert found.iou[0] == pytest.approx(0.3)
    assert math.isnan(found.iou[1])
    assert found.validation_iou == pytest.approx((0.1, 0.4))
