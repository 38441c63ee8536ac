"""Rules for shapes and affines."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from monai_adele.errors import GeometryError

__all__ = [
    "affine_problem",
    "corner_distance_mm",
    "grid_problem",
    "require_right_angles",
    "shear_problem",
    "spacing_mm",
]

Array = npt.NDArray[Any]

_SMALLEST_RELATIVE_DETERMINANT = 1e-6
_LARGEST_COSINE = 0.01  # 0.6 degrees off a right angle
_CORNERS = np.array([(*corner, 1.0) for corner in product((-0.5, 0.5), repeat=3)])


def spacing_mm(affine: Array) -> tuple[float, float, float]:
    """Measure the voxel size.

    Args:
        affine: shape ``(4, 4)``, voxel indices to mm.

    Returns:
        Distance in mm between neighbours along each axis.

    Example:
        >>> spacing_mm(np.diag([2.0, 1.0, -3.0, 1.0]))
        (2.0, 1.0, 3.0)
    """
    x, y, z = np.linalg.norm(np.asarray(affine, dtype=np.float64)[:3, :3], axis=0).tolist()
    return x, y, z


def affine_problem(affine: Array) -> str | None:
    """Say whether an affine can place voxels in space.

    Args:
        affine: shape ``(4, 4)``, voxel indices to mm.

    Returns:
        What is wrong, or None. Sheared affines are fine.

    Example:
        >>> affine_problem(np.diag([1.0, 0.0, 1.0, 1.0]))
        'affine is singular, expected three independent axes; repair the header'
    """
    matrix = np.asarray(affine, dtype=np.float64)
    if not np.isfinite(matrix).all():
        return "affine holds NaN or infinity, expected finite numbers; repair the header"
    volume = abs(np.linalg.det(matrix[:3, :3]))
    if not volume > _SMALLEST_RELATIVE_DETERMINANT * np.prod(spacing_mm(matrix)):
        return "affine is singular, expected three independent axes; repair the header"
    return None


def shear_problem(affine: Array, num_axes: int = 3) -> str | None:
    """Say whether lengths in mm can be measured axis by axis.

    Args:
        affine: shape ``(4, 4)``, voxel indices to mm, sound.
        num_axes: how many of its axes are used.

    Returns:
        What is wrong, or None. Axes may be off a right angle by 0.6 degrees.

    Example:
        >>> tilted = np.eye(4)
        >>> tilted[1, 2] = 0.5
        >>> shear_problem(tilted), shear_problem(tilted, 2)
        ('affine is sheared (63.4 degrees between two axes), expected right angles where ...; resample it', None)
    """
    axes = np.asarray(affine, dtype=np.float64)[:3, :num_axes]
    axes = axes / np.linalg.norm(axes, axis=0)
    cosine = float(np.abs(axes.T @ axes - np.eye(num_axes)).max())
    if cosine <= _LARGEST_COSINE:
        return None
    return (
        f"affine is sheared ({np.degrees(np.arccos(min(cosine, 1.0))):.1f} degrees between two axes), expected right "
        "angles where lengths are in mm; resample it"
    )


def require_right_angles(affine: Array, num_axes: int, *, otherwise: str = "") -> None:
    """Stop where lengths in mm cannot be measured axis by axis.

    Args:
        affine: shape ``(4, 4)``, voxel indices to mm, sound.
        num_axes: axes of the array; those after the third have no place in space.
        otherwise: what else can be done, put behind the advice.

    Raises:
        GeometryError: if the axes are not at right angles, see `shear_problem`.

    Example:
        >>> require_right_angles(np.diag([2.0, 1.0, -3.0, 1.0]), 3)
    """
    problem = shear_problem(affine, min(num_axes, 3))
    if problem:
        raise GeometryError(problem + otherwise)


def corner_distance_mm(affine: Array, other: Array, shape: tuple[int, ...]) -> float:
    """Measure how far apart two affines place the corners of one grid.

    Args:
        affine: shape ``(4, 4)``, voxel indices to mm.
        other: the same.
        shape: voxels along each axis, two or three; the corners are those of the outermost voxels.

    Returns:
        The largest distance over the corners, in mm; NaN if an affine holds NaN.

    Example:
        >>> corner_distance_mm(np.eye(4), np.diag([1.1, 1.0, 1.0, 1.0]), (10, 4, 4))
        0.95
    """
    size = np.array([*shape, 1, 1][:3], dtype=np.float64)
    corners = _CORNERS.copy()
    corners[:, :3] = (corners[:, :3] + 0.5) * size - 0.5
    moved = corners @ (np.asarray(affine, dtype=np.float64) - np.asarray(other, dtype=np.float64)).T
    return round(float(np.linalg.norm(moved[:, :3], axis=1).max()), 9)


def grid_problem(
    what: str,
    shape: tuple[int, ...],
    affine: Array | None,
    expected_shape: tuple[int, ...],
    expected_affine: Array | None,
    *,
    tolerance_mm: float,
) -> str | None:
    """Say whether one file lies on the grid of another.

    Args:
        what: the file's role, as ``"label"``.
        shape: its spatial shape.
        affine: its affine, shape ``(4, 4)``; None for formats without one, which are compared by shape only.
        expected_shape: the spatial shape of the image.
        expected_affine: the affine of the image, or None.
        tolerance_mm: largest distance allowed between the corners, in mm.

    Returns:
        What is wrong, or None.

    Example:
        >>> grid_problem("label", (4, 4), None, (4, 5), None, tolerance_mm=0.1)
        "shape of the label is (4, 4), expected the image's (4, 5); resample it to that grid"
    """
    if shape != expected_shape:
        return f"shape of the {what} is {shape}, expected the image's {expected_shape}; resample it to that grid"
    if affine is None or expected_affine is None:
        return None
    distance = corner_distance_mm(affine, expected_affine, shape)
    if distance <= tolerance_mm:
        return None
    spacings = " and ".join("x".join(f"{s:.4g}" for s in spacing_mm(a)) for a in (affine, expected_affine))
    return (
        f"affine of the {what} is {distance:.4g} mm off the image's at the corners (spacings {spacings} mm), "
        f"expected at most {tolerance_mm:g} mm; resample it to the image's grid or correct the header"
    )
