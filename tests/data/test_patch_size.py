"""Tests of the suggested patch and window."""

import numpy as np
import pytest

from monai_adele.data import suggest_patch_size


def images(*shapes):
    return [{"image": np.zeros((1, *shape))} for shape in shapes]


def test_the_patch_is_the_largest_size_rounded_up_to_the_divisor_and_cut():
    assert suggest_patch_size(images((30, 200, 9), (33, 300, 7), (20, 500, 9)), divisor=16) == (48, 96, 16)


def test_the_limit_is_rounded_down_to_the_divisor():
    assert suggest_patch_size(images((300,)), divisor=16, largest=100) == (96,)


def test_the_patch_of_tiny_images_has_more_than_one_voxel_at_the_bottleneck():
    assert suggest_patch_size(images((5, 8, 3)), divisor=8) == (16, 8, 8)


def test_no_images_and_small_limits_are_refused():
    with pytest.raises(ValueError, match="found no images"):
        suggest_patch_size([])
    with pytest.raises(ValueError, match="largest: found 4"):
        suggest_patch_size(images((30,)), divisor=8, largest=4)
