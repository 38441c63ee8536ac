"""Many cases on one sheet: original and noisy contours."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from monai_adele.visualize.figure_file import add_panels, new_figure
from monai_adele.visualize.palette import ORANGE, SKY
from monai_adele.visualize.sheet_case import SheetCase
from monai_adele.visualize.slice_view import draw_contours, frame_slice, show_slice

__all__ = ["contact_sheet_figure", "evenly_spread"]

_PANEL_INCH = 2.13
_TITLE_INCH = 0.36
_CHARACTERS_PER_INCH = 12
_DARK = 0.08
_BARS = (500, 200, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1)


def evenly_spread(num_cases: int, max_cases: int) -> list[int]:
    """Choose places of a list, evenly from its first to its last.

    Args:
        num_cases: length of the list.
        max_cases: how many places at most, at least 1.

    Returns:
        Ascending places, counted from 0; all of them if there are no more than ``max_cases``.

    Example:
        >>> evenly_spread(9, 3), evenly_spread(2, 3)
        ([0, 4, 8], [0, 1])
    """
    if max_cases < 1:
        raise ValueError(f"max_cases is {max_cases}, expected at least 1")
    places = np.linspace(0, num_cases - 1, min(num_cases, max_cases))
    return [int(place) for place in np.rint(places)]


def contact_sheet_figure(cases: Sequence[SheetCase], *, caption: str) -> Figure:
    """Draw cases side by side, each with its original and its noisy contours.

    A volume shows the slice with most changed voxels. The patient's right is on the left where the case
    has an affine. Without an image the original structures are grey. The bar is a scale.

    Args:
        cases: in the order of drawing, row by row, at least one.
        caption: line below, as by which rule the cases were chosen.

    Returns:
        A figure of up to six columns.

    Raises:
        ValueError: if there is no case.

    Example:
        >>> from monai_adele.visualize.overlay_case import OverlayCase
        >>> label = np.zeros((8, 8), np.uint8); label[2:5, 2:6] = 1
        >>> case = OverlayCase("a", label, label, np.roll(label, 1), spacing=(1.0, 1.0))
        >>> contact_sheet_figure([SheetCase(case, 0.75)], caption="the only case").axes[0].get_title()
        'a\\nmean Dice 0.750'
    """
    if not cases:
        raise ValueError("found no cases, expected at least one")
    num_columns = _num_columns(len(cases))
    num_rows = -(-len(cases) // num_columns)
    width = max(num_columns * _PANEL_INCH, 7.0)
    figure = new_figure(width, num_rows * (min(_PANEL_INCH, width / num_columns) + _TITLE_INCH) + 0.7)
    panels = add_panels(figure, len(cases), columns=num_columns)
    for axes, case in zip(panels, cases, strict=True):
        _draw_case(axes, case.one_slice())
    lines = [
        Line2D([], [], color=SKY, linewidth=3, label="original label"),
        Line2D([], [], color=ORANGE, linewidth=1.5, label="noisy label"),
    ]
    figure.legend(
        handles=lines,
        loc="outside upper center",
        ncols=2,
        fontsize=9,
        facecolor="#202020",
        framealpha=1,
        labelcolor="white",
    )
    figure.supxlabel(textwrap.fill(caption, int(width * _CHARACTERS_PER_INCH)), fontsize=9)
    return figure


def _num_columns(num_cases: int) -> int:
    return next((n for n in range(1, 6) if n * -(-2 * n // 3) >= num_cases), 6)


def _draw_case(axes: Axes, sheet_case: SheetCase) -> None:
    case = sheet_case.case.upright()
    axis = case.given.shape.index(1)
    image, original, noisy = (array.squeeze(axis) for array in (case.image, case.given, case.corrected))
    spacing = [step for other, step in enumerate(case.spacing) if other != axis]
    seen = (original > 0) | (noisy > 0)
    if sheet_case.has_image:
        show_slice(axes, image, spacing=spacing)
    else:
        show_slice(axes, _shades(original), spacing=spacing, window=(0, 1))
        axes.set_facecolor((_DARK,) * 3)
    num_classes = int(max(original.max(), noisy.max())) + 1
    draw_contours(axes, original, num_classes=num_classes, spacing=spacing, color=SKY, linewidth=2.6)
    draw_contours(axes, noisy, num_classes=num_classes, spacing=spacing, color=ORANGE, linewidth=1.4)
    frame_slice(axes, seen, spacing=spacing, smallest_mm=16 * max(spacing))
    _draw_bar(axes, sheet_case.unit)
    axes.set_title(sheet_case.title, fontsize=8, pad=3)


def _shades(label: NDArray[Any]) -> NDArray[np.float64]:
    """A grey for each class, so that neighbours differ."""
    return np.where(label > 0, 0.24 + 0.09 * ((label.astype(np.int64) - 1) % 3), _DARK)


def _draw_bar(axes: Axes, unit: str) -> None:
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    length = next((bar for bar in _BARS if bar <= 0.3 * (right - left)), _BARS[-1])
    x, y = left + 0.05 * (right - left), bottom + 0.06 * (top - bottom)
    stroke = [withStroke(linewidth=3, foreground="black")]
    axes.plot([x, x + length], [y, y], color="white", linewidth=1.5, path_effects=stroke, solid_capstyle="butt")
    axes.text(x, y + 0.025 * (top - bottom), f"{length:g} {unit}", color="white", fontsize=6.5, path_effects=stroke)
