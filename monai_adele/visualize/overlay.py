"""The most changed cases: image, given label, corrected label, and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from scipy import ndimage

from monai_adele.visualize.figure_file import new_figure
from monai_adele.visualize.overlay_case import OverlayCase
from monai_adele.visualize.palette import GREEN, PURPLE, VERMILION, class_style
from monai_adele.visualize.slice_view import draw_contours, frame_slice, show_slice

__all__ = ["difference_colors", "overlay_figure"]

_ROW_INCH = 3.45
_HEADINGS = ("image", "given label", "corrected label", "difference")
_DIFFERENCES = (
    ("added: background → class", GREEN),
    ("removed: class → background", VERMILION),
    ("class → other class", PURPLE),
)


def overlay_figure(
    cases: Sequence[OverlayCase], *, class_names: Sequence[str], max_cases: int = 6, title: str | None = None
) -> Figure:
    """Draw the most changed cases, one a row; of a volume the slice with most changes.

    Args:
        cases: in any order; those without a changed voxel are left out.
        class_names: index is the class id, background first.
        max_cases: how many rows at most, at least 1.
        title: line above all; None for none.

    Returns:
        A figure 12.8 inches wide; a sentence in place of rows where no voxel was changed.

    Raises:
        ValueError: if ``max_cases`` is below 1 or there is no foreground class.

    Example:
        >>> given = np.zeros((8, 8), np.uint8); given[2:5, 2:6] = 1
        >>> corrected = given.copy(); corrected[2, 2] = 0
        >>> case = OverlayCase("a", given, given, corrected, spacing=(1.0, 1.0))
        >>> len(overlay_figure([case], class_names=["background", "heart"]).subfigs)
        1
    """
    if max_cases < 1 or len(class_names) < 2:
        found = f"{max_cases} and {len(class_names)} classes"
        raise ValueError(f"max_cases must be at least 1, with a foreground class; got {found}")
    changed = sorted((case for case in cases if case.num_changed), key=lambda case: -case.num_changed)
    shown = changed[:max_cases]
    rows = -(-(len(class_names) + 2) // _legend_columns(class_names))
    heights = [_ROW_INCH + (0.2 if number == 0 else 0) for number in range(len(shown))]
    figure = new_figure(12.8, sum(heights) + 0.3 * rows + (0.4 if title else 0) if shown else 1.5)
    if not shown:
        figure.text(0.5, 0.5, "no voxel of any label was changed", ha="center", fontsize=12)
        return figure
    bands = figure.subfigures(len(shown), 1, squeeze=False, height_ratios=heights)[:, 0]
    for number, (band, case) in enumerate(zip(bands, shown, strict=True)):
        _draw_case(band, case, len(class_names), headings=number == 0)
    _add_legend(figure, class_names)
    if title:
        figure.suptitle(title, fontsize=12)
    return figure


def _draw_case(band: SubFigure, case: OverlayCase, num_classes: int, *, headings: bool) -> None:
    text, upright = f"{case.case_id}   {_facts(case, num_classes)}", case
    if case.given.ndim == 3 and 1 not in case.given.shape:
        axis, index = case.most_changed_slice()
        text += f"   slice {index + 1} of {case.given.shape[axis]}"
        upright = case.single_slice(axis, index)
    band.suptitle(text, x=0.005, ha="left", fontsize=10.5)
    upright = upright.upright()
    axis = upright.given.shape.index(1)
    image, given, corrected = (array.squeeze(axis) for array in (upright.image, upright.given, upright.corrected))
    spacing = [step for other, step in enumerate(upright.spacing) if other != axis]
    seen = (_known(given, num_classes) > 0) | (_known(corrected, num_classes) > 0) | (given != corrected)
    all_axes = band.subplots(1, 4)
    for axes, heading in zip(all_axes, _HEADINGS, strict=True):
        show_slice(axes, image, spacing=spacing, window=_window(image, seen) if image.ndim == 2 else None)
        frame_slice(axes, seen, spacing=spacing, smallest_mm=24 * max(spacing))
        if headings:
            axes.set_title(heading, fontsize=10)
    draw_contours(all_axes[1], given, num_classes=num_classes, spacing=spacing)
    draw_contours(all_axes[2], corrected, num_classes=num_classes, spacing=spacing)
    extent = (0, given.shape[0] * spacing[0], 0, given.shape[1] * spacing[1])
    tint = difference_colors(given, corrected).swapaxes(0, 1)
    all_axes[3].imshow(tint, origin="lower", extent=extent, interpolation="nearest")
    if case.affine is not None and axis != 0:
        for place, side, align in ((0.02, "R", "left"), (0.98, "L", "right")):
            _mark_side(all_axes[0], side, place, align)


def _mark_side(axes: Axes, side: str, place: float, align: str) -> None:
    text = axes.text(place, 0.5, side, transform=axes.transAxes, ha=align, va="center", color="white", fontsize=11)
    text.set_path_effects([withStroke(linewidth=2.5, foreground="black")])


def difference_colors(given: NDArray[Any], corrected: NDArray[Any]) -> NDArray[np.float64]:
    """Colour each changed voxel by what became of it; the rest is transparent.

    Args:
        given: class ids, any shape.
        corrected: class ids of the same shape.

    Returns:
        Red, green, blue and opacity in ``[0, 1]``, shape ``(*shape, 4)``.

    Example:
        >>> difference_colors(np.array([1, 1]), np.array([1, 0]))[:, 3].tolist()
        [0.0, 0.75]
    """
    kinds = (
        (given == 0) & (corrected != 0),
        (given != 0) & (corrected == 0),
        (given != 0) & (corrected != 0) & (given != corrected),
    )
    colors = np.zeros((*given.shape, 4))
    for kind, (_, color) in zip(kinds, _DIFFERENCES, strict=True):
        colors[kind] = to_rgba(color, 0.75)
    return colors


def _facts(case: OverlayCase, num_classes: int) -> str:
    text = f"{case.num_changed} voxel{'s' if case.num_changed > 1 else ''} changed"
    means = case.mean_iou(num_classes)
    if means is not None:
        text += f"   mean IoU with truth {means[0]:.3f} → {means[1]:.3f}"
    return text


def _known(label: NDArray[Any], num_classes: int) -> NDArray[Any]:
    return np.where(label < num_classes, label, 0)


def _window(image: NDArray[Any], seen: NDArray[Any]) -> tuple[float, float]:
    """Take the grey values from around the labels, so that air and metal elsewhere do not flatten them."""
    near = image[ndimage.binary_dilation(seen, iterations=4) & np.isfinite(image)]
    if not near.size:
        return 0.0, 1.0
    bottom, middle, top = np.percentile(near, (8, 50, 99.5))
    if top > middle:
        bottom = max(bottom, middle - 2 * (top - middle))
    return float(bottom), float(top)


def _legend_columns(class_names: Sequence[str]) -> int:
    return 7 if max(len(name) for name in class_names) <= 14 else 4


def _add_legend(figure: Figure, class_names: Sequence[str]) -> None:
    entries: list[Line2D | Patch] = []
    for index, name in enumerate(class_names[1:], start=1):
        color, style = class_style(index)
        entries.append(Line2D([], [], color=color, linestyle=style, linewidth=2, label=name[:40]))
    entries += [Patch(color=color, label=text) for text, color in _DIFFERENCES]
    columns = _legend_columns(class_names)
    figure.legend(handles=entries, loc="outside lower center", ncols=columns, fontsize=9, facecolor="#404040",
                  labelcolor="white")  # fmt: skip
