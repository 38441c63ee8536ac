"""Smooth random fields in space, the same on every grid."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["SmoothField"]


class SmoothField:
    """A random field with mean 0, standard deviation 1 and a Gaussian correlation.

    A sum of plane waves, so that its value at a point does not depend on the grid it is sampled on.

    Args:
        rng: generator of the waves; every draw is made here.
        length_mm: distance over which values are alike, over 0.
        num_waves: the more, the closer to a Gaussian field.

    Example:
        >>> field = SmoothField(np.random.default_rng(0), 40.0)
        >>> field.plane(np.arange(5.0), np.arange(3.0), 0.0).shape
        (5, 3)
    """

    def __init__(self, rng: np.random.Generator, length_mm: float, *, num_waves: int = 32) -> None:
        if not length_mm > 0:
            raise ValueError(f"length_mm must be over 0, got {length_mm}")
        self._wavevectors = rng.normal(0.0, 1 / length_mm, (num_waves, 3))
        self._phases = rng.uniform(0.0, 2 * math.pi, num_waves)

    def plane(self, x: NDArray[np.floating], y: NDArray[np.floating], z: float) -> NDArray[np.float32]:
        """Sample the field on an axial plane.

        Args:
            x: positions along the first axis in mm, shape ``(X,)``.
            y: positions along the second axis in mm, shape ``(Y,)``.
            z: level in mm.

        Returns:
            Values, shape ``(X, Y)``.
        """
        kx, ky, kz = self._wavevectors.T
        along_x = np.exp(1j * (np.outer(x, kx) + self._phases + kz * z))
        along_y = np.exp(1j * np.outer(ky, y))
        waves = (along_x @ along_y).real
        return np.asarray(waves * math.sqrt(2 / len(self._phases)), np.float32)
