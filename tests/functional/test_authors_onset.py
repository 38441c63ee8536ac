import json
from pathlib import Path

import numpy as np
import pytest

from monai_adele.functional import authors_curve_fit, authors_onset_epoch, authors_onset_epoch_voc

CURVES = json.loads((Path(__file__).parents[1] / "golden" / "onset_curves.json").read_text())["curves"]


@pytest.mark.parametrize("number", range(len(CURVES)))
def test_update_epochs_equal_those_of_the_authors_code(number):
    case = CURVES[number]
    for expected in case["results"]:
        if case["protocol"] == "segthor":
            found = authors_onset_epoch(case["iou"], case["planned_epochs"], expected["r"])
        else:
            found = authors_onset_epoch_voc(case["iou"], expected["r"])
        assert found == expected["update_epoch"]


def test_leading_epochs_are_dropped_and_added_again():
    curve = [0.2, 0.4, 0.55, 0.62, 0.66, 0.68, 0.69, 0.7]
    without = authors_onset_epoch(curve, 60)
    assert authors_onset_epoch([0.19, 0.2, 0.2, *curve], 60) == without + 3


def test_a_fit_recovers_the_curve():
    times = np.linspace(0, 40, 40)
    fit = authors_curve_fit(times, 0.7 * (1 - np.exp(-(times**0.8) / 3)))
    assert fit == pytest.approx((0.7, 0.8, 3.0), rel=1e-3)


@pytest.mark.parametrize("curve", [[], [0.1, float("nan"), 0.3], [[0.1, 0.2]]])
def test_curves_that_their_code_cannot_fit_are_refused(curve):
    with pytest.raises(ValueError, match="expected IoUs"):
        authors_onset_epoch(curve, 40)
    with pytest.raises(ValueError, match="expected IoUs"):
        authors_onset_epoch_voc(curve)
