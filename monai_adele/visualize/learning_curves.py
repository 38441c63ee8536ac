"""The learning curves of a run, class by class, with the onsets of memorization."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from monai_adele.visualize.class_curves import ClassCurves, Series
from monai_adele.visualize.figure_file import new_figure
from monai_adele.visualize.palette import BLUE, GREEN, ORANGE, PURPLE, VERMILION

__all__ = ["learning_curves_figure"]

_GREY = "#555555"
_NAME_LENGTH = 26
_SHARES = (("early_learned", GREEN, "-", "early-learned"), ("memorized", PURPLE, "-.", "memorized"))


def learning_curves_figure(classes: Sequence[ClassCurves], *, title: str | None = None) -> Figure:
    """Draw a panel for each class: training IoU, fitted curve, onset and validation IoU.

    Where truth is known in any class, a second panel below shows the shares of wrongly labelled voxels
    that are early-learned and memorized.

    Args:
        classes: at least one, all over the same number of epochs, at least one.
        title: line above all panels, such as the numbers of the last epoch; None for none.

    Returns:
        A figure of up to 12.8 inches in width.

    Raises:
        ValueError: if there are no classes or no epochs, or the numbers of epochs differ.

    Example:
        >>> figure = learning_curves_figure([ClassCurves("heart", [0.2, 0.6, 0.7], onset_epoch=2)])
        >>> len(figure.axes)
        1
    """
    num_epochs = _common_epochs(classes)
    with_truth = any(one.knows_truth for one in classes)
    columns = len(classes) if len(classes) <= 4 else 3 if len(classes) <= 9 else 4
    rows = math.ceil(len(classes) / columns)
    height = rows * (4.3 if with_truth else 2.7) + 0.6 + (0.4 if title else 0)
    figure = new_figure({1: 7.2, 2: 10.0}.get(columns, 12.8), height)
    ratios = [2.7, 1.6] if with_truth else [1.0]
    grid = figure.add_gridspec(rows * len(ratios), columns, height_ratios=ratios * rows)
    for number, one in enumerate(classes):
        row, column = divmod(number, columns)
        upper = figure.add_subplot(grid[row * len(ratios), column])
        _draw_iou(upper, one)
        panels = [upper]
        if with_truth:
            panels.append(figure.add_subplot(grid[row * 2 + 1, column], sharex=upper))
            _draw_shares(panels[1], one)
        _dress(panels, num_epochs, first=column == 0, last=row == rows - 1)
        if one.onset_epoch is not None:
            _mark_onset(panels, one.onset_epoch, num_epochs)
    _add_legend(figure, classes, with_truth=with_truth)
    if title:
        figure.suptitle(title, fontsize=12)
    return figure


def _common_epochs(classes: Sequence[ClassCurves]) -> int:
    found = sorted({one.num_epochs for one in classes})
    if len(found) != 1 or found[0] == 0:
        raise ValueError(f"classes must all have the same number of epochs, at least 1; got {found}")
    return found[0]


def _draw_iou(axes: Axes, one: ClassCurves) -> None:
    epochs = np.arange(1, one.num_epochs + 1)
    measured = np.asarray(one.training_iou, dtype=float)
    size = float(np.clip(220 / one.num_epochs, 2.5, 5.5))
    axes.plot(epochs, measured, linestyle="none", marker="o", markersize=size, color=BLUE, alpha=0.75)
    if one.validation_iou is not None:
        _line(axes, one.validation_iou, ORANGE, "--")
    if one.fit is not None:
        _line(axes, one.fit, "black", "-")
    name = one.name if len(one.name) <= _NAME_LENGTH else one.name[: _NAME_LENGTH - 1] + "…"
    axes.set_title(name, loc="left", fontsize=11, fontweight="bold")
    if one.onset_epoch is None:
        axes.set_title("no onset", loc="right", fontsize=9, color=_GREY)
    if not np.isfinite(measured).any():
        _say(axes, "not measured")


def _draw_shares(axes: Axes, one: ClassCurves) -> None:
    if not one.knows_truth:
        _say(axes, "not measured")
    for name, color, style, _ in _SHARES:
        if getattr(one, name) is not None:
            _line(axes, getattr(one, name), color, style)


def _say(axes: Axes, text: str) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2.0}
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", color=_GREY, bbox=box, zorder=4)


def _line(axes: Axes, values: Series, color: str, style: str) -> None:
    """Draw a line through the measured epochs; a measured epoch between unmeasured ones is a dot."""
    series = np.asarray(values, dtype=float)
    measured = np.isfinite(series)
    neighbours = np.pad(measured, 1)
    alone = np.flatnonzero(measured & ~neighbours[:-2] & ~neighbours[2:])
    epochs = np.arange(1, len(series) + 1)
    sparse = measured.sum() > 1 and len(alone) == measured.sum()
    if sparse:  # measured every few epochs: join what was measured
        epochs, series, alone = epochs[measured], series[measured], np.arange(measured.sum())
    axes.plot(epochs, series, color=color, linestyle=style, linewidth=1.6)
    axes.plot(epochs[alone], series[alone], color=color, linestyle="none", marker=".", markersize=5)


def _dress(panels: Sequence[Axes], num_epochs: int, *, first: bool, last: bool) -> None:
    names = ("IoU", "share of wrong voxels")
    for axes, name in zip(panels, names, strict=False):
        axes.set_ylim(-0.03, 1.03)
        axes.set_yticks((0, 0.5, 1) if name != "IoU" else (0, 0.2, 0.4, 0.6, 0.8, 1))
        axes.set_xlim(min(0.5, 1 - 0.02 * num_epochs), num_epochs + max(0.5, 0.02 * num_epochs))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
        axes.grid(color="#DDDDDD", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=9, labelbottom=axes is panels[-1], labelleft=first)
        axes.spines[["top", "right"]].set_visible(False)
        if first:
            axes.set_ylabel(name, fontsize=9)
    if last:
        panels[-1].set_xlabel("epoch", fontsize=9)


def _mark_onset(panels: Sequence[Axes], onset_epoch: int, num_epochs: int) -> None:
    for axes in panels:
        axes.axvline(onset_epoch, color=VERMILION, linewidth=1.4, zorder=1.5)
    left = onset_epoch > 0.6 * num_epochs
    panels[0].annotate(
        f"onset {onset_epoch}",
        (onset_epoch, 0.03),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if left else 4, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        fontsize=9,
        color=VERMILION,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85},
    )


def _add_legend(figure: Figure, classes: Sequence[ClassCurves], *, with_truth: bool) -> None:
    entries = [Line2D([], [], linestyle="none", marker="o", markersize=5, color=BLUE, label="training IoU")]
    optional = (
        ("fit", "black", "-", "fitted curve"),
        ("onset_epoch", VERMILION, "-", "onset of memorization"),
        ("validation_iou", ORANGE, "--", "validation IoU"),
        *(_SHARES if with_truth else ()),
    )
    for name, color, style, text in optional:
        if any(getattr(one, name) is not None for one in classes):
            entries.append(Line2D([], [], color=color, linestyle=style, linewidth=1.6, label=text))
    figure.legend(handles=entries, loc="outside lower center", ncols=len(entries), fontsize=9, frameon=False)
