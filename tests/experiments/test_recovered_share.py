"""Tests of the share of the noise gap that a method recovers."""

import math
import random

import numpy as np
import pytest

from monai_adele.experiments import mean_difference, recovered_share, share_difference, share_of_gap


def simulated(rng, pairs, share):
    """Test mIoU of pairs of runs: gaps differ from pair to pair, and every run scatters."""
    gap = rng.normal(0.12, 0.04, pairs)
    plain = rng.normal(0.55, 0.02, pairs)
    clean = plain + gap + rng.normal(0, 0.008, pairs)
    return clean, plain, plain + share * gap + rng.normal(0, 0.02, pairs)


def slow_interval(clean, plain, method, *, tail, resamples):
    """Draw pairs with replacement, one by one, and sort what the pooled share was."""
    draw, shares = random.Random(1), []
    for _ in range(resamples):
        chosen = [draw.randrange(len(clean)) for _ in clean]
        gain, gap = sum(method[i] - plain[i] for i in chosen), sum(clean[i] - plain[i] for i in chosen)
        shares.append(gain / gap)
    shares.sort()
    return shares[round(tail * resamples)], shares[round((1 - tail) * resamples)]


def test_gains_and_gaps_are_summed_before_they_are_divided():
    # gaps 0.3 and 0.1, gains 0.15 and 0.1: 0.25 of 0.4; the mean of the ratios would be 0.75
    assert share_of_gap([0.8, 0.7], [0.5, 0.6], [0.65, 0.7]) == pytest.approx(0.625)


def test_plain_training_recovers_nothing_and_clean_labels_all():
    clean, plain = [0.8, 0.7], [0.5, 0.6]
    assert share_of_gap(clean, plain, plain) == 0
    assert share_of_gap(clean, plain, clean) == pytest.approx(1)


def test_a_method_may_be_worse_than_plain_or_better_than_clean_labels():
    assert share_of_gap([0.8], [0.6], [0.5]) == pytest.approx(-0.5)
    assert share_of_gap([0.8], [0.6], [0.9]) == pytest.approx(1.5)


def test_without_pairs_or_without_a_gap_there_is_no_share():
    assert math.isnan(share_of_gap([], [], []))
    assert math.isnan(share_of_gap([0.6], [0.6], [0.7]))


def test_the_order_of_the_pairs_does_not_matter_for_the_share():
    clean, plain, method = simulated(np.random.default_rng(0), 7, 0.5)
    turned = share_of_gap(clean[::-1], plain[::-1], method[::-1])
    assert turned == pytest.approx(share_of_gap(clean, plain, method))


def test_the_interval_agrees_with_draws_made_one_by_one():
    clean, plain, method = simulated(np.random.default_rng(3), 9, 0.6)
    found = recovered_share(clean, plain, method)
    # Phi(-sqrt(9 / 8) * 2.306), 2.306 being the 97.5th percentile of Student's t with 8 degrees of freedom
    low, high = slow_interval(clean.tolist(), plain.tolist(), method.tolist(), tail=0.00722, resamples=20000)
    assert found.low == pytest.approx(low, abs=0.03)
    assert found.high == pytest.approx(high, abs=0.03)
    assert found.low < found.value < found.high


@pytest.mark.parametrize("pairs", [6, 18])
def test_the_interval_holds_the_true_share_about_as_often_as_it_says(pairs):
    rng = np.random.default_rng(pairs)
    found = [recovered_share(*simulated(rng, pairs, 0.6), seed=number) for number in range(200)]
    held = np.mean([estimate.low <= 0.6 <= estimate.high for estimate in found])
    assert 0.87 <= held <= 0.99


def test_a_wider_level_gives_a_wider_interval():
    runs = simulated(np.random.default_rng(0), 12, 0.6)
    half, most = recovered_share(*runs, level=0.5), recovered_share(*runs, level=0.99)
    assert most.low < half.low < half.high < most.high


def test_few_pairs_have_no_interval():
    found = recovered_share([0.8] * 3, [0.6] * 3, [0.7] * 3)
    assert (found.value, found.pairs) == (pytest.approx(0.5), 3)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_a_difference_of_shares_is_that_of_the_pooled_shares():
    clean, plain, first = simulated(np.random.default_rng(5), 10, 0.8)
    second = plain + 0.3 * (clean - plain)
    found = share_difference(clean, plain, first, second)
    assert found.value == pytest.approx(share_of_gap(clean, plain, first) - share_of_gap(clean, plain, second))
    assert found.low < found.value < found.high


def test_a_difference_knows_less_scatter_than_its_parts_where_both_scatter_alike():
    clean, plain, first = simulated(np.random.default_rng(5), 10, 0.8)
    found = share_difference(clean, plain, first, first - 0.1 * (clean - plain))
    assert (found.low, found.high) == (pytest.approx(0.1), pytest.approx(0.1))


def test_a_mean_difference_has_the_interval_of_its_pairs():
    rng = np.random.default_rng(3)
    second = rng.uniform(0.5, 0.7, 36)
    found = mean_difference(second + rng.normal(0.01, 0.02, 36), second)
    expected = 1.96 * 0.02 / 6
    assert found.value == pytest.approx(0.01, abs=0.01)
    assert (found.high - found.low) / 2 == pytest.approx(expected, rel=0.35)
    assert found.pairs == 36
    with pytest.raises(ValueError, match="as many each"):
        mean_difference([0.5], [0.5, 0.6])


def test_the_same_seed_gives_the_same_interval():
    runs = simulated(np.random.default_rng(2), 8, 0.6)
    assert recovered_share(*runs, seed=4) == recovered_share(*runs, seed=4)
    assert recovered_share(*runs, seed=4) != recovered_share(*runs, seed=5)


def test_bad_values_are_refused():
    with pytest.raises(ValueError, match="found 2 clean, 1 plain and 1 values"):
        share_of_gap([0.8, 0.7], [0.6], [0.7])
    with pytest.raises(ValueError, match="not finite"):
        recovered_share([0.8], [math.nan], [0.7])
    with pytest.raises(ValueError, match="level: found 95"):
        recovered_share([0.8], [0.6], [0.7], level=95)
