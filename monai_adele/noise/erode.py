"""Structures drawn too small."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monai_adele.functional.morphology import erode_labels
from monai_adele.noise.arguments import checked_number
from monai_adele.noise.radius_noise import RadiusNoise

__all__ = ["Erode"]


@dataclass(frozen=True, kw_only=True)
class Erode(RadiusNoise):
    """Structures drawn too small: eroded by a ball, what is lost becoming background.

    One radius is drawn for all classes. It is given in exactly one unit. See
    :func:`~monai_adele.functional.morphology.erode_labels` for what happens where classes touch and at the
    border of the image.

    Args:
        radius_mm: in mm; a number or (low, high), at least 0.
        radius_voxels: the same in voxels, a ball on the voxel grid.
        radius_relative: the same as a share of each class's equivalent radius.
        classes: ids to erode; None for all but background (0) and ignore (255).
        keep_at_least: share of each class's voxels that stays, in ``[0, 1]``; 0 lets classes vanish.

    Raises:
        ValueError: if an argument is not as said.

    Example:
        >>> label = np.array([0, 1, 1, 1, 1, 1, 0])
        >>> Erode(radius_mm=2)(label, (2.0,), np.random.default_rng(0))
        array([0, 0, 1, 1, 1, 0, 0])
    """

    keep_at_least: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "keep_at_least", checked_number("keep_at_least", self.keep_at_least, 0.0, 1.0))

    def corrupt(self, label: np.ndarray, spacing: tuple[float, ...], rng: np.random.Generator) -> np.ndarray:
        """Erode the chosen classes."""
        metric, radii = self._drawn_radii(label, spacing, rng)
        return erode_labels(label, metric, radius_mm=radii, keep_at_least=self.keep_at_least)
