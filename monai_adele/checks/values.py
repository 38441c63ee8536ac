"""Rules for the values of labels and images."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "MAX_LABEL_ID",
    "image_value_problems",
    "label_ids",
    "label_value_counts",
    "label_value_problems",
    "value_range",
]

Array = npt.NDArray[Any]

MAX_LABEL_ID = 255  # labels travel as uint8
_WHOLE_TOLERANCE = 1e-3
_MAX_DISTINCT_VALUES = 10_000
_CHUNK_VALUES = 1 << 20
_LARGEST_FLOAT32 = float(np.finfo(np.float32).max)


def label_value_counts(label: Array, *, slope: float = 1.0, inter: float = 0.0) -> dict[float, int]:
    """Count the voxels of every value of a label, whatever its dtype.

    Args:
        label: any shape, any real dtype, as stored in the file.
        slope: the file's scale; a value is ``stored * slope + inter``.
        inter: the file's offset.

    Returns:
        Voxels of each scaled value, in ascending order; NaN is one value, the last. Ends early, with the
        counts so far, when there are more than 10,000 different values: that is no label.

    Example:
        >>> label_value_counts(np.array([[0, 1], [1, 3]], dtype=np.uint8))
        {0.0: 1, 1.0: 2, 3.0: 1}
    """
    counts: dict[float, int] = {}
    for chunk in _chunks(label):
        for stored, number in zip(*_unique(chunk), strict=True):
            value = float(stored) * slope + inter
            value = math.nan if math.isnan(value) else value  # one object, so that it is one key
            counts[value] = counts.get(value, 0) + int(number)
        if len(counts) > _MAX_DISTINCT_VALUES:
            break
    return dict(sorted(counts.items(), key=lambda item: (math.isnan(item[0]), item[0])))


def label_ids(counts: Mapping[float, int]) -> dict[int, int]:
    """Count the voxels of every id, from the counts of values.

    Args:
        counts: from `label_value_counts`.

    Returns:
        Voxels of each id, ascending; values within 1e-3 of a whole number count as that number, all others
        (NaN and infinity too) are left out: `label_value_problems` reports them.

    Example:
        >>> label_ids({0.0: 5, 0.9999: 2, 1.5: 1})
        {0: 5, 1: 2}
    """
    ids: dict[int, int] = {}
    for value, number in counts.items():
        if _is_whole(value):
            ids[round(value)] = ids.get(round(value), 0) + number
    return ids


def label_value_problems(
    counts: Mapping[float, int], *, num_classes: int | None = None, ignore_index: int | None = None
) -> list[str]:
    """Say which values of a label are none of the declared ids.

    Args:
        counts: from `label_value_counts`.
        num_classes: ids ``0 .. num_classes - 1`` are classes; None where they were not declared, which
            allows 0..255.
        ignore_index: id of voxels to be left out; None if there is none.

    Returns:
        One text for each kind of problem: NaN or infinity, fractional, negative, undeclared ids.

    Example:
        >>> label_value_problems({0.0: 9, 7.0: 2}, num_classes=5, ignore_index=255)
        ['label holds ids [7] in 2 voxels, expected 0..4 or 255; remap them with MapLabelValued']
    """
    if len(counts) > _MAX_DISTINCT_VALUES:
        text = f"label holds more than {_MAX_DISTINCT_VALUES} different values, expected class ids"
        return [f"{text}; is it an image?"]
    last_id = MAX_LABEL_ID if num_classes is None else num_classes - 1
    allowed = {*range(last_id + 1), ignore_index}
    expected = f"0..{last_id}" if ignore_index in (None, *range(last_id + 1)) else f"0..{last_id} or {ignore_index}"
    ids = label_ids(counts)
    unbounded = {value: n for value, n in counts.items() if not math.isfinite(value)}
    broken = {value: n for value, n in counts.items() if math.isfinite(value) and not _is_whole(value)}
    negative = {i: n for i, n in ids.items() if i < 0 and i not in allowed}
    undeclared = {i: n for i, n in ids.items() if i >= 0 and i not in allowed}
    kinds = (
        (unbounded, "NaN or infinity", "whole ids; draw or export the label again"),
        (broken, "fractional values", "whole ids; export it again with nearest-neighbour interpolation"),
        (negative, "negative ids", f"{expected}; remap them with MapLabelValued"),
        (undeclared, "ids", f"{expected}; remap them with MapLabelValued"),
    )
    return [f"label holds {what} {_found(found)}, expected {rule}" for found, what, rule in kinds if found]


def value_range(array: Array) -> tuple[float, float]:
    """Find the smallest and the largest value.

    Args:
        array: any shape, any real dtype.

    Returns:
        Minimum and maximum as float32 sees them; both NaN if any value is NaN or infinite in float32, or if
        there is none.

    Example:
        >>> value_range(np.array([3.0, -1.0])), value_range(np.array([3.0, np.inf]))
        ((-1.0, 3.0), (nan, nan))
    """
    low, high = math.inf, -math.inf
    for chunk in _chunks(array):
        with np.errstate(over="ignore", invalid="ignore"):
            smallest, largest = np.float32(chunk.min()), np.float32(chunk.max())
        if not (np.isfinite(smallest) and np.isfinite(largest)):
            return math.nan, math.nan
        low, high = min(low, float(smallest)), max(high, float(largest))
    return (low, high) if low <= high else (math.nan, math.nan)


def image_value_problems(array: Array, *, slope: float = 1.0, inter: float = 0.0) -> list[str]:
    """Say whether an image holds values that cannot be trained on.

    Args:
        array: any shape, any real dtype, as stored in the file.
        slope: the file's scale.
        inter: the file's offset.

    Returns:
        Nothing, or one text that counts the NaN and infinite voxels (as float32 sees them).

    Example:
        >>> image_value_problems(np.array([1.0, np.nan]))
        ['image holds NaN or infinity in 1 voxels, expected finite numbers; repair or leave out the case']
    """
    low, high = value_range(array)
    if all(abs(value * slope + inter) <= _LARGEST_FLOAT32 for value in (low, high)):
        return []
    bad = 0
    for chunk in _chunks(array):
        with np.errstate(all="ignore"):
            bad += int((~np.isfinite((chunk * slope + inter).astype(np.float32))).sum())
    if not bad:
        return []
    return [f"image holds NaN or infinity in {bad} voxels, expected finite numbers; repair or leave out the case"]


def _chunks(array: Array) -> Iterator[Array]:
    flat = array.ravel(order="K")
    for start in range(0, flat.size, _CHUNK_VALUES):
        yield flat[start : start + _CHUNK_VALUES]


def _unique(chunk: Array) -> tuple[Array, Array]:
    """Values of a chunk and how often each occurs; those of a byte without sorting."""
    if chunk.dtype != np.uint8:
        values, numbers = np.unique(chunk, return_counts=True)
        return values, numbers
    numbers = np.bincount(chunk)
    values = np.flatnonzero(numbers)
    return values, numbers[values]


def _is_whole(value: float) -> bool:
    return math.isfinite(value) and abs(value - round(value)) <= _WHOLE_TOLERANCE


def _found(voxels: Mapping[float, int] | Mapping[int, int]) -> str:
    shown = [f"{value:.6g}" for value in list(voxels)[:8]]
    more = ", …" if len(voxels) > len(shown) else ""
    return f"[{', '.join(shown)}{more}] in {sum(voxels.values())} voxels"
