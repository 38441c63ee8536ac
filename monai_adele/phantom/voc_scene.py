"""Generated photographs: colored, striped shapes before a textured background."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import hsv2rgb

from monai_adele.phantom.phantom_field import SmoothField

__all__ = ["VOC_PHANTOM_CLASSES", "SceneObject", "VocScene", "make_voc_scene"]

VOC_PHANTOM_CLASSES = ("background", "disk", "box", "triangle", "ring", "cross")
"""Names of the classes; index is the id."""

_IGNORED = 255
_STRIPES = (0.0, 9.0, 5.0, 7.0, 12.0)  # of each class, per radius; a disk is plain

Plane = NDArray[np.float64]


class SceneObject(NamedTuple):
    """An object: class id, radius in pixels, and the pixels ``(height, width)`` in which it is seen."""

    class_id: int
    radius: float
    mask: NDArray[np.bool_]


class VocScene(NamedTuple):
    """A scene: ``image`` uint8 ``(height, width, 3)``, ``truth`` uint8 ``(height, width)``, and its objects.

    The truth has 255 on the rims of the objects, as VOC's.
    """

    image: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    objects: list[SceneObject]


def make_voc_scene(rng: np.random.Generator, size: Sequence[int]) -> VocScene:
    """Make a scene of one to three objects.

    Each class has its shape, a range of hues and stripes of one width; position, size, direction, shade and
    light are drawn. The background is two pale shades with a texture, and pale sticks lie on it.

    Args:
        rng: generator of all draws.
        size: height and width, at least 32.

    Raises:
        ValueError: if the size is smaller.

    Example:
        >>> scene = make_voc_scene(np.random.default_rng(0), (48, 64))
        >>> scene.image.shape, scene.truth.shape
        ((48, 64, 3), (48, 64))
    """
    height, width = (int(n) for n in size)
    if min(height, width) < 32:
        raise ValueError(f"size: found {(height, width)}, expected at least 32 pixels along each axis")
    rows, columns = np.meshgrid(np.arange(height) + 0.5, np.arange(width) + 0.5, indexing="ij")
    hsv = _background(rng, height, width)
    for _ in range(int(rng.integers(2, 5))):
        _paint(rng, hsv, _stick(rng, rows, columns), hue=rng.uniform(), saturation=rng.uniform(0.0, 0.3))
    drawn: list[SceneObject] = []
    for _ in range(int(rng.integers(1, 4))):
        class_id = int(rng.integers(1, len(VOC_PHANTOM_CLASSES)))
        radius = min(height, width) * rng.uniform(0.18, 0.34)
        u, v = _own_axes(rng, rows, columns, radius)
        mask = _shape(class_id, u, v)
        hue = (class_id - 1) / (len(VOC_PHANTOM_CLASSES) - 1) + rng.uniform(-0.05, 0.05)
        stripes = 0.12 * np.sin(_STRIPES[class_id - 1] * u)
        _paint(rng, hsv, mask, hue=hue, saturation=rng.uniform(0.5, 0.95), stripes=stripes)
        drawn = [SceneObject(o.class_id, o.radius, o.mask & ~mask) for o in drawn]
        drawn.append(SceneObject(class_id, radius, mask))
    drawn = [o for o in drawn if o.mask.sum() >= 12]
    hsv[..., 2] += rng.normal(0, 0.04, (height, width))
    rgb = hsv2rgb(np.stack([hsv[..., 0] % 1, *(np.clip(hsv[..., i], 0, 1) for i in (1, 2))], -1))
    return VocScene(np.rint(255 * rgb).astype(np.uint8), _truth(drawn, (height, width)), drawn)


def _background(rng: np.random.Generator, height: int, width: int) -> Plane:
    places = np.arange(height, dtype=np.float64), np.arange(width, dtype=np.float64)
    blend = 1 / (1 + np.exp(-3 * SmoothField(rng, rng.uniform(8, 30)).plane(*places, 0.0)))
    hsv = np.empty((height, width, 3))
    for i, (low, high) in enumerate(((0.0, 1.0), (0.0, 0.3), (0.25, 0.85))):
        first, second = rng.uniform(low, high, 2)
        hsv[..., i] = first + (second - first) * blend
    hsv[..., 2] += 0.06 * SmoothField(rng, rng.uniform(1.5, 4)).plane(*places, 0.0)
    return hsv


def _paint(
    rng: np.random.Generator,
    hsv: Plane,
    mask: NDArray[np.bool_],
    *,
    hue: float,
    saturation: float,
    stripes: Plane | float = 0.0,
) -> None:
    hsv[mask, 0], hsv[mask, 1] = hue, saturation
    hsv[mask, 2] = np.broadcast_to(rng.uniform(0.4, 0.9) + stripes, mask.shape)[mask]


def _own_axes(rng: np.random.Generator, rows: Plane, columns: Plane, radius: float) -> tuple[Plane, Plane]:
    """Coordinates of an object, turned and squeezed, in radii from its centre."""
    height, width = rows.shape
    down, right = rows - rng.uniform(0.2, 0.8) * height, columns - rng.uniform(0.2, 0.8) * width
    angle, squeeze = rng.uniform(0, 2 * math.pi), rng.uniform(0.8, 1.0)
    u, v = math.cos(angle) * right + math.sin(angle) * down, math.cos(angle) * down - math.sin(angle) * right
    return u / radius, v / (radius * squeeze)


def _stick(rng: np.random.Generator, rows: Plane, columns: Plane) -> NDArray[np.bool_]:
    u, v = _own_axes(rng, rows, columns, min(rows.shape) * rng.uniform(0.2, 0.5))
    return (np.abs(u) < 1) & (np.abs(v) < 0.08)


def _shape(class_id: int, u: Plane, v: Plane) -> NDArray[np.bool_]:
    distance = np.hypot(u, v)
    if class_id == 1:
        return distance < 0.95
    if class_id == 2:
        return np.maximum(np.abs(u), np.abs(v)) < 0.8
    if class_id == 3:
        return (v > -0.6) & (v < 1.0 - 1.6 * np.abs(u))
    if class_id == 4:
        return (distance < 1.0) & (distance > 0.45)
    near, far = np.minimum(np.abs(u), np.abs(v)), np.maximum(np.abs(u), np.abs(v))
    return (near < 0.33) & (far < 1.0)


def _truth(objects: list[SceneObject], shape: tuple[int, int]) -> NDArray[np.uint8]:
    label = np.zeros(shape, np.uint8)
    rims = np.zeros(shape, bool)
    for item in objects:
        label[item.mask] = item.class_id
        rims |= item.mask ^ ndimage.binary_erosion(item.mask, border_value=1)
    label[rims] = _IGNORED
    return label
