"""Classes of a label map moved by affine maps, in mm."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import scipy.ndimage

__all__ = ["Move", "moved_label", "rotation"]

Boxes = Mapping[int, tuple[slice, ...]]
Move = tuple[Boxes, np.ndarray, np.ndarray]
"""Boxes of the classes to move, the linear map and the translation, in mm."""


def rotation(angles_rad: np.ndarray, ndim: int) -> np.ndarray:
    """Compose rotations in the planes of each two axes: none in 1D, one in 2D, three in 3D.

    Args:
        angles_rad: one angle a plane, of the first axis towards the second.
        ndim: number of axes, 1 to 3.

    Returns:
        Matrix, ``(ndim, ndim)``.
    """
    matrix = np.eye(ndim)
    planes = itertools.combinations(range(ndim), 2)
    for (first, second), angle in zip(planes, angles_rad, strict=True):
        turn = np.eye(ndim)
        turn[first, first] = turn[second, second] = math.cos(angle)
        turn[first, second], turn[second, first] = -math.sin(angle), math.sin(angle)
        matrix = turn @ matrix
    return matrix


def moved_label(label: np.ndarray, spacing: Sequence[float], moves: Sequence[Move]) -> np.ndarray:
    """Move classes about their centres of mass by nearest neighbour.

    Voxels left behind become background; classes move into background only; where two meet, the earlier
    in ``moves`` wins. What leaves the image is lost.

    Args:
        label: class ids, ``(*spatial,)``, ids of at least 0.
        spacing: mm per axis.
        moves: what to move; the classes of one move share their centre.

    Returns:
        New array of the shape and dtype of ``label``.
    """
    moved: np.ndarray = label.copy()
    arrivals = [_arrival(label, boxes, np.asarray(spacing), linear, shift) for boxes, linear, shift in moves]
    for boxes, _, _ in moves:
        for class_id, box in boxes.items():
            moved[box][label[box] == class_id] = 0
    for target, ids in arrivals:
        np.copyto(moved[target], ids, where=(ids != 0) & (moved[target] == 0))
    return moved


def _arrival(
    label: np.ndarray, boxes: Boxes, spacing: np.ndarray, linear_mm: np.ndarray, translation_mm: np.ndarray
) -> tuple[tuple[slice, ...], np.ndarray]:
    """Where some classes go: a box of the image, and their ids in it, 0 elsewhere."""
    start = np.min([[side.start for side in box] for box in boxes.values()], axis=0)
    stop = np.max([[side.stop for side in box] for box in boxes.values()], axis=0)
    crop = label[tuple(map(slice, start, stop))]
    chosen = crop * np.isin(crop, list(boxes)).astype(crop.dtype)
    centre = start + np.array([positions.mean() for positions in np.nonzero(chosen)])
    forward = linear_mm * spacing / spacing[:, None]
    shift = translation_mm / spacing
    corners = np.array(list(itertools.product(*zip(start - 0.5, stop - 0.5, strict=True))))
    reached = (corners - centre) @ forward.T + centre + shift
    low = np.clip(np.floor(reached.min(axis=0)), 0, label.shape).astype(int)
    high = np.clip(np.ceil(reached.max(axis=0)) + 1, 0, label.shape).astype(int)
    backward = np.linalg.inv(forward)
    offset = backward @ (low - centre - shift) + centre - start + 1
    ids = np.zeros(tuple(np.maximum(high - low, 0)), dtype=label.dtype)
    if ids.size:
        scipy.ndimage.affine_transform(np.pad(chosen, 1), backward, offset, output=ids, order=0)
    return tuple(map(slice, low, np.maximum(low, high))), ids
