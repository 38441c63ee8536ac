"""A dot plot of the share of the noise gap that each method recovers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from monai_adele.experiments.paired_runs import Which, paired_runs, pooled_share
from monai_adele.experiments.trial_record import TrialRecord
from monai_adele.visualize import new_figure
from monai_adele.visualize.palette import BLUE, GREEN, ORANGE, PURPLE

__all__ = ["share_figure"]

_GREY = "#555555"
_MARKS = (("o", BLUE), ("s", ORANGE), ("^", GREEN), ("D", PURPLE))
_TITLES: dict[Which, str] = {"last": "last epoch", "best": "best epoch on noisy validation"}


def share_figure(records: Mapping[str, TrialRecord], methods: Mapping[str, str], data: Mapping[str, str]) -> Figure:
    """Draw the pooled share of each method with its interval, and the share of every data set and noise.

    Args:
        records: by the trials' ids.
        methods: title of each method, by its name, from top to bottom; those without pairs are left out.
        data: title of each data set, by its name.

    Returns:
        A figure with a panel for the last epoch and one for the best.

    Raises:
        ValueError: if no method has pairs.
    """
    shown = [name for name in methods if paired_runs(records, name)]
    if not shown:
        raise ValueError(f"found no pairs of runs of {sorted(methods)}, expected some with plain and clean ones")
    figure = new_figure(10.0, 1.6 + 0.45 * len(shown))
    panels = figure.subplots(1, 2, sharex=True, sharey=True, squeeze=False)[0]
    for panel, which in zip(panels, _TITLES, strict=True):
        for row, method in enumerate(shown):
            _draw_method(panel, records, method, which, row, list(data))
        _dress(panel, _TITLES[which], [methods[name] for name in shown])
    _add_legend(figure, data)
    return figure


def _draw_method(
    axes: Axes, records: Mapping[str, TrialRecord], method: str, which: Which, row: int, data: Sequence[str]
) -> None:
    pooled = pooled_share(records, method, which)
    if not math.isnan(pooled.low):
        axes.plot([pooled.low, pooled.high], [row, row], color="black", linewidth=2.2, zorder=3)
    axes.plot(pooled.value, row, marker="|", markersize=15, markeredgewidth=2.6, color="black", zorder=4)
    pairs = paired_runs(records, method)
    for number, name in enumerate(data):
        noises = sorted({noise for of_data, noise, _ in pairs if of_data == name})
        shares = [pooled_share(records, method, which, data=name, noise=noise).value for noise in noises]
        mark, color = _MARKS[number % len(_MARKS)]
        heights = [row + 0.13 * (number - (len(data) - 1) / 2) * 2] * len(shares)
        axes.plot(shares, heights, linestyle="none", marker=mark, markersize=5.5, color=color, alpha=0.85, zorder=2)


def _dress(axes: Axes, title: str, names: Sequence[str]) -> None:
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set_ylim(len(names) - 0.45, -0.55)
    for place, style in ((0.0, "solid"), (1.0, "dashed")):
        axes.axvline(place, color=_GREY, linewidth=1.0, linestyle=style, zorder=1)
    axes.xaxis.set_major_formatter(PercentFormatter(xmax=1.0, symbol=" %", decimals=0))
    axes.set_xlabel("share of the noise gap: 0 plain training, 100 % clean labels", fontsize=9)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)


def _add_legend(figure: Figure, data: Mapping[str, str]) -> None:
    pooled = Line2D([], [], color="black", marker="|", markersize=12, markeredgewidth=2.6, linewidth=2.2)
    pooled.set_label("all pairs pooled, with 95 % interval")
    marks = [
        Line2D([], [], linestyle="none", marker=mark, color=color, markersize=5.5, label=f"{title}, each noise")
        for title, (mark, color) in zip(data.values(), _MARKS * len(data), strict=False)
    ]
    figure.legend(handles=[pooled, *marks], loc="outside lower center", ncols=1 + len(marks), fontsize=9, frameon=False)
