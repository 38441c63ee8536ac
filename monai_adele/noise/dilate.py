"""Structures drawn too large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monai_adele.functional.morphology import dilate_labels
from monai_adele.noise.arguments import checked_classes
from monai_adele.noise.radius_noise import RadiusNoise

__all__ = ["Dilate"]


@dataclass(frozen=True, kw_only=True)
class Dilate(RadiusNoise):
    """Structures drawn too large: dilated by a ball, into background or over chosen classes.

    One radius is drawn for all classes. It is given in exactly one unit. Where two classes grow together
    the nearest wins, see :func:`~monai_adele.functional.morphology.dilate_labels`.

    Args:
        radius_mm: in mm; a number or (low, high), at least 0.
        radius_voxels: the same in voxels, a ball on the voxel grid.
        radius_relative: the same as a share of each class's equivalent radius.
        classes: ids to dilate; None for all but background (0) and ignore (255).
        over: ids of classes that, besides background, give way to those that grow.

    Raises:
        ValueError: if an argument is not as said.

    Example:
        >>> label = np.array([0, 0, 1, 0, 0, 2, 255])
        >>> Dilate(radius_mm=2)(label, (2.0,), np.random.default_rng(0))
        array([  0,   1,   1,   1,   2,   2, 255])
    """

    over: Sequence[int] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "over", checked_classes("over", self.over) or ())

    def corrupt(self, label: np.ndarray, spacing: tuple[float, ...], rng: np.random.Generator) -> np.ndarray:
        """Dilate the chosen classes."""
        metric, radii = self._drawn_radii(label, spacing, rng)
        return dilate_labels(label, metric, radius_mm=radii, over=self.over)
