"""The saturating curve that a class's IoU follows while it is learned, and its fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["CurveFit", "fit_prefixes"]

Array = NDArray[np.float64]

_EXPONENTS = np.linspace(0.3, 1.0, 8)
_HALF_TIMES = np.geomspace(0.1, 1000.0, 97)


@dataclass(frozen=True)
class CurveFit:
    """A fitted learning curve ``a * (1 - exp(-t**b / c))``, with t = 1 at ``first_epoch``.

    Liu et al., CVPR 2022; a, b, c are those of their code. (Their paper writes b for 1 / c
    and c for b.)

    Args:
        a: IoU that the curve tends to, in ``[0, 1]``.
        b: exponent, in ``(0, 1]``; below 1 the rise is quick at first and long drawn-out.
        c: time scale to the power of b, in epochs, above 0.
        first_epoch: epoch that counts as the first of learning; later than 1 where the class
            lay idle before.
        rmse: root of the weighted mean squared error of the fit, 0 or more.

    Example:
        >>> fit = CurveFit(a=0.8, b=1.0, c=2.0, first_epoch=5, rmse=0.01)
        >>> fit.value([4, 5, 6]).round(3)
        array([0.   , 0.315, 0.506])
    """

    a: float
    b: float
    c: float
    first_epoch: int
    rmse: float

    def value(self, epochs: ArrayLike) -> Array:
        """Return the IoU of the curve.

        Args:
            epochs: ``(N,)`` epochs, counted from 1; fractions are allowed.

        Returns:
            ``(N,)`` in ``[0, a]``; 0 before ``first_epoch``.
        """
        times = np.maximum(self._times(epochs), 0.0)
        return np.asarray(self.a * (1 - np.exp(-(times**self.b) / self.c)))

    def slope(self, epochs: ArrayLike) -> Array:
        """Return the slope of the curve, in IoU an epoch.

        Args:
            epochs: ``(N,)`` epochs, ``first_epoch`` or later; fractions are allowed.

        Returns:
            ``(N,)``, 0 or more; NaN where learning has not begun.
        """
        times = self._times(epochs)
        times = np.where(times > 0, times, np.nan)
        decay = np.exp(-(times**self.b) / self.c)
        return np.asarray(self.a * self.b / self.c * times ** (self.b - 1) * decay)

    def slope_fall(self, epoch: float) -> float:
        """Return by how much the slope has fallen since ``first_epoch``, relative to it.

        Args:
            epoch: ``first_epoch`` or later.

        Returns:
            0 at ``first_epoch``, tending to 1.
        """
        time = epoch - self.first_epoch + 1
        return float(1 - time ** (self.b - 1) * np.exp(-(time**self.b - 1) / self.c))

    def _times(self, epochs: ArrayLike) -> Array:
        return np.asarray(epochs, dtype=np.float64) - self.first_epoch + 1


def fit_prefixes(
    epochs: Sequence[int] | NDArray[Any], iou: Sequence[float] | Array, *, late_weight: float = 10.0
) -> list[CurveFit]:
    """Fit the curve to the first point, the first two points, and so on to all of them.

    By weighted least squares over a grid of exponents and half-times, with a in closed form,
    all prefixes at once: it is quick, always ends, and has no start to depend on. The time of
    the first point is 1.

    Args:
        epochs: ``(N,)`` epochs measured, ascending, N at least 1; gaps are allowed.
        iou: ``(N,)`` IoU of these epochs, in ``[0, 1]``.
        late_weight: weight of a prefix's last point relative to its first, growing
            geometrically in between, 1 or more. (Theirs is 100.)

    Returns:
        N fits, each as if the points after it did not exist.

    Example:
        >>> fits = fit_prefixes([3, 4, 6], [0.3, 0.4, 0.45])
        >>> len(fits), fits[-1].first_epoch
        (3, 3)
    """
    times = np.asarray(epochs, dtype=np.float64) - epochs[0] + 1
    values = np.asarray(iou, dtype=np.float64)
    b, half_time = (axis.ravel() for axis in np.meshgrid(_EXPONENTS, _HALF_TIMES))
    c = half_time**b / np.log(2)
    shapes = 1 - np.exp(-(times[None] ** b[:, None]) / c[:, None])

    weights = _prefix_weights(len(times), late_weight)
    shape_shape = (shapes * shapes) @ weights.T
    shape_value = (shapes * values) @ weights.T
    value_value = weights @ (values * values)
    a = np.clip(shape_value / shape_shape, 0, 1)
    squared_error = value_value - 2 * a * shape_value + a * a * shape_shape
    best = squared_error.argmin(axis=0)

    fits = []
    for prefix, cell in enumerate(best):
        rmse = float(np.sqrt(max(squared_error[cell, prefix], 0.0)))
        curve = (float(a[cell, prefix]), float(b[cell]), float(c[cell]))
        fits.append(CurveFit(*curve, first_epoch=int(epochs[0]), rmse=rmse))
    return fits


def _prefix_weights(points: int, late_weight: float) -> Array:
    """Return ``(N, N)``: row n holds the weights of points 0 .. n, summing to 1."""
    index = np.arange(points)
    last = np.maximum(index, 1)[:, None]
    weights = np.where(index <= index[:, None], late_weight ** (index / last), 0.0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
