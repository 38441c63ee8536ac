"""Erosion and dilation of label maps by a ball, in mm, on any spacing (numpy)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.ndimage

__all__ = ["IGNORE_ID", "class_boxes", "dilate_labels", "distance_within_mm", "equivalent_radius_mm", "erode_labels"]

IGNORE_ID = 255
"""The usual "ignore" value of label maps: a class only where it is asked for by its id."""

_TOLERANCE = 1e-6  # relative, of the squared radius: 3 voxels of 0.8 mm lie within 2.4 mm
_FINEST = 2**24  # most units in a squared radius


def class_boxes(label: np.ndarray) -> dict[int, tuple[slice, ...]]:
    """Find the smallest box around every class of a label map.

    Args:
        label: class ids, ``(*spatial,)``, any integer dtype, ids of at least 0.

    Returns:
        Slices of each id that occurs, in rising order; background (0) and ignore (255) are included
        like any other id, but for 0.

    Example:
        >>> class_boxes(np.array([0, 2, 2, 0, 1]))
        {1: (slice(4, 5, None),), 2: (slice(1, 3, None),)}
    """
    crop = _foreground_box(label)
    if crop is None:
        return {}
    found = scipy.ndimage.find_objects(label[crop])
    return {
        class_id: tuple(
            slice(outer.start + inner.start, outer.start + inner.stop) for outer, inner in zip(crop, box, strict=True)
        )
        for class_id, box in enumerate(found, start=1)
        if box is not None
    }


def equivalent_radius_mm(num_voxels: int, spacing: Sequence[float]) -> float:
    """Compute the radius of the ball (disc, segment) that has the volume of so many voxels.

    Args:
        num_voxels: at least 0.
        spacing: mm per axis; one to three axes.

    Returns:
        Radius in mm; 0 for no voxels.

    Example:
        >>> round(equivalent_radius_mm(1000, (1.0, 1.0)), 2)
        17.84
    """
    unit_ball = {1: 2.0, 2: math.pi, 3: 4.0 / 3.0 * math.pi}[len(spacing)]
    return float((num_voxels * math.prod(spacing) / unit_ball) ** (1.0 / len(spacing)))


def erode_labels(
    label: np.ndarray,
    spacing: Sequence[float],
    *,
    radius_mm: float | Mapping[int, float],
    keep_at_least: float = 0.0,
) -> np.ndarray:
    """Erode the classes of a label map by a ball; what is lost becomes background (0).

    A voxel of a class is lost if the centre of some voxel that is not of this class lies within the
    radius of its own centre (the bound included). So two classes that touch both shrink back from each
    other. Beyond the image nothing is known: a class cut by the border is not eroded from there.

    Args:
        label: class ids, ``(*spatial,)`` with one to three axes, any integer dtype, ids of at least 0.
        spacing: mm per axis, above 0.
        radius_mm: of every class but background and ignore (255), or of each class by its id; 0 changes
            nothing. Ids that do not occur are passed over.
        keep_at_least: share of a class's voxels, in ``[0, 1]``, that must stay. Where the radius would
            leave fewer, the class is eroded by the largest radius that leaves enough.

    Returns:
        New array of the shape and dtype of ``label``.

    Raises:
        ValueError: if a radius is negative or not finite.

    Example:
        >>> erode_labels(np.array([0, 1, 1, 1, 2, 2]), (2.0,), radius_mm={1: 2.0})
        array([0, 0, 1, 0, 2, 2])
    """
    eroded: np.ndarray = label.copy(order="C")
    boxes = class_boxes(label)
    radii = _radius_of_each(radius_mm, boxes)
    metric = _Metric.of(spacing, max(radii.values(), default=0.0))
    for class_id, radius in radii.items():
        if radius == 0:
            continue
        box = _grown(boxes[class_id], (1,) * label.ndim, label.shape)
        inside = label[box] == class_id
        limit = metric.limit(radius)
        distance = metric.distance(~inside, limit)
        lost = inside & (distance <= _floored(distance[inside], limit, keep_at_least))
        eroded[box][lost] = 0
    return eroded


def dilate_labels(
    label: np.ndarray,
    spacing: Sequence[float],
    *,
    radius_mm: float | Mapping[int, float],
    over: Sequence[int] = (),
) -> np.ndarray:
    """Dilate the classes of a label map by a ball, into background and chosen other classes.

    A voxel is taken by the class that has the nearest voxel centre among those whose radius reaches it;
    of equally near ones by the lowest id. Classes not named in ``over``, ignored voxels among them, keep
    every voxel.

    Args:
        label: class ids, ``(*spatial,)`` with one to three axes, any integer dtype, ids of at least 0.
        spacing: mm per axis, above 0.
        radius_mm: of every class but background and ignore (255), or of each class by its id; 0 changes
            nothing. Ids that do not occur are passed over.
        over: ids of the classes that, besides background, give way to a growing class. Such a class
            gives way even where it grows itself.

    Returns:
        New array of the shape and dtype of ``label``.

    Raises:
        ValueError: if a radius is negative or not finite.

    Example:
        >>> dilate_labels(np.array([1, 0, 0, 0, 2, 3]), (1.0,), radius_mm=2.0)
        array([1, 1, 1, 2, 2, 3])
    """
    dilated: np.ndarray = label.copy(order="C")
    boxes = class_boxes(label)
    radii = _radius_of_each(radius_mm, boxes)
    metric = _Metric.of(spacing, max(radii.values(), default=0.0))
    nearest = np.full(label.shape, metric.far, dtype=metric.dtype)
    for class_id, radius in radii.items():
        if radius == 0:
            continue
        limit = metric.limit(radius)
        box = _grown(boxes[class_id], metric.reach(limit), label.shape)
        ids = label[box]
        distance = metric.distance(ids == class_id, limit)
        taken = ids == 0
        for other in set(over) - {0, class_id}:
            taken |= ids == other
        taken &= (distance <= limit) & (distance < nearest[box])
        np.copyto(nearest[box], distance, where=taken)
        dilated[box][taken] = class_id
    return dilated


def distance_within_mm(seeds: np.ndarray, spacing: Sequence[float], radius_mm: float) -> np.ndarray:
    """Measure how far every voxel centre is from the nearest seed, up to a radius.

    Args:
        seeds: ``(*spatial,)`` with one to three axes, bool.
        spacing: mm per axis, above 0.
        radius_mm: at least 0, finite.

    Returns:
        Distances in mm, float32; infinity beyond the radius, and everywhere if there is no seed.

    Example:
        >>> distance_within_mm(np.array([True, False, False, False]), (2.0,), radius_mm=4.0)
        array([ 0.,  2.,  4., inf], dtype=float32)
    """
    metric = _Metric.of(spacing, radius_mm)
    limit = metric.limit(radius_mm)
    squared = metric.distance(seeds, limit)
    distance: np.ndarray = np.sqrt(squared / np.float32(metric.units_per_mm2), dtype=np.float32)
    distance[squared > limit] = np.inf
    return distance


@dataclass(frozen=True)
class _Metric:
    """Squared distances as whole numbers of one unit, so that equal distances compare as equal.

    The unit divides every squared spacing where their ratios allow it (any usual spacing); elsewhere
    squared distances are rounded to a 2^-24 of the largest squared radius.
    """

    spacing: tuple[float, ...]
    units_per_mm2: float
    far: int
    dtype: type[np.integer]

    @classmethod
    def of(cls, spacing: Sequence[float], largest_radius_mm: float) -> _Metric:
        finest = min(spacing)
        ratios = [Fraction((step / finest) ** 2).limit_denominator(4096) for step in spacing]
        units_per_mm2 = math.lcm(*(ratio.denominator for ratio in ratios)) / finest**2
        squared_radius = largest_radius_mm**2
        if units_per_mm2 * squared_radius > _FINEST:
            units_per_mm2 = _FINEST / squared_radius
        far = cls(tuple(spacing), units_per_mm2, 0, np.int32).limit(largest_radius_mm) + 1
        dtypes: tuple[type[np.integer], ...] = (np.uint8, np.uint16, np.int32)
        dtype = next(dtype for dtype in dtypes if 2 * far <= np.iinfo(dtype).max)
        return cls(tuple(float(step) for step in spacing), units_per_mm2, far, dtype)

    def limit(self, radius_mm: float) -> int:
        return math.floor(radius_mm**2 * self.units_per_mm2 * (1.0 + _TOLERANCE))

    def reach(self, limit: int) -> tuple[int, ...]:
        return tuple(
            math.floor(math.sqrt(limit / self.units_per_mm2 * (1.0 + _TOLERANCE)) / step) for step in self.spacing
        )

    def distance(self, seeds: np.ndarray, limit: int) -> np.ndarray:
        """Squared distance of every voxel to the nearest seed, exact up to ``limit``, ``far`` beyond."""
        distance: np.ndarray = np.where(seeds, self.dtype(0), self.dtype(self.far))
        for axis, (step, reach) in enumerate(zip(self.spacing, self.reach(limit), strict=True)):
            weights = [round(k * k * step * step * self.units_per_mm2) for k in range(1, reach + 1)]
            for slab in _slabs(distance, axis):
                _take_minimum(slab, weights)
        return distance


def _take_minimum(lines: np.ndarray, weights: Sequence[int]) -> None:
    """Lower every value to the least of (value at offset k along axis 0) + weights[k - 1], in place."""
    source = lines.copy()
    shifted = np.empty_like(source)
    for offset, weight in enumerate(weights[: len(lines) - 1], start=1):
        np.add(source, lines.dtype.type(weight), out=shifted)
        np.minimum(lines[offset:], shifted[:-offset], out=lines[offset:])
        np.minimum(lines[:-offset], shifted[offset:], out=lines[:-offset])


def _slabs(volume: np.ndarray, axis: int, voxels: int = 2**17) -> list[np.ndarray]:
    """Views of ``volume``, ``axis`` in front, each small enough for the processor's cache."""
    moved = np.moveaxis(volume, axis, 0)
    if moved.ndim == 1:
        return [moved]
    thickness = max(1, voxels * moved.shape[1] // max(1, moved.size))
    return [moved[:, start : start + thickness] for start in range(0, moved.shape[1], thickness)]


def _floored(distance: np.ndarray, limit: int, keep_at_least: float) -> int:
    """The largest threshold up to ``limit`` above which the wanted share of ``distance`` lies."""
    kept = math.ceil(keep_at_least * distance.size)
    if kept == 0 or np.count_nonzero(distance > limit) >= kept:
        return limit
    return int(np.partition(distance, distance.size - kept)[distance.size - kept]) - 1


def _radius_of_each(radius_mm: float | Mapping[int, float], boxes: Mapping[int, tuple[slice, ...]]) -> dict[int, float]:
    if not isinstance(radius_mm, Mapping):
        radius_mm = {class_id: radius_mm for class_id in boxes if class_id != IGNORE_ID}
    for class_id, radius in radius_mm.items():
        if not 0.0 <= radius < math.inf:
            raise ValueError(f"radius_mm of class {class_id} is {radius}, expected a finite number >= 0")
    return {class_id: float(radius_mm[class_id]) for class_id in boxes if class_id in radius_mm}


def _foreground_box(label: np.ndarray) -> tuple[slice, ...] | None:
    box = []
    for axis in range(label.ndim):
        others = tuple(other for other in range(label.ndim) if other != axis)
        occupied = np.flatnonzero(label.any(axis=others))
        if occupied.size == 0:
            return None
        box.append(slice(int(occupied[0]), int(occupied[-1]) + 1))
    return tuple(box)


def _grown(box: tuple[slice, ...], margin: Sequence[int], shape: Sequence[int]) -> tuple[slice, ...]:
    return tuple(
        slice(max(0, side.start - more), min(size, side.stop + more))
        for side, more, size in zip(box, margin, shape, strict=True)
    )
