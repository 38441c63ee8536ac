import math

import numpy as np
import pytest

from monai_adele.phantom.phantom_section import Section

GRID = np.meshgrid(np.arange(-40, 40.5, 0.5, np.float32), np.arange(-30, 30.5, 0.5, np.float32), indexing="ij")


def area(section):
    return section.inside(*GRID).sum() * 0.25


def test_an_ellipse_has_its_area_wherever_it_lies_and_however_it_turns():
    for angle in (0.0, 0.7, -1.2):
        assert area(Section((5, -3), (20, 8), 0.0, angle=angle)) == pytest.approx(math.pi * 160, rel=0.02)


def test_an_angle_turns_the_first_radius_from_x_towards_y():
    x, y = np.array([14.0, -14.0], np.float32), np.array([14.0, 14.0], np.float32)
    assert Section((0, 0), (25, 4), 0.0, angle=math.pi / 4).inside(x, y).tolist() == [True, False]


def test_a_reach_sweeps_a_circle_along_a_segment():
    swept = Section((-10, 0), (6, 6), 0.0, reach_mm=(16, 12))
    assert area(swept) == pytest.approx(math.pi * 36 + 20 * 12, rel=0.02)


@pytest.mark.parametrize("reach", [(0, 0), (12, -5), (-12, 9)])
def test_nothing_lies_outside_the_box(reach):
    section = Section((3, 2), (9, 4), 0.0, angle=0.5, reach_mm=reach)
    x0, x1, y0, y1 = section.box_mm()
    inside = section.inside(*GRID)
    outside = (GRID[0] < x0) | (GRID[0] > x1) | (GRID[1] < y0) | (GRID[1] > y1)
    assert inside.any()
    assert not inside[outside].any()
