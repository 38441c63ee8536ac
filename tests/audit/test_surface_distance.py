"""Distances between surfaces, beside MONAI's."""

import math

import numpy as np
import pytest
import torch
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance

from monai_adele.audit import surface_distance

SPACING = (2.0, 1.0, 0.5)


def blobs(seed):
    rng = np.random.default_rng(seed)
    masks = np.zeros((2, 9, 10, 11), bool)
    for mask in masks:
        start = rng.integers(1, 4, 3)
        stop = start + rng.integers(2, 5, 3)
        mask[tuple(map(slice, start, stop))] = True
    return masks


def as_batch(mask):
    return torch.as_tensor(np.stack([~mask, mask])[None].astype(np.float32))


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_is_that_of_monai(seed):
    first, second = blobs(seed)
    expected = compute_average_surface_distance(
        as_batch(first), as_batch(second), symmetric=True, spacing=SPACING, include_background=False
    ).item()
    assert surface_distance(first, second, SPACING).mean_mm == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_the_percentile_is_that_of_monai(seed):
    first, second = blobs(seed)
    expected = compute_hausdorff_distance(
        as_batch(first), as_batch(second), percentile=95, spacing=SPACING, include_background=False
    ).item()
    assert surface_distance(first, second, SPACING).percentile95_mm == pytest.approx(expected, rel=1e-5)


def test_a_slab_moved_along_the_first_axis_lies_off_by_its_spacing():
    first, second = np.zeros((2, 6, 6), bool)
    first[2], second[4] = True, True
    assert surface_distance(first, second, (3.0, 1.0)) == (6.0, 6.0)


def test_an_empty_mask_has_no_distance():
    first, second = np.zeros((2, 3, 3), bool)
    first[1, 1] = True
    assert all(math.isnan(value) for value in surface_distance(first, second, (1.0, 1.0)))


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"shapes \(2, 2\) and \(2, 3\)"):
        surface_distance(np.ones((2, 2), bool), np.ones((2, 3), bool), (1.0, 1.0))
