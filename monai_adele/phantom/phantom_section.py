"""A structure of the phantom as an axial plane cuts it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Section"]


@dataclass(frozen=True)
class Section:
    """A structure as an axial plane cuts it: an ellipse, or one swept along ``reach_mm``.

    ``hu`` is the tissue's density, ``patch_hu`` the strength of its texture, ``label`` its class id.
    """

    center_mm: tuple[float, float]
    radii_mm: tuple[float, float]
    hu: float
    label: int = 0
    patch_hu: float = 8.0
    angle: float = 0.0
    power: float = 2.0
    reach_mm: tuple[float, float] = (0.0, 0.0)

    def box_mm(self) -> tuple[float, float, float, float]:
        """Bound the section: smallest and largest x, smallest and largest y."""
        (cx, cy), (ex, ey), wide = self.center_mm, self.reach_mm, max(self.radii_mm)
        return (
            cx + min(ex, 0) - wide, cx + max(ex, 0) + wide, cy + min(ey, 0) - wide, cy + max(ey, 0) + wide
        )  # fmt: skip

    def inside(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which points lie inside; coordinates in mm, any shape."""
        dx, dy = x - np.float32(self.center_mm[0]), y - np.float32(self.center_mm[1])
        length = self.reach_mm[0] ** 2 + self.reach_mm[1] ** 2
        if length > 0:
            along = np.clip((dx * self.reach_mm[0] + dy * self.reach_mm[1]) / length, 0, 1)
            dx, dy = dx - along * self.reach_mm[0], dy - along * self.reach_mm[1]
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        u = np.abs(dx * cos + dy * sin) / np.float32(self.radii_mm[0])
        v = np.abs(dy * cos - dx * sin) / np.float32(self.radii_mm[1])
        if self.power == 2.0:
            return np.asarray(u * u + v * v < 1)
        return np.asarray(u**self.power + v**self.power < 1)
