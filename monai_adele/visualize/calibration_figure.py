"""How real and simulated annotators differ, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from monai_adele.calibration import PairDescriptors
from monai_adele.calibration.judged_noise import JudgedNoise
from monai_adele.visualize.figure_file import add_panels, new_figure
from monai_adele.visualize.palette import BLUE

__all__ = ["calibration_figure"]

_TITLES = {
    "dice": "Dice",
    "log_volume_ratio": "ln of volume ratio",
    "boundary_mean_mm": "boundary: mean, mm",
    "boundary_std_mm": "boundary: spread, mm",
    "correlation_mm": "boundary: correlation length, mm",
    "distance95_mm": "boundary: 95th percentile, mm",
    "centroid_shift_mm": "shift of the centre, mm",
    "slices_added": "slices added",
    "components_added": "parts added",
}
_GREY, _DARK = "#7A7A7A", "#222222"
_COLUMNS = 3


def calibration_figure(
    real: Sequence[PairDescriptors], judged: Sequence[JudgedNoise], *, fit: str, title: str | None = None
) -> Figure:
    """Draw the distribution of each descriptor, and how well noise models are told from real pairs.

    Each row is a noise model: the dot is the median, the thick bar half of the pairs, the thin one nine tenths. The
    shaded band is that of the real pairs. Descriptors that are the same in nearly all real pairs are left out. The
    last panel has the accuracies with their 95 % intervals.

    Args:
        real: pairs.
        judged: noise models, in the order of rows.
        fit: name of the one that was fitted; it is drawn in blue.
        title: line above the legend; None for none.

    Returns:
        A figure 12.8 inches wide.

    Raises:
        ValueError: if there is no pair or no noise model.
    """
    if not real or not judged:
        raise ValueError(f"found {len(real)} real pairs and {len(judged)} noise models, expected one of each at least")
    shown = [name for name in _TITLES if _varies(_measured(real, name))]
    rows = 1 + len(shown) // _COLUMNS
    figure = new_figure(12.8, rows * (1.0 + 0.21 * (len(judged) + 1)) + 0.5)
    axes = add_panels(figure, len(shown) + 1, columns=_COLUMNS, sharey=True)
    names = ["real pairs", *(one.name for one in judged)]
    colors = [_DARK, *(BLUE if one.name == fit else _GREY for one in judged)]
    for axis, name in zip(axes, shown, strict=False):
        groups = [_measured(pairs, name) for pairs in (real, *(one.pairs for one in judged))]
        _draw_intervals(axis, groups, colors)
        axis.set_title(_TITLES[name], fontsize=10, loc="left")
    _draw_accuracies(axes[len(shown)], judged, colors[1:])
    for axis in axes[::_COLUMNS]:
        axis.set_yticks(range(len(names)), names, fontsize=8.5)
        for text, color in zip(axis.get_yticklabels(), colors, strict=True):
            text.set_color(color)
    axes[0].set_ylim(len(names) - 0.4, -0.6)
    legend = "dot: median; thick bar: half of the pairs; thin bar: nine tenths; shaded: the real pairs"
    figure.suptitle(f"{title}\n{legend}" if title else legend, fontsize=10.5, x=0.01, ha="left")
    return figure


def _varies(values: NDArray[Any]) -> bool:
    return values.size > 0 and bool(np.ptp(np.percentile(values, (2, 98))) > 0)


def _measured(pairs: Sequence[PairDescriptors], name: str) -> NDArray[Any]:
    values = np.array([getattr(pair, name) for pair in pairs])
    finite: NDArray[Any] = values[np.isfinite(values)]
    return finite


def _draw_intervals(axis: Axes, groups: Sequence[NDArray[Any]], colors: Sequence[str]) -> None:
    """One row a group; the axis ends a little beyond the real pairs, and what lies further is cut."""
    band = np.percentile(groups[0], (5, 25, 75, 95))
    room = 0.6 * (band[3] - band[0]) or 1.0
    axis.axvspan(band[0], band[3], color=_DARK, alpha=0.06, lw=0)
    axis.axvspan(band[1], band[2], color=_DARK, alpha=0.08, lw=0)
    for row, (values, color) in enumerate(zip(groups, colors, strict=True)):
        if values.size:
            low, first, middle, third, high = np.percentile(values, (5, 25, 50, 75, 95))
            axis.plot((low, high), (row, row), color=color, lw=1.2, solid_capstyle="butt")
            axis.plot((first, third), (row, row), color=color, lw=5, solid_capstyle="butt")
            axis.plot(middle, row, "o", ms=5, mfc="white", mec=color, mew=1.4)
    floor = 0.0 if min(values.min(initial=0.0) for values in groups) >= 0 else -np.inf
    axis.set_xlim(max(band[0] - room, floor - 0.03 * room), band[3] + room)
    _tidy(axis)


def _draw_accuracies(axis: Axes, judged: Sequence[JudgedNoise], colors: Sequence[str]) -> None:
    axis.axvline(0.5, color=_DARK, lw=0.9)
    axis.text(0.49, 0.0, "chance", fontsize=8.5, ha="right", va="center")
    for row, (one, color) in enumerate(zip(judged, colors, strict=True), start=1):
        for best, place, fill in ((one.accuracies[0], row - 0.15, "white"), (one.pooled[0], row + 0.15, color)):
            axis.plot((best.low, best.high), (place, place), color=color, lw=1.4, solid_capstyle="butt")
            axis.plot(best.mean, place, "o", ms=4.5, mfc=fill, mec=color, mew=1.4)
    axis.set_xlim(0.35, 1.01)
    axis.set_title("told from real pairs: accuracy (filled: pooled)", fontsize=10, loc="left")
    _tidy(axis)


def _tidy(axis: Axes) -> None:
    axis.tick_params(axis="y", length=0)
    axis.tick_params(axis="x", labelsize=8.5)
    axis.grid(axis="x", color="#E4E4E4", lw=0.6)
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
