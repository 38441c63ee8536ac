"""The radius of a noise model, in one of three units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from monai_adele.functional.morphology import equivalent_radius_mm
from monai_adele.noise.arguments import Range, checked_range

__all__ = ["Radius"]


@dataclass(frozen=True)
class Radius:
    """A range of radii in mm, in voxels, or as a share of each structure's equivalent radius.

    Args:
        unit: ``"mm"``; ``"voxels"``, a ball on the voxel grid whatever its spacing; or ``"relative"``, a
            share of the radius of the ball that has the structure's volume (see
            :func:`~monai_adele.functional.morphology.equivalent_radius_mm`).
        low: least radius, at least 0.
        high: greatest radius.
    """

    unit: Literal["mm", "voxels", "relative"]
    low: float
    high: float

    @classmethod
    def of(cls, *, mm: Range | None, voxels: Range | None, relative: Range | None) -> Radius:
        """Make a radius of the one of the arguments that is given.

        Raises:
            ValueError: if not exactly one is given, or it is not a number or range of at least 0.
        """
        named: list[tuple[Literal["mm", "voxels", "relative"], Range | None]]
        named = [("mm", mm), ("voxels", voxels), ("relative", relative)]
        given = [(unit, value) for unit, value in named if value is not None]
        if len(given) != 1:
            found = ", ".join(f"radius_{unit}" for unit, _ in given) or "none"
            raise ValueError(f"found {found}, expected one of radius_mm, radius_voxels and radius_relative")
        (unit, value), *_ = given
        return cls(unit, *checked_range(f"radius_{unit}", value))

    def draw(self, rng: np.random.Generator) -> float:
        """Draw one radius, in the radius's own unit."""
        return float(rng.uniform(self.low, self.high))

    def metric(self, spacing: tuple[float, ...]) -> tuple[float, ...]:
        """The spacing in which this radius is measured: of one voxel, for voxels."""
        return (1.0,) * len(spacing) if self.unit == "voxels" else spacing

    def of_each(
        self,
        drawn: float,
        label: np.ndarray,
        spacing: tuple[float, ...],
        boxes: Mapping[int, tuple[slice, ...]],
    ) -> dict[int, float]:
        """Radius of each class in :meth:`metric`, for the drawn one."""
        if self.unit != "relative":
            return dict.fromkeys(boxes, drawn)
        return {
            class_id: drawn * equivalent_radius_mm(int(np.count_nonzero(label[box] == class_id)), spacing)
            for class_id, box in boxes.items()
        }
