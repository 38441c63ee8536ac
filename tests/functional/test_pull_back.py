"""Tests of pull_back."""

from __future__ import annotations

import pytest
import torch

from monai_adele.functional import pull_back


def test_the_identity_gives_the_values_themselves() -> None:
    values = torch.rand(2, 3, 4, 5)
    sampled, known = pull_back(values, torch.eye(4), (3, 4, 5))
    torch.testing.assert_close(sampled, values)
    assert known.all()


def test_a_crop_is_known_only_where_it_was_cut() -> None:
    # the crop starts at (1, 2): cached index (i, j) is crop index (i - 1, j - 2)
    values = torch.arange(6.0).reshape(1, 2, 3)
    shift = torch.tensor([[1.0, 0, -1], [0, 1, -2], [0, 0, 1]])
    sampled, known = pull_back(values, shift, (4, 6))
    torch.testing.assert_close(sampled[0, 1:3, 2:5], values[0])
    expected = torch.zeros(4, 6, dtype=torch.bool)
    expected[1:3, 2:5] = True
    assert torch.equal(known, expected)


def test_a_zoom_interpolates_linearly() -> None:
    # twice as coarse an augmented grid: cached index i is augmented index i / 2
    values = torch.tensor([[[0.0], [10.0], [20.0]]])
    half = torch.diag(torch.tensor([0.5, 1.0, 1.0]))
    sampled, known = pull_back(values, half, (5, 1))
    torch.testing.assert_close(sampled[0, :, 0], torch.tensor([0.0, 5.0, 10.0, 15.0, 20.0]))
    assert known.all()


def test_swapped_axes_are_told_apart() -> None:
    values = torch.rand(1, 3, 5)
    swap = torch.tensor([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])
    torch.testing.assert_close(pull_back(values, swap, (5, 3))[0], values.transpose(1, 2))


def test_dimensions_that_do_not_agree_are_refused() -> None:
    with pytest.raises(ValueError, match="pull_back: found values"):
        pull_back(torch.zeros(1, 3, 3), torch.eye(4), (3, 3))
