"""Numbers of each class, voxel by voxel: looked up, and counted (numpy)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from monai_adele.functional.parts import slabs

__all__ = ["class_counts", "class_values"]

_MOST_IDS = 2**16  # above this a table of all ids up to the largest would be long


def class_values(
    ids: np.ndarray, value_of: Mapping[int, int], *, otherwise: int, dtype: type[np.integer]
) -> np.ndarray:
    """Look up the value of every voxel's class.

    Args:
        ids: class ids, ``(*spatial,)``, any integer dtype, ids of at least 0.
        value_of: value of each class by its id, at least one; ids that ``ids`` can hold.
        otherwise: value of the voxels of all other classes.
        dtype: of the values.

    Returns:
        Array of the shape of ``ids``.

    Example:
        >>> class_values(np.array([0, 2, 2, 7]), {2: 5}, otherwise=1, dtype=np.uint8)
        array([1, 5, 5, 1], dtype=uint8)
    """
    if len(value_of) == 1:
        ((class_id, value),) = value_of.items()
        of_one = np.full(ids.shape, otherwise, dtype=dtype)
        np.copyto(of_one, value, where=ids == class_id)
        return of_one
    classes = np.array(sorted(value_of), dtype=ids.dtype)
    of_classes = np.array([value_of[class_id] for class_id in classes.tolist()], dtype=dtype)
    highest = max(int(ids.max(initial=0)), int(classes[-1]))
    if highest > _MOST_IDS:
        place = np.searchsorted(classes, ids).clip(max=len(classes) - 1)
        of_any: np.ndarray = np.where(classes[place] == ids, of_classes[place], dtype(otherwise))
        return of_any
    table = np.full(highest + 1, otherwise, dtype=dtype)
    table[classes] = of_classes
    values = np.empty(ids.shape, dtype=dtype)
    for slab in slabs(ids.shape):  # numpy takes 8 bytes for each voxel that it looks up at once
        np.take(table, ids[slab].astype(np.intp, copy=False), out=values[slab], mode="clip")
    return values


def class_counts(ids: np.ndarray, classes: Sequence[int]) -> np.ndarray:
    """Count the voxels of each class.

    Args:
        ids: class ids, ``(*spatial,)``, any integer dtype, ids of at least 0.
        classes: ids to count, at least one, each named once.

    Returns:
        Count of each, int64, in the order of ``classes``.

    Example:
        >>> class_counts(np.array([0, 2, 2, 7]), [3, 2])
        array([0, 2])
    """
    if len(classes) == 1:
        return np.array([sum(np.count_nonzero(ids[slab] == classes[0]) for slab in slabs(ids.shape))])
    number_of = {class_id: number for number, class_id in enumerate(classes)}
    counts = np.zeros(len(classes) + 1, dtype=np.int64)
    for slab in slabs(ids.shape):
        numbers = class_values(ids[slab], number_of, otherwise=len(classes), dtype=np.int64)
        counts += np.bincount(numbers.ravel(), minlength=len(counts))
    return counts[:-1]
