"""Pseudo-labels with the mistakes of those that are made from image-level labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from monai_adele.phantom.voc_scene import SceneObject

__all__ = ["make_pseudo_label"]

_STRIDE = 4
_SURE, _OPEN = 0.4, 0.3
_CONFUSED = 0.2
_IGNORED = 255


def make_pseudo_label(rng: np.random.Generator, objects: Sequence[SceneObject]) -> NDArray[np.uint8]:
    """Make a label as class activation maps give it.

    The activation of an object is strongest at one place of it, fades with the distance from there, and leaks
    over the contour: far parts are missed, background near that place is taken in. It is known on a grid of
    every 4th pixel. Between sure and background the label is 255. As only the classes of an image are known,
    an object may bear the name of another class that is in the image.

    Args:
        rng: generator of all draws.
        objects: what is seen, at least one.

    Returns:
        Class ids, ``(height, width)``.

    Example:
        >>> mask = np.zeros((40, 40), bool); mask[10:30, 10:30] = True
        >>> label = make_pseudo_label(np.random.default_rng(0), [SceneObject(3, 10.0, mask)])
        >>> np.unique(label).tolist()
        [0, 3, 255]
    """
    present = sorted({item.class_id for item in objects})
    shape = objects[0].mask.shape
    activation = np.zeros((max(present) + 1, *shape))
    for item in objects:
        others = [class_id for class_id in present if class_id != item.class_id]
        confused = rng.uniform() < _CONFUSED
        class_id = int(rng.choice(others)) if others and confused else item.class_id
        activation[class_id] = np.maximum(activation[class_id], _activation(rng, item))
    strongest = activation.max(0)
    label: NDArray[np.uint8] = activation.argmax(0).astype(np.uint8)
    label[strongest <= _SURE] = _IGNORED
    label[strongest <= _OPEN] = 0
    return label


def _activation(rng: np.random.Generator, item: SceneObject) -> NDArray[np.float64]:
    """Between 0 and 1, on the grid of the image."""
    height, width = item.mask.shape
    places = np.argwhere(item.mask)
    row, column = places[rng.integers(len(places))]
    rows, columns = np.ogrid[:height, :width]
    squared = ((rows - row) ** 2 + (columns - column) ** 2) / (item.radius * rng.uniform(0.8, 1.5)) ** 2
    blurred = ndimage.gaussian_filter(item.mask.astype(np.float64), 0.25 * item.radius)
    fading = blurred * np.exp(-squared / 2)
    coarse = np.pad(fading, ((0, -height % _STRIDE), (0, -width % _STRIDE)), mode="edge")
    coarse = coarse.reshape(coarse.shape[0] // _STRIDE, _STRIDE, -1, _STRIDE).mean((1, 3))
    fine = coarse.repeat(_STRIDE, 0).repeat(_STRIDE, 1)[:height, :width]
    result: NDArray[np.float64] = fine / fine.max()
    return result
