import pytest
from matplotlib.colors import to_rgb

from monai_adele.visualize.palette import class_style


def test_21_classes_can_be_told_apart():
    assert len({class_style(index) for index in range(1, 22)}) == 21


def test_every_colour_stands_out_from_black():
    assert all(max(to_rgb(class_style(index)[0])) > 0.75 for index in range(1, 8))


def test_the_background_has_no_style():
    with pytest.raises(ValueError, match="class id must be at least 1, got 0"):
        class_style(0)
