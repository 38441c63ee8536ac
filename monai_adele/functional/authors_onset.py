"""The authors' two protocols for the onset of memorization, as their code has them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeWarning, curve_fit

__all__ = ["authors_curve_fit", "authors_onset_epoch", "authors_onset_epoch_voc"]

Array = NDArray[np.float64]

_RISE = 0.1
_NUDGE = 1e-6


def authors_onset_epoch(iou: Sequence[float], planned_epochs: int, threshold: float = 0.9) -> int:
    """Find the epoch from which a class counts as memorized, by the protocol for SegTHOR.

    Leading epochs are dropped until the IoU rises by 0.1 in one step, and added to the result.
    The curve ``a * (1 - exp(-t**b / c))`` is fitted to the rest, at times that run from 0 to
    the number of points. The result counts the epochs ``1 .. planned_epochs - 1`` whose slope
    has fallen by at most ``threshold`` relative to epoch 1. Liu et al., CVPR 2022; their code
    corrects from the epoch ``e`` on for which ``e - 1`` is at least the result.

    It judges every curve, also one that is flat or not yet learned: :func:`decide_onset` is
    ours.

    Args:
        iou: training IoU after each epoch, in ``[0, 1]``, at least one, without NaN.
        planned_epochs: number of epochs of the whole training.
        threshold: relative fall of the slope (the paper's r), in ``(0, 1)``.

    Returns:
        The update epoch, 1 or more; it can exceed ``planned_epochs``.

    Raises:
        ValueError: if the curve is empty or holds NaN.
        RuntimeError: if the fit does not converge.

    Example:
        >>> authors_onset_epoch([0.1, 0.4, 0.6, 0.7, 0.72, 0.73, 0.74, 0.74], planned_epochs=40)
        5
    """
    curve = _checked(iou)
    rises = np.flatnonzero(~(np.diff(curve) < _RISE))
    dropped = int(rises[0]) if len(rises) else len(curve) - 1
    points = len(curve) - dropped
    times = np.linspace(0, points, points)
    return dropped + _update_epoch(times, curve[dropped:], planned_epochs, threshold)


def authors_onset_epoch_voc(
    iou: Sequence[float],
    threshold: float = 0.9,
    *,
    iterations_per_point: int = 100,
    iterations_per_epoch: float = 1058.1,
    planned_epochs: int = 16,
) -> int:
    """Find the epoch from which a class counts as memorized, by the protocol for PASCAL VOC.

    As :func:`authors_onset_epoch`, with several IoUs an epoch and none dropped. Their code
    corrects from the epoch on that is at least the result.

    Args:
        iou: training IoU of successive stretches of iterations, in ``[0, 1]``, without NaN.
        threshold: relative fall of the slope (the paper's r), in ``(0, 1)``.
        iterations_per_point: iterations behind one value of ``iou``.
        iterations_per_epoch: iterations in one epoch; theirs is a fraction.
        planned_epochs: one more than the number of epochs whose slope is judged.

    Returns:
        The update epoch, ``1 .. planned_epochs``.

    Raises:
        ValueError: if the curve is empty or holds NaN.
        RuntimeError: if the fit does not converge.

    Example:
        >>> authors_onset_epoch_voc([0.1, 0.3, 0.4, 0.45, 0.5, 0.52, 0.53, 0.54] + [0.55] * 24)
        2
    """
    curve = _checked(iou)
    times = np.linspace(0, len(curve) * iterations_per_point / iterations_per_epoch, len(curve))
    return _update_epoch(times, curve, planned_epochs, threshold)


def authors_curve_fit(times: Array, iou: Array) -> tuple[float, float, float]:
    """Fit ``a * (1 - exp(-times**b / c))`` by weighted least squares, as the authors do.

    Args:
        times: ``(N,)`` times of the points, 0 or more.
        iou: ``(N,)`` values.

    Returns:
        a and b in ``[0, 1]``, c of 0 or more. (The paper writes b for 1 / c and c for b.)

    Raises:
        ValueError: if a value is NaN.
        RuntimeError: if the fit does not converge.

    Example:
        >>> times = np.arange(10.0)
        >>> a, b, c = authors_curve_fit(times, 0.8 * (1 - np.exp(-times / 2)))
        >>> round(a, 3), round(b, 3), round(c, 3)
        (0.8, 1.0, 2.0)
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", OptimizeWarning)
        best, _ = curve_fit(
            lambda t, a, b, c: a * (1 - np.exp(-1 / c * t**b)),
            times,
            iou,
            p0=(1, 1, 1),
            method="trf",
            sigma=np.geomspace(1, 0.1, len(iou)),
            absolute_sigma=True,
            bounds=([0, 0, 0], [1, 1, np.inf]),
        )
    a, b, c = (float(value) for value in best)
    return a, b, c


def _update_epoch(times: Array, iou: Array, planned_epochs: int, threshold: float) -> int:
    a, b, c = authors_curve_fit(times, iou)
    epochs = np.arange(1, planned_epochs) + _NUDGE
    first = 1 + _NUDGE
    with np.errstate(all="ignore"):
        slopes = a * b / c * np.exp(-(epochs**b) / c) * epochs ** (b - 1)
        first_slope = a * b / c * np.exp(-(first**b) / c) * first ** (b - 1)
        change = np.abs(np.abs(slopes) - np.abs(first_slope)) / np.abs(first_slope)
    change[change > 1] = 0
    return int(np.sum(change <= threshold)) + 1


def _checked(iou: Sequence[float]) -> Array:
    curve = np.asarray(iou, dtype=np.float64)
    if curve.ndim != 1 or len(curve) == 0 or np.isnan(curve).any():
        raise ValueError(f"the curve has shape {curve.shape} and {np.isnan(curve).sum()} NaN; expected IoUs")
    return curve
