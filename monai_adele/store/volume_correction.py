"""The correction of a volume, put together from those of its slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from monai_adele.data.slices import axis_index, slice_case_id
from monai_adele.store.correction import Correction
from monai_adele.store.label_store import LabelStore

__all__ = ["stack_corrections", "volume_correction"]


def stack_corrections(corrections: Mapping[int, Correction], shape: Sequence[int], *, axis: int = -1) -> Correction:
    """Put the corrections of a volume's slices together.

    Args:
        corrections: index along the axis to correction.
        shape: spatial shape of the volume, 3D.
        axis: the axis along which the slices were taken, -3..2.

    Returns:
        The correction of the volume.

    Raises:
        ValueError: if an index, a shape or the axis does not fit.
    """
    along = axis_index(axis)
    in_plane = tuple(size for other, size in enumerate(shape) if other != along)
    flat = [np.zeros(0, np.int64)]
    for index, correction in corrections.items():
        if not 0 <= index < shape[along] or correction.shape != in_plane:
            raise ValueError(
                f"slice {index}: found a correction of shape {correction.shape}, expected {in_plane} and an "
                f"index in 0..{shape[along] - 1}"
            )
        places = list(np.unravel_index(correction.indices, in_plane))
        places.insert(along, np.full(len(correction), index))
        flat.append(np.ravel_multi_index(tuple(places), tuple(shape)))
    indices = np.concatenate(flat)
    order = np.argsort(indices)
    given, new = (
        np.concatenate([np.zeros(0, np.uint8), *(getattr(c, name) for c in corrections.values())])[order]
        for name in ("given", "new")
    )
    return Correction(indices[order].astype(np.uint32), given, new, tuple(int(size) for size in shape))


def volume_correction(
    store: LabelStore, volume_id: str, shape: Sequence[int], *, axis: int = -1, version: int | None = None
) -> Correction | None:
    """Return what differs from a volume's given label, where its slices were corrected.

    Args:
        store: holds corrections of slices.
        volume_id: case id of the volume.
        shape: its spatial shape, on the grid from which the slices were taken.
        axis: the axis along which they were taken, -3..2.
        version: as of this version of the store; None for the newest.

    Returns:
        The correction of the volume; None if no slice is corrected.

    Raises:
        StoreError: if there is no such version, or a file is damaged.
        ValueError: if a correction does not fit the shape.
    """
    corrected = set(store.case_ids(version))
    found: dict[int, Correction] = {}
    for index in range(shape[axis_index(axis)]):
        case_id = slice_case_id(volume_id, index)
        correction = store.correction(case_id, version) if case_id in corrected else None
        if correction is not None:
            found[index] = correction
    return stack_corrections(found, shape, axis=axis) if found else None
