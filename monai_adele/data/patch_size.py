"""A patch size that suits a data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["suggest_patch_size"]


def suggest_patch_size(
    dataset: Sequence[dict[str, Any]], *, divisor: int = 8, largest: int = 96, image_key: str = "image"
) -> tuple[int, ...]:
    """Suggest a patch that holds every image whole where they are small.

    Along each axis the largest size of the images, rounded up to a multiple of the network's
    divisor, and cut at ``largest``. Training and evaluation should use one and the same patch:
    a network with instance norm that was trained on padded patches answers otherwise where the
    padding is missing. Reads every item once.

    Args:
        dataset: items with an image ``(C, *spatial)``.
        divisor: what the sizes are multiples of.
        largest: limit of each size, in voxels; rounded down to a multiple of ``divisor``.
        image_key: key of the image.

    Returns:
        One size an axis, in voxels.

    Raises:
        ValueError: if the dataset is empty or ``largest`` is below ``divisor``.

    Example:
        >>> suggest_patch_size([{"image": np.zeros((1, 30, 200))}, {"image": np.zeros((1, 34, 180))}])
        (40, 96)
    """
    if largest < divisor:
        raise ValueError(f"largest: found {largest}, expected {divisor} or more, the divisor")
    rounded = np.ceil(_shapes(dataset, image_key).max(axis=0) / divisor) * divisor
    if (rounded == divisor).all():  # a bottleneck of one voxel has no statistics for an instance norm
        rounded[0] = 2 * divisor
    return tuple(int(n) for n in np.minimum(rounded, max(largest // divisor, 2) * divisor))


def _shapes(dataset: Sequence[dict[str, Any]], image_key: str) -> NDArray[np.int64]:
    if len(dataset) == 0:
        raise ValueError("dataset: found no images, expected at least one")
    return np.array([tuple(dataset[i][image_key].shape[1:]) for i in range(len(dataset))])
