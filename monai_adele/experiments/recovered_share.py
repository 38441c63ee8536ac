"""How much of what noise costs a method wins back, pooled over pairs of runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

__all__ = ["ShareEstimate", "mean_difference", "recovered_share", "share_difference", "share_of_gap"]

Array = NDArray[np.float64]

_RESAMPLES = 4000
_FEWEST_PAIRS = 4


@dataclass(frozen=True)
class ShareEstimate:
    """A share, or a difference of shares, with its interval.

    Attributes:
        value: 1 is the whole gap; NaN if there is no pair.
        low: lower end of the interval; NaN with fewer than four pairs.
        high: upper end.
        pairs: how many went in.
    """

    value: float
    low: float
    high: float
    pairs: int


def share_of_gap(clean: Sequence[float], plain: Sequence[float], method: Sequence[float]) -> float:
    """Share of the noise gap that a method recovers: ``sum(method - plain) / sum(clean - plain)``.

    Sums first: a mean of the pairs' own shares would be ruled by pairs with a small gap.

    Args:
        clean: test mIoU of plain training on clean labels, one for each pair (data set, noise, seed).
        plain: of plain training on the noisy labels of the same pair.
        method: of the method on those.

    Returns:
        0 as plain, 1 as clean labels; NaN if there are no pairs or no gap.

    Example:
        >>> round(share_of_gap([0.8, 0.7], [0.6, 0.6], [0.7, 0.65]), 3)
        0.5
    """
    differences = _differences(clean, plain, method)
    return float(_ratio(differences.sum(axis=0)))


def recovered_share(
    clean: Sequence[float],
    plain: Sequence[float],
    method: Sequence[float],
    *,
    level: float = 0.95,
    seed: int = 0,
) -> ShareEstimate:
    """Share of the noise gap that a method recovers, with a bootstrap interval over pairs.

    Whole pairs are drawn with replacement, so that a pair's three runs stay together, and the pooled share of each of
    4,000 draws is taken. The interval lies between expanded percentiles of those, since draws from few pairs scatter
    too little: instead of alpha / 2 the percentile is ``Phi(-sqrt(n / (n - 1)) * t(alpha / 2, n - 1))`` (Hesterberg,
    The American Statistician 2015). At a level of 95 % it held the true share in 92 % of simulated grids of 6 pairs and
    in 94 % of 18 and 36.
    Pairs that share their clean run, as the noises of one data set and seed do, are taken as independent.

    Args:
        clean: see :func:`share_of_gap`.
        plain: the same.
        method: the same.
        level: of the interval, in ``(0, 1)``.
        seed: of the draws.

    Raises:
        ValueError: if the lengths differ, values are not finite, or the level is out of range.

    Example:
        >>> recovered_share([0.8] * 3, [0.6] * 3, [0.7] * 3).pairs
        3
    """
    differences = _differences(clean, plain, method)
    return _estimate(differences, level=level, seed=seed)


def share_difference(
    clean: Sequence[float],
    plain: Sequence[float],
    first: Sequence[float],
    second: Sequence[float],
    *,
    level: float = 0.95,
    seed: int = 0,
) -> ShareEstimate:
    """Share that one method recovers minus that of another, on the same pairs, with its bootstrap interval.

    Args:
        clean: see :func:`share_of_gap`.
        plain: the same.
        first: test mIoU of the method.
        second: of the other.
        level: of the interval, in ``(0, 1)``.
        seed: of the draws.

    Raises:
        ValueError: if the lengths differ, values are not finite, or the level is out of range.

    Example:
        >>> round(share_difference([0.8], [0.6], [0.75], [0.7]).value, 3)
        0.25
    """
    against = _differences(clean, plain, second)
    gain = _differences(clean, plain, first)
    return _estimate(np.stack([gain[:, 0] - against[:, 0], gain[:, 1]], axis=1), level=level, seed=seed)


def mean_difference(
    first: Sequence[float], second: Sequence[float], *, level: float = 0.95, seed: int = 0
) -> ShareEstimate:
    """Mean difference of two methods on the same pairs, with its bootstrap interval, as :func:`recovered_share` has it.

    Args:
        first: test mIoU of the method, one for each pair (data set, noise, seed).
        second: of the other.
        level: of the interval, in ``(0, 1)``.
        seed: of the draws.

    Raises:
        ValueError: if the lengths differ, values are not finite, or the level is out of range.

    Example:
        >>> round(mean_difference([0.75, 0.7], [0.7, 0.7]).value, 3)
        0.025
    """
    zeros, ones = [0.0] * len(first), [1.0] * len(first)  # a gap of 1: the share is the difference itself
    return share_difference(ones, zeros, first, second, level=level, seed=seed)


def _differences(clean: Sequence[float], plain: Sequence[float], method: Sequence[float]) -> Array:
    """Gain and gap of each pair, ``(N, 2)``."""
    if not len(clean) == len(plain) == len(method):
        raise ValueError(
            f"found {len(clean)} clean, {len(plain)} plain and {len(method)} values, expected as many each"
        )
    values = np.array([clean, plain, method], dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("found values that are not finite, expected test IoUs")
    return np.stack([values[2] - values[1], values[0] - values[1]], axis=1)


def _ratio(sums: Array) -> Array:
    """First over second of the last axis; NaN without a gap."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)


def _estimate(differences: Array, *, level: float, seed: int) -> ShareEstimate:
    if not 0 < level < 1:
        raise ValueError(f"level: found {level}, expected a number in (0, 1)")
    pairs = len(differences)
    value = float(_ratio(differences.sum(axis=0)))
    if pairs < _FEWEST_PAIRS:
        return ShareEstimate(value, math.nan, math.nan, pairs)
    drawn = np.random.default_rng(seed).integers(pairs, size=(_RESAMPLES, pairs))
    shares = _ratio(differences[drawn].sum(axis=1))
    tail = norm.cdf(math.sqrt(pairs / (pairs - 1)) * t.ppf((1 - level) / 2, pairs - 1))
    low, high = np.nanquantile(shares, [tail, 1 - tail]) if np.isfinite(shares).any() else (math.nan, math.nan)
    return ShareEstimate(value, float(low), float(high), pairs)
