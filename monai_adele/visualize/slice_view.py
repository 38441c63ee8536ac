"""A slice of an image on an axes, and the outlines of a label over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from monai_adele.visualize.palette import class_style

__all__ = ["draw_contours", "frame_slice", "show_slice"]

_FINE = 4


def show_slice(
    axes: Axes,
    image: NDArray[Any],
    *,
    spacing: Sequence[float] = (1.0, 1.0),
    window: tuple[float, float] | None = None,
) -> None:
    """Draw a slice in grey or colour, in mm, the first axis to the right and the second upwards.

    Args:
        axes: where to draw; its ticks are removed.
        image: densities, shape ``(X, Y)``, or red, green and blue, ``(X, Y, 3)``; what is not finite is drawn black.
        spacing: mm per axis, each over 0.
        window: densities drawn black and white; by default the 1st and the 99.5th percentile, of colours 0 and 255.
    """
    finite = image[np.isfinite(image)]
    if window is None and image.ndim == 3:
        window = (0.0, 255.0)
    elif window is None:
        low, high = np.percentile(finite, (1, 99.5)) if finite.size else (0.0, 1.0)
        window = (float(low), float(high))
    low, high = window
    grey = np.clip((image - low) / max(high - low, 1e-12), 0, 1)
    width, height = (n * step for n, step in zip(image.shape[:2], spacing, strict=True))
    axes.imshow(
        np.nan_to_num(grey).swapaxes(0, 1),
        cmap="gray",
        vmin=0,
        vmax=1,
        origin="lower",
        extent=(0, width, 0, height),
        interpolation="nearest",
    )
    axes.set_facecolor("black")
    axes.set_xticks([])
    axes.set_yticks([])


def draw_contours(
    axes: Axes,
    label: NDArray[Any],
    *,
    num_classes: int,
    spacing: Sequence[float] = (1.0, 1.0),
    linewidth: float = 1.5,
    color: str | None = None,
) -> None:
    """Outline each class of a label along the edges of its voxels; fits what `show_slice` drew.

    Args:
        axes: where to draw.
        label: class ids, shape ``(X, Y)``; the background and ids from ``num_classes`` on are not outlined.
        num_classes: number of classes with the background.
        spacing: mm per axis.
        linewidth: in points.
        color: one for all classes, with solid lines; by default each class has its own.
    """
    for index in range(1, num_classes):
        mask = label == index
        if mask.any():
            line_color, style = (color, "solid") if color else class_style(index)
            _outline(axes, mask, spacing, color=line_color, style=style, linewidth=linewidth)


def _outline(
    axes: Axes, mask: NDArray[Any], spacing: Sequence[float], *, color: str, style: str, linewidth: float
) -> None:
    """Outline a mask; drawn finely, so that lines follow the voxels instead of cutting corners."""
    places = np.argwhere(mask)
    start, stop = places.min(0), places.max(0) + 1
    inner = mask[start[0] : stop[0], start[1] : stop[1]]
    fine = np.pad(np.kron(inner, np.ones((_FINE, _FINE))), 1)
    x, y = (
        (first + (np.arange(n) - 0.5) / _FINE) * step for first, n, step in zip(start, fine.shape, spacing, strict=True)
    )
    axes.contour(x, y, fine.T, levels=[0.5], colors=[color], linestyles=[style], linewidths=[linewidth])


def frame_slice(
    axes: Axes,
    mask: NDArray[Any],
    *,
    spacing: Sequence[float] = (1.0, 1.0),
    margin: float = 0.15,
    smallest_mm: float = 0.0,
) -> None:
    """Show only a square around a mask.

    Args:
        axes: what `show_slice` drew on.
        mask: what must be seen, shape ``(X, Y)``; the whole slice where it is empty.
        spacing: mm per axis.
        margin: room on each side, relative to the longer side of the mask's box.
        smallest_mm: least side of the square.
    """
    places = np.argwhere(mask if mask.any() else np.ones_like(mask, dtype=bool))
    if not mask.any():
        margin = 0.0
    low, high = places.min(0) * spacing, (places.max(0) + 1) * spacing
    half = max(float((high - low).max()) * (0.5 + margin), smallest_mm / 2)
    center = (low + high) / 2
    axes.set_xlim(center[0] - half, center[0] + half)
    axes.set_ylim(center[1] - half, center[1] + half)
    axes.set_aspect("equal")
