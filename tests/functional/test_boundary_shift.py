"""Tests of the shift of boundaries."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from monai_adele.functional import boundary_shift_voxels


def by_voxels(
    label: np.ndarray, pred: np.ndarray, class_id: int, ignore_index: int | None, allowance: float = 0
) -> float:
    """The definition, voxel by voxel."""
    contradicted = boundary = 0
    for place in np.ndindex(label.shape):
        here = label[place]
        if here != ignore_index:
            contradicted += (here == class_id) != (pred[place] == class_id)
        if here == class_id:
            near = [tuple(np.add(place, step)) for axis in range(label.ndim) for step in _steps(axis, label.ndim)]
            inside = [at for at in near if all(0 <= x < size for x, size in zip(at, label.shape, strict=True))]
            boundary += any(label[at] != class_id for at in inside)
    if contradicted == 0:
        return 0.0
    return contradicted / boundary / (1 + allowance / math.sqrt(boundary)) if boundary else math.inf


def _steps(axis: int, dims: int) -> list[list[int]]:
    return [[sign * (axis == other) for other in range(dims)] for sign in (-1, 1)]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    ignore_index=st.sampled_from([None, 1, 255]),
    allowance=st.sampled_from([0.0, 2.5]),
)
def test_it_is_the_definition(seed: int, shape: list[int], ignore_index: int | None, allowance: float) -> None:
    rng = np.random.default_rng(seed)
    label, pred = rng.choice([0, 0, 1, 2, 255], shape).astype(np.int32), rng.integers(0, 3, shape).astype(np.uint8)
    tensors = torch.from_numpy(label), torch.from_numpy(pred)
    found = boundary_shift_voxels(*tensors, 3, allowance=allowance, ignore_index=ignore_index)
    counted = {int(c) for c in np.unique(label)} - {255, ignore_index}
    # the ids outside of 0 .. 2 count nowhere, like ignored ones
    unlabelled = np.where(label == 255, -1, label)
    expected = {
        c: by_voxels(np.where(unlabelled == ignore_index, -1, unlabelled), pred, c, -1, allowance)
        for c in sorted(counted)
    }
    assert found == pytest.approx(expected)


def test_a_square_grown_by_one_voxel_shifts_by_about_one() -> None:
    label, pred = torch.zeros(2, 20, 20, dtype=torch.long)
    label[5:15, 5:15], pred[4:16, 4:16] = 1, 1
    assert boundary_shift_voxels(label, pred, 2)[1] == (144 - 100) / 36


def test_a_short_boundary_has_to_move_further() -> None:
    def grown(size: int) -> float:
        label, pred = torch.zeros(40, 40, dtype=torch.long), torch.zeros(40, 40, dtype=torch.long)
        label[5 : 5 + size, 5 : 5 + size], pred[5 : 6 + size, 5 : 5 + size] = 1, 1
        return boundary_shift_voxels(label, pred, 2, allowance=8)[1] / boundary_shift_voxels(label, pred, 2)[1]

    assert grown(2) == pytest.approx(1 / 5)  # four voxels of a boundary
    assert grown(17) == pytest.approx(1 / 2)  # 64
    assert grown(2) < grown(6) < grown(17) < grown(30) < 1


def test_a_class_that_fills_the_image_has_no_boundary() -> None:
    label = torch.ones(3, 3, dtype=torch.uint8)
    assert boundary_shift_voxels(label, label, 2) == {1: 0.0}
    assert boundary_shift_voxels(label, torch.zeros_like(label), 2) == {1: math.inf}


def test_a_class_that_does_not_occur_has_no_shift() -> None:
    label, pred = torch.tensor([0, 0, 0]), torch.tensor([0, 1, 0])
    assert boundary_shift_voxels(label, pred, 2) == {0: math.inf}


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="expected the same"):
        boundary_shift_voxels(torch.zeros(3, dtype=torch.long), torch.zeros(4, dtype=torch.long), 2)


def test_a_negative_allowance_is_refused() -> None:
    label = torch.zeros(3, dtype=torch.long)
    with pytest.raises(ValueError, match="allowance: found -1, expected a number of at least 0"):
        boundary_shift_voxels(label, label, 2, allowance=-1)
