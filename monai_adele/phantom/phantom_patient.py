"""One phantom patient in the scanner: anatomy, deformation, texture, partial volume, bias and noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from monai_adele.phantom.phantom_anatomy import sections
from monai_adele.phantom.phantom_build import Build
from monai_adele.phantom.phantom_field import SmoothField
from monai_adele.phantom.phantom_section import Section

__all__ = ["PhantomPatient"]

_NUM_CLASSES = 5


class PhantomPatient:
    """What is drawn for one case; all drawing happens here, the rest follows from it.

    Args:
        seed: seed of the case, at least 0.

    Example:
        >>> x = np.arange(-90.0, 90.0, 1.5)
        >>> image, label = PhantomPatient(3).slab(x, x, 90.0, thickness_mm=3.0, fine=3)
        >>> image.shape, label.shape
        ((40, 40), (40, 40))
    """

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.level_mm = float(rng.uniform(16.0, 176.0))
        self._build = Build.draw(rng)
        self._bend_x, self._bend_y = SmoothField(rng, 32.0), SmoothField(rng, 32.0)
        self._bend_mm = rng.uniform(1.5, 3.0)
        self._texture = SmoothField(rng, 4.5, num_waves=64)
        self._bias, self._bias_strength = SmoothField(rng, 110.0), rng.uniform(0.01, 0.04)
        self._noise_hu = rng.uniform(14.0, 28.0)
        self._noise_rng = np.random.default_rng(rng.integers(2**63))

    def slab(
        self,
        x: NDArray[np.floating],
        y: NDArray[np.floating],
        level_mm: float,
        *,
        thickness_mm: float,
        fine: int,
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Average a slice of some thickness over fine points: partial volume, and the class that fills most.

        Args:
            x: fine positions along the first axis in mm, ``fine`` to a voxel, shape ``(X * fine,)``.
            y: fine positions along the second axis in mm, shape ``(Y * fine,)``.
            level_mm: middle of the slice.
            thickness_mm: thickness of the slice, averaged over two planes.
            fine: points per voxel and axis.

        Returns:
            Density in HU without noise, and class ids, both of shape ``(X, Y)``.
        """
        planes = [self._plane(x, y, level_mm + step) for step in (-thickness_mm / 4, thickness_mm / 4)]
        image = np.mean([_blocks(density, fine) for density, _ in planes], axis=0)
        shares = [
            np.mean([_blocks(label == index, fine) for _, label in planes], axis=0) for index in range(_NUM_CLASSES)
        ]
        return image.astype(np.float32), np.argmax(shares, axis=0).astype(np.uint8)

    def noise(self, shape: tuple[int, int, int]) -> NDArray[np.float32]:
        """Draw the scanner's noise in HU, correlated within each slice as reconstruction makes it."""
        noise = self._noise_rng.standard_normal(shape, dtype=np.float32)
        noise = ndimage.gaussian_filter(noise, (0.6, 0.6, 0.0), mode="wrap")
        return np.asarray(noise * (self._noise_hu / noise.std()), np.float32)

    def _plane(
        self, x: NDArray[np.floating], y: NDArray[np.floating], z: float
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        b = self._build
        dx = x[:, None] - b.shift_x_mm + self._bend_mm * self._bend_x.plane(x, y, z)
        dy = y[None, :] - b.shift_y_mm + self._bend_mm * self._bend_y.plane(x, y, z)
        cos, sin = np.cos(b.tilt) / b.scale, np.sin(b.tilt) / b.scale
        px, py = (dx * cos + dy * sin).astype(np.float32), (dy * cos - dx * sin).astype(np.float32)
        density, patch, label = _painted(list(sections(b, z)), px, py)
        density += patch * self._texture.plane(x, y, z)
        gain = 1 + np.float32(self._bias_strength) * self._bias.plane(x, y, z)
        return (density + 1000) * gain - 1000, label


def _painted(
    shapes: list[Section], x: NDArray[np.float32], y: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
    """Paint sections one over the other; each only within the rows and columns that it can touch."""
    density = np.full(x.shape, -1000.0, np.float32)
    patch, label = np.zeros(x.shape, np.float32), np.zeros(x.shape, np.uint8)
    x_low, x_high, y_low, y_high = x.min(1), x.max(1), y.min(0), y.max(0)
    for shape in shapes:
        x0, x1, y0, y1 = shape.box_mm()
        rows = np.flatnonzero((x_high > x0) & (x_low < x1))
        columns = np.flatnonzero((y_high > y0) & (y_low < y1))
        if len(rows) and len(columns):
            part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
            inside = shape.inside(x[part], y[part])
            density[part][inside], patch[part][inside] = shape.hu, shape.patch_hu
            label[part][inside] = shape.label
    return density, patch, label


def _blocks(plane: NDArray[Any], fine: int) -> NDArray[np.float32]:
    rows, columns = (n // fine for n in plane.shape)
    means = plane.reshape(rows, fine, columns, fine).mean((1, 3), dtype=np.float32)
    return np.asarray(means, np.float32)
