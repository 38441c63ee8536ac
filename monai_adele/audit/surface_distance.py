"""How far the surfaces of two masks lie apart, in mm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

__all__ = ["SurfaceDistance", "surface_distance"]


class SurfaceDistance(NamedTuple):
    """Distances between two surfaces, in mm; NaN where a mask is empty.

    ``mean_mm`` is the mean over the voxels of both surfaces, ``percentile95_mm`` the larger of the two 95th
    percentiles, one each way.
    """

    mean_mm: float
    percentile95_mm: float


def surface_distance(first: NDArray[Any], second: NDArray[Any], spacing: Sequence[float]) -> SurfaceDistance:
    """Measure how far the surfaces of two masks lie apart.

    A mask's surface are its voxels that have a neighbour outside of it, or beyond the image, at one of their faces;
    its distance to the other is that between centres of voxels. Only the box around both is looked at.

    Args:
        first: ``(*spatial)`` bool.
        second: the same shape.
        spacing: mm per axis, above 0.

    Returns:
        Distances; NaN if a mask is empty.

    Raises:
        ValueError: if shapes or spacing do not fit.

    Example:
        >>> surface_distance(np.array([0, 1, 0, 0], bool), np.array([0, 0, 0, 1], bool), (1.5,))
        SurfaceDistance(mean_mm=3.0, percentile95_mm=3.0)
    """
    if first.shape != second.shape or len(spacing) != first.ndim:
        found = f"shapes {first.shape} and {second.shape} with {len(spacing)} spacings"
        raise ValueError(f"found {found}, expected two of one shape and a spacing for each axis")
    if not first.any() or not second.any():
        return SurfaceDistance(math.nan, math.nan)
    box = scipy.ndimage.find_objects((first | second).astype(np.uint8))[0]
    edges = [mask[box] & ~scipy.ndimage.binary_erosion(mask[box]) for mask in (first, second)]
    ways = [
        scipy.ndimage.distance_transform_edt(~there, sampling=tuple(spacing))[here]
        for here, there in (edges, reversed(edges))
    ]
    return SurfaceDistance(
        float(np.concatenate(ways).mean()), max(float(np.percentile(distances, 95)) for distances in ways)
    )
