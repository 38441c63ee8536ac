"""A patch size that suits a data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["suggest_patch_size"]


def suggest_patch_size(
    dataset: Sequence[dict[str, Any]], *, divisor: int = 8, largest: int = 96, image_key: str = "image"
) -> tuple[int, ...]:
    """Suggest a patch that holds most images whole where they are small.

    Along each axis the median size of the images, rounded up to a multiple of the network's
    divisor, and cut at ``largest``. Reads every item once.

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
        (32, 96)
    """
    if len(dataset) == 0 or largest < divisor:
        raise ValueError(
            f"found {len(dataset)} images and largest {largest}, expected at least one and {divisor} or more"
        )
    shapes = np.array([tuple(dataset[i][image_key].shape[1:]) for i in range(len(dataset))])
    rounded = np.ceil(np.median(shapes, axis=0) / divisor) * divisor
    return tuple(int(n) for n in np.minimum(rounded, largest // divisor * divisor))
