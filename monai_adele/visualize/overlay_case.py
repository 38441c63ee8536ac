"""One case with its given and its corrected label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import nibabel as nib
import numpy as np
import torch
from numpy.typing import NDArray

from monai_adele.functional import iou_from_counts, overlap_counts

__all__ = ["OverlayCase"]


@dataclass(frozen=True, eq=False)
class OverlayCase:
    """An image with its labels, of shape ``(*spatial)`` in 2D or 3D, all on one grid.

    Args:
        case_id: name of the case.
        image: densities of one channel; or red, green and blue in ``[0, 255]``, shape ``(*spatial, 3)``.
        given: class ids as they came.
        corrected: class ids after correction.
        spacing: mm per axis, each over 0.
        truth: class ids of a clean label, or None.
        affine: voxel to world (RAS) in mm, shape ``(4, 4)``; with it the picture is turned upright, the
            patient's right on the left. None draws the array as it lies, the first axis to the right.

    Raises:
        ValueError: if shapes or the spacing do not fit.

    Example:
        >>> label = np.zeros((4, 3), np.uint8)
        >>> OverlayCase("a", label, label, label, spacing=(1.0, 1.0)).num_changed
        0
    """

    case_id: str
    image: NDArray[Any]
    given: NDArray[Any]
    corrected: NDArray[Any]
    spacing: Sequence[float]
    truth: NDArray[Any] | None = None
    affine: NDArray[Any] | None = None

    def __post_init__(self) -> None:
        shape = self.given.shape
        arrays = [self.corrected, *([] if self.truth is None else [self.truth])]
        arrays += [] if self.image.shape == (*shape, 3) else [self.image]
        found = [array.shape for array in arrays if array.shape != shape]
        if found or len(shape) not in (2, 3):
            raise ValueError(f"case {self.case_id!r}: found shapes {[shape, *found]}, expected one of 2D or 3D")
        if len(self.spacing) != len(shape) or not all(step > 0 for step in self.spacing):
            raise ValueError(f"case {self.case_id!r}: spacing {tuple(self.spacing)} does not fit shape {shape}")

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Which voxels were corrected."""
        return np.asarray(self.given != self.corrected)

    @property
    def num_changed(self) -> int:
        """How many voxels were corrected."""
        return int(self.changed.sum())

    def mean_iou(self, num_classes: int) -> tuple[float, float] | None:
        """Mean IoU of the given and of the corrected label against truth.

        Args:
            num_classes: number of classes with the background.

        Returns:
            Means over the foreground classes that occur; NaN if none does; None without truth.
        """
        if self.truth is None:
            return None
        truth = torch.as_tensor(self.truth.astype(np.int64))
        means = []
        for label in (self.given, self.corrected):
            pred = torch.as_tensor(label.astype(np.int64))
            means.append(float(iou_from_counts(overlap_counts(pred, truth, num_classes))[1:].nanmean()))
        return means[0], means[1]

    def upright(self) -> OverlayCase:
        """Return the case with axes to the patient's left, front and head, as its affine tells; 2D as 3D.

        Without an affine, only a slice becomes a volume of one slice.
        """
        affine = np.eye(4) if self.affine is None else np.asarray(self.affine, dtype=float)
        start = nib.orientations.io_orientation(affine)
        if self.affine is None or np.isnan(start).any():
            turn = np.array([[0, 1], [1, 1], [2, 1]])
        else:
            turn = nib.orientations.ornt_transform(start, nib.orientations.axcodes2ornt("LAS"))
        steps = np.ones(3)
        steps[turn[:, 0].astype(int)] = [*self.spacing, 1.0][:3]
        turned: dict[str, Any] = {}
        for field in fields(self):
            array = getattr(self, field.name)
            if isinstance(array, np.ndarray) and field.name != "affine":
                volume = array if self.given.ndim == 3 else np.expand_dims(array, 2)
                turned[field.name] = nib.orientations.apply_orientation(volume, turn)
        return replace(self, **turned, spacing=tuple(steps.tolist()), affine=None)

    def single_slice(self, axis: int, index: int) -> OverlayCase:
        """Return the case with one slice left of it; the number of axes stays, the affine's turn too.

        Args:
            axis: axis across the slice.
            index: which slice.
        """
        taken: dict[str, Any] = {}
        for field in fields(self):
            array = getattr(self, field.name)
            if isinstance(array, np.ndarray) and field.name != "affine":
                taken[field.name] = np.take(array, [index], axis)
        return replace(self, **taken)

    def most_changed_slice(self) -> tuple[int, int]:
        """Return axis and index, counted from 0, of the slice to show of a volume.

        The axis is one that has a single voxel, else the one with the widest spacing, the last of equals;
        the index is that with most changed voxels, or with most labelled ones if none changed.
        """
        shape, steps = self.given.shape, np.round(self.spacing, 3)
        widest = int(np.flatnonzero(steps == steps.max())[-1])
        axis = shape.index(1) if 1 in shape else widest
        others = tuple(other for other in range(len(shape)) if other != axis)
        counts = self.changed.sum(others)
        if not counts.any():
            counts = (self.given > 0).sum(others)
        return axis, int(np.argmax(counts))
