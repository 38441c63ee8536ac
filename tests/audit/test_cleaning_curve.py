"""Tests of the simulation that cases are drawn anew."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from monai_adele.audit import cleaning_curve
from monai_adele.functional import iou_from_counts, overlap_counts


def slow_curve(labels, truths, order, num_classes):
    """Clean the arrays themselves, one after the other, and measure all anew each time."""
    labels, values = [label.copy() for label in labels], []
    for step in range(len(order) + 1):
        pairs = zip(labels, truths, strict=True)
        counts = sum(overlap_counts(torch.tensor(a), torch.tensor(b), num_classes) for a, b in pairs)
        values.append(float(iou_from_counts(counts)[1:].nanmean().nan_to_num()))
        if step < len(order):
            labels[order[step]] = truths[order[step]].copy()
    return values


def random_labels(seed, num_cases, num_classes):
    rng = np.random.default_rng(seed)
    return rng.integers(0, num_classes, (2, num_cases, 5, 4))


def counts_of(labels, truths, num_classes):
    pairs = zip(labels, truths, strict=True)
    return np.stack([overlap_counts(torch.tensor(a), torch.tensor(b), num_classes).numpy() for a, b in pairs])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.integers(1, 6), st.integers(2, 4))
def test_the_curve_is_that_of_arrays_cleaned_one_by_one(seed, num_cases, num_classes):
    labels, truths = random_labels(seed, num_cases, num_classes)
    order = np.random.default_rng(seed).permutation(num_cases).tolist()
    curve = cleaning_curve(counts_of(labels, truths, num_classes), order, draws=1)
    assert curve.ordered == pytest.approx(slow_curve(labels, truths, order, num_classes))


def test_every_order_begins_and_ends_alike():
    labels, truths = random_labels(3, 8, 3)
    curve = cleaning_curve(counts_of(labels, truths, 3), range(8))
    for other in (curve.random, curve.low, curve.high):
        assert other[[0, -1]] == pytest.approx(curve.ordered[[0, -1]])
    assert curve.ordered[-1] == 1
    assert (curve.low <= curve.high).all()
    assert curve.shares.tolist() == [n / 8 for n in range(9)]


def test_worst_first_wins_sooner_than_at_random():
    truths = np.ones((10, 6), int)
    labels = truths.copy()
    labels[[4, 7]] = 0  # two of ten cases are wrong altogether
    curve = cleaning_curve(counts_of(labels, truths, 2), [4, 7, 0, 1, 2, 3, 5, 6, 8, 9])
    assert curve.ordered[:3] == pytest.approx([0.8, 0.9, 1.0])
    assert curve.random[:3] == pytest.approx([0.8, 0.82, 0.84], abs=0.01)
    assert curve.share_needed(0.5) == (0.1, pytest.approx(0.55, abs=0.06))
    assert curve.share_needed(1.0)[0] == 0.2


def test_a_class_that_is_nowhere_does_not_count():
    labels = np.array([[0, 1, 1, 1]])
    assert cleaning_curve(counts_of(labels, labels, 5), [0]).ordered.tolist() == [1, 1]


def test_labels_without_errors_need_no_cleaning():
    labels = np.array([[0, 1], [1, 1]])
    assert np.isnan(cleaning_curve(counts_of(labels, labels, 2), [1, 0]).share_needed()).all()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"order": [0, 0]}, "order: found 2 indices"),
        ({"order": [0]}, "order: found 1 indices"),
        ({"draws": 0}, "draws: found 0"),
        ({"counts": np.zeros((2, 1, 3), int)}, r"counts: found shape \(2, 1, 3\)"),
    ],
)
def test_what_is_wrong_is_named(change, expected):
    arguments = {"counts": np.ones((2, 3, 3), int), "order": [1, 0], "draws": 5} | change
    with pytest.raises(ValueError, match=expected):
        cleaning_curve(arguments.pop("counts"), arguments.pop("order"), **arguments)


def test_a_part_out_of_range_is_refused():
    with pytest.raises(ValueError, match="part: found 0"):
        cleaning_curve(np.ones((2, 3, 3), int), [1, 0]).share_needed(0)
