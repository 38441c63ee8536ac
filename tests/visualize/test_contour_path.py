"""Outlines as SVG paths, beside the mask that they enclose."""

import re
from itertools import pairwise

import numpy as np
import pytest

from monai_adele.visualize.contour_path import contour_path


def corners(path):
    """Every loop of a path as its corners, the closing edge included."""
    loops = []
    for x, y, steps in re.findall(r"M(\d+) (\d+)((?:[hv]-?\d+)+)z", path):
        places = [(int(x), int(y))]
        for way, length in re.findall(r"([hv])(-?\d+)", steps):
            across, down = places[-1]
            places.append((across + int(length), down) if way == "h" else (across, down + int(length)))
        loops.append([*places, places[0]])
    return loops


def filled(path, shape):
    """The pixels whose centre an odd number of upright edges lies to the left of."""
    inside = np.zeros(shape, int)
    for loop in corners(path):
        for (x, y), (to_x, to_y) in pairwise(loop):
            assert x == to_x or y == to_y
            for row in range(min(y, to_y), max(y, to_y)):
                inside[row, x:] += 1
    return inside % 2 == 1


@pytest.mark.parametrize("seed", range(10))
def test_the_path_encloses_the_mask(seed):
    mask = np.random.default_rng(seed).random((7, 9)) < 0.5
    assert np.array_equal(filled(contour_path(mask), mask.shape), mask)


def test_straight_edges_are_one_step():
    assert contour_path(np.ones((2, 3))) == "M0 0h3v2h-3z"


def test_pixels_that_touch_at_a_corner_stay_apart():
    assert len(corners(contour_path(np.eye(3)))) == 3


def test_an_empty_mask_has_no_path():
    assert contour_path(np.zeros((3, 3))) == ""
