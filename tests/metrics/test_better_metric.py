"""Tests of better_metric."""

import math

import pytest

from monai_adele.metrics import better_metric


@pytest.mark.parametrize(
    ("value", "best", "better"),
    [(0.2, 0.1, True), (0.1, 0.1, False), (0.1, 0.2, False), (0.0, math.nan, True), (math.nan, 0.0, False)],
)
def test_higher_is_better_and_nan_is_worst(value, best, better):
    assert better_metric(value, best) is better
    assert better_metric(math.nan, math.nan) is False
