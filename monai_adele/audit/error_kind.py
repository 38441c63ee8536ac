"""What kind of error a label seems to hold."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

__all__ = ["ERROR_KINDS", "ErrorKind", "SuspectedError", "suspected_error"]

ErrorKind = Literal[
    "under-segmented",
    "over-segmented",
    "shifted",
    "missing structure",
    "extra component",
    "swapped class",
    "slice skipped",
    "uneven boundary",
]
ERROR_KINDS: tuple[ErrorKind, ...] = ErrorKind.__args__  # type: ignore[attr-defined]

_APART = 0.1  # a part is another structure's if no more than this share of it is agreed upon
_PLAIN = 0.75  # a part that is missing or too much by so much of the evidence is that alone


class SuspectedError(NamedTuple):
    """A kind of error, and the share of the evidence against the label that it explains, in ``[0, 1]``."""

    kind: ErrorKind
    certainty: float


def suspected_error(
    label: NDArray[Any], reference: NDArray[Any], against: NDArray[np.float64], class_id: int, *, slice_axis: int = -1
) -> SuspectedError | None:
    """Tell what kind of error the label of a class seems to hold.

    Each kind is asked how much of the evidence against the label it explains: voxels that are another
    structure's, parts that the other label lacks altogether, slices that were left empty, what vanishes when the
    structure is moved onto the reference, what is missing, what is too much, and what is both. The kind that
    explains most is named.

    Args:
        label: given class ids, ``(*spatial)``, 2D or 3D.
        reference: class ids that were predicted or corrected, the same shape.
        against: evidence against the label of the class, see :func:`contradiction`; 0 where there is none.
        class_id: the class.
        slice_axis: axis along which the volume was drawn slice by slice.

    Returns:
        The kind; None where nothing speaks against the label.

    Example:
        >>> label, reference = np.array([[0, 1, 1, 0, 0]]), np.array([[0, 1, 1, 1, 1]])
        >>> suspected_error(label, reference, (label != reference) * 2.0, 1)
        SuspectedError(kind='under-segmented', certainty=1.0)
    """
    given, wanted = label == class_id, reference == class_id
    weights = np.where(given != wanted, against, 0.0)
    total = float(weights.sum())
    if not total > 0:
        return None
    swapped = (given | wanted) & (label > 0) & (reference > 0)
    missing, extra = _parts_apart(wanted, given) & ~swapped, _parts_apart(given, wanted) & ~swapped
    skipped = _empty_slices(given, wanted, slice_axis) & ~missing & ~swapped
    rest = ~(swapped | missing | extra | skipped)
    lacking, surplus = (float(weights[where & rest].sum()) / total for where in (wanted & ~given, given & ~wanted))
    moved = _vanishes(given, wanted, weights, rest)
    explained: dict[ErrorKind, float] = {
        "swapped class": float(weights[swapped].sum()) / total,
        "missing structure": float(weights[missing].sum()) / total,
        "extra component": float(weights[extra].sum()) / total,
        "slice skipped": float(weights[skipped].sum()) / total,
        "shifted": moved * (lacking + surplus),
        "uneven boundary": (1.0 - moved) * (lacking + surplus),
    }
    one_sided = max(lacking, surplus) >= _PLAIN * (lacking + surplus) > 0
    if one_sided:
        explained |= {"under-segmented": lacking, "over-segmented": surplus, "shifted": 0.0, "uneven boundary": 0.0}
    kind = max(explained, key=lambda name: explained[name])
    return SuspectedError(kind, round(min(1.0, explained[kind]), 6))


def _parts_apart(mask: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected parts of a mask of which hardly anything lies in another."""
    parts, number = scipy.ndimage.label(mask, np.ones((3,) * mask.ndim))
    if number == 0:
        return np.zeros_like(mask)
    sizes = np.bincount(parts.ravel(), minlength=number + 1)
    agreed = np.bincount(parts[other], minlength=number + 1)
    apart = agreed <= _APART * sizes
    apart[0] = False
    return np.asarray(apart[parts])


def _empty_slices(given: NDArray[np.bool_], wanted: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """What is wanted in slices that were left empty: between drawn ones, and beyond them if these are whole."""
    if given.ndim < 3 or not given.any():
        return np.zeros_like(given)
    others = tuple(other for other in range(3) if other != axis % 3)
    empty = np.asarray(~given.any(axis=others))
    drawn = np.flatnonzero(~empty)
    inside = np.take(wanted, drawn, axis)
    if (inside & ~np.take(given, drawn, axis)).sum() > _APART * inside.sum():
        empty[: drawn[0]] = empty[drawn[-1] :] = False  # an end that went with a rim all around was not forgotten
    shape = [1, 1, 1]
    shape[axis % 3] = len(empty)
    return np.asarray(wanted & empty.reshape(shape))


def _vanishes(
    given: NDArray[np.bool_], wanted: NDArray[np.bool_], weights: NDArray[np.float64], rest: NDArray[np.bool_]
) -> float:
    """The share of the differing voxels that vanishes when the drawn structure is moved onto the wanted one."""
    differs = (given != wanted) & rest & (weights > 0)
    if not differs.any() or not given.any() or not wanted.any():
        return 0.0
    here, there = (scipy.ndimage.center_of_mass(mask) for mask in (given, wanted))
    step = [round(to - start) for start, to in zip(here, there, strict=True)]
    moved = scipy.ndimage.shift(given.astype(np.uint8), step, order=0).astype(bool)
    before, after = int(((given != wanted) & rest).sum()), int(((moved != wanted) & rest).sum())
    return max(0.0, 1.0 - after / before)
