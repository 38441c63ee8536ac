"""Structures marked by ellipses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monai_adele.noise.weak_shape import WeakShape, write

__all__ = ["Ellipse"]


@dataclass(frozen=True, kw_only=True)
class Ellipse(WeakShape):
    """Structures marked by ellipses (ellipsoids in 3D) that lie, turn and stretch as they do.

    The ellipse has the centre and the second moments of the structure, in mm.

    Args:
        of: ``"component"``, the parts of a class that do not touch (corners count as touching), or
            ``"class"``.
        margin_mm: by which each half axis is longer, at least 0.
        classes: ids to mark; None for all but background (0) and ignore (255).

    Raises:
        ValueError: if an argument is not as said.

    Example:
        >>> label = np.array([[0, 0, 1, 1, 0], [0, 1, 1, 1, 0], [0, 1, 1, 0, 0]])
        >>> bool((Ellipse()(label, (1.0, 1.0), np.random.default_rng(0)) == label).all())
        True
    """

    def _mark(self, noisy: np.ndarray, voxels: np.ndarray, spacing: np.ndarray, class_id: int) -> None:
        centre = voxels.mean(axis=0)
        offsets = (voxels - centre) * spacing
        # a voxel has a spread of its own; a solid ellipsoid has n + 2 times the moments on its half axes
        moments = offsets.T @ offsets / len(voxels) + np.diag(spacing**2) / 12
        squares, axes = np.linalg.eigh(moments * (len(spacing) + 2))
        half_axes = np.sqrt(squares) + self.margin_mm
        reach = np.sqrt(((axes * half_axes) ** 2).sum(axis=1)) / spacing
        low = np.maximum(np.floor(centre - reach), 0).astype(int)
        high = np.minimum(np.ceil(centre + reach) + 1, noisy.shape).astype(int)
        for first in range(low[0], high[0]):  # slab by slab: the offsets take a hundred bytes a voxel
            start, stop = np.array([first, *low[1:]]), np.array([first + 1, *high[1:]])
            grid = np.moveaxis(np.indices(stop - start), 0, -1) + start
            along = ((grid - centre) * spacing) @ axes / half_axes
            write(noisy, start, stop, (along**2).sum(axis=-1) <= 1.0, class_id)
