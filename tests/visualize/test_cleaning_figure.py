"""Tests of the figure of what drawing cases anew is worth."""

import numpy as np
import pytest

from monai_adele.audit import CleaningCurve
from monai_adele.visualize import cleaning_figure


def curve(last):
    rising = np.linspace(0.5, last, 5)
    return CleaningCurve(ordered=rising**0.5, random=rising, low=rising - 0.1, high=rising + 0.1)


def test_each_data_set_has_a_panel_with_both_orders():
    figure = cleaning_figure({"livers": curve(1.0), "hearts": curve(0.9)})
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["livers", "hearts"]
    random, ordered = figure.axes[1].get_lines()
    assert random.get_ydata() == pytest.approx(np.linspace(0.5, 0.9, 5))
    assert ordered.get_ydata() == pytest.approx(np.linspace(0.5, 0.9, 5) ** 0.5)
    assert ordered.get_xdata().tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_without_curves_there_is_nothing_to_draw():
    with pytest.raises(ValueError, match="found no curves"):
        cleaning_figure({})
