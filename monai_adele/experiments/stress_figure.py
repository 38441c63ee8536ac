"""What noise costs, by kind and strength, with and without ADELE."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from monai_adele.experiments.stress_result import StressResult
from monai_adele.visualize import add_panels, new_figure
from monai_adele.visualize.palette import BLUE, VERMILION

__all__ = ["stress_figure"]

_GREY = "#555555"
_IN_A_ROW = 4
_LINES = (("plain", "plain training", VERMILION, "--", "s"), ("adele", "ADELE", BLUE, "-", "o"))


def stress_figure(results: Sequence[StressResult]) -> Figure:
    """Draw the test IoU under each noise, from weak to strong, beside that of clean labels.

    A panel for each kind of noise; lines through the means over seeds, a faint mark for each seed.

    Args:
        results: what :func:`monai_adele.experiments.stress_results` found.

    Returns:
        The figure.

    Raises:
        ValueError: if there is nothing to draw.
    """
    titles = list(dict.fromkeys(one.title for one in results))
    if not titles:
        raise ValueError("found no results of a stress test, expected at least one")
    columns = min(len(titles), _IN_A_ROW)
    rows = -(-len(titles) // columns)
    figure = new_figure(max(5.0, 1.0 + 2.8 * columns), 0.8 + 3.3 * rows)
    panels = add_panels(figure, len(titles), columns=columns, sharey=True)
    for number, (axes, title) in enumerate(zip(panels, titles, strict=True)):
        _draw(axes, _weakest_first([one for one in results if one.title == title]))
        axes.set_title("\n".join(textwrap.wrap(title, 26)), loc="left", fontsize=10, fontweight="bold")
        if number % columns == 0:
            axes.set_ylabel("mean IoU on the test cases", fontsize=9)
    handles = [Line2D([], [], color=_GREY, linewidth=1.4, label="plain training, labels as they are")]
    handles += [
        Line2D([], [], color=color, linestyle=style, marker=mark, markersize=5, linewidth=1.8, label=f"{name}, noise")
        for _, name, color, style, mark in _LINES
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(3, columns + 1), fontsize=9, frameon=False)
    return figure


def _weakest_first(results: Sequence[StressResult]) -> list[StressResult]:
    return sorted(results, key=lambda one: -1.0 if one.level is None else -one.level)


def _draw(axes: Axes, results: Sequence[StressResult]) -> None:
    clean = {seed: value for one in results for seed, value in zip(one.seeds, one.clean, strict=True)}
    axes.axhspan(min(clean.values()), max(clean.values()), color=_GREY, alpha=0.13, linewidth=0)
    axes.axhline(statistics.mean(clean.values()), color=_GREY, linewidth=1.4)
    for name, _, color, style, mark in _LINES:
        shift = -0.06 if name == "plain" else 0.06
        places = [number + shift for number in range(len(results))]
        values = [getattr(one, name) for one in results]
        axes.plot(places, [statistics.mean(v) for v in values], color=color, linestyle=style, marker=mark, markersize=5)
        for place, seeds in zip(places, values, strict=True):
            axes.plot([place] * len(seeds), seeds, mark, markersize=4, color=color, alpha=0.4, markeredgewidth=0)
    axes.set_xticks(range(len(results)), [_strength(one) for one in results], fontsize=9)
    axes.set_xlim(-0.5, len(results) - 0.5)
    axes.set_xlabel("Dice of the labels aimed at\n(their measured mean IoU)", fontsize=9)
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)


def _strength(one: StressResult) -> str:
    return f"{one.strength}\n({statistics.mean(one.labels):.2f})" if one.labels else one.strength
