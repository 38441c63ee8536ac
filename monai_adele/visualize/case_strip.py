"""A strip of cases: image, given label, corrected label, truth."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from monai_adele.visualize.contact_sheet import evenly_spread
from monai_adele.visualize.figure_file import new_figure
from monai_adele.visualize.overlay_case import OverlayCase
from monai_adele.visualize.palette import class_style
from monai_adele.visualize.slice_view import draw_contours, frame_slice, show_slice

__all__ = ["case_strip_figure", "spread_by_gain"]

_WIDTH_INCH = 9.6
_ROW_INCH = 2.35
_CHARACTERS = 120


def spread_by_gain(cases: Sequence[OverlayCase], *, num_classes: int, max_cases: int = 4) -> list[OverlayCase]:
    """Choose cases evenly from the one whose label lost most by its correction to the one that gained most.

    Args:
        cases: with their truth.
        num_classes: number of classes with the background.
        max_cases: how many at most, at least 1.

    Returns:
        In the order of their gain, the difference of mean IoU with the truth; a case without a structure in its
        truth is left out.

    Raises:
        ValueError: if a case has no truth.

    Example:
        >>> import numpy as np
        >>> truth, empty = np.ones((2, 2), np.uint8), np.zeros((2, 2), np.uint8)
        >>> better = OverlayCase("better", truth, empty, truth, spacing=(1.0, 1.0), truth=truth)
        >>> worse = OverlayCase("worse", truth, truth, empty, spacing=(1.0, 1.0), truth=truth)
        >>> [case.case_id for case in spread_by_gain([better, worse], num_classes=2)]
        ['worse', 'better']
    """
    gains = {}
    for case in cases:
        means = case.mean_iou(num_classes)
        if means is None:
            raise ValueError(f"case {case.case_id!r}: found no truth, expected one")
        if not math.isnan(means[1] - means[0]):
            gains[case.case_id] = means[1] - means[0]
    order = sorted((case for case in cases if case.case_id in gains), key=lambda case: gains[case.case_id])
    return [order[place] for place in evenly_spread(len(order), max_cases)] if order else []


def case_strip_figure(cases: Sequence[OverlayCase], *, class_names: Sequence[str], caption: str = "") -> Figure:
    """Draw cases, one a row: image, given label, corrected label, and truth where it is known.

    Of a volume it is the slice with most corrected voxels, with the widest spacing across it.

    Args:
        cases: in the order of drawing, at least one.
        class_names: index is the class id, background first.
        caption: line below, as by which rule the cases were chosen.

    Returns:
        The figure, with a column less if no case has a truth.

    Raises:
        ValueError: if there is no case.

    Example:
        >>> import numpy as np
        >>> label = np.zeros((8, 8), np.uint8); label[2:5, 2:6] = 1
        >>> case = OverlayCase("a", label, label, np.roll(label, 1), spacing=(1.0, 1.0), truth=label)
        >>> [axes.get_title() for axes in case_strip_figure([case], class_names=["background", "heart"]).axes]
        ['image', 'given label', 'corrected label', 'truth']
    """
    if not cases:
        raise ValueError("found no cases, expected at least one")
    columns = 3 if all(case.truth is None for case in cases) else 4
    figure = new_figure(_WIDTH_INCH, _ROW_INCH * len(cases) + (0.9 if caption else 0.6))
    panels = figure.subplots(len(cases), columns, squeeze=False)
    for row, case in zip(panels, cases, strict=True):
        _draw_row(row, case, len(class_names))
    for axes, heading in zip(panels[0], ("image", "given label", "corrected label", "truth"), strict=False):
        axes.set_title(heading, fontsize=10)
    lines = []
    for index, name in enumerate(class_names[1:], start=1):
        color, style = class_style(index)
        lines.append(Line2D([], [], color=color, linestyle=style, linewidth=2, label=name[:40]))
    place = {"loc": "outside upper center", "ncols": min(len(lines), 6), "fontsize": 9}
    figure.legend(handles=lines, **place, facecolor="#404040", labelcolor="white")
    if caption:
        figure.supxlabel(textwrap.fill(caption, _CHARACTERS), fontsize=9)
    return figure


def _draw_row(row: Sequence[Axes], case: OverlayCase, num_classes: int) -> None:
    upright = case
    if case.given.ndim == 3 and 1 not in case.given.shape:
        upright = case.single_slice(*case.most_changed_slice())
    upright = upright.upright()
    axis = upright.given.shape.index(1)
    spacing = [step for other, step in enumerate(upright.spacing) if other != axis]
    labels = [upright.given, upright.corrected, upright.truth]
    shown = [None if label is None else label.squeeze(axis) for label in labels]
    seen = np.any([label > 0 for label in shown if label is not None], axis=0)
    for number, axes in enumerate(row):
        show_slice(axes, upright.image.squeeze(axis), spacing=spacing)
        frame_slice(axes, seen, spacing=spacing, smallest_mm=24 * max(spacing))
        label = shown[number - 1] if number else None
        if label is not None:
            draw_contours(axes, label, num_classes=num_classes, spacing=spacing)
        axes.set_xlabel(_below(case, number, num_classes), fontsize=8.5)


def _below(case: OverlayCase, number: int, num_classes: int) -> str:
    """The case below its image, and the IoU of the whole case below a label."""
    means = case.mean_iou(num_classes)
    if number == 0:
        return case.case_id
    return f"mean IoU {means[number - 1]:.3f}" if means is not None and number < 3 else ""
